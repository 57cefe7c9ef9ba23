#pragma once

#include <cstdint>
#include <memory>
#include <vector>

/// \file
/// Who else finds the best items of a batch of users. No type of a peer's library shows here.

namespace bench {

/// B queries and V items of d numbers, and for each query a history of `history` items that do not count. All arrays
/// outlive the peers.
struct top_problem {
  std::int64_t batch, items, width, history;
  float* queries;                 ///< [B, d]
  float* catalogue;               ///< [V, d]
  const std::int32_t* histories;  ///< [B, history]
};

class top_peer {
 public:
  virtual ~top_peer() = default;
  /// The `count` best items of each query, best first, [B, count].
  virtual const std::vector<std::int32_t>& run(std::int64_t count) = 0;
};

/// LibTorch: matmul, −inf for the histories, topk. One thread. Null where there is no LibTorch.
std::unique_ptr<top_peer> make_torch_top(const top_problem& problem);
/// faiss: IndexFlatIP asked for count + history items. One thread. Null where there is no faiss.
std::unique_ptr<top_peer> make_faiss_top(const top_problem& problem);

}  // namespace bench
