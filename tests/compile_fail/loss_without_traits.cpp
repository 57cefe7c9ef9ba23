// A loss has to say what it compares.
// expect: ranking_loss.*traits
#include <prefopt/objective.hpp>
#include <prefopt/rewards/implicit.hpp>

struct largest {
#ifndef PREFOPT_BAD
  static constexpr prefopt::losses::loss_traits traits{.translation_invariant = false};
#endif
  auto operator()(auto row) const { return row.max(row.rewards()); }
};

auto objective() { return prefopt::compose(largest{}, prefopt::rewards::implicit{}); }
