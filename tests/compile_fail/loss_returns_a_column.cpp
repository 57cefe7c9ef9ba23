// A loss is one number per row, not one per candidate.
// expect: ranking_loss
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>

struct total {
  static constexpr prefopt::losses::loss_traits traits{};
  auto operator()(auto row) const {
#ifdef PREFOPT_BAD
    return exp(row.rewards());
#else
    return row.sum(exp(row.rewards()));
#endif
  }
};

auto objective() { return prefopt::compose(total{}, prefopt::rewards::implicit{}); }
