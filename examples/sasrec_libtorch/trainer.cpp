#include "trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "losses.hpp"
#include "network.hpp"
#include "random.hpp"

namespace sasrec::libtorch {
namespace {

/// Sets these draws apart from the Eigen program's, whose purposes are 0 and 1.
constexpr std::uint64_t for_device_dropout = 2;

at::Tensor view(matrix& values) {
  return at::from_blob(values.data(), {values.rows(), values.cols()}, at::kFloat);
}

/// `adam_step` of examples/sasrec, over tensors.
class adam {
 public:
  adam(const std::vector<at::Tensor>& parameters, const loop_options& options, adam_state& state)
      : parameters_(parameters), options_(options), steps_(state.steps) {
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      first_.push_back(at::zeros_like(parameters[p], at::TensorOptions().requires_grad(false)));
      second_.push_back(at::zeros_like(first_.back()));
      if (state.first.empty()) continue;
      first_.back().copy_(view(state.first[p]));
      second_.back().copy_(view(state.second[p]));
    }
  }

  void step() {
    const at::NoGradGuard no_gradient;
    shorten();
    ++steps_;
    const adam_options rates;
    const double corrected = options_.learning_rate / (1 - std::pow(double{rates.beta1}, double(steps_)));
    const double deviation = std::sqrt(1 - std::pow(double{rates.beta2}, double(steps_)));
    for (std::size_t p = 0; p < parameters_.size(); ++p) {
      at::Tensor value = parameters_[p];
      const at::Tensor& gradient = value.grad();
      first_[p].mul_(rates.beta1).add_(gradient, 1 - double{rates.beta1});
      second_[p].mul_(rates.beta2).addcmul_(gradient, gradient, 1 - double{rates.beta2});
      if (options_.weight_decay > 0)
        value.mul_(1 - double{options_.learning_rate} * double{options_.weight_decay});
      value.addcdiv_(first_[p], (second_[p].sqrt() / deviation).add_(rates.epsilon), -corrected);
      gradient.zero_();
    }
  }

  void store(adam_state& state) const {
    state.steps = steps_;
    state.first.resize(first_.size());
    state.second.resize(second_.size());
    for (std::size_t p = 0; p < first_.size(); ++p) {
      for (auto [moment, target] : {std::pair(first_[p], &state.first[p]), {second_[p], &state.second[p]}}) {
        target->resize(moment.size(0), moment.size(1));
        view(*target).copy_(moment);
      }
    }
  }

 private:
  /// Scales a gradient that is longer than `clip_norm` to that length.
  void shorten() {
    if (options_.clip_norm == 0) return;
    at::Tensor squares = at::zeros({}, parameters_.front().options().requires_grad(false));
    for (const at::Tensor& parameter : parameters_) squares += parameter.grad().square().sum();
    const double norm = squares.sqrt().item<double>();
    if (norm <= options_.clip_norm) return;
    for (const at::Tensor& parameter : parameters_) parameter.grad().mul_(options_.clip_norm / norm);
  }

  const std::vector<at::Tensor>& parameters_;
  const loop_options& options_;
  std::uint64_t steps_;
  std::vector<at::Tensor> first_, second_;
};

class device_trainer : public batch_trainer {
 public:
  device_trainer(const loop_options& options, training_state& state, dropout_mode mode,
                 const training_loss& loss, at::Device device)
      : options_(options),
        mode_(mode),
        policy_(state.latest.value(), device),
        loss_(loss, device),
        optimizer_(policy_.parameters(), options, state.optimizer) {
    at::set_num_threads(options.threads);
    for (at::Tensor parameter : policy_.parameters())
      parameter.mutable_grad() = at::zeros_like(parameter, at::TensorOptions().requires_grad(false));
  }

  /// A device is busiest with the batch as a whole.
  int shards() const override { return 1; }

  shard_result run_batch(std::span<const training_shard> shards, training_state&) override {
    const training_shard& batch = shards.front();
    at::manual_seed(mix(mix(options_.seed, for_device_dropout), batch.step));
    const at::Tensor queries = policy_.queries(batch.tokens, mode_);
    const at::Tensor leaf = queries.detach().requires_grad_();
    const shard_result result = loss_.backward(batch, policy_, leaf);
    queries.backward(leaf.grad());
    optimizer_.step();
    return result;
  }

  void write_back(training_state& state) override {
    policy_.store(state.latest.value());
    optimizer_.store(state.optimizer);
  }

 private:
  const loop_options& options_;
  const dropout_mode mode_;
  network policy_;
  device_loss loss_;
  adam optimizer_;
};

}  // namespace

backend compute_on(at::Device device) {
  return [device](dropout_mode mode, const training_loss& loss) -> trainer_factory {
    return [device, mode, loss](const loop_options& options, training_state& state) {
      return std::make_unique<device_trainer>(options, state, mode, loss, device);
    };
  };
}

scorer score_on(at::Device device, const model& recommender) {
  const auto policy = std::make_shared<const network>(recommender, device);
  const auto longest = static_cast<std::size_t>(recommender.config().max_length);
  return [policy, longest](std::span<const ranking_case> cases, matrix& scores) {
    const at::NoGradGuard no_gradient;
    packed_sequences tokens;
    for (const ranking_case& one : cases) {
      const item_span history = one.history;
      tokens.append(history.last(std::min(history.size(), longest)));
    }
    const at::Tensor latest =
        at::tensor(at::ArrayRef<std::int64_t>(tokens.offsets.data() + 1, cases.size())) - 1;
    const at::Tensor queries = policy->queries(tokens, dropout_mode::off);
    const at::Tensor all =
        at::matmul(queries.index_select(0, latest.to(policy->device())), policy->items().t());
    scores.resize(all.size(0), all.size(1));
    view(scores).copy_(all);
  };
}

}  // namespace sasrec::libtorch
