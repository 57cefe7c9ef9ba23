#pragma once

#include <tuple>
#include <utility>

#include "../matrix.hpp"
#include "dropout.hpp"
#include "linear.hpp"

namespace sasrec {

/// The point-wise feed-forward network: y = drop(relu(x W1 + b1)) W2 + b2, for each token by itself.
template <class Scalar>
struct feed_forward {
  using matrix_type = matrix_of<Scalar>;

  linear<Scalar> inner;
  linear<Scalar> outer;

  struct activations {
    matrix_type hidden;           // [tokens, dim], after relu and dropout
    matrix_type hidden_gradient;  // scratch of the backward pass
  };

  explicit feed_forward(Index dim) : inner(dim, dim), outer(dim, dim) {}

  void initialise(std::uint64_t seed) {
    inner.initialise(random_stream(mix(seed, 0)));
    outer.initialise(random_stream(mix(seed, 1)));
  }

  void forward(const matrix_type& x, const dropout& drop, activations& kept, matrix_type& y) const {
    inner.forward(x, kept.hidden);
    kept.hidden = kept.hidden.cwiseMax(Scalar(0));
    drop.apply(kept.hidden);
    outer.forward(kept.hidden, y);
  }

  void backward(const matrix_type& x, const dropout& drop, activations& kept, const matrix_type& dy,
                feed_forward& gradient, matrix_type& dx) const {
    outer.backward(kept.hidden, dy, gradient.outer, kept.hidden_gradient);
    drop.apply(kept.hidden_gradient);
    // Where relu or dropout gave 0, nothing comes back; elsewhere the slope of relu is 1.
    kept.hidden_gradient = (kept.hidden.array() > Scalar(0)).select(kept.hidden_gradient, Scalar(0));
    inner.backward(x, kept.hidden_gradient, gradient.inner, dx);
  }

  static constexpr auto members() {
    return std::tuple(std::pair("inner", &feed_forward::inner), std::pair("outer", &feed_forward::outer));
  }
};

}  // namespace sasrec
