// A strength per pair re-centres the rewards, which a loss over the scores themselves does not survive.
// expect: invariant_if_per_pair
#include <prefopt/losses/binary_cross_entropy.hpp>
#include <prefopt/losses/softmax.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>

struct growing {
  static constexpr bool per_pair = true;
  auto operator()(auto row) const { return 1 + row.position(); }
};

#ifdef PREFOPT_BAD
using loss = prefopt::losses::binary_cross_entropy;
#else
using loss = prefopt::losses::softmax;
#endif

auto objective() { return prefopt::compose(loss{}, prefopt::rewards::implicit{}, growing{}); }
