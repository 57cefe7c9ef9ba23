#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "model.hpp"
#include "training_loop.hpp"

/// \file
/// The SASRec of examples/sasrec as a graph of LibTorch operations, which differentiates itself. The parameters are those of a
/// `sasrec::model`, under the same names; they come from one and go back to one.

namespace sasrec::libtorch {

/// Throws std::invalid_argument for a name that is neither cpu nor cuda, and std::runtime_error where LibTorch finds no
/// CUDA device.
at::Device device_named(const std::string& name);

class network {
 public:
  network(const model& source, at::Device device);

  /// Copies the parameters of a model of the same shape, and to one.
  void load(const model& source);
  void store(model& target) const;

  at::Device device() const { return items().device(); }

  /// In the order of `for_each_parameter`; leaves that require gradients.
  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  /// [items, dim]
  const at::Tensor& items() const { return parameters_.front(); }

  /// The query at every token: [tokens, dim], in the order of `tokens`.
  at::Tensor queries(const packed_sequences& tokens, dropout_mode mode) const;

 private:
  /// [sequences, longest], filled up at the right, where causal attention does not look.
  struct padded;

  const at::Tensor& parameter(const std::string& name) const;
  padded pad(const packed_sequences& tokens) const;
  at::Tensor affine(const std::string& name, const at::Tensor& x) const;
  at::Tensor normalise(const std::string& name, const at::Tensor& x) const;
  at::Tensor attend(const std::string& name, const at::Tensor& x, const at::Tensor& hidden,
                    bool training) const;
  at::Tensor feed(const std::string& name, const at::Tensor& x, bool training) const;
  at::Tensor drop(const at::Tensor& x, bool training) const;

  model_config config_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
};

}  // namespace sasrec::libtorch
