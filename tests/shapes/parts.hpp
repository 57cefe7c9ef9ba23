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

/// Smallest member of the largest cluster of an optimal one-dimensional 3-means; of equally good partitions
/// the one with the larger top cluster.
struct top_cluster {
  template <class Scalar>
  Scalar operator()(std::span<Scalar> values) const {
    std::sort(values.begin(), values.end());
    const auto first_of_run = [&](std::size_t i) { return i == 0 || values[i] != values[i - 1]; };
    std::size_t distinct = 0;
    for (std::size_t i = 0; i < values.size(); ++i) distinct += first_of_run(i);
    if (distinct <= 3) return values.back() == values.front() ? values.front() : values.back();

    double best = std::numeric_limits<double>::infinity();
    std::size_t best_cut = values.size() - 1;
    for (std::size_t a = 1; a + 1 < values.size(); ++a)
      for (std::size_t b = a + 1; b < values.size(); ++b) {
        if (!first_of_run(a) || !first_of_run(b)) continue;
        const double cost =
            spread(values.first(a)) + spread(values.subspan(a, b - a)) + spread(values.subspan(b));
        if (cost < best || (cost == best && b < best_cut)) best = cost, best_cut = b;
      }
    return values[best_cut];
  }

 private:
  template <class Scalar>
  static double spread(std::span<Scalar> values) {
    double mean = 0, squares = 0;
    for (const Scalar x : values) mean += static_cast<double>(x) / static_cast<double>(values.size());
    for (const Scalar x : values)
      squares += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
    return squares;
  }
};

/// DynamicPO's boundary negatives: those that the policy ranks at or above the preferred item, else the top
/// cluster.
struct boundary {
  auto operator()(auto row) const {
    const auto p = row.policy();
    const auto preferred = row.preferred(p);
    const auto violated = row.any(row.rejected() & (p >= preferred));
    return row.keep(p >= row.per_example(!violated, preferred, top_cluster{}, p));
  }
};

/// DynamicPO's dual margin: β_k = β (1 + scale · tanh((d1 − d2 − margin) / (|d1| + |d2|))), one β per pair.
struct dual_margin {
  double beta = 1, margin = 2, scale = 0.5;

  static constexpr bool per_pair = true;

  auto operator()(auto row) const {
    const auto p = row.policy();
    const auto easy =
        select(row.any(row.unselected()), row.mean(p, row.unselected()), row.mean(p, row.rejected()));
    const auto to_preferred = row.preferred(p) - p;
    const auto to_easy = p - easy;
    const auto length = abs(to_preferred) + abs(to_easy);
    const auto direction =
        select(length > row.number(0), (to_preferred - to_easy - row.number(margin)) / length,
               row.number(-std::numeric_limits<double>::infinity()));
    return row.number(beta) * (1 + row.number(scale) * tanh(direction));
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

/// β-DPO, batch level: one β from the mean gap of the kept examples; the others leave the loss.
struct batch_beta {
  double beta = 0.1, alpha = 0.6, beta_min = 1e-3, momentum = 0.9;
  std::vector<index> kept;

  struct state_type {
    double gap_mean = 0;
  };
  static constexpr index decisions = 2;

  auto observe(auto row) const {
    const auto gaps = row.policy() - row.reference();
    return observed{row.preferred(gaps) - row.sum(gaps, row.rejected())};
  }
  void decide(matrix_view<const double> seen, matrix_view<double> said, state_type& state) const {
    double batch_mean = 0, kept_mean = 0;
    for (index b = 0; b < seen.rows; ++b) batch_mean += seen(b, 0) / static_cast<double>(seen.rows);
    for (const index b : kept) kept_mean += seen(b, 0) / static_cast<double>(kept.size());
    state.gap_mean = momentum * state.gap_mean + (1 - momentum) * batch_mean;
    const double decided = std::max(beta_min, beta * (1 + alpha * (kept_mean - state.gap_mean)));
    for (index b = 0; b < said.rows; ++b) said(b, 0) = decided, said(b, 1) = 0;
    for (const index b : kept) said(b, 1) = static_cast<double>(seen.rows) / static_cast<double>(kept.size());
  }
  auto operator()(auto row) const { return row.decided(0); }
  auto weight(auto row) const { return row.decided(1); }
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
