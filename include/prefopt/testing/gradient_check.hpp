#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <prefopt/evaluate.hpp>
#include <prefopt/testing/stencil.hpp>

/// \file
/// Is a gradient right? For any objective, a user's own included, inside any test framework:
///
///     const auto report = prefopt::testing::check_gradient(my_objective, {.policy = p, .reference = r});
///     REQUIRE_MESSAGE(report.passed(), report.message());

namespace prefopt::testing {

/// |x − y| ≤ atol + rtol · max(|x|, |y|).
struct gradient_tolerance {
  double rtol = 1e-9;
  double atol = 1e-11;
};

/// The entry where two gradients differ most, in units of the tolerance.
struct gradient_difference {
  double excess = 0;  ///< above 1: out of tolerance
  index row = 0, column = 0;
  double gradient = 0, expected = 0;
};

struct gradient_report {
  gradient_difference duals;        ///< against forward-mode dual numbers
  gradient_difference differences;  ///< against central differences in long double

  bool passed() const { return duals.excess <= 1 && differences.excess <= 1; }
  /// Names the worst entry of each comparison.
  std::string message() const {
    return prefopt::detail::join(describe("dual numbers", duals), "; ",
                                 describe("central differences", differences));
  }

 private:
  static std::string describe(std::string_view oracle, const gradient_difference& d) {
    return prefopt::detail::join(oracle, d.excess <= 1 ? " agree" : " DISAGREE", ", worst entry [", d.row,
                                 ", ", d.column, "]: gradient ", d.gradient, ", expected ", d.expected);
  }
};

namespace detail {

using prefopt::detail::gradient_source;

/// A batch whose numbers are copied to another scalar.
template <class To, class From>
class converted_batch {
 public:
  explicit converted_batch(const batch<From>& source) {
    copy(source.scores ? source.scores : source.policy, policy_,
         source.scores ? result_.scores : result_.policy);
    copy(source.reference, reference_, result_.reference);
    copy(source.relevance, relevance_, result_.relevance);
    copy(source.lengths, lengths_, result_.lengths);
    copy(source.log_q, log_q_, result_.log_q);
    copy(source.kl, kl_, result_.kl);
    copy(source.beta, beta_, result_.beta);
    copy(source.hardness, hardness_, result_.hardness);
    copy(source.log_collision, log_collision_, result_.log_collision);
    copy(source.weights, weights_, result_.weights);
    result_.order = source.order;
    result_.counts = source.counts;
  }
  const batch<To>& get() const { return result_; }

 private:
  static void copy(const tensor_ref<const From>& from, std::vector<To>& storage, tensor_ref<const To>& to) {
    if (!from) return;
    for (index i = 0; i < from->rows; ++i)
      for (index j = 0; j < from->columns; ++j) storage.push_back(static_cast<To>((*from)(i, j)));
    to = as_matrix(std::as_const(storage), from->rows, from->columns);
  }

  std::vector<To> policy_, reference_, relevance_, lengths_, log_q_, kl_, beta_, hardness_, log_collision_,
      weights_;
  batch<To> result_;
};

template <class T, class Differentiator, gradient_source Source, class Objective, class State>
std::vector<scalar_t<T>> gradient(const Objective& objective, const batch<scalar_t<T>>& batch, State state) {
  const auto& scores = batch.scores ? batch.scores : batch.policy;
  std::vector<scalar_t<T>> values(static_cast<std::size_t>(scores->size()));
  options<scalar_t<T>, State> options{.reduction = reduction::none};
  if constexpr (!std::is_same_v<State, no_state>) options.state = &state;
  prefopt::detail::evaluation<T, Objective, Differentiator, Source>(
      objective, batch, as_matrix(values, scores->rows, scores->columns), options)
      .run();
  return values;
}

template <class Scalar>
gradient_difference worst(const std::vector<double>& actual, const std::vector<Scalar>& expected,
                          index columns, const gradient_tolerance& tolerance) {
  gradient_difference result;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double x = actual[i], y = static_cast<double>(expected[i]);
    const double larger = max(abs(x), abs(y));
    double excess = abs(x - y) / (tolerance.atol + tolerance.rtol * larger);
    if (!(excess >= 0)) excess = std::numeric_limits<double>::infinity();  // a NaN agrees with nothing
    if (i == 0 || excess > result.excess)
      result = {excess, static_cast<index>(i) / columns, static_cast<index>(i) % columns, x, y};
  }
  return result;
}

}  // namespace detail

/// Compares the gradient that `evaluate` gives (closed form where there is one) with dual numbers and with
/// central differences in long double, entry by entry, unreduced. Selections, strengths and whatever the
/// objective passes through `constant` stay put, as they do under the gradient. \param state what the
/// objective starts from; copied for each of the three runs Costs O(B · N²). Near a kink (hinge at margin 1)
/// the sides differ by nature: choose inputs away from it.
template <any_objective Objective>
gradient_report check_gradient(const Objective& objective, const batch<double>& batch,
                               const gradient_tolerance& tolerance = {},
                               const state_of<Objective>& state = {}) {
  using detail::gradient_source;
  using wide = native_pack<double>;
  using plain = pack<double, 1>;
  using precise = pack<long double, 1>;
  const auto closed =
      detail::gradient<wide, prefopt::detail::default_differentiator<wide>, gradient_source::closed_form>(
          objective, batch, state);
  const auto duals =
      detail::gradient<plain, dual<plain>, gradient_source::differentiator>(objective, batch, state);
  const detail::converted_batch<long double, double> copy(batch);
  const auto differences = detail::gradient<precise, stencil<precise>, gradient_source::differentiator>(
      objective, copy.get(), state);
  const index columns = (batch.scores ? batch.scores : batch.policy)->columns;
  return {detail::worst(closed, duals, columns, tolerance),
          detail::worst(closed, differences, columns, tolerance)};
}

}  // namespace prefopt::testing
