// Is a hand-written gradient right? The check that prefopt's own losses pass is there for yours.
#include <cassert>
#include <cstdio>
#include <vector>

#include <prefopt/prefopt.hpp>
#include <prefopt/testing/gradient_check.hpp>

/// (r_0 − r_1 − 1)², with its derivative written by hand: right, or with the sign of one entry wrong.
template <bool Right>
struct squared_margin {
  static constexpr prefopt::losses::loss_traits traits{.candidates = prefopt::losses::rejected::one,
                                                       .translation_invariant = true};

  auto operator()(auto row) const {
    const auto r = row.rewards();
    const auto error = row.preferred(r) - row.sum(r, row.rejected()) - 1;
    return prefopt::with_gradient{error * error, [=] {
                                    const auto slope = error + error;
                                    return select(row.is_preferred(), slope, Right ? -slope : slope);
                                  }};
  }
};

template <bool Right>
prefopt::testing::gradient_report check() {
  const std::vector<double> scores{-1.0, -2.5, -3.0, 0.25, 0.5, -0.5};
  const auto objective = prefopt::compose(squared_margin<Right>{}, prefopt::rewards::score{},
                                          prefopt::strengths::fixed{.beta = 0.7});
  return prefopt::testing::check_gradient(objective, {.policy = prefopt::as_matrix(scores, 3, 2)});
}

int main() {
  std::printf("right: %s\n", check<true>().message().c_str());
  std::printf("wrong: %s\n", check<false>().message().c_str());
  assert(check<true>().passed());
  assert(!check<false>().passed());
  assert(check<false>().duals.column == 1);  // the report names the entry
}
