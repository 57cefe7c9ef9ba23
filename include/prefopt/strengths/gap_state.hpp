#pragma once

#include <cstdint>
#include <string_view>

#include <prefopt/numeric/scalar.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::strengths {

/// What β-DPO and DAMA keep from batch to batch: running mean and deviation of the gaps
/// gap_b = (log π/π_ref of the preferred item) − (its mean over the rejected ones), without β. Both start at 0 and are
/// not corrected for it, as in the authors' code. Copyable; `save_state` writes it. To evaluate without learning from
/// the evaluated, hand `evaluate` a copy.
struct gap_state {
  double mean = 0;            ///< M_0
  double deviation = 0;       ///< S_0
  std::uint64_t batches = 0;  ///< how many were folded in; names the random numbers of the next filter

  static constexpr std::string_view name = "gap_state";
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit("mean", self.mean);
    visit("deviation", self.deviation);
    visit("batches", self.batches);
  }
};

/// Whether a batch's own gaps are in the running statistics already when its strength is decided.
enum class update {
  before,  ///< β-DPO's code
  after,   ///< DAMA's code
};

}  // namespace prefopt::strengths

namespace prefopt::detail {

/// Count, mean and sample deviation (n − 1; 0 for one) of the gaps that are not NaN.
struct gap_moments {
  index count = 0;
  double mean = 0, deviation = 0;
};
inline gap_moments moments_of(const matrix_view<const double>& gaps) {
  gap_moments moments;
  double total = 0, squares = 0;
  for (index b = 0; b < gaps.rows; ++b)
    if (gaps(b, 0) == gaps(b, 0)) total += gaps(b, 0), ++moments.count;
  if (moments.count == 0) return moments;
  moments.mean = total / static_cast<double>(moments.count);
  for (index b = 0; b < gaps.rows; ++b)
    if (const double off = gaps(b, 0) - moments.mean; off == off) squares += off * off;
  if (moments.count > 1) moments.deviation = prefopt::sqrt(squares / static_cast<double>(moments.count - 1));
  return moments;
}

/// M_0 ← m M_0 + (1 − m) mean, S_0 ← m S_0 + (1 − m) deviation; a batch without a gap changes nothing.
inline void fold_in(strengths::gap_state& state, const gap_moments& moments, double momentum) {
  ++state.batches;
  if (moments.count == 0) return;
  state.mean = momentum * state.mean + (1 - momentum) * moments.mean;
  state.deviation = momentum * state.deviation + (1 - momentum) * moments.deviation;
}

}  // namespace prefopt::detail
