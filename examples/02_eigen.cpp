// Eigen matrices, gradient descent, and two batches accumulated into one gradient.
#include <cassert>
#include <cmath>
#include <cstdio>

#include <prefopt/eigen.hpp>
#include <prefopt/prefopt.hpp>

int main() {
  // 4 users, 1 liked item and 5 others each; any storage order, block or map will do.
  const Eigen::MatrixXd reference = Eigen::MatrixXd::Constant(4, 6, -2.0);
  Eigen::MatrixXd policy = reference;
  Eigen::MatrixXd gradient(4, 6);
  const auto objective = prefopt::s_dpo({.beta = 0.5});

  const double before =
      prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient).loss;
  for (int step = 0; step < 100; ++step) {
    prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient);
    policy -= 0.5 * gradient;
  }
  const prefopt::result after =
      prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient);
  std::printf("loss %.4f -> %.4f, accuracy %.2f\n", before, after.loss, after.accuracy);
  assert(std::abs(before - std::log(6.0)) < 1e-12);  // the liked item is one of six, all alike
  assert(after.loss < before);
  assert(after.accuracy == 1.0);

  // The same gradient in two halves: `sum` does not divide by the batch size, `accumulate` adds.
  Eigen::MatrixXd whole(4, 6), halves = Eigen::MatrixXd::Zero(4, 6);
  prefopt::evaluate(objective, {.policy = policy}, whole, {.reduction = prefopt::reduction::sum});
  for (int half = 0; half < 2; ++half)
    prefopt::evaluate(objective, {.policy = policy.middleRows(2 * half, 2)}, halves.middleRows(2 * half, 2),
                      {.reduction = prefopt::reduction::sum, .accumulate = true});
  assert(whole.isApprox(halves));
}
