#include <cmath>
#include <cstdint>
#include <vector>

#include "../layers/attention.hpp"
#include "../layers/block.hpp"
#include "../layers/candidate_scores.hpp"
#include "../layers/dropout.hpp"
#include "../layers/embedding.hpp"
#include "../layers/feed_forward.hpp"
#include "../layers/layer_norm.hpp"
#include "../layers/linear.hpp"
#include "layer_gradients.hpp"

using namespace sasrec;
using sasrec::testing::check_gradient;
using sasrec::testing::check_parameter_gradients;
using sasrec::testing::gradient_error;
using sasrec::testing::random_matrix;

namespace {

using number = long double;
using tensor = matrix_of<number>;

/// A loss with a different slope at every output.
struct weighted_sum {
  tensor weights;

  weighted_sum(Index rows, Index columns) : weights(random_matrix<number>(rows, columns, 99)) {}
  number operator()(const tensor& y) const { return y.cwiseProduct(weights).sum(); }
};

packed_sequences pack(const std::vector<std::vector<std::int32_t>>& sequences) {
  packed_sequences tokens;
  for (const auto& sequence : sequences) tokens.append(sequence);
  return tokens;
}

/// Lengths of `count` tokens each; the items do not matter.
packed_sequences pack_lengths(const std::vector<std::size_t>& lengths) {
  packed_sequences tokens;
  for (const std::size_t length : lengths) tokens.append(std::vector<std::int32_t>(length));
  return tokens;
}

template <class Layer>
void randomise(Layer& layer) {
  std::uint64_t seed = 7;
  for_each_parameter(layer, [&](const std::string&, tensor& values) {
    values = number(0.5) * random_matrix<number>(values.rows(), values.cols(), ++seed);
  });
}

template <class Layer>
Layer zeros_like(Layer layer) {
  set_zero(layer);
  return layer;
}

}  // namespace

TEST_CASE("the gradient check notices an error of a millionth in one entry") {
  tensor x = random_matrix<number>(3, 4, 1);
  tensor gradient = x;
  const auto half_square = [&] { return x.squaredNorm() / 2; };
  CHECK(static_cast<double>(gradient_error(x, gradient, half_square)) < testing::tolerance<number>);
  gradient(2, 1) += number(1e-6);
  CHECK(static_cast<double>(gradient_error(x, gradient, half_square)) > testing::tolerance<number>);
}

TEST_CASE("linear: gradients agree with central differences") {
  linear<number> layer(5, 3);
  randomise(layer);
  tensor x = random_matrix<number>(7, 5, 1), y, dx;
  const weighted_sum loss(7, 3);
  auto gradient = zeros_like(layer);
  layer.backward(x, loss.weights, gradient, dx);
  const auto value = [&] { return layer.forward(x, y), loss(y); };
  check_gradient(x, dx, value, "x");
  check_parameter_gradients(layer, gradient, value);
}

TEST_CASE("layer norm: gradients agree with central differences") {
  layer_norm<number> layer(6);
  randomise(layer);
  tensor x = random_matrix<number>(5, 6, 1), y, dx;
  const weighted_sum loss(5, 6);
  layer_norm<number>::activations kept;
  const auto value = [&] { return layer.forward(x, kept, y), loss(y); };
  value();
  auto gradient = zeros_like(layer);
  layer.backward(kept, loss.weights, gradient, dx);
  check_gradient(x, dx, value, "x");
  check_parameter_gradients(layer, gradient, value);
}

TEST_CASE("layer norm: rows come out with mean 0 and variance 1, a constant row as the bias") {
  layer_norm<double> layer(8);
  matrix_of<double> x = random_matrix<double>(2, 8, 1), y;
  x.row(1).setConstant(3);
  layer_norm<double>::activations kept;
  layer.forward(x, kept, y);
  CHECK(y.row(0).sum() == doctest::Approx(0).epsilon(1e-12));
  CHECK(y.row(0).squaredNorm() / 8 == doctest::Approx(1).epsilon(1e-6));
  CHECK(y.row(1).isZero());
}

TEST_CASE("feed forward: gradients agree with central differences, with and without dropout") {
  for (const float rate : {0.0f, 0.4f}) {
    CAPTURE(rate);
    feed_forward<number> layer(6);
    randomise(layer);
    tensor x = random_matrix<number>(7, 6, 1), y, dx;
    const weighted_sum loss(7, 6);
    const dropout drop(rate, 5);
    feed_forward<number>::activations kept;
    const auto value = [&] { return layer.forward(x, drop, kept, y), loss(y); };
    value();
    auto gradient = zeros_like(layer);
    layer.backward(x, drop, kept, loss.weights, gradient, dx);
    check_gradient(x, dx, value, "x");
    check_parameter_gradients(layer, gradient, value);
  }
}

TEST_CASE(
    "attention: gradients agree with central differences for every number of heads, length and dropout") {
  // 1 and 2 fit into one band of queries, 35 and 70 need two and three.
  for (const Index heads : {1, 2})
    for (const float rate : {0.0f, 0.3f})
      for (const std::vector<std::size_t>& lengths : {std::vector<std::size_t>{1, 2, 5}, {35}, {70, 3}}) {
        CAPTURE(heads);
        CAPTURE(rate);
        CAPTURE(lengths.front());
        const packed_sequences tokens = pack_lengths(lengths);
        attention<number> layer(4, heads);
        randomise(layer);
        tensor x = random_matrix<number>(tokens.tokens(), 4, 1), y, dx;
        const weighted_sum loss(tokens.tokens(), 4);
        const dropout drop(rate, 5);
        attention<number>::activations kept;
        const auto value = [&] { return layer.forward(tokens, x, drop, kept, y), loss(y); };
        value();
        auto gradient = zeros_like(layer);
        layer.backward(tokens, x, drop, kept, loss.weights, gradient, dx);
        check_gradient(x, dx, value, "x");
        check_parameter_gradients(layer, gradient, value);
      }
}

TEST_CASE("attention: equals the textbook formula, token by token") {
  const packed_sequences tokens = pack_lengths({3, 40});
  const Index dim = 6, heads = 2, width = 3;
  attention<double> layer(dim, heads);
  layer.initialise(3);
  const auto x = random_matrix<double>(tokens.tokens(), dim, 1);
  matrix_of<double> y;
  attention<double>::activations kept;
  layer.forward(tokens, x, dropout(0, 0), kept, y);

  const matrix_of<double> qkv = (x * layer.input.weight).rowwise() + layer.input.bias.row(0);
  for (std::size_t s = 0; s < 2; ++s)
    for (Index t = tokens.offsets[s]; t < tokens.offsets[s + 1]; ++t) {
      matrix_of<double> mixed = matrix_of<double>::Zero(1, dim);
      for (Index head = 0; head < heads; ++head) {
        const auto part = [&](Index token, Index which) {
          return qkv.row(token).segment(which * dim + head * width, width);
        };
        double total = 0;
        for (Index u = tokens.offsets[s]; u <= t; ++u) {
          const double e = std::exp(part(t, 0).dot(part(u, 1)) / std::sqrt(static_cast<double>(width)));
          total += e;
          mixed.row(0).segment(head * width, width) += e * part(u, 2);
        }
        mixed.row(0).segment(head * width, width) /= total;
      }
      const matrix_of<double> expected = mixed * layer.output.weight + layer.output.bias;
      CHECK(y.row(t).isApprox(expected.row(0), 1e-12));
    }
}

TEST_CASE("embedding: gradients agree with central differences; an item met twice collects both") {
  const packed_sequences tokens = pack({{0, 2, 0}, {3}, {1, 2}});
  embedding<number> layer(5, 4, 3);
  randomise(layer);
  tensor x;
  const weighted_sum loss(tokens.tokens(), 3);
  auto gradient = zeros_like(layer);
  layer.backward(tokens, loss.weights, gradient);
  check_parameter_gradients(layer, gradient, [&] { return layer.forward(tokens, x), loss(x); });
  CHECK(gradient.items.row(4).isZero());
  CHECK(gradient.positions.row(3).isZero());
}

TEST_CASE("block: gradients agree with central differences, with and without dropout") {
  for (const float rate : {0.0f, 0.3f}) {
    CAPTURE(rate);
    const packed_sequences tokens = pack_lengths({2, 36, 1});
    block<number> layer(4, 2);
    randomise(layer);
    tensor x = random_matrix<number>(tokens.tokens(), 4, 1), y;
    const weighted_sum loss(tokens.tokens(), 4);
    const block<number>::dropouts drop(rate, 5);
    block<number>::activations kept;
    const auto value = [&] { return layer.forward(tokens, x, drop, kept, y), loss(y); };
    value();
    auto gradient = zeros_like(layer);
    tensor d = loss.weights;
    layer.backward(tokens, drop, kept, d, gradient);
    check_gradient(x, d, value, "x");
    check_parameter_gradients(layer, gradient, value);
  }
}

TEST_CASE(
    "candidate scores: gradients agree with central differences; an empty place is -inf and sends nothing "
    "back") {
  candidate_matrix candidates(3, 3);
  candidates << 0, 3, 1, 2, 2, -1, 4, 0, 2;
  tensor queries = random_matrix<number>(3, 4, 1), items = random_matrix<number>(5, 4, 2), scores;
  const weighted_sum loss(3, 3);
  const auto value = [&] {
    candidate_scores(queries, items, candidates, scores);
    scores(1, 2) = 0;
    return loss(scores);
  };
  candidate_scores(queries, items, candidates, scores);
  CHECK(std::isinf(scores(1, 2)));
  CHECK(scores(1, 2) < 0);
  tensor query_gradient = tensor::Zero(3, 4), item_gradient = tensor::Zero(5, 4);
  candidate_scores_backward(queries, items, candidates, loss.weights, query_gradient, item_gradient);
  check_gradient(queries, query_gradient, value, "queries");
  check_gradient(items, item_gradient, value, "items");
}

TEST_CASE("dropout: keeps the share it should, scaled so that the mean stays") {
  const Index count = 1'000'000;
  for (const float rate : {0.1f, 0.5f, 0.9f}) {
    matrix values = matrix::Ones(1, count);
    dropout(rate, 0x123456789ABCDEFu).apply(values);
    const auto dropped = static_cast<double>((values.array() == 0).count());
    const double deviation = std::sqrt(count * static_cast<double>(rate) * (1 - static_cast<double>(rate)));
    CHECK(std::abs(dropped - static_cast<double>(rate) * count) < 4 * deviation);
    CHECK(values.maxCoeff() == doctest::Approx(1 / (1 - rate)));
  }
}

TEST_CASE("dropout: neighbours, keys and places are independent") {
  const Index count = 1'000'000;
  const auto mask = [&](std::uint64_t key, std::uint32_t first) {
    matrix values = matrix::Ones(1, count);
    dropout(0.5f, key).apply(values.data(), count, first);
    return values;
  };
  const matrix one = mask(mix(1, 0), 0), other = mask(mix(1, 1), 0);
  // Each value is 0 or 2, so a product is 4 with probability 1/4: mean 1, deviation sqrt(3 / count).
  const auto correlated = [](const auto& a, const auto& b) {
    return std::abs(static_cast<double>(a.cwiseProduct(b).mean()) - 1) > 4 * std::sqrt(3.0 / 1e6);
  };
  CHECK_FALSE(correlated(one, other));
  for (const Index lag : {1, 2, 64, 4096})
    CHECK_FALSE(correlated(one.leftCols(count - lag), one.rightCols(count - lag)));
  CHECK(mask(7, 0) == mask(7, 0));
  CHECK(mask(7, 64).leftCols(count - 64) == mask(7, 0).rightCols(count - 64));
}

TEST_CASE("dropout: a rate of 0 changes nothing") {
  matrix values = matrix::Random(3, 5);
  const matrix before = values;
  dropout(0, 1).apply(values);
  CHECK(values == before);
}
