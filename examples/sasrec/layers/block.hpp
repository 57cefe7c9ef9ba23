#pragma once

#include <cstdint>
#include <tuple>
#include <utility>

#include "../matrix.hpp"
#include "../packed_sequences.hpp"
#include "attention.hpp"
#include "dropout.hpp"
#include "feed_forward.hpp"
#include "layer_norm.hpp"

namespace sasrec {

/// One block of the network: attention lets tokens look at each other, the feed-forward network thinks about
/// what they saw, and both only add to what is there:
///
///     m = x + drop(attention(norm(x)))
///     y = m + drop(feed_forward(norm(m)))
template <class Scalar>
struct block {
  using matrix_type = matrix_of<Scalar>;

  layer_norm<Scalar> attention_norm;
  attention<Scalar> attend;
  layer_norm<Scalar> feed_forward_norm;
  feed_forward<Scalar> feed;

  /// The masks of the four places at which a block drops.
  struct dropouts {
    dropout weights, attended, hidden, fed;

    dropouts(float rate, std::uint64_t key)
        : weights(rate, mix(key, 0)),
          attended(rate, mix(key, 1)),
          hidden(rate, mix(key, 2)),
          fed(rate, mix(key, 3)) {}
  };

  struct activations {
    typename layer_norm<Scalar>::activations attention_norm, feed_forward_norm;
    typename attention<Scalar>::activations attend;
    typename feed_forward<Scalar>::activations feed;
    matrix_type attention_input, feed_forward_input;  // after their norms
    matrix_type branch, input_gradient;               // scratch
  };

  block(Index dim, Index heads)
      : attention_norm(dim), attend(dim, heads), feed_forward_norm(dim), feed(dim) {}

  void initialise(std::uint64_t seed) {
    attend.initialise(mix(seed, 0));
    feed.initialise(mix(seed, 1));
  }

  /// `y` may not be `x`.
  void forward(const packed_sequences& tokens, const matrix_type& x, const dropouts& drop, activations& kept,
               matrix_type& y) const {
    attention_norm.forward(x, kept.attention_norm, kept.attention_input);
    attend.forward(tokens, kept.attention_input, drop.weights, kept.attend, y);
    drop.attended.apply(y);
    y += x;
    feed_forward_norm.forward(y, kept.feed_forward_norm, kept.feed_forward_input);
    feed.forward(kept.feed_forward_input, drop.hidden, kept.feed, kept.branch);
    drop.fed.apply(kept.branch);
    y += kept.branch;
  }

  /// `d` comes in as d loss / dy and goes out as d loss / dx.
  void backward(const packed_sequences& tokens, const dropouts& drop, activations& kept, matrix_type& d,
                block& gradient) const {
    kept.branch = d;
    drop.fed.apply(kept.branch);
    feed.backward(kept.feed_forward_input, drop.hidden, kept.feed, kept.branch, gradient.feed,
                  kept.input_gradient);
    feed_forward_norm.backward(kept.feed_forward_norm, kept.input_gradient, gradient.feed_forward_norm,
                               kept.branch);
    d += kept.branch;

    kept.branch = d;
    drop.attended.apply(kept.branch);
    attend.backward(tokens, kept.attention_input, drop.weights, kept.attend, kept.branch, gradient.attend,
                    kept.input_gradient);
    attention_norm.backward(kept.attention_norm, kept.input_gradient, gradient.attention_norm, kept.branch);
    d += kept.branch;
  }

  static constexpr auto members() {
    return std::tuple(
        std::pair("attention_norm", &block::attention_norm), std::pair("attention", &block::attend),
        std::pair("feed_forward_norm", &block::feed_forward_norm), std::pair("feed_forward", &block::feed));
  }
};

}  // namespace sasrec
