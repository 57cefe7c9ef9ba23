#include <cmath>

#include <prefopt/libtorch/sequence_log_prob.hpp>

#include "support/error_text.hpp"
#include "tensors.hpp"

namespace {

using prefopt::libtorch::sequence_log_prob;
using test::largest_difference;

constexpr std::int64_t batch = 3, length = 5, vocabulary = 7;

at::Tensor random_logits(at::ScalarType type = at::kDouble) {
  at::manual_seed(1);
  return (3 * at::randn({batch, length, vocabulary}, at::kDouble)).to(type);
}
at::Tensor random_labels() {
  at::manual_seed(2);
  return at::randint(vocabulary, {batch, length}, at::kLong);
}
at::Tensor some_places() { return at::tensor({1, 1, 0, 1, 0}).expand({batch, length}); }

at::Tensor composed(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& mask) {
  const at::Tensor each = at::log_softmax(logits, -1).gather(-1, labels.unsqueeze(-1)).squeeze(-1);
  return (each * mask).sum(1);
}

TEST_CASE("value_and_gradient_are_those_of_a_log_softmax_whatever_the_chunk") {
  const at::Tensor labels = random_labels(), mask = some_places();
  const at::Tensor slopes = at::tensor({1.0, -2.0, 0.5});
  const at::Tensor theirs = random_logits().requires_grad_();
  const at::Tensor expected = composed(theirs, labels, mask);
  expected.backward(slopes);
  for (const std::int64_t chunk : {1, 10, 14, 35, 40, 1000}) {
    const at::Tensor logits = random_logits().requires_grad_();
    const at::Tensor value = sequence_log_prob(logits, labels, mask, chunk);
    CHECK(largest_difference(value, expected) < 1e-13);
    value.backward(slopes);
    CHECK(largest_difference(logits.grad(), theirs.grad()) < 1e-14);
  }
  CHECK(largest_difference(sequence_log_prob(theirs, labels), composed(theirs, labels, at::ones({}))) <
        1e-13);
}

TEST_CASE("logits_may_be_a_view_shifted_by_one") {
  const at::Tensor labels = random_labels();
  const at::Tensor mine = random_logits().requires_grad_(), theirs = random_logits().requires_grad_();
  sequence_log_prob(mine.slice(1, 0, length - 1), labels.slice(1, 1), {}, 20).sum().backward();
  composed(theirs.slice(1, 0, length - 1), labels.slice(1, 1), at::ones({})).sum().backward();
  CHECK(largest_difference(mine.grad(), theirs.grad()) < 1e-14);
}

TEST_CASE("what_the_mask_leaves_out_may_be_anything") {
  at::Tensor logits = random_logits(), labels = random_labels();
  const at::Tensor mask = some_places().to(at::kBool);
  const at::Tensor expected = sequence_log_prob(logits, labels, mask);
  logits.select(1, 2).fill_(std::nan(""));
  labels.select(1, 4).fill_(-100);
  logits.requires_grad_();
  const at::Tensor value = sequence_log_prob(logits, labels, mask);
  CHECK(largest_difference(value, expected) == 0);
  value.sum().backward();
  CHECK(logits.grad().select(1, 2).abs().max().item<double>() == 0);
  CHECK(at::isfinite(logits.grad()).all().item<bool>());
}

TEST_CASE("half_and_bfloat16_are_computed_in_float") {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor logits = random_logits(type).requires_grad_(),
                     exact = random_logits(type).to(at::kFloat).requires_grad_();
    const at::Tensor value = sequence_log_prob(logits, random_labels(), some_places());
    CHECK((value.scalar_type() == at::kFloat));
    value.sum().backward();
    CHECK((logits.grad().scalar_type() == type));
    sequence_log_prob(exact, random_labels(), some_places()).sum().backward();
    CHECK(largest_difference(logits.grad(), exact.grad().to(type)) == 0);
  }
}

TEST_CASE("sequences_may_be_empty") {
  const at::Tensor value =
      sequence_log_prob(at::empty({batch, 0, vocabulary}), at::empty({batch, 0}, at::kLong));
  CHECK(value.sizes() == at::IntArrayRef{batch});
  CHECK(value.abs().max().item<float>() == 0);
}

TEST_CASE("bad_input_is_named") {
  const at::Tensor logits = at::zeros({2, 3, 4}), labels = at::zeros({2, 3}, at::kLong);
  const auto said = [](const auto&... arguments) {
    return error_text([&] { sequence_log_prob(arguments...); });
  };
  CHECK(said(at::Tensor(), labels) == "sequence_log_prob: logits is undefined, expected a tensor");
  CHECK(said(logits[0], labels) == "sequence_log_prob: logits is [3, 4], expected [B, T, V]");
  CHECK(said(labels.unsqueeze(2), labels) ==
        "sequence_log_prob: logits is of type Long, expected Float, Double, Half or BFloat16");
  CHECK(said(logits, labels.slice(1, 1)) ==
        "sequence_log_prob: labels is [2, 2], expected [2, 3] (that of logits)");
  CHECK(said(logits, labels, at::ones({2})) ==
        "sequence_log_prob: mask is [2], expected [2, 3] (that of logits)");
  CHECK(said(logits, labels.to(at::kInt)) == "sequence_log_prob: labels is of type Int, expected Long");
  CHECK(said(logits, labels + 4) == "sequence_log_prob: labels has 4, expected values in [0, 4)");
  CHECK(said(logits, labels - 1) == "sequence_log_prob: labels has -1, expected values in [0, 4)");
  const at::Tensor scores = at::zeros({2, 3, 4}).requires_grad_();
  CHECK(said(logits, labels, at::Tensor(), 0) == "sequence_log_prob: chunk_scores is 0, expected at least 1");
  CHECK(error_text([&] {
          torch::autograd::grad({sequence_log_prob(scores, labels).sum()}, {scores}, {}, true,
                                /*create_graph=*/true);
        }) == "sequence_log_prob: there is no second derivative, expected create_graph = false");
}

}  // namespace
