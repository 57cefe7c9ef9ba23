#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <prefopt/cuda/samplers.hpp>
#include <prefopt/libtorch/candidates.hpp>
#include <prefopt/libtorch/draw_options.hpp>
#include <prefopt/libtorch/history.hpp>
#include <prefopt/libtorch/integers.hpp>
#include <prefopt/libtorch/kernels_here.hpp>
#include <prefopt/libtorch/pool.hpp>
#include <prefopt/libtorch/popularity.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/in_batch.hpp>
#include <prefopt/samplers/mixture.hpp>
#include <prefopt/samplers/score_rows.hpp>
#include <prefopt/samplers/uniform.hpp>
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

inline negatives counted(const at::Tensor& items) { return {items, items.ne(samplers::masked).sum(1)}; }

/// Has draw(items) write [B, K] items on the host.
template <class Draw>
negatives drawn_on_host(index rows, const draw_options& options, at::Device device, const Draw& draw) {
  require_count(options.count, "count", 0);
  const at::Tensor items = at::empty({rows, options.count}, at::kInt);
  draw(libtorch::view<std::int32_t>(items, "negatives"));
  return counted(items.to(at::kLong).to(device));
}

/// Whether a device can read what a sampler knows, of those that kernels draw with.
inline bool is_on(const samplers::uniform&, at::Device) { return true; }
inline bool is_on(const samplers::popularity&, at::Device device) { return device.is_cpu(); }
inline bool is_on(const popularity& sampler, at::Device device) { return sampler.device() == device; }

template <class Sampler>
concept kernel_sampler = requires(const Sampler& sampler, at::Device device) { is_on(sampler, device); };

/// The sampler as kernels take it, for a device where it is, or for the host.
inline cuda::uniform for_kernels(const samplers::uniform& sampler, at::Device) {
  return {sampler.num_items, sampler.repeat};
}
inline cuda::popularity for_kernels(const samplers::popularity& sampler, at::Device) {
  return on_host(sampler);
}
inline cuda::popularity for_kernels(const popularity& sampler, at::Device device) {
  return sampler.device() == device ? sampler.on_device() : on_host(sampler);
}

/// Draws on the host what a kernel would draw.
template <class Sampler>
void draw_rows_here(const Sampler& sampler, std::span<const std::int32_t> positives,
                    const samplers::history_view& history, const cuda::history_rows& lists,
                    const draw_options& options, const matrix_view<std::int32_t>& drawn) {
  prefopt::detail::checked_size(sampler.num_items, here, "num_items");
  prefopt::detail::require_batch(positives, history, options.key, drawn, sampler.num_items, here);
  const auto law = sampler.law();
  prefopt::detail::draw_in_parts(drawn.rows, options.executor, [&](index first, index last) {
    index missing = 0;
    for (index b = first; b < last; ++b)
      missing += cuda::draw_row(law, sampler.repeat, positives[static_cast<std::size_t>(b)], lists, b,
                                options.key, &drawn(b, 0), drawn.columns, drawn.column_stride);
    return missing;
  });
}

/// By a kernel, on the device of the positives, whose values nobody looks at; or else on the host by the kernels' text. The
/// engine of the CPU has no part in it: nvcc would make another one, under the same names, of what the host's compiler does.
template <class Kernels, class Sampler>
negatives draw_by_kernel(const Sampler& sampler, const at::Tensor& positives, const history& history,
                         const draw_options& options) {
  require_integers(positives, "positives", "B");
  require_count(options.count, "count", 0);
  const at::Device device = positives.device();
  const bool by_kernel = Kernels::draws_on(device) && is_on(sampler, device);
  const at::Device where = by_kernel ? device : at::kCPU;
  const index rows = positives.size(0);
  const samplers::history_view seen = history.view();
  require(seen.is_absent() || seen.size() == rows, here, "history has ", seen.size(), " lists, expected ",
          rows, " (one for each example)");
  const at::Tensor ids = as_ids(positives).to(where).contiguous();
  const device_lists lists = history.on(where);
  const at::Tensor items = at::empty({rows, options.count}, at::device(where).dtype(at::kInt));
  const auto drawn = libtorch::view<std::int32_t>(items, "negatives", where);
  const auto from = for_kernels(sampler, where);
  if (by_kernel)
    Kernels::draw_rows(from, ids, lists.rows(), options.key, drawn);
  else
    draw_rows_here(from, see_ids(ids), seen, lists.rows(), options, drawn);
  return counted(items.to(at::kLong).to(device));
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
///
/// Where nvcc compiles, `samplers::uniform`, and `libtorch::popularity` with its tables on the device of the positives, draw
/// there by `cuda::draw`, on LibTorch's current stream and in memory of its allocator. Nothing waits, so nobody looks at the
/// positives: one that is no item is no error. Have the history there, too (`history::to`). Draw with other samplers in
/// `.cpp` files.
template <prefopt::detail::unscored_sampler Sampler, class Kernels = detail::kernels>
negatives draw(const Sampler& sampler, const at::Tensor& positives, const history& history = {},
               const draw_options& options = {}) {
  if constexpr (Kernels::draw && detail::kernel_sampler<Sampler>) {
    return detail::draw_by_kernel<Kernels>(sampler, positives, history, options);
  } else {
    const detail::host_examples examples(positives, history);
    const auto draw_all = [&](const auto& from, const matrix_view<std::int32_t>& drawn) {
      from.draw(examples.ids(), history.view(), options.key, drawn, options.executor);
    };
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

}  // namespace prefopt::libtorch
