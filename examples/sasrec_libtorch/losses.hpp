#pragma once

#include <optional>

#include <ATen/ATen.h>

#include "backend.hpp"
#include "network.hpp"

/// \file
/// What is minimised, over tensors. Each loss goes backward from its scores to the queries and the item embeddings: prefopt
/// says how the scores should move, LibTorch takes it from there.

namespace sasrec::libtorch {

/// A `sasrec::training_loss` and what it compares with, on a device.
class device_loss {
 public:
  device_loss(const training_loss& loss, at::Device device);

  /// Adds scale * d loss / d queries to the gradient of `queries`, a leaf [tokens, dim], and scale * d loss / d embedding to
  /// that of the policy's items.
  shard_result backward(const training_shard& shard, const network& policy, const at::Tensor& queries);

 private:
  shard_result backward(const full_softmax_loss& loss, const training_shard& shard, const network& policy,
                        const at::Tensor& queries);
  shard_result backward(const candidate_objective& objective, const training_shard& shard,
                        const network& policy, const at::Tensor& queries);

  training_loss loss_;
  std::optional<network> reference_;
};

}  // namespace sasrec::libtorch
