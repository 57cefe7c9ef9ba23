// A loss from tomorrow's paper: write the formula, get the gradient, the masks, the threads and the
// statistics.
#include <cassert>
#include <cmath>
#include <cstdio>
#include <vector>

#include <prefopt/prefopt.hpp>

/// log(1 + Σ_k e^{γ + r_k − r_0}): the preferred item has to win by γ. γ = 0 is S-DPO.
struct softmax_with_offset {
  double offset = 0;

  static constexpr prefopt::losses::loss_traits traits{.candidates = prefopt::losses::rejected::several,
                                                       .translation_invariant = true};

  void check() const {  // optional: called by evaluate
    if (!(offset >= 0)) throw prefopt::invalid_argument("softmax_with_offset: offset is negative");
  }

  auto operator()(auto row) const {
    const auto r = row.rewards();  // a column: one number per candidate
    const auto behind = r - row.preferred(r) + row.number(offset);
    const auto top = constant(row.max(behind));  // row.sum and row.max skip masked candidates
    return log(exp(-top) + row.sum(exp(behind - top), row.rejected())) + top;
  }
};

int main() {
  const std::vector<double> scores{2, 1, 0, 0, 0, -INFINITY};  // the second row's last candidate is masked
  std::vector<double> gradient(6);
  const auto policy = prefopt::as_matrix(scores, 2, 3);

  const auto objective = prefopt::compose(softmax_with_offset{.offset = 0.5}, prefopt::rewards::implicit{},
                                          prefopt::strengths::fixed{.beta = 1});
  const prefopt::result result =
      prefopt::evaluate(objective, {.policy = policy}, prefopt::as_matrix(gradient, 2, 3));

  const double first = std::log(1 + std::exp(0.5 - 1) + std::exp(0.5 - 2)),
               second = std::log(1 + std::exp(0.5));
  std::printf("loss %.6f, expected %.6f\n", result.loss, (first + second) / 2);
  assert(std::abs(result.loss - (first + second) / 2) < 1e-12);
  assert(gradient[5] == 0);

  const double s_dpo = prefopt::evaluate(prefopt::s_dpo(), prefopt::batch<double>{.policy = policy}).loss;
  assert(s_dpo < result.loss);
}
