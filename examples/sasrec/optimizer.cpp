#include "optimizer.hpp"

#include <algorithm>
#include <cmath>

#include "parallel.hpp"

namespace sasrec {
namespace {

using array_map = Eigen::Map<Eigen::ArrayXf>;

/// A stretch of one parameter's scalars: parameters differ in size by a factor of 10^4, stretches do not.
struct stretch {
  std::size_t parameter;
  Index first, count;

  array_map of(matrix& values) const { return {values.data() + first, count}; }
};

std::vector<stretch> cut(const std::vector<matrix*>& parameters) {
  constexpr Index longest = 16384;
  std::vector<stretch> stretches;
  for (std::size_t p = 0; p < parameters.size(); ++p)
    for (Index first = 0; first < parameters[p]->size(); first += longest)
      stretches.push_back({p, first, std::min(longest, parameters[p]->size() - first)});
  return stretches;
}

}  // namespace

void adam_step(model& parameters, std::span<model> gradients, const adam_options& options,
               adam_state& state) {
  const std::vector<matrix*> values = parameters_of(parameters);
  if (state.first.empty())
    for (const matrix* one : values) {
      state.first.push_back(matrix::Zero(one->rows(), one->cols()));
      state.second.push_back(matrix::Zero(one->rows(), one->cols()));
    }
  ++state.steps;

  std::vector<std::vector<matrix*>> shares;
  for (model& gradient : gradients) shares.push_back(parameters_of(gradient));
  const std::vector<stretch> stretches = cut(values);
  std::vector<double> squared_norms(stretches.size());
  const auto tasks = static_cast<Index>(stretches.size());

  parallel_for(tasks, options.threads, [&](Index task) {
    const stretch& here = stretches[static_cast<std::size_t>(task)];
    array_map total = here.of(*shares[0][here.parameter]);
    for (std::size_t share = 1; share < shares.size(); ++share) {
      total += here.of(*shares[share][here.parameter]);
      here.of(*shares[share][here.parameter]).setZero();
    }
    squared_norms[static_cast<std::size_t>(task)] = static_cast<double>(total.square().sum());
  });

  double squared_norm = 0;
  for (const double part : squared_norms) squared_norm += part;
  const auto norm = static_cast<float>(std::sqrt(squared_norm));
  const float clip = options.clip_norm > 0 && norm > options.clip_norm ? options.clip_norm / norm : 1.0f;
  const auto t = static_cast<double>(state.steps);
  const auto correction1 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(options.beta1), t)));
  const auto correction2 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(options.beta2), t)));
  const float decay = 1 - options.learning_rate * options.weight_decay;

  parallel_for(tasks, options.threads, [&](Index task) {
    const stretch& here = stretches[static_cast<std::size_t>(task)];
    array_map gradient = here.of(*shares[0][here.parameter]);
    array_map first = here.of(state.first[here.parameter]), second = here.of(state.second[here.parameter]);
    array_map value = here.of(*values[here.parameter]);
    first = options.beta1 * first + (1 - options.beta1) * clip * gradient;
    second = options.beta2 * second + (1 - options.beta2) * (clip * gradient).square();
    value = decay * value -
            options.learning_rate * correction1 * first / ((correction2 * second).sqrt() + options.epsilon);
    gradient.setZero();
  });
}

}  // namespace sasrec
