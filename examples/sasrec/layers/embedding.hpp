#pragma once

#include <cmath>
#include <tuple>
#include <utility>

#include "../matrix.hpp"
#include "../packed_sequences.hpp"
#include "../random.hpp"

namespace sasrec {

/// x_t = sqrt(dim) E[item_t] + P[age_t].
///
/// A position is counted from the end of the sequence (age 0 is the most recent item), as in the authors'
/// code, which pads on the left: so a recommendation is always made from age 0, however long the history.
template <class Scalar>
struct embedding {
  using matrix_type = matrix_of<Scalar>;

  matrix_type items;      // [items, dim], also the output layer
  matrix_type positions;  // [max_length, dim]

  embedding(Index item_count, Index max_length, Index dim)
      : items(item_count, dim), positions(max_length, dim) {}

  void initialise(std::uint64_t seed) {
    fill_normal(items, 0.02, random_stream(mix(seed, 0)));
    fill_normal(positions, 0.02, random_stream(mix(seed, 1)));
  }

  void forward(const packed_sequences& tokens, matrix_type& x) const {
    x.resize(tokens.tokens(), items.cols());
    for_each_token(tokens, [&](Index t, Index item, Index age) {
      x.row(t) = item_scale() * items.row(item) + positions.row(age);
    });
  }

  void backward(const packed_sequences& tokens, const matrix_type& dx, embedding& gradient) const {
    for_each_token(tokens, [&](Index t, Index item, Index age) {
      gradient.items.row(item) += item_scale() * dx.row(t);
      gradient.positions.row(age) += dx.row(t);
    });
  }

  static constexpr auto members() {
    return std::tuple(std::pair("items", &embedding::items), std::pair("positions", &embedding::positions));
  }

 private:
  /// Lifts the item embeddings, which are small because they are the output layer too, above the positions.
  Scalar item_scale() const { return std::sqrt(static_cast<Scalar>(items.cols())); }

  template <class Visit>
  static void for_each_token(const packed_sequences& tokens, Visit visit) {
    for (Index s = 0; s < tokens.sequences(); ++s) {
      const Index end = tokens.offsets[static_cast<std::size_t>(s) + 1];
      for (Index t = tokens.offsets[static_cast<std::size_t>(s)]; t < end; ++t)
        visit(t, Index{tokens.items[static_cast<std::size_t>(t)]}, end - 1 - t);
    }
  }
};

}  // namespace sasrec
