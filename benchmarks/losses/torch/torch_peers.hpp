#pragma once

#include <cstdint>

/// \file
/// What a LibTorch user would write for the fused calls: tensors, autograd, one thread. No type of LibTorch
/// shows here, so nothing but `torch_peers.cpp` pays for its headers.

namespace torch_peers {

/// Shapes: B queries of d numbers, V rows of a catalogue, N candidates a query.
struct shape {
  std::int64_t batch, candidates, width, items;
};

/// S-DPO (β = 1) over gathered scores <query, catalogue[id]>: embedding(sparse = true), bmm, autograd.
class fused_scoring {
 public:
  /// All arrays outlive the peer: queries [B, d], catalogue [V, d], ids and reference [B, N].
  fused_scoring(const shape& s, float* queries, float* catalogue, std::int32_t* ids, float* reference);
  fused_scoring(const fused_scoring&) = delete;
  fused_scoring& operator=(const fused_scoring&) = delete;
  ~fused_scoring();

  /// Forward and backward; returns the loss. Both gradients are fresh ones.
  float run();
  const float* query_gradient() const;      ///< [B, d] of the last run
  const float* candidate_gradient() const;  ///< [B · N, d] values of the sparse gradient, in the ids' order

 private:
  struct tensors;
  tensors* tensors_;
};

/// Cross-entropy over the whole catalogue: logits [B, V] by matmul, cross_entropy, autograd.
class full_softmax {
 public:
  /// All arrays outlive the peer: queries [B, d], catalogue [V, d], targets [B].
  full_softmax(const shape& s, float* queries, float* catalogue, std::int32_t* targets);
  full_softmax(const full_softmax&) = delete;
  full_softmax& operator=(const full_softmax&) = delete;
  ~full_softmax();

  float run();
  const float* query_gradient() const;      ///< [B, d] of the last run
  const float* catalogue_gradient() const;  ///< [V, d] of the last run

 private:
  struct tensors;
  tensors* tensors_;
};

/// One thread, in LibTorch and in its BLAS.
void use_one_thread();

/// From now on malloc keeps what is freed, for the large tensors too. There is no way back. Returns whether this malloc
/// can.
bool keep_memory();

/// FLOP/s of LibTorch's matmul of [rows, inner] with [inner, columns]: the median of `calls`.
double matmul_rate(std::int64_t rows, std::int64_t inner, std::int64_t columns, int calls);

}  // namespace torch_peers
