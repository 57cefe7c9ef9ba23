#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
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

}  // namespace shapes
