// DynamicPO against the easy negatives, and β-DPO, whose running statistics go into a checkpoint.
#include <cassert>
#include <cstdio>
#include <string>
#include <vector>

#include <prefopt/prefopt.hpp>

int main() {
  // One user's liked item, a rejected one that the model scores higher, and four that it tells apart already.
  const std::vector<double> scores{0.0, 0.5, -6, -6, -7, -5};
  const auto policy = prefopt::as_matrix(scores, 1, 6);
  std::vector<double> gradient(6);
  const auto slopes = prefopt::as_matrix(gradient, 1, 6);

  const auto plain =
      prefopt::evaluate(prefopt::dmpo({.beta = 1}), {.policy = policy}, slopes, {.diagnostics = true});
  const auto dynamic =
      prefopt::evaluate(prefopt::dynamicpo(), {.policy = policy}, slopes, {.diagnostics = true});
  std::printf("gradient on easy negatives: %.2f with DMPO, %.2f with DynamicPO\n", plain.easy_gradient_share,
              dynamic.easy_gradient_share);
  assert(plain.easy_gradient_share > 0.79 && dynamic.easy_gradient_share == 0);
  assert(gradient[1] > 0 && gradient[2] == 0);

  // Weights go with any objective: here, pairs that are learnt already count less.
  const auto objective =
      prefopt::weighted(prefopt::beta_dpo({.seed = 7}), prefopt::weights::focal{.gamma = 1});
  const std::vector<double> pairs{1, 0, 0, 1, 2, 0, 0.5, 0, 3, 1};
  std::vector<double> pair_slopes(10);
  const prefopt::batch<double> batch{.policy = prefopt::as_matrix(pairs, 5, 2)};
  prefopt::strengths::gap_state state;  // explicit: a plain value, yours to keep
  prefopt::evaluate(objective, batch, prefopt::as_matrix(pair_slopes, 5, 2), {.state = &state});

  const std::string line = prefopt::save_state(state);
  auto resumed = prefopt::load_state<prefopt::strengths::gap_state>(line);
  const auto there = prefopt::evaluate(objective, batch, {.state = &resumed}),
             here = prefopt::evaluate(objective, batch, {.state = &state});
  std::printf("%s\nnext batch: beta %.4f\n", line.c_str(), here.mean_beta);
  assert(there.loss == here.loss && there.mean_beta == here.mean_beta);  // to the last bit
}
