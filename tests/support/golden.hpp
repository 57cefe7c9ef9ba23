#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <prefopt/evaluate.hpp>

/// \file
/// Golden vectors of schema `prefopt-golden/1`: inputs, losses and gradients from the authors' own code.

namespace golden {

using json = nlohmann::json;
using prefopt::index;

/// A dense row-major matrix read from nested arrays; a flat array is one column.
template <class Scalar>
struct matrix {
  index rows = 0, columns = 0;
  std::vector<Scalar> values;

  matrix() = default;
  matrix(index rows, index columns)
      : rows(rows), columns(columns), values(static_cast<std::size_t>(rows * columns)) {}
  explicit matrix(const json& array) {
    rows = static_cast<index>(array.size());
    for (const json& row : array)
      if (row.is_array())
        for (const json& value : row) values.push_back(value.get<Scalar>());
      else
        values.push_back(row.get<Scalar>());
    columns = rows > 0 ? static_cast<index>(values.size()) / rows : 0;
    if (static_cast<index>(values.size()) != rows * columns)
      throw std::invalid_argument("rows of different lengths");
  }

  Scalar& operator()(index i, index j) { return values[static_cast<std::size_t>(i * columns + j)]; }
  Scalar operator()(index i, index j) const { return values[static_cast<std::size_t>(i * columns + j)]; }
};

/// |x − y| ≤ atol + rtol |y|, element by element.
struct tolerance {
  double rtol = 0, atol = 0;

  template <class Scalar>
  bool accepts(Scalar x, double y) const {
    const double value = static_cast<double>(x);
    return value == y || std::abs(value - y) <= atol + rtol * std::abs(y);
  }
};

/// The tolerance of a file, or the one for float implementations (which grows with the array's largest
/// number).
class tolerances {
 public:
  explicit tolerances(const json& file)
      : rtol_(file.at("tolerance").at("rtol")), atol_(file.at("tolerance").at("atol")) {}

  template <class Scalar>
  tolerance of(const std::vector<double>& expected) const {
    if constexpr (!std::is_same_v<Scalar, float>) return {rtol_, atol_};
    double largest = 1;
    for (const double y : expected) largest = std::max(largest, std::abs(y));
    return {2e-5, 1e-6 * largest};
  }

 private:
  double rtol_, atol_;
};

/// Empty if `actual` matches; otherwise the worst entry, in words.
template <class Scalar>
std::string compare(const std::string& name, const std::vector<Scalar>& actual,
                    const std::vector<double>& expected, const tolerances& limits) {
  if (actual.size() != expected.size())
    return name + " has " + std::to_string(actual.size()) + " values, expected " +
           std::to_string(expected.size());
  const tolerance limit = limits.of<Scalar>(expected);
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!limit.accepts(actual[i], expected[i]))
      return name + "[" + std::to_string(i) + "] is " + std::to_string(actual[i]) + ", expected " +
             std::to_string(expected[i]) + " (difference " +
             json(static_cast<double>(actual[i]) - expected[i]).dump() + ")";
  return {};
}

/// What a check of a case returns where it has nothing to say, since what it checks takes no such objective.
inline const std::string left_out = "left out";

/// The tensors of one case, and a `prefopt::batch` over them.
template <class Scalar>
struct tensors {
  matrix<Scalar> policy, reference, log_q, relevance, lengths, kl, hardness, gradient;
  matrix<std::int32_t> order;
  std::vector<Scalar> losses;
  std::string policy_name;

  explicit tensors(const json& inputs) {
    policy_name = inputs.contains("scores") ? "scores" : "policy_logps";
    policy = matrix<Scalar>(inputs.at(policy_name));
    read(inputs, "reference_logps", reference);
    read(inputs, "log_q", log_q);
    read(inputs, "relevance", relevance);
    read(inputs, "lengths", lengths);
    read(inputs, "kl", kl);
    read(inputs, "order", order);
    read(inputs, "rank", order);
    if (inputs.contains("rank")) order = columns_by_rank(order);
    read(inputs, inputs.contains("data_diff") ? "data_diff" : "hardness", hardness);
    gradient = matrix<Scalar>(policy.rows, policy.columns);
    losses.resize(static_cast<std::size_t>(policy.rows));
  }

  prefopt::batch<Scalar> batch() {
    prefopt::batch<Scalar> result;
    (policy_name == "scores" ? result.scores : result.policy) = see(policy);
    if (reference.rows > 0) result.reference = see(reference);
    if (lengths.rows > 0) result.lengths = see(lengths);
    if (kl.rows > 0) result.kl = see(kl);
    if (log_q.rows > 0) result.log_q = see(log_q);
    if (relevance.rows > 0) result.relevance = see(relevance);
    if (order.rows > 0) result.order = see(order);
    if (hardness.rows > 0) result.hardness = see(hardness);
    return result;
  }

  template <class Element>
  static auto see(matrix<Element>& tensor) {
    return prefopt::as_matrix(tensor.values, tensor.rows, tensor.columns);
  }

 private:
  /// Ranks from 1 on → column indices, best first.
  static matrix<std::int32_t> columns_by_rank(const matrix<std::int32_t>& ranks) {
    matrix<std::int32_t> order(ranks.rows, ranks.columns);
    for (index b = 0; b < ranks.rows; ++b)
      for (index k = 0; k < ranks.columns; ++k) order(b, ranks(b, k) - 1) = static_cast<std::int32_t>(k);
    return order;
  }
  template <class Element>
  static void read(const json& inputs, const char* name, matrix<Element>& tensor) {
    if (inputs.contains(name)) tensor = matrix<Element>(inputs.at(name));
  }
};

/// Empty if the mean loss and what `data` holds after an evaluation match the case; otherwise what differs.
template <class Scalar>
std::string compare_case(const tensors<Scalar>& data, double mean_loss, const json& golden_case,
                         const tolerances& limits) {
  const json& expected = golden_case.at("expected");
  std::string difference =
      compare("loss", data.losses, expected.at("loss").get<std::vector<double>>(), limits);
  if (difference.empty())
    difference = compare("mean_loss", std::vector<Scalar>{static_cast<Scalar>(mean_loss)},
                         {expected.at("mean_loss").get<double>()}, limits);
  if (difference.empty())
    difference = compare("grad." + data.policy_name, data.gradient.values,
                         matrix<double>(expected.at("grad").at(data.policy_name)).values, limits);
  return difference;
}

}  // namespace golden
