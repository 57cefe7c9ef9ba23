// xtensor arrays: gradient descent on scores, and one batch in two views of it.
#include <cassert>
#include <cmath>
#include <cstdio>

#include <prefopt/prefopt.hpp>
#include <prefopt/xtensor.hpp>

int main() {
  // 4 users, 1 liked item and 5 others each; any layout and any view will do.
  const xt::xtensor<double, 2> reference({4, 6}, -2.0);
  xt::xarray<double> policy = reference;
  auto gradient = xt::xtensor<double, 2, xt::layout_type::column_major>::from_shape({4, 6});
  auto losses = xt::xtensor<double, 1>::from_shape({4});
  const auto objective = prefopt::s_dpo({.beta = 0.5});

  const double before =
      prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient).loss;
  for (int step = 0; step < 100; ++step) {
    prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient);
    policy -= 0.5 * gradient;
  }
  const prefopt::result after =
      prefopt::evaluate(objective, {.policy = policy, .reference = reference}, gradient, {.losses = losses});
  std::printf("loss %.4f -> %.4f, accuracy %.2f\n", before, after.loss, after.accuracy);
  assert(std::abs(before - std::log(6.0)) < 1e-12);  // the liked item is one of six, all alike
  assert(after.loss < before);
  assert(std::abs(losses(0) - after.loss) < 1e-12);  // a tensor of one dimension is a column

  // Half of the users, and of their items the first three: views are looked at where they lie.
  const auto half = xt::view(policy, xt::range(2, 4), xt::range(0, 3));
  auto part = xt::view(gradient, xt::range(2, 4), xt::range(0, 3));
  const double untouched = gradient(0, 0);
  prefopt::evaluate(objective, {.policy = half}, part);
  assert(gradient(0, 0) == untouched);
  assert(std::abs(gradient(2, 0) + gradient(2, 1) + gradient(2, 2)) < 1e-12);

  // `policy - reference` is lazy, has no storage to look at and would not compile: store it first.
  const xt::xtensor<double, 2> difference = policy - reference;
  assert(std::abs(prefopt::evaluate(objective, prefopt::batch<double>{.policy = difference}).loss -
                  after.loss) < 1e-12);
}
