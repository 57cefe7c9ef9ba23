// A selection says which candidates count, not how much.
// expect: selection_part
#include <prefopt/losses/softmax.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>

struct likely {
  auto operator()(auto row) const {
#ifdef PREFOPT_BAD
    return exp(row.policy());
#else
    return row.policy() > row.number(-5);
#endif
  }
};

auto objective() {
  return prefopt::compose(prefopt::losses::softmax{}, prefopt::rewards::implicit{},
                          prefopt::strengths::fixed{}, likely{});
}
