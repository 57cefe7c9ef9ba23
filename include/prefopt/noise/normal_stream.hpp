#pragma once

#include <cstdint>

#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/random_stream.hpp>

namespace prefopt::noise {

/// Independent standard normal numbers from the words of (seed, step, example), two at a time (Box & Muller 1958): each
/// number depends on its place in the stream alone.
class normal_stream {
 public:
  normal_stream(std::uint64_t seed, std::uint64_t step, std::uint64_t example)
      : words_(seed, step, example) {}

  double next() {
    if (second_waits_) {
      second_waits_ = false;
      return second_;
    }
    const double radius = prefopt::sqrt(-2 * prefopt::log1p(-words_.next_real()));
    constexpr double full_turn = 6.28318530717958647692;
    const double angle = full_turn * words_.next_real();
    second_ = radius * prefopt::sin(angle);
    second_waits_ = true;
    return radius * prefopt::cos(angle);
  }

 private:
  samplers::random_stream words_;
  double second_ = 0;
  bool second_waits_ = false;
};

}  // namespace prefopt::noise
