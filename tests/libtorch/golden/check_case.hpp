#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/libtorch.hpp>

#include "support/golden.hpp"

/// \file
/// How golden_check_libtorch checks a case: both paths against the file, and against each other.

namespace golden {

/// What one path says about a case.
struct said_by_path {
  std::vector<double> losses, mean_loss, gradient;
};

inline std::vector<double> numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

template <class Element>
at::Tensor borrowed(matrix<Element>& values) {
  if (values.rows == 0) return {};
  constexpr at::ScalarType type = c10::CppTypeToScalarType<Element>::value;
  return at::from_blob(values.values.data(), {values.rows, values.columns}, type);
}

/// \param state is left as after one loss
template <class Objective>
said_by_path run(const Objective& objective, tensors<double>& data, prefopt::libtorch::path path,
                 prefopt::state_of<Objective>& state) {
  const at::Tensor scores = borrowed(data.policy).clone().requires_grad_();
  const bool logs = data.policy_name != "scores";
  const prefopt::libtorch::batch batch{.policy = logs ? scores : at::Tensor(),
                                       .scores = logs ? at::Tensor() : scores,
                                       .reference = borrowed(data.reference),
                                       .order = borrowed(data.order),
                                       .relevance = borrowed(data.relevance),
                                       .lengths = borrowed(data.lengths),
                                       .log_q = borrowed(data.log_q),
                                       .kl = borrowed(data.kl),
                                       .hardness = borrowed(data.hardness)};
  prefopt::state_of<Objective> before = state;
  // Not by way of `loss`, which would compile everything for float, too.
  const auto loss = [&](prefopt::reduction reduction, prefopt::state_of<Objective>& used) {
    return prefopt::libtorch::detail::compute<prefopt::libtorch::detail::kernels, double>(
               objective, batch, {.reduction = reduction, .state = &used, .path = path}, false)
        .loss;
  };
  const at::Tensor losses = loss(prefopt::reduction::none, before);
  const at::Tensor mean = loss(prefopt::reduction::mean, state);
  return {numbers(losses), numbers(mean), numbers(torch::autograd::grad({mean}, {scores})[0])};
}

inline std::string compare(const said_by_path& said, const said_by_path& expected, const tolerances& limits) {
  std::string difference = compare("loss", said.losses, expected.losses, limits);
  if (difference.empty()) difference = compare("mean_loss", said.mean_loss, expected.mean_loss, limits);
  if (difference.empty()) difference = compare("gradient", said.gradient, expected.gradient, limits);
  return difference;
}

/// In double; `Scalar` = float is not asked for.
template <class Scalar, class Objective>
std::string check_case(const Objective& objective, const json& golden_case, const tolerances& limits,
                       prefopt::state_of<Objective>* state = nullptr) {
  if constexpr (std::is_same_v<Scalar, float>) return "not computed in float";
  tensors<double> data(golden_case.at("inputs"));
  prefopt::state_of<Objective> fresh{};
  if (state == nullptr) state = &fresh;
  prefopt::state_of<Objective> generic_state = *state;
  const said_by_path fused = run(objective, data, prefopt::libtorch::path::fused, *state);
  const said_by_path generic = run(objective, data, prefopt::libtorch::path::generic, generic_state);

  const json& expected = golden_case.at("expected");
  const said_by_path file{expected.at("loss"),
                          {expected.at("mean_loss").get<double>()},
                          matrix<double>(expected.at("grad").at(data.policy_name)).values};
  std::string difference = compare(fused, file, limits);
  if (!difference.empty()) return "fused " + difference;
  difference = compare(generic, file, limits);
  if (!difference.empty()) return "generic " + difference;
  const tolerances close(json{{"tolerance", {{"rtol", 1e-10}, {"atol", 1e-12}}}});
  difference = compare(generic, fused, close);
  return difference.empty() ? difference : "generic beside fused: " + difference;
}

}  // namespace golden
