#pragma once

#include <cstddef>
#include <memory>

/// \file
/// Losses under LibTorch's autograd, float, forward and backward. No type of LibTorch shows here, so nothing but
/// torch_losses.cpp pays for its headers.

namespace bench {

/// One batch [rows, columns], the policy a leaf of the graph. Each call computes the mean loss and a fresh gradient, β = 1.
class torch_losses {
 public:
  torch_losses(std::size_t rows, std::size_t columns);
  torch_losses(const torch_losses&) = delete;
  torch_losses& operator=(const torch_losses&) = delete;
  ~torch_losses();

  float s_dpo();                ///< prefopt's
  float composed_s_dpo();       ///< logsumexp, differentiated by autograd
  float cross_entropy_s_dpo();  ///< the same loss by cross_entropy_loss
  float function_s_dpo();       ///< a Function written by hand
  float plackett_luce();        ///< prefopt's; the lists in their own order
  float composed_plackett_luce();

  const float* gradient() const;  ///< of the last call
  std::size_t size() const;

 private:
  struct tensors;
  std::unique_ptr<tensors> tensors_;
};

/// A graph of one operator on a scalar.
void smallest_backward();

void use_one_thread();

}  // namespace bench
