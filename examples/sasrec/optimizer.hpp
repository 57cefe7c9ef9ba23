#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "matrix.hpp"
#include "model.hpp"

/// \file
/// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).

namespace sasrec {

struct adam_options {
  float learning_rate = 1e-3f;
  float beta1 = 0.9f;
  float beta2 = 0.98f;  ///< as in the authors' code
  float epsilon = 1e-8f;
  float weight_decay = 0;  ///< every step shrinks a parameter by this times the learning rate
  float clip_norm = 0;     ///< a longer gradient is scaled to this length; 0: never
  int threads = 1;
};

/// Moments of every parameter, in the order of `for_each_parameter`. Copy it and you have saved it.
struct adam_state {
  std::uint64_t steps = 0;
  std::vector<matrix> first, second;
};

/// One step down the gradient, which is the sum of `gradients`: each holds one shard's share, and they are
/// added in the order given, so that threads do not change the result. Sets the shares to zero for the next
/// step. A default-constructed `state` is a fresh start.
void adam_step(model& parameters, std::span<model> gradients, const adam_options& options, adam_state& state);

}  // namespace sasrec
