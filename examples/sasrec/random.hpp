#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

#include "matrix.hpp"

/// \file
/// Reproducible randomness without `<random>`, whose distributions differ between standard libraries.
/// Nothing here carries state from one step to the next: every stream is derived from the numbers that name
/// it (seed, epoch, step, ...), so an interrupted run continues exactly where it was.

namespace sasrec {

/// Mixes `value` into `key`; the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
constexpr std::uint64_t mix(std::uint64_t key, std::uint64_t value) {
  std::uint64_t z = key + 0x9E3779B97F4A7C15u * (value + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// A sequential stream for the few places that want one: initial parameters and shuffles.
class random_stream {
 public:
  explicit random_stream(std::uint64_t key) : key_(key) {}

  std::uint64_t bits() { return mix(key_, count_++); }
  /// In (0, 1).
  double uniform() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1p-52; }
  /// Standard normal, by Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  /// In [0, bound); the bias of the modulus is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) { return bits() % bound; }

 private:
  std::uint64_t key_;
  std::uint64_t count_ = 0;
};

template <class Value>
void shuffle(std::span<Value> values, random_stream random) {
  for (std::size_t left = values.size(); left > 1; --left)
    std::swap(values[left - 1], values[random.below(left)]);
}

template <class Scalar>
void fill_normal(matrix_of<Scalar>& values, double deviation, random_stream random) {
  for (Index i = 0; i < values.size(); ++i)
    values.data()[i] = static_cast<Scalar>(deviation * random.normal());
}

}  // namespace sasrec
