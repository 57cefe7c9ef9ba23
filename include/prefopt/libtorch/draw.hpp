#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <prefopt/libtorch/candidates.hpp>
#include <prefopt/libtorch/draw_options.hpp>
#include <prefopt/libtorch/history.hpp>
#include <prefopt/libtorch/integers.hpp>
#include <prefopt/libtorch/pool.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/in_batch.hpp>
#include <prefopt/samplers/mixture.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/score_rows.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::libtorch {

/// What was drawn: on the device of the examples, and nothing to autograd.
struct negatives {
  at::Tensor
      items;  ///< [B, K] int64; where an example ran out of items, its last places are `samplers::masked`, −1
  at::Tensor counts;  ///< [B] int64, how many places hold an item: what `batch::counts` takes
};

namespace detail {

/// Examples on the host.
struct host_examples {
  at::Tensor positives;  ///< [B] int32, contiguous
  const libtorch::history& history;

  host_examples(const at::Tensor& given_positives, const libtorch::history& given_history)
      : positives(host_ids(given_positives, "positives", "B")), history(given_history) {}

  index rows() const { return positives.size(0); }
  std::span<const std::int32_t> ids() const { return see_ids(positives); }
};

/// Has draw(items) write [B, K] items on the host.
template <class Draw>
negatives drawn_on_host(index rows, const draw_options& options, at::Device device, const Draw& draw) {
  require_count(options.count, "count", 0);
  const at::Tensor items = at::empty({rows, options.count}, at::kInt);
  draw(libtorch::view<std::int32_t>(items, "negatives"));
  const at::Tensor given = items.to(at::kLong).to(device);
  return {given, given.ne(samplers::masked).sum(1)};
}

/// The path of any device. Samplers that have a pool draw from that; others from whole rows of scores, of which a few are
/// on the host at a time.
template <class Sampler>
void draw_generic(const Sampler& sampler, const scored_blocks& candidates, const host_examples& examples,
                  const draw_options& options, const matrix_view<std::int32_t>& drawn) {
  require_count(options.block_scores, "block_scores", 1);
  const index rows = examples.rows(), num_items = candidates.num_items();
  require(candidates.rows() == rows, here, "candidates has ", candidates.rows(), " rows, expected ", rows,
          " (one for each positive)");
  const samplers::history_view history = examples.history.view();
  prefopt::detail::require_batch(examples.ids(), history, options.key, drawn, num_items, here);
  if constexpr (pooled_sampler<Sampler>)
    if (const pool asked = pool_of(sampler, options); asked.size != pool::everything) {
      const found_items source =
          find_pool(candidates, examples.positives, history, asked, options.block_scores);
      sampler.draw(source, examples.ids(), history, options.key, drawn, options.executor);
      return;
    }
  const index most = std::max<index>(1, options.block_scores / num_items);
  for (index first = 0; first < rows; first += most) {
    const index some = std::min(most, rows - first);
    const at::Tensor scores = candidates.block(first, some, 0, num_items).to(at::kCPU);
    const libtorch::history part = examples.history.part(first, some);
    samplers::draw_key key = options.key;
    key.first_example += static_cast<std::uint64_t>(first);
    sampler.draw(samplers::score_rows(libtorch::view<const float>(scores, "scores")),
                 examples.ids().subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(some)),
                 part.view(), key, drawn.block(first, some), options.executor);
  }
}

}  // namespace detail

/// Draws negatives without looking at scores.
///
///     auto [items, counts] = prefopt::libtorch::draw(samplers::uniform{.num_items = V}, positives, liked.of(users),
///                                                    {.count = 64, .key = {.seed = 1, .step = step}});
///
/// \param sampler   `samplers::uniform`, `popularity`, `in_batch` (an empty `batch`: the positives), a `mixture` of such,
///                  or one like them
/// \param positives [B], the preferred item of each example, of 32 or 64 bits, on any device
/// \param history   what each example must not draw
/// \return [B, K] items, on the device of the positives
///
/// The same negatives as the sampler's own, bit by bit. They are drawn on the host, by LibTorch's threads, and go to the
/// device after that. Throws `invalid_argument` as the sampler does, and for tensors of other types and dimensions.
template <prefopt::detail::unscored_sampler Sampler>
negatives draw(const Sampler& sampler, const at::Tensor& positives, const history& history = {},
               const draw_options& options = {}) {
  const detail::host_examples examples(positives, history);
  const auto draw_all = [&](const auto& from, const matrix_view<std::int32_t>& drawn) {
    from.draw(examples.ids(), history.view(), options.key, drawn, options.executor);
  };
  // Kernels of prefopt/cuda/samplers.cuh would come in here, for positives on a CUDA device.
  return detail::drawn_on_host(examples.rows(), options, positives.device(), [&](const auto& drawn) {
    if constexpr (std::same_as<Sampler, samplers::in_batch>) {
      samplers::in_batch among = sampler;
      if (among.batch.empty()) among.batch = examples.ids();
      if (!among.batch.empty()) draw_all(among, drawn);
    } else {
      draw_all(sampler, drawn);
    }
  });
}

/// Draws negatives by their scores.
///
///     auto [items, counts] = prefopt::libtorch::draw(
///         samplers::topk_softmax{.pool = 200}, prefopt::libtorch::exact_scores{queries, catalogue}, positives,
///         liked.of(users), {.count = 15, .key = {.seed = 1, .step = step}});
///
/// \param sampler    any of `prefopt/samplers.hpp` that takes a source of candidates, or one like them
/// \param candidates `exact_scores` or `score_rows`, with a row for each example
/// \param positives  [B], the preferred item of each example, of 32 or 64 bits, on any device
/// \param history    what each example must not draw
/// \return [B, K] items, on the device of the candidates
///
/// CPU tensors go to the sampler itself, zero-copy: its negatives, bit by bit.
///
/// The generic path takes candidates on any device. The pools of `hard_topk`, `topk_uniform`, `topk_softmax`, `skip_topk`,
/// `self_play` (T = 0) and `curriculum` are found there, by blocks of items, and what is drawn from is a pool for each row.
/// For other samplers whole rows of scores are made there and go to the host, a few at a time. Given the same scores it
/// draws the same negatives as the CPU does; products differ between devices by roundings.
///
/// Throws `invalid_argument` as the sampler does, and for tensors of types and devices that do not fit.
template <class Sampler, tensor_candidates Candidates>
negatives draw(const Sampler& sampler, const Candidates& candidates, const at::Tensor& positives,
               const history& history = {}, const draw_options& options = {}) {
  const at::NoGradGuard constants;
  detail::check(candidates);
  const detail::host_examples examples(positives, history);
  const at::Device device = detail::device_of(candidates);
  return detail::drawn_on_host(examples.rows(), options, device, [&](const auto& drawn) {
    if (!detail::takes_fused(options.path, device))
      return detail::draw_generic(sampler, detail::scored_blocks(candidates), examples, options, drawn);
    detail::with_source(candidates, [&](const auto& source) {
      sampler.draw(source, examples.ids(), history.view(), options.key, drawn, options.executor);
    });
  });
}

/// The same from an index that the user runs on the host.
/// \param candidates `samplers::search_index`, or a source of the user's own
/// \return [B, K] items, on the device of the positives
template <class Sampler, prefopt::detail::candidate_source Candidates>
negatives draw(const Sampler& sampler, const Candidates& candidates, const at::Tensor& positives,
               const history& history = {}, const draw_options& options = {}) {
  const detail::host_examples examples(positives, history);
  return detail::drawn_on_host(examples.rows(), options, positives.device(), [&](const auto& drawn) {
    sampler.draw(candidates, examples.ids(), history.view(), options.key, drawn, options.executor);
  });
}

/// `samplers::popularity` of counts in a tensor.
/// \param counts [V] numbers of any type, on any device: how often each item was chosen
inline samplers::popularity popularity(const at::Tensor& counts,
                                       const samplers::popularity_settings& settings = {}) {
  using namespace detail;
  require(counts.defined(), here, "counts is undefined, expected a tensor");
  if (counts.dim() != 1) fail(here, "counts is ", sizes_text(counts), ", expected [V]");
  const at::Tensor numbers = counts.detach().to(at::kCPU, at::kDouble).contiguous();
  return samplers::popularity(
      std::span<const double>(numbers.data_ptr<double>(), static_cast<std::size_t>(numbers.numel())),
      settings);
}

}  // namespace prefopt::libtorch
