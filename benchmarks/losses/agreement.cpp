#include "agreement.hpp"

#include <algorithm>
#include <cmath>

#include "report.hpp"

namespace bench {

void require_agreement(const std::string& peer, float our_loss, float loss, const float* our_gradient,
                       const float* gradient, std::size_t size) {
  float largest = 0, difference = 0;
  for (std::size_t i = 0; i < size; ++i) {
    largest = std::max(largest, std::abs(our_gradient[i]));
    difference = std::max(difference, std::abs(our_gradient[i] - gradient[i]));
  }
  // Written so that a NaN fails.
  if (!(std::abs(our_loss - loss) <= 1e-3f * std::abs(our_loss)) || !(difference <= 1e-4f * largest))
    throw broken_claim(peer + " disagrees with prefopt: loss " + std::to_string(loss) + ", prefopt's " +
                       std::to_string(our_loss) + "; gradients differ by " +
                       std::to_string(difference / largest) + " of the largest entry");
}

}  // namespace bench
