#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/hardness/item_neighbours.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {

/// HaRS's offline hardness (HaNoRec, Wang 2025, Eqs. 4-6, 11; code wangyu0627/HaNoRec), from item vectors alone:
///
///     const auto vectors = prefopt::fuse_embeddings<float>(text, image);
///     const auto near = prefopt::nearest_items(prefopt::as_matrix(vectors, V, d), 10);
///     std::vector<double> deltas = prefopt::hars_deltas(near, preferred, rejected);
///     const auto lambda = prefopt::hars_hardness(deltas);                      // → batch.hardness
///
/// Z_j is the softmax of item j's neighbour scores (temperature 1); δ = ‖Z_w − Z_l‖₂, compared rank by rank, the mean
/// over an example's pairs (w, l).
/// \param preferred, rejected [n, m] items, pair by pair; −1: no pair. An [n, 1] `preferred` goes with every column.
/// \return [n] δ, in [0, √2]; 0 where w = l, and for an example without a pair
/// \throws invalid_argument for shapes that do not go together, and items outside [0, V)
inline std::vector<double> hars_deltas(const item_neighbours& neighbours,
                                       const matrix_view<const std::int32_t>& preferred,
                                       const matrix_view<const std::int32_t>& rejected) {
  constexpr auto here = "hars_deltas";
  detail::require(
      preferred.rows == rejected.rows && (preferred.columns == rejected.columns || preferred.columns == 1),
      here, "preferred is ", detail::shape_text(preferred.rows, preferred.columns), ", expected [",
      rejected.rows, ", 1] or ", detail::shape_text(rejected.rows, rejected.columns),
      " (the shape of rejected)");
  const auto softmax = [&](index item) {
    std::vector<double> shares;
    double total = 0;
    const auto scores = neighbours.scores_of(item);
    for (const double score : scores) total += shares.emplace_back(prefopt::exp(score - scores.front()));
    for (double& share : shares) share /= total;
    return shares;
  };
  const auto check = [&](std::int32_t item) {
    detail::require(item < neighbours.items(), here, "an item is ", item, ", expected below ",
                    neighbours.items());
  };
  std::vector<double> deltas;
  for (index b = 0; b < rejected.rows; ++b) {
    double sum = 0, pairs = 0;
    for (index k = 0; k < rejected.columns; ++k) {
      const std::int32_t winner = preferred(b, preferred.columns == 1 ? 0 : k), loser = rejected(b, k);
      check(winner);
      check(loser);
      if (winner < 0 || loser < 0) continue;
      const auto first = softmax(winner), second = softmax(loser);
      double squares = 0;
      for (std::size_t i = 0; i < first.size(); ++i)
        squares += (first[i] - second[i]) * (first[i] - second[i]);
      sum += prefopt::sqrt(squares);
      ++pairs;
    }
    deltas.push_back(pairs > 0 ? sum / pairs : 0);
  }
  return deltas;
}

/// λ_b = σ(δ_b) / σ(mean δ over the data), about 1: in [0.622, 1.609], though the paper's text says (0, 1). The larger,
/// the easier the pair is to tell apart, in spite of the name.
/// \param deltas of the whole data set: λ is relative to its mean
inline std::vector<double> hars_hardness(std::span<const double> deltas) {
  double mean = 0;
  for (const double delta : deltas) mean += delta / static_cast<double>(deltas.size());
  std::vector<double> hardness;
  for (const double delta : deltas) hardness.push_back(sigmoid(delta) / sigmoid(mean));
  return hardness;
}

}  // namespace prefopt
