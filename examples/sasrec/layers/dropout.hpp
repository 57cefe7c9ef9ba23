#pragma once

#include <cstdint>

#include "../matrix.hpp"
#include "../random.hpp"

namespace sasrec {

/// Zeroes a share `rate` of its values and scales the others by 1 / (1 - rate) (Srivastava et al. 2014).
///
/// Whether value i is kept is a hash of (key, i). So nothing is stored: the backward pass applies the same
/// mask to the gradient by hashing again, which costs less than reading a mask from memory, and the loop has
/// no state that would keep it from being vectorised.
class dropout {
 public:
  /// A rate of 0 keeps everything: evaluation mode.
  dropout(float rate, std::uint64_t key)
      : rate_(rate),
        threshold_(static_cast<std::uint32_t>(static_cast<double>(rate) * 0x1p32)),
        low_(static_cast<std::uint32_t>(key)),
        high_(static_cast<std::uint32_t>(key >> 32)) {}

  /// Forward and backward: multiplies `values` by the mask. They are numbered `first`, first + 1, ...
  template <class Scalar>
  void apply(Scalar* values, Index count, std::uint32_t first = 0) const {
    if (rate_ == 0) return;
    const Scalar scale = 1 / (1 - static_cast<Scalar>(rate_));
    const auto size = static_cast<std::uint32_t>(count);
    for (std::uint32_t i = 0; i < size; ++i) values[i] *= hash(first + i) < threshold_ ? Scalar(0) : scale;
  }

  template <class Scalar>
  void apply(matrix_of<Scalar>& values) const {
    apply(values.data(), values.size());
  }

 private:
  float rate_;
  std::uint32_t threshold_, low_, high_;

  /// MurmurHash3's finaliser with a second key in the middle; 32-bit arithmetic fills whole vector registers.
  std::uint32_t hash(std::uint32_t x) const {
    x = (x ^ low_) * 0x85EBCA6Bu;
    x = (x ^ (x >> 13) ^ high_) * 0xC2B2AE35u;
    x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
    return x ^ (x >> 15);
  }
};

}  // namespace sasrec
