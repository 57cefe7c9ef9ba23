#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

/// \file
/// Parts of the most different kinds, written as a user writes hers: outside the library, once, against the
/// row alone. If one of them ever needs a special case in the engine, the design is wrong.

namespace shapes {

using prefopt::index;
using prefopt::matrix_view;
using prefopt::observed;
using prefopt::with_gradient;
using prefopt::losses::loss_traits;
using prefopt::losses::rejected;

/// LiPO-λ: all pairs, weighted by gain and by discount at the current ranks.
struct lambda_pairs {
  static constexpr loss_traits traits{.candidates = rejected::none, .translation_invariant = true};
  static constexpr prefopt::inputs needs = prefopt::inputs::relevance;

  auto operator()(auto row) const {
    const auto r = row.rewards();
    const auto y = row.relevance();
    const auto gain = row.keep(exp(y * row.number(std::log(2.0))));
    const auto discount = row.keep(1 / log(1 + row.rank(r)));
    const auto weight = [=](auto i, auto j) {
      return abs(i(gain) - j(gain)) * abs(i(discount) - j(discount));
    };
    const auto margin = [=](auto i, auto j) { return select(i(y) > j(y), i(r) - j(r), j(r) - i(r)); };
    const auto value = row.pair_sum([=](auto i, auto j) { return weight(i, j) * softplus(-margin(i, j)); });
    return with_gradient{value, [=] {
                           return row.pair_slopes([=](auto i, auto j) {
                             const auto pull = weight(i, j) * sigmoid(-margin(i, j));
                             return select(i(y) > j(y), -pull, pull);
                           });
                         }};
  }
};

/// KTO: each answer against the batch's KL estimate.
struct kto {
  double desirable_weight = 1, undesirable_weight = 1;

  static constexpr loss_traits traits{.candidates = rejected::none};
  static constexpr prefopt::inputs needs = prefopt::inputs::relevance | prefopt::inputs::kl;
  static constexpr index decisions = 1;

  auto observe(auto row) const { return observed{row.kl()}; }
  void decide(matrix_view<const double> seen, matrix_view<double> said) const {
    double total = 0, count = 0;
    for (index b = 0; b < seen.rows; ++b)
      if (!std::isnan(seen(b, 0))) total += seen(b, 0), count += 1;
    for (index b = 0; b < said.rows; ++b) said(b, 0) = std::max(0.0, total / count);
  }
  auto operator()(auto row) const {
    const auto desirable = row.preferred(row.relevance()) > row.number(0);
    const auto distance = row.preferred(row.rewards()) - row.strength() * row.decided();
    const auto weight = select(desirable, row.number(desirable_weight), row.number(undesirable_weight));
    const auto signed_distance = select(desirable, -distance, distance);
    return with_gradient{weight * sigmoid(signed_distance), [=] {
                           const auto slope = weight * sigmoid(distance) * sigmoid(-distance);
                           return select(row.is_preferred(), select(desirable, -slope, slope), row.number(0));
                         }};
  }
};

/// AOT (paired): margins and reference margins are sorted over the batch, each on its own, and matched by
/// rank.
struct aot {
  double label_smoothing = 0;

  static constexpr loss_traits traits{.candidates = rejected::one, .translation_invariant = true};
  static constexpr index decisions = 1;

  auto observe(auto row) const {
    const auto margin = [&](auto c) { return row.preferred(c) - row.sum(c, row.rejected()); };
    return observed{margin(row.policy()), margin(row.reference())};
  }
  /// How far the reference margin of the same rank lies from the example's own.
  void decide(matrix_view<const double> seen, matrix_view<double> said) const {
    const auto ranked = [&](index column) {
      std::vector<index> examples(static_cast<std::size_t>(seen.rows));
      std::iota(examples.begin(), examples.end(), 0);
      std::stable_sort(examples.begin(), examples.end(),
                       [&](index a, index b) { return seen(a, column) < seen(b, column); });
      return examples;
    };
    const auto by_policy = ranked(0), by_reference = ranked(1);
    for (std::size_t rank = 0; rank < by_policy.size(); ++rank)
      said(by_policy[rank], 0) = seen(by_policy[rank], 1) - seen(by_reference[rank], 1);
  }
  auto operator()(auto row) const {
    const prefopt::losses::smoothed_logistic cost{label_smoothing};
    const auto r = row.rewards();
    const auto margin = row.preferred(r) - row.sum(r, row.rejected()) + row.strength() * row.decided();
    return with_gradient{cost.value(row, margin), [=] {
                           const auto slope = cost.slope(row, margin);
                           return select(row.is_preferred(), slope, -slope);
                         }};
  }
};

/// GPM: candidates are vectors, compared by a skew-symmetric score. r_0 = 0 and r_k = score(v_k, v_0).
struct general_preference {
  index components = 2;

  auto value(auto row) const {
    const auto term = [&](index j) {
      return row.policy(j) * row.preferred(row.policy(j + 1)) -
             row.policy(j + 1) * row.preferred(row.policy(j));
    };
    auto score = row.keep(term(0));
    for (index j = 2; j < components; j += 2) score = row.keep(score + term(j));
    return score;
  }
  /// d / d v_k[j] = ± g_k v_0[j'], d / d v_0[j] = ∓ Σ g_k v_k[j'], where j' is the other half of j's plane.
  auto chain(auto row, auto gradient, index component) const {
    const bool first = component % 2 == 0;
    const auto other = row.policy(first ? component + 1 : component - 1);
    const auto sign = row.number(first ? 1 : -1);
    return sign * select(row.is_preferred(), -row.sum(gradient * other, row.rejected()),
                         gradient * row.preferred(other));
  }
};

/// −log σ((margin − offset)): the logistic cost against a target margin.
struct offset_logistic {
  double offset = 0;
  auto value(auto row, auto margin) const { return softplus(row.number(offset) - margin); }
  auto slope(auto row, auto margin) const { return -sigmoid(row.number(offset) - margin); }
};

}  // namespace shapes
