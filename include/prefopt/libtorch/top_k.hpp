#pragma once

#include <cstdint>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <prefopt/executor.hpp>
#include <prefopt/libtorch/best_of_blocks.hpp>
#include <prefopt/libtorch/candidates.hpp>
#include <prefopt/libtorch/draw_options.hpp>
#include <prefopt/libtorch/history.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/top_k.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::libtorch {

/// How the best items are found; as `draw_options`.
struct top_k_options {
  libtorch::path path = path::automatic;
  prefopt::executor executor = threads();
  index block_scores = index{1} << 22;
};

namespace detail {

template <tensor_candidates Candidates>
best_rows top_k_fused(const Candidates& candidates, index k, const history& history,
                      const executor& executor) {
  return with_source(candidates, [&](const auto& source) {
    const at::Tensor scores = at::empty({source.rows(), k}, at::kFloat),
                     items = at::empty({source.rows(), k}, at::kInt);
    samplers::top_k(source, history.view(), libtorch::view<float>(scores, "scores"),
                    libtorch::view<std::int32_t>(items, "items"), executor);
    return best_rows{scores, items.to(at::kLong)};
  });
}

}  // namespace detail

/// The k best items of every row and their scores, best first; equal scores by id, the smaller first. Whoever scores −inf or
/// NaN is left out.
///
/// \param candidates `exact_scores` or `score_rows`
/// \param k          as many as are wanted; a row may have fewer
/// \param history    for each row the items that are left out
/// \return on the candidates' device, and nothing to autograd
///
/// CPU tensors go to `samplers::top_k`, zero-copy. The generic path goes through the items on any device in blocks that are
/// multiplied, masked and merged into what is best so far; given the same scores it finds the same items in the same order.
/// Neither ever has B × V scores in memory. Throws `invalid_argument` for a history with an item or a number of lists that do
/// not fit, and for tensors of types, shapes and devices that do not.
template <tensor_candidates Candidates>
best_rows top_k(const Candidates& candidates, index k, const history& history = {},
                const top_k_options& options = {}) {
  const at::NoGradGuard constants;
  detail::check(candidates);
  detail::require_count(k, "k", 0);
  detail::require_count(options.block_scores, "block_scores", 1);
  if (detail::takes_fused(options.path, detail::device_of(candidates)))
    return detail::top_k_fused(candidates, k, history, options.executor);
  const detail::scored_blocks blocks(candidates);
  prefopt::detail::require_history(history.view(), blocks.rows(), blocks.num_items(), "top_k");
  return detail::best_of_blocks(blocks, {{}, history.view()}, {}, k, options.block_scores);
}

/// The same of inner products.
///
///     auto [scores, items] = prefopt::libtorch::top_k(queries, catalogue, 200, liked.of(users));
///
/// \param queries   [B, d]
/// \param catalogue [V, d]
inline best_rows top_k(const at::Tensor& queries, const at::Tensor& catalogue, index k,
                       const history& history = {}, const top_k_options& options = {}) {
  return top_k(exact_scores{queries, catalogue}, k, history, options);
}

}  // namespace prefopt::libtorch
