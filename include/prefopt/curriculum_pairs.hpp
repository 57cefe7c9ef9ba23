#pragma once

#include <limits>
#include <span>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/error.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {

/// Candidate `preferred` of an example, its best, against candidate `rejected`, whose score lies `gap` > 0 below.
struct curriculum_pair {
  index example = 0, preferred = 0, rejected = 0;
  double gap = 0;
};

/// The training pairs of a curriculum over scored candidates, easy ones first (Curry-DPO, Pattnaik 2024): every example's
/// best candidate against each of its others, in stages from wide gaps to narrow ones. Stage t of S takes of each example
/// the pairs j with ⌊j S / n⌋ = t, j = 0 ... n − 1 counting its pairs by falling gap: with S pairs each stage gets one.
/// The paper trains the stages one after the other on `curry_dpo`, each against a reference synchronised with the policy
/// that the stage before ended with.
///
/// Of equal scores the first column is the best, and candidates as good as the best make no pair. −inf masks a candidate.
///
///     prefopt::curriculum_pairs pairs(prefopt::as_matrix(scores, rows, columns), 3);
///     for (prefopt::index stage = 0; stage < pairs.stages(); ++stage)
///       for (prefopt::index i = 0; i < pairs.size(stage); ++i) use(pairs.pair(stage, i));
class curriculum_pairs {
 public:
  /// \param scores [B, N], any finite numbers; the higher the better \param stages S, the paper's 3
  /// \throws invalid_argument for less than one stage, and for a score that is NaN or +inf. O(B N log(B N)).
  explicit curriculum_pairs(const matrix_view<const double>& scores, index stages = 3) {
    detail::require(stages >= 1, "curriculum_pairs", "stages is ", stages, ", expected at least 1");
    staged_.resize(static_cast<std::size_t>(stages));
    for (index b = 0; b < scores.rows; ++b) add_example(scores, b);
    for (std::vector<easier_first>& pairs : staged_) detail::heap_sort(std::span<easier_first>(pairs));
  }

  index stages() const { return static_cast<index>(staged_.size()); }
  index size(index stage) const { return static_cast<index>(at(stage).size()); }
  /// The i-th pair of a stage: by falling gap, then by example and column.
  const curriculum_pair& pair(index stage, index i) const {
    return at(stage)[static_cast<std::size_t>(i)].pair;
  }

 private:
  struct easier_first {
    curriculum_pair pair;
    friend bool operator<(const easier_first& a, const easier_first& b) {
      if (a.pair.gap != b.pair.gap) return a.pair.gap > b.pair.gap;
      if (a.pair.example != b.pair.example) return a.pair.example < b.pair.example;
      return a.pair.rejected < b.pair.rejected;
    }
  };

  const std::vector<easier_first>& at(index stage) const {
    detail::require(stage >= 0 && stage < stages(), "curriculum_pairs", "stage is ", stage,
                    ", expected a value in [0, ", stages(), ")");
    return staged_[static_cast<std::size_t>(stage)];
  }

  void add_example(const matrix_view<const double>& scores, index b) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    index best = 0;
    for (index k = 0; k < scores.columns; ++k) {
      detail::require(scores(b, k) < infinity, "curriculum_pairs", "scores[", b, ", ", k, "] is ",
                      scores(b, k), ", expected a finite score (or -inf, to mask it)");
      if (scores(b, k) > scores(b, best)) best = k;
    }
    own_.clear();
    for (index k = 0; k < scores.columns; ++k)
      if (scores(b, k) > -infinity && scores(b, k) < scores(b, best))
        own_.push_back({{b, best, k, scores(b, best) - scores(b, k)}});
    detail::heap_sort(std::span<easier_first>(own_));
    for (std::size_t j = 0; j < own_.size(); ++j)
      staged_[j * staged_.size() / own_.size()].push_back(own_[j]);
  }

  std::vector<std::vector<easier_first>> staged_;
  std::vector<easier_first> own_;
};

}  // namespace prefopt
