#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// Throws `broken_claim` unless a peer's loss and gradient are prefopt's, to what sums in float leave of them:
/// 1e-3 of the loss, 1e-4 of the largest entry of the gradient.
void require_agreement(const std::string& peer, float our_loss, float loss, const float* our_gradient,
                       const float* gradient, std::size_t size);

}  // namespace bench
