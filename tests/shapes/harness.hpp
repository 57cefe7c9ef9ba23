#pragma once

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/recipes.hpp>

#include "../support/golden.hpp"
#include "../support/toy_tensor.hpp"

/// \file
/// Carries one objective through every numeric type, and compares each with the golden vectors.

namespace shapes {

using golden::json;
using golden::matrix;
using prefopt::index;

/// A golden case as the engine takes it.
template <class Scalar>
struct shape_case {
  matrix<Scalar> policy, reference, relevance;
  std::vector<Scalar> kl;
  matrix<std::int32_t> order;

  prefopt::batch<Scalar> batch() const {
    prefopt::batch<Scalar> result{.policy = see(policy)};
    if (reference.rows > 0) result.reference = see(reference);
    if (relevance.rows > 0) result.relevance = see(relevance);
    if (order.rows > 0) result.order = see(order);
    if (!kl.empty()) result.kl = kl;
    return result;
  }
  template <class Element>
  static auto see(const matrix<Element>& m) {
    return prefopt::as_matrix(m.values, m.rows, m.columns);
  }
};

template <class Scalar>
shape_case<Scalar> read_case(const json& inputs) {
  shape_case<Scalar> result;
  const auto read = [&](const char* name, auto& into) {
    if (inputs.contains(name)) into = std::remove_reference_t<decltype(into)>(inputs.at(name));
  };
  read("policy_logps", result.policy);
  read("reference_logps", result.reference);
  read("relevance", result.relevance);
  read("labels", result.relevance);
  read("order", result.order);
  if (inputs.contains("kl_policy_logps")) {
    const matrix<Scalar> policy(inputs.at("kl_policy_logps")), reference(inputs.at("kl_reference_logps"));
    for (std::size_t b = 0; b < policy.values.size(); ++b)
      result.kl.push_back(policy.values[b] - reference.values[b]);
  }
  if (inputs.contains("chosen_repr")) {
    const matrix<Scalar> chosen(inputs.at("chosen_repr")), rejected(inputs.at("rejected_repr"));
    result.policy = matrix<Scalar>(chosen.rows, 2 * chosen.columns);
    for (index b = 0; b < chosen.rows; ++b)
      for (index j = 0; j < chosen.columns; ++j) {
        result.policy(b, j) = chosen(b, j);
        result.policy(b, chosen.columns + j) = rejected(b, j);
      }
  }
  return result;
}

/// The gradient by the policy, in the layout of `shape_case::policy`.
inline std::vector<double> expected_gradient(const json& golden_case) {
  const json& gradients = golden_case.at("expected").at("grad");
  if (gradients.contains("policy_logps")) return matrix<double>(gradients.at("policy_logps")).values;
  const matrix<double> chosen(gradients.at("chosen_repr")), rejected(gradients.at("rejected_repr"));
  std::vector<double> result;
  for (index b = 0; b < chosen.rows; ++b) {
    for (index j = 0; j < chosen.columns; ++j) result.push_back(chosen(b, j));
    for (index j = 0; j < chosen.columns; ++j) result.push_back(rejected(b, j));
  }
  return result;
}

template <class T, class Differentiator, prefopt::detail::gradient_source Source, class Objective,
          class State>
void check_engine(const Objective& objective, const json& golden_case, const golden::tolerances& limits,
                  State state) {
  using scalar = prefopt::scalar_t<T>;
  const auto data = read_case<scalar>(golden_case.at("inputs"));
  matrix<scalar> gradient(data.policy.rows, data.policy.columns);
  prefopt::options<scalar, State> options;
  if constexpr (!std::is_same_v<State, prefopt::no_state>) options.state = &state;
  const auto batch = data.batch();
  const auto result =
      prefopt::detail::evaluation<T, Objective, Differentiator, Source>(
          objective, batch, prefopt::as_matrix(gradient.values, gradient.rows, gradient.columns), options)
          .run();
  CHECK(golden::compare("mean_loss", std::vector{static_cast<scalar>(result.loss)},
                        {golden_case.at("expected").at("mean_loss").get<double>()}, limits) == "");
  CHECK(golden::compare("gradient", gradient.values, expected_gradient(golden_case), limits) == "");
}

/// Reverse mode over whole-batch tensors: the same text, and no closed form.
template <class Objective, class State>
void check_tensor(const Objective& objective, const json& golden_case, const golden::tolerances& limits,
                  State state) {
  const auto data = read_case<double>(golden_case.at("inputs"));
  const index rows = data.policy.rows, components = [&] {
    if constexpr (requires { objective.reward.components; })
      return objective.reward.components;
    else
      return index{1};
  }();
  const index width = data.policy.columns / components;
  const auto column = [&](index b, index k) { return data.order.rows > 0 ? index{data.order(b, k)} : k; };
  const auto gather = [&](const matrix<double>& from, index component, index of) {
    std::vector<double> values;
    toy::each_element({width, 1, rows}, [&](index k, index, index b) {
      values.push_back(from(b, column(b, k) * of + component));
    });
    return toy::tensor({width, 1, rows}, values);
  };

  toy::row_tensors memory;
  for (index j = 0; j < components; ++j) memory.policy.push_back(gather(data.policy, j, components));
  if (data.reference.rows > 0) memory.reference = gather(data.reference, 0, 1);
  if (data.relevance.rows > 0) memory.relevance = gather(data.relevance, 0, 1);
  if (!data.kl.empty()) memory.kl = toy::tensor({1, 1, rows}, data.kl);
  memory.valid = toy::mask({width, 1, rows}, std::vector<char>(static_cast<std::size_t>(width * rows), 1));
  const toy::tensor_row row(memory);

  prefopt::detail::prepare_observation(objective, row);
  std::vector<toy::tensor> decisions;
  prefopt::detail::each_batch_part(objective, 0, 0, [&](const auto& part, index, index) {
    const auto observation = part.observe(row);
    const index observed = static_cast<index>(std::size(observation.values)), decided = part.decisions;
    matrix<double> seen(rows, observed), said(rows, decided);
    for (index i = 0; i < observed; ++i)
      for (index b = 0; b < rows; ++b) seen(b, i) = observation.values[i].at(0, 0, b);
    const prefopt::matrix_view<const double> seen_view = prefopt::as_matrix(seen.values, rows, observed);
    if constexpr (std::is_same_v<State, prefopt::no_state>)
      part.decide(seen_view, prefopt::as_matrix(said.values, rows, decided));
    else
      part.decide(seen_view, prefopt::as_matrix(said.values, rows, decided), state);
    for (index i = 0; i < decided; ++i) {
      std::vector<double> values;
      for (index b = 0; b < rows; ++b) values.push_back(said(b, i));
      decisions.push_back(toy::tensor({1, 1, rows}, values));
    }
  });

  const toy::tensor weight = prefopt::detail::term_weight(objective, row, decisions.data());
  const toy::tensor value =
      prefopt::detail::value_of(prefopt::detail::run_term(objective, row, decisions.data()));
  const toy::tensor per_example =
      value * weight * toy::tensor({1, 1, rows}, std::vector<double>(static_cast<std::size_t>(rows), 1.0));
  const toy::tensor loss = per_example / static_cast<double>(rows);
  loss.backward();

  double mean = 0;
  for (const double x : loss.values()) mean += x;
  matrix<double> gradient(rows, data.policy.columns);
  for (index j = 0; j < components; ++j)
    for (index k = 0; k < width; ++k)
      for (index b = 0; b < rows; ++b)
        gradient(b, column(b, k) * components + j) =
            memory.policy[static_cast<std::size_t>(j)].gradient()[toy::offset({width, 1, rows}, k, 0, b)];
  CHECK(golden::compare("mean_loss", std::vector{mean},
                        {golden_case.at("expected").at("mean_loss").get<double>()}, limits) == "");
  CHECK(golden::compare("gradient", gradient.values, expected_gradient(golden_case), limits) == "");
}

/// `make(case)` gives the objective, `start(case)` the state it starts from.
template <class Make, class Start>
void carry_through_every_number(const std::string& id, const Make& make, const Start& start) {
  using prefopt::pack;
  using prefopt::detail::gradient_source;
  const json file = json::parse(std::ifstream(std::string(PREFOPT_GOLDEN_DIR) + "/" + id + ".json"));
  const golden::tolerances limits(file);
  for (const json& golden_case : file.at("cases")) {
    const std::string name = golden_case.at("name");
    CAPTURE(id);
    CAPTURE(name);
    const auto objective = make(golden_case);
    const auto state = start(golden_case);
    const auto closed = [&]<class T>(T) {
      check_engine<T, prefopt::detail::default_differentiator<T>, gradient_source::closed_form>(
          objective, golden_case, limits, state);
    };
    const auto by_duals = [&]<class T>(T) {
      check_engine<T, prefopt::dual<T, 4>, gradient_source::differentiator>(objective, golden_case, limits,
                                                                            state);
    };
    closed(pack<double, 1>{});
    closed(pack<long double, 1>{});
    closed(pack<double, 4>{});
    by_duals(pack<double, 1>{});
    by_duals(pack<double, 2>{});
    check_tensor(objective, golden_case, limits, state);
    if (name.find("extreme") == std::string::npos && name.find("overflow") == std::string::npos) {
      closed(pack<float, 1>{});
      closed(prefopt::native_pack<float>{});
    }
  }
}

template <class Make>
void carry_through_every_number(const std::string& id, const Make& make) {
  carry_through_every_number(id, make, [](const json&) { return prefopt::no_state{}; });
}

}  // namespace shapes
