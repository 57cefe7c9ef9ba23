#pragma once

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "../matrix.hpp"
#include "../packed_sequences.hpp"
#include "dropout.hpp"
#include "linear.hpp"

namespace sasrec {

/// Causal multi-head self-attention (Vaswani et al. 2017): with queries Q, keys K and values V, each a linear
/// map of x, token t of a sequence receives  sum_{u <= t} p_tu V_u,  p_t = softmax_u(Q_t . K_u /
/// sqrt(width)), for each head by itself; one more linear map mixes the heads.
template <class Scalar>
struct attention {
  using matrix_type = matrix_of<Scalar>;

  linear<Scalar> input;  // x -> [Q | K | V], one product for all three; each holds its heads side by side
  linear<Scalar> output;
  Index heads;

  struct activations {
    matrix_type qkv;                                                // [tokens, 3 dim]
    std::vector<Scalar> probabilities;                              // tile after tile, before dropout
    matrix_type mixed;                                              // [tokens, dim], the heads' sums
    matrix_type qkv_gradient, mixed_gradient, tile, tile_gradient;  // scratch
  };

  attention(Index dim, Index head_count) : input(dim, 3 * dim), output(dim, dim), heads(head_count) {}

  void initialise(std::uint64_t seed) {
    input.initialise(random_stream(mix(seed, 0)));
    output.initialise(random_stream(mix(seed, 1)));
  }

  void forward(const packed_sequences& tokens, const matrix_type& x, const dropout& drop, activations& kept,
               matrix_type& y) const {
    input.forward(x, kept.qkv);
    kept.mixed.resize(x.rows(), x.cols());
    kept.probabilities.resize(count_probabilities(tokens));
    for_each_tile(tokens, [&](const tile& at) {
      Eigen::Map<matrix_type> p(kept.probabilities.data() + at.storage, at.rows, at.columns);
      p.noalias() = queries(kept.qkv, at) * keys(kept.qkv, at).transpose();
      causal_softmax(p);
      kept.tile = p;
      drop.apply(kept.tile.data(), kept.tile.size(), static_cast<std::uint32_t>(at.storage));
      kept.mixed.block(at.row, head_column(at), at.rows, width()).noalias() =
          kept.tile * values(kept.qkv, at);
    });
    output.forward(kept.mixed, y);
  }

  void backward(const packed_sequences& tokens, const matrix_type& x, const dropout& drop, activations& kept,
                const matrix_type& dy, attention& gradient, matrix_type& dx) const {
    output.backward(kept.mixed, dy, gradient.output, kept.mixed_gradient);
    matrix_type& d_qkv = kept.qkv_gradient;
    d_qkv.setZero(kept.qkv.rows(), kept.qkv.cols());
    for_each_tile(tokens, [&](const tile& at) {
      const Eigen::Map<const matrix_type> p(kept.probabilities.data() + at.storage, at.rows, at.columns);
      const auto d_mixed = kept.mixed_gradient.block(at.row, head_column(at), at.rows, width());
      const auto number = static_cast<std::uint32_t>(at.storage);
      // mixed = drop(p) V
      kept.tile = p;
      drop.apply(kept.tile.data(), kept.tile.size(), number);
      values(d_qkv, at).noalias() += kept.tile.transpose() * d_mixed;
      matrix_type& d_p = kept.tile_gradient;
      d_p.noalias() = d_mixed * values(kept.qkv, at).transpose();
      drop.apply(d_p.data(), d_p.size(), number);
      // p = softmax(score), score = scale Q K^T: d score = p (dp - sum(p dp)). Beyond the diagonal p is 0.
      for (Index i = 0; i < at.rows; ++i) {
        const Scalar mean = p.row(i).dot(d_p.row(i));
        d_p.row(i) = scale() * p.row(i).array() * (d_p.row(i).array() - mean);
      }
      queries(d_qkv, at).noalias() += d_p * keys(kept.qkv, at);
      keys(d_qkv, at).noalias() += d_p.transpose() * queries(kept.qkv, at);
    });
    input.backward(x, d_qkv, gradient.input, dx);
  }

  static constexpr auto members() {
    return std::tuple(std::pair("input", &attention::input), std::pair("output", &attention::output));
  }

 private:
  /// A band of queries of one sequence and head, and the keys that the last of them may see. The work is
  /// cut into bands because the keys beyond the band are never computed: about half of a long sequence.
  struct tile {
    Index first;    // token, of the sequence
    Index row;      // token, of the band
    Index rows;     // queries
    Index columns;  // keys: tokens first .. row + rows - 1
    Index head;
    Index storage;  // of its probabilities
  };
  static constexpr Index band = 32;

  Index dim() const { return output.weight.rows(); }
  Index width() const { return dim() / heads; }
  Scalar scale() const { return 1 / std::sqrt(static_cast<Scalar>(width())); }
  Index head_column(const tile& at) const { return at.head * width(); }

  auto queries(auto& qkv, const tile& at) const {
    return qkv.block(at.row, head_column(at), at.rows, width());
  }
  auto keys(auto& qkv, const tile& at) const {
    return qkv.block(at.first, dim() + head_column(at), at.columns, width());
  }
  auto values(auto& qkv, const tile& at) const {
    return qkv.block(at.first, 2 * dim() + head_column(at), at.columns, width());
  }

  template <class Visit>
  void for_each_tile(const packed_sequences& tokens, Visit visit) const {
    Index storage = 0;
    for (std::size_t s = 0; s + 1 < tokens.offsets.size(); ++s) {
      const Index first = tokens.offsets[s], end = tokens.offsets[s + 1];
      for (Index row = first; row < end; row += band) {
        const Index rows = std::min(band, end - row), columns = row + rows - first;
        for (Index head = 0; head < heads; ++head, storage += rows * columns)
          visit(tile{first, row, rows, columns, head, storage});
      }
    }
  }

  std::size_t count_probabilities(const packed_sequences& tokens) const {
    Index count = 0;
    for_each_tile(tokens, [&](const tile& at) { count = at.storage + at.rows * at.columns; });
    return static_cast<std::size_t>(count);
  }

  /// Row i of a tile sees all keys but the last rows - 1 - i.
  void causal_softmax(Eigen::Map<matrix_type>& p) const {
    for (Index i = 0; i < p.rows(); ++i) {
      const Index hidden = p.rows() - 1 - i;
      auto seen = p.row(i).head(p.cols() - hidden);
      seen = ((seen.array() - seen.maxCoeff()) * scale()).exp();
      seen *= 1 / seen.sum();
      p.row(i).tail(hidden).setZero();
    }
  }
};

}  // namespace sasrec
