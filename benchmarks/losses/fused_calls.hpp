#pragma once

#include <cstdint>

/// \file
/// prefopt's fused calls over raw arrays.

namespace ours {

/// B queries of `width` components; V catalogue rows; N candidates a query.
struct fused_batch {
  std::int64_t batch, candidates, width, items;
  const float* queries;       ///< [B, d]
  const float* catalogue;     ///< [V, d]
  const std::int32_t* ids;    ///< [B, N]; of the full softmax [B], the targets
  const float* reference;     ///< [B, N]
  float* query_gradient;      ///< [B, d]
  float* catalogue_gradient;  ///< [B, N, d] rows; of the full softmax [V, d]
};

/// Each returns the loss and writes both gradients.
float fused_scoring(const fused_batch& batch);
/// The catalogue's gradient summed over candidates that are the same item; `items` [B · N] receives which.
float fused_scoring_coalesced(const fused_batch& batch, std::int32_t* items);
float full_softmax(const fused_batch& batch);

}  // namespace ours
