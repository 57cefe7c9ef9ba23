#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include <prefopt/executor.hpp>
#include <prefopt/numeric/narrow.hpp>
#include <prefopt/tensor.hpp>
#include <prefopt/workspace.hpp>

/// \file
/// What goes into `evaluate` and what comes out of it.

namespace prefopt {

/// B examples with N = 1 + K candidates each: column 0 preferred, columns 1 ... K rejected. Any adapted
/// tensor of `Scalar` fits each member; what an objective does not need stays out. Nothing is copied: the
/// tensors must outlive the call.
/// \tparam Scalar float, double, or a narrow number (`bfloat16`, `half` ...) for policy and reference; what else a batch of
///         these has is float
template <class Scalar>
struct batch {
  using computed = computed_t<Scalar>;

  /// [B, N] log π(i | x) in nats. −inf masks a rejected item: it adds nothing, its gradient is 0. (Objectives over
  /// vectors: [B, N · components], candidate after candidate.) For objectives that do not need log-probabilities
  /// (`needs_log_probabilities` of their type), scores do as well.
  tensor_ref<const Scalar> policy{};
  /// [B, N] in place of `policy`: scores that are known not to be log-probabilities. An objective that needs those
  /// refuses them; to any other they mean the same.
  tensor_ref<const Scalar> scores{};
  /// [B, N] log π_ref(i | x), constants. Absent: uniform. What it holds for a masked item does not matter.
  tensor_ref<const Scalar> reference{};
  /// [B, N] column indices, best first, each once (Plackett–Luce). Absent: the columns are in order.
  tensor_ref<const std::int32_t> order{};
  /// [B] how many of a row's rejected items there are, in 0 ... K; the columns behind them are masked.
  tensor_ref<const std::int32_t> counts{};
  /// [B, N] labels. For objectives over graded lists, grades, of which −1 masks a candidate in any column, as −inf in
  /// the policy does; the preferred item is then the first of the highest grade, not column 0.
  tensor_ref<const computed> relevance{};
  /// [B, N] lengths in tokens, above 0. They go with log-probabilities, never with scores.
  tensor_ref<const computed> lengths{};
  /// [B, N] log-probabilities with which the candidates were drawn.
  tensor_ref<const computed> log_q{};
  /// [B] log π/π_ref of the mismatched answers from which KTO estimates KL.
  tensor_ref<const computed> kl{};
  /// [B] one β > 0 per example; replaces the number of a fixed strength.
  tensor_ref<const computed> beta{};
  /// [B] how hard or easy each example is by its data, as strengths and weights that read it say (HaNoRec, DAMA).
  tensor_ref<const computed> hardness{};
  /// [B] log Σ_v π(v | x)² over the catalogue, from which WPO weighs.
  tensor_ref<const computed> log_collision{};
  /// [B, N] 1 where a rejected item is known to be a false negative, else 0; for `options::diagnostics` alone.
  tensor_ref<const std::int32_t> false_negatives{};
  /// [B] weights ≥ 0 of the examples; absent: 1.
  tensor_ref<const computed> weights{};
};

enum class reduction {
  mean,           ///< Σ w_b ℓ_b / B: every row of the batch counts in B, weighted, skipped or not
  weighted_mean,  ///< Σ w_b ℓ_b / Σ w_b, skipped rows included
  sum,            ///< Σ w_b ℓ_b
  none,           ///< gradients d w_b ℓ_b / d policy, for the caller to reduce; `result::loss` is the mean
};

/// What happens to an example with a score that is neither finite nor a mask.
enum class non_finite {
  raise,      ///< invalid_argument with row and column; the gradient is left half-written
  skip,       ///< loss and gradient 0, counted in `result::skipped`
  propagate,  ///< computed with, as IEEE arithmetic does
};

/// The state of an objective that keeps none between batches.
struct no_state {};

/// Where this call's batch lies in a larger one that several processes (or threads) evaluate together, each a part of
/// its own at the same time: whatever an objective decides over the batch (a β, a filter, a KL estimate) is then decided
/// over all of it, so that the parts' results are those of a single call. Every part's call makes the same reductions.
/// A part that throws leaves the others waiting: let scores that are not finite be skipped.
struct batch_share {
  index rows = 0;       ///< of the whole batch; 0: this call's batch is all there is
  index first_row = 0;  ///< of this call's part
  /// Replaces `count` values by their sums over all parts, alike everywhere (MPI_Allreduce, ncclAllReduce ...).
  void (*all_reduce)(double* values, std::size_t count, void* context) = nullptr;
  void* context = nullptr;
};

template <class Scalar, class State = no_state>
struct options {
  prefopt::reduction reduction = prefopt::reduction::mean;
  bool accumulate = false;      ///< add to `gradient` instead of overwriting it
  tensor_ref<Scalar> losses{};  ///< [B] receives w_b ℓ_b, whatever the reduction
  prefopt::non_finite non_finite = prefopt::non_finite::raise;
  prefopt::executor executor{};  ///< who runs the tiles; the result does not depend on it
  State* state = nullptr;        ///< running statistics, for objectives that keep some; updated by the call
  batch_share share{};           ///< a part of a larger batch
  bool diagnostics = false;      ///< fill in the last part of `result`; costs the fast walks over the batch
  prefopt::workspace* workspace = nullptr;  ///< memory to reuse; absent: one of the calling thread's own
};

/// Rewards include β. Rows that were skipped, or have no unmasked rejected item, stay out of everything but
/// `loss`.
struct result {
  double loss = 0;
  double chosen_reward = 0;    ///< mean reward of the preferred item
  double rejected_reward = 0;  ///< mean over rows of the mean reward of the unmasked rejected items
  double accuracy = 0;         ///< share of rows whose preferred reward exceeds every unmasked rejected one
  double margin = 0;           ///< mean of preferred − mean rejected reward
  double hardest_margin = 0;   ///< mean of preferred − largest rejected reward
  double mean_beta = 0;        ///< mean strength
  index examples = 0;          ///< rows that these means run over
  index skipped = 0;           ///< rows left out because a score was not finite

  // With `options::diagnostics`, otherwise NaN. Of several terms, the first one's selection and strengths.
  double selected_share =
      not_asked;  ///< mean over rows of the share of unmasked rejected items that were selected
  double beta_deviation = not_asked;  ///< standard deviation of β over rows (over pairs, if each has its own)
  /// Of Σ |∂ loss / ∂ policy| over all unmasked rejected items, the share that falls on easy ones: those outside
  /// DynamicPO's boundary set (`selections::boundary`), which the policy tells apart already. Where it nears 1, easy
  /// negatives drown the others (DynamicPO's gradient suppression). NaN for candidates that are vectors.
  double easy_gradient_share = not_asked;
  /// The share that falls on the marked `batch::false_negatives`; NaN without marks.
  double false_negative_gradient_share = not_asked;

  static constexpr double not_asked = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace prefopt
