#include "model.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace sasrec {
namespace {

const model_config& checked(const model_config& config) {
  const auto require = [](bool condition, const auto& name, const auto& value, const auto& expected) {
    if (!condition)
      throw std::invalid_argument(fmt::format("model: {} is {}, expected {}", name, value, expected));
  };
  require(config.items >= 1, "items", config.items, "at least 1");
  require(config.dim >= 1, "dim", config.dim, "at least 1");
  require(config.max_length >= 1, "max_length", config.max_length, "at least 1");
  require(config.blocks >= 0, "blocks", config.blocks, "at least 0");
  require(config.heads >= 1 && config.dim % config.heads == 0, "heads", config.heads,
          fmt::format("a divisor of dim = {}", config.dim));
  require(config.dropout >= 0 && config.dropout < 1, "dropout", config.dropout, "a share in [0, 1)");
  return config;
}

/// The mask of the embeddings has a place of its own; block b has place b + 1.
constexpr std::uint64_t embedding_place = 0;

}  // namespace

template <class Scalar>
basic_model<Scalar>::basic_model(const model_config& config)
    : config_(checked(config)),
      embedding_(config.items, config.max_length, config.dim),
      blocks_(static_cast<std::size_t>(config.blocks), block<Scalar>(config.dim, config.heads)),
      norm_(config.dim) {
  embedding_.initialise(mix(config.seed, 0));
  for (std::size_t b = 0; b < blocks_.size(); ++b) blocks_[b].initialise(mix(config.seed, b + 1));
}

template <class Scalar>
auto basic_model<Scalar>::forward(const packed_sequences& tokens, std::uint64_t dropout_key,
                                  activations& kept) const -> const matrix_type& {
  const float rate = dropout_key == no_dropout ? 0 : config_.dropout;
  kept.inputs.resize(blocks_.size() + 1);
  kept.blocks.resize(blocks_.size());
  embedding_.forward(tokens, kept.inputs[0]);
  dropout(rate, mix(dropout_key, embedding_place)).apply(kept.inputs[0]);
  for (std::size_t b = 0; b < blocks_.size(); ++b)
    blocks_[b].forward(tokens, kept.inputs[b], {rate, mix(dropout_key, b + 1)}, kept.blocks[b],
                       kept.inputs[b + 1]);
  norm_.forward(kept.inputs.back(), kept.norm, kept.queries);
  return kept.queries;
}

template <class Scalar>
void basic_model<Scalar>::backward(const packed_sequences& tokens, std::uint64_t dropout_key,
                                   activations& kept, const matrix_type& query_gradient,
                                   basic_model& gradient) const {
  const float rate = dropout_key == no_dropout ? 0 : config_.dropout;
  norm_.backward(kept.norm, query_gradient, gradient.norm_, kept.gradient);
  for (std::size_t b = blocks_.size(); b-- > 0;)
    blocks_[b].backward(tokens, {rate, mix(dropout_key, b + 1)}, kept.blocks[b], kept.gradient,
                        gradient.blocks_[b]);
  dropout(rate, mix(dropout_key, embedding_place)).apply(kept.gradient);
  embedding_.backward(tokens, kept.gradient, gradient.embedding_);
}

template <class Scalar>
auto basic_model<Scalar>::encode(std::span<const item_span> histories) const -> matrix_type {
  // Piece by piece, so that a million histories need no more memory than one piece.
  constexpr std::size_t piece = 64;
  matrix_type queries(static_cast<Index>(histories.size()), config_.dim);
  packed_sequences tokens;
  activations kept;
  for (std::size_t first = 0; first < histories.size(); first += piece) {
    const auto some = histories.subspan(first, std::min(piece, histories.size() - first));
    tokens.clear();
    for (const item_span history : some) {
      if (history.empty()) throw std::invalid_argument("encode: a history is empty, expected an item");
      tokens.append(history.last(std::min(history.size(), static_cast<std::size_t>(config_.max_length))));
    }
    for (const std::int32_t item : tokens.items)
      if (item < 0 || item >= config_.items)
        throw std::invalid_argument(
            fmt::format("encode: item is {}, expected one of the model's 0 .. {}", item, config_.items - 1));
    forward(tokens, no_dropout, kept);
    for (std::size_t s = 0; s < some.size(); ++s)
      queries.row(static_cast<Index>(first + s)) = kept.queries.row(tokens.offsets[s + 1] - 1);
  }
  return queries;
}

template class basic_model<float>;
template class basic_model<double>;

}  // namespace sasrec
