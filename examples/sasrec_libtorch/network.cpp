#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <ATen/core/grad_mode.h>

#include "parameters.hpp"

namespace sasrec::libtorch {

at::Device device_named(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name != "cuda") throw std::invalid_argument("device is '" + name + "', expected cpu or cuda");
  if (!at::hasCUDA()) throw std::runtime_error("device is cuda, but LibTorch finds no CUDA device: use cpu");
  return at::kCUDA;
}

network::network(const model& source, at::Device device) : config_(source.config()) {
  for_each_parameter(source, [&](const std::string& name, const matrix& values) {
    names_.push_back(name);
    parameters_.push_back(
        at::empty({values.rows(), values.cols()}, at::device(device).dtype(at::kFloat)).requires_grad_());
  });
  load(source);
}

void network::load(const model& source) {
  const at::NoGradGuard no_gradient;
  auto to = parameters_.begin();
  for_each_parameter(source, [&](const std::string&, const matrix& values) {
    to++->copy_(at::from_blob(const_cast<float*>(values.data()), {values.rows(), values.cols()}, at::kFloat));
  });
}

void network::store(model& target) const {
  const at::NoGradGuard no_gradient;
  auto from = parameters_.begin();
  for_each_parameter(target, [&](const std::string&, matrix& values) {
    at::from_blob(values.data(), {values.rows(), values.cols()}, at::kFloat).copy_(*from++);
  });
}

const at::Tensor& network::parameter(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return parameters_.at(static_cast<std::size_t>(found - names_.begin()));
}

struct network::padded {
  at::Tensor items;  // [sequences, longest], int64; 0 where there is none
  at::Tensor ages;   // [sequences, longest], int64: 0 is a sequence's latest item
  at::Tensor
      positions;  // [tokens], int64: where the tokens lie in the flattened table; undefined if everywhere
};

network::padded network::pad(const packed_sequences& tokens) const {
  const Index sequences = tokens.sequences();
  Index longest = 0;
  for (std::size_t s = 0; s + 1 < tokens.offsets.size(); ++s)
    longest = std::max(longest, tokens.offsets[s + 1] - tokens.offsets[s]);

  padded table{at::zeros({sequences, longest}, at::kLong), at::zeros({sequences, longest}, at::kLong), {}};
  at::Tensor positions = at::empty({tokens.tokens()}, at::kLong);
  auto* const items = table.items.data_ptr<std::int64_t>();
  auto* const ages = table.ages.data_ptr<std::int64_t>();
  auto* next = positions.data_ptr<std::int64_t>();
  for (Index s = 0; s < sequences; ++s) {
    const Index first = tokens.offsets[static_cast<std::size_t>(s)],
                end = tokens.offsets[static_cast<std::size_t>(s) + 1];
    for (Index t = first; t < end; ++t) {
      const Index at = s * longest + t - first;
      items[at] = tokens.items[static_cast<std::size_t>(t)];
      ages[at] = end - 1 - t;
      *next++ = at;
    }
  }
  table.items = table.items.to(device());
  table.ages = table.ages.to(device());
  if (tokens.tokens() < sequences * longest) table.positions = positions.to(device());
  return table;
}

at::Tensor network::affine(const std::string& name, const at::Tensor& x) const {
  return at::matmul(x, parameter(name + ".weight")) + parameter(name + ".bias");
}

at::Tensor network::normalise(const std::string& name, const at::Tensor& x) const {
  constexpr double epsilon = 1e-8;
  return at::layer_norm(x, {config_.dim}, parameter(name + ".gain").view({config_.dim}),
                        parameter(name + ".bias").view({config_.dim}), epsilon);
}

at::Tensor network::drop(const at::Tensor& x, bool training) const {
  return training && config_.dropout > 0 ? at::dropout(x, config_.dropout, true) : x;
}

at::Tensor network::attend(const std::string& name, const at::Tensor& x, const at::Tensor& hidden,
                           bool training) const {
  const std::int64_t sequences = x.size(0), length = x.size(1), width = config_.dim / config_.heads;
  const auto of_heads =
      [&](const at::Tensor& all) {  // [sequences, length, dim] -> [sequences, heads, length, width]
        return all.view({sequences, length, config_.heads, width}).transpose(1, 2);
      };
  const std::vector<at::Tensor> qkv = affine(name + ".input", x).split(config_.dim, -1);
  const at::Tensor scores =
      at::matmul(of_heads(qkv[0].contiguous()), of_heads(qkv[1].contiguous()).transpose(-2, -1)) /
      std::sqrt(static_cast<double>(width));
  const at::Tensor seen =
      at::softmax(scores.masked_fill(hidden, -std::numeric_limits<double>::infinity()), -1);
  const at::Tensor mixed = at::matmul(drop(seen, training), of_heads(qkv[2].contiguous()));
  return affine(name + ".output", mixed.transpose(1, 2).reshape({sequences, length, config_.dim}));
}

at::Tensor network::feed(const std::string& name, const at::Tensor& x, bool training) const {
  return affine(name + ".outer", drop(at::relu(affine(name + ".inner", x)), training));
}

at::Tensor network::queries(const packed_sequences& tokens, dropout_mode mode) const {
  const bool training = mode == dropout_mode::on;
  const padded table = pad(tokens);
  const std::int64_t length = table.items.size(1);
  const at::Tensor hidden = at::ones({length, length}, at::device(device()).dtype(at::kBool)).triu(1);

  at::Tensor x = at::embedding(items(), table.items) * std::sqrt(static_cast<double>(config_.dim)) +
                 at::embedding(parameter("embedding.positions"), table.ages);
  x = drop(x, training);
  for (int b = 0; b < config_.blocks; ++b) {
    const std::string name = "blocks." + std::to_string(b) + ".";
    x = x +
        drop(attend(name + "attention", normalise(name + "attention_norm", x), hidden, training), training);
    x = x + drop(feed(name + "feed_forward", normalise(name + "feed_forward_norm", x), training), training);
  }
  const at::Tensor flat = normalise("norm", x).view({-1, config_.dim});
  return table.positions.defined() ? flat.index_select(0, table.positions) : flat;
}

}  // namespace sasrec::libtorch
