// A reward gives the column that is compared.
// expect: reward_part
#include <prefopt/losses/softmax.hpp>
#include <prefopt/objective.hpp>

struct probability {
#ifdef PREFOPT_BAD
  auto operator()(auto row) const { return exp(row.policy()); }
#else
  auto value(auto row) const { return exp(row.policy()); }
#endif
};

auto objective() { return prefopt::compose(prefopt::losses::softmax{}, probability{}); }
