#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "layers/block.hpp"
#include "layers/embedding.hpp"
#include "layers/layer_norm.hpp"
#include "matrix.hpp"
#include "packed_sequences.hpp"
#include "parameters.hpp"

/// \file
/// SASRec: Self-Attentive Sequential Recommendation (Kang and McAuley, ICDM 2018).
///
///     items of a history ─► embedding + position ─► block ─► ... ─► block ─► layer norm ─► query per token
///     score of item i after token t = query(t) · embedding(i)
///
/// The query at token t knows the items up to t (attention is causal), so one pass over a sequence gives a
/// prediction at each of its positions. The same embeddings stand at the input and at the output.

namespace sasrec {

using item_span = std::span<const std::int32_t>;

struct model_config {
  std::int32_t items = 0;  ///< catalogue size; items are 0 .. items - 1
  int dim = 64;            ///< width of every activation; a multiple of `heads`
  int max_length = 100;    ///< how many items of a history are read, the most recent ones
  int blocks = 2;
  int heads = 1;
  float dropout = 0.4f;    ///< share of activations dropped in training, in [0, 1)
  std::uint64_t seed = 1;  ///< of the initial parameters

  bool operator==(const model_config&) const = default;
};

/// Written over the scalar for the sake of the tests; the program uses `model`, which is float.
template <class Scalar>
class basic_model {
 public:
  using matrix_type = matrix_of<Scalar>;

  /// What a forward pass leaves behind for the backward pass; reused from step to step.
  struct activations {
    std::vector<matrix_type> inputs;  // of block 0, block 1, ..., of the final layer norm
    std::vector<typename block<Scalar>::activations> blocks;
    typename layer_norm<Scalar>::activations norm;
    matrix_type queries;
    matrix_type gradient;  // scratch of the backward pass
  };

  /// Random initial parameters. Throws std::invalid_argument if `config` makes no sense.
  explicit basic_model(const model_config& config);

  const model_config& config() const { return config_; }

  /// [items, dim]. The score of item i for a query is their inner product.
  const matrix_type& item_embeddings() const { return embedding_.items; }
  matrix_type& item_embeddings() { return embedding_.items; }

  /// Evaluation mode: [histories, dim], the query after the last item of each history, of which the last
  /// `max_length` items are read. Throws std::invalid_argument for an empty history or an unknown item. May
  /// be called from several threads at once.
  matrix_type encode(std::span<const item_span> histories) const;

  /// The query at every token: [tokens, dim], kept in `activations.queries`. No sequence is longer than
  /// max_length. `dropout_key` names the dropout masks of a training pass; `no_dropout` is evaluation mode.
  static constexpr std::uint64_t no_dropout = 0;
  const matrix_type& forward(const packed_sequences& tokens, std::uint64_t dropout_key,
                             activations& kept) const;

  /// Adds d loss / d parameter to `gradient`, which is shaped like a model and therefore is one. `tokens`,
  /// `dropout_key` and `kept` are those of the forward pass; `query_gradient` is d loss / d queries.
  void backward(const packed_sequences& tokens, std::uint64_t dropout_key, activations& kept,
                const matrix_type& query_gradient, basic_model& gradient) const;

  static constexpr auto members() {
    return std::tuple(std::pair("embedding", &basic_model::embedding_),
                      std::pair("blocks", &basic_model::blocks_), std::pair("norm", &basic_model::norm_));
  }

 private:
  model_config config_;
  embedding<Scalar> embedding_;
  std::vector<block<Scalar>> blocks_;
  layer_norm<Scalar> norm_;
};

using model = basic_model<float>;

extern template class basic_model<float>;
extern template class basic_model<double>;

}  // namespace sasrec
