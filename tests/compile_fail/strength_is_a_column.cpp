// A strength that differs from pair to pair has to say so.
// expect: strength_part
#include <prefopt/losses/softmax.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>

struct growing {
#ifndef PREFOPT_BAD
  static constexpr bool per_pair = true;
#endif
  auto operator()(auto row) const { return 1 + row.position(); }
};

auto objective() {
  return prefopt::compose(prefopt::losses::softmax{}, prefopt::rewards::implicit{}, growing{});
}
