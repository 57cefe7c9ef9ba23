#pragma once

#include <limits>

#include <prefopt/detail/full_softmax/chunks.hpp>
#include <prefopt/detail/full_softmax/group.hpp>
#include <prefopt/detail/full_softmax/panel.hpp>
#include <prefopt/numeric/scalar.hpp>

namespace prefopt::detail {

/// The first pass over the catalogue: for each example of a group the score of its target, and over all other
/// items the largest score and Σ e^(score − largest), left in `memory.total`.
template <class T>
class full_softmax_first_pass {
 public:
  using scalar = scalar_t<T>;
  using task = full_softmax_task<scalar>;
  using part = full_softmax_part<scalar>;

  full_softmax_first_pass(const full_softmax_group<T>& group, const chunk_walk<scalar>& chunks,
                          full_softmax_memory<scalar>& memory)
      : group_(group),
        chunks_(chunks),
        total_(memory.total),
        target_scores_(memory.examples.target_scores.take(group.queries.padded_count())) {}

  /// Throws `invalid_argument` for an item that is not finite, unless that is to propagate.
  void run() {
    clear(total_);
    chunks_.run(
        [this](index first, index last, task& task, part& part) { add_chunk(first, last, task, part); },
        [this](const part& part) { collect(part); });
    if (group_.plan.non_finite != non_finite::propagate && total_.broken_block >= 0) fail_non_finite();
  }

 private:
  static constexpr scalar minus_infinity = -std::numeric_limits<scalar>::infinity();

  void clear(part& part) const {
    part.tops.take(group_.queries.padded_count(), std::numeric_limits<scalar>::lowest());
    part.sums.take(group_.queries.padded_count(), 0);
    part.broken_block = -1;
  }

  void add_chunk(index first, index last, task& task, part& part) const {
    clear(part);
    for (; first < last; first += group_.layout.block) {
      const index count = smaller(group_.layout.block, last - first);
      const bool finite = group_.load(first, count, task);
      if (!finite && part.broken_block < 0) part.broken_block = first;
      for (index panel = 0; panel < group_.queries.panels(); ++panel)
        add_panel(first, count, panel, task, part);
    }
  }

  void add_panel(index first, index count, index panel, task& task, part& part) const {
    const matrix_view<scalar> scores = group_.score(count, panel, task);
    // The target stays out, so that what is left beside a target that leads by far keeps its digits.
    group_.each_target(panel, first, count, scores, [&](index b, scalar& score) {
      target_scores_[b] = score;
      score = minus_infinity;
    });
    for (index i = count * scores.columns; i < scores.size(); ++i) scores.data[i] = minus_infinity;
    const index place = panel * group_.layout.panel;
    add_exponentials<T>(scores, part.tops.data() + place, part.sums.data() + place);
  }

  void collect(const part& part) {
    if (total_.broken_block < 0) total_.broken_block = part.broken_block;
    for (index b = 0; b < group_.queries.count(); ++b) {
      scalar& top = total_.tops.data()[b];
      double& sum = total_.sums.data()[b];
      const scalar other = part.tops.data()[b], larger = top < other ? other : top;
      sum = sum * decay(top, larger) + part.sums.data()[b] * decay(other, larger);
      top = larger;
    }
  }
  static double decay(scalar from, scalar to) {
    return prefopt::exp(static_cast<double>(from) - static_cast<double>(to));
  }

  [[noreturn]] void fail_non_finite() const {
    const index first = total_.broken_block, count = smaller(group_.layout.block, group_.plan.items - first);
    check_finite(group_.plan.catalogue.block(first, count), first, "catalogue");
    fail(in_full_softmax, "catalogue changed during the call");
  }

  const full_softmax_group<T>& group_;
  const chunk_walk<scalar>& chunks_;
  part& total_;
  scalar* target_scores_;
};

}  // namespace prefopt::detail
