#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// How well scores rank the one item that came next: HR and NDCG at k, MRR and AUC, all from its rank.

namespace prefopt {

/// Where a target came in.
struct ranking {
  index rank = 1;        ///< 1 is first
  index candidates = 1;  ///< how many were ranked, the target among them

  friend bool operator==(const ranking&, const ranking&) = default;
};

namespace detail {

/// The numbers that `std::span` sees in an array, a `std::vector`, another span ...
template <class Scores>
using score_of = std::remove_cvref_t<decltype(*std::span(std::declval<const Scores&>()).data())>;

}  // namespace detail

/// Ranks a target against given candidates. Ties count against the model: the target comes after every
/// candidate whose score is not below its own. So a candidate whose score is NaN comes before it, and a
/// target whose score is NaN comes last.
///
/// target  its score
/// others  contiguous, the scores of the other candidates
template <class Scores>
  requires std::floating_point<detail::score_of<Scores>>
ranking rank_among(detail::score_of<Scores> target, const Scores& others) {
  const std::span scores(others);
  index before = 0;
  for (const auto score : scores) before += !(score < target);
  return {1 + before, 1 + static_cast<index>(scores.size())};
}

/// Ranks a target in the whole catalogue (full ranking), ties and NaN as in `rank_among`.
///
/// scores    [V] contiguous, one for each item
/// target    an item
/// excluded  the items that are left out, ascending; repeats are harmless, and the target takes part anyway
/// Throws `invalid_argument` if an item is out of range or `excluded` descends. O(V + excluded).
template <class Scores>
  requires std::floating_point<detail::score_of<Scores>>
ranking rank_in_catalogue(const Scores& scores, std::int32_t target,
                          std::span<const std::int32_t> excluded = {}) {
  constexpr std::string_view where = "rank_in_catalogue";
  const std::span all(scores);
  const auto score_at = [&](std::int32_t item, std::string_view name) {
    detail::require(item >= 0 && static_cast<std::size_t>(item) < all.size(), where, name, " is ", item,
                    ", expected at least 0 and below ", all.size(), " (the number of scores)");
    return all[static_cast<std::size_t>(item)];
  };
  const auto target_score = score_at(target, "target");

  // Exclusions are few: rank among all, then take them and the target itself (never below itself) back out.
  auto [rank, candidates] = rank_among(target_score, all);
  --rank, --candidates;
  std::int32_t previous = -1;
  for (const std::int32_t item : excluded) {
    const auto score = score_at(item, "an excluded item");
    detail::require(item >= previous, where, "excluded is not sorted, expected ascending items");
    if (item != previous && item != target) {
      --candidates;
      if (!(score < target_score)) --rank;
    }
    previous = item;
  }
  return {rank, candidates};
}

/// Means over users, one relevant item each.
///
///     HR@k   = share of ranks <= k
///     NDCG@k = mean of 1 / log2(1 + rank) where rank <= k, else 0   (the ideal gain is 1)
///     MRR    = mean of 1 / rank
///     AUC    = mean of (candidates - rank) / (candidates - 1), the share of the others that rank after the
///              target; 1 where there is no other
///
/// A mean throws `invalid_argument` if nothing was added or k < 1. Sums run in the order of adding.
class ranking_metrics {
 public:
  /// Throws `invalid_argument` unless 1 <= rank <= candidates.
  void add(const ranking& one) {
    detail::require(one.rank >= 1 && one.rank <= one.candidates, "ranking_metrics::add", "rank is ", one.rank,
                    ", expected 1 to ", one.candidates, " (the number of candidates)");
    rankings_.push_back(one);
  }
  /// Adds what another one holds: threads collect their own, and are merged in a fixed order.
  void add(const ranking_metrics& others) {
    rankings_.insert(rankings_.end(), others.rankings_.begin(), others.rankings_.end());
  }
  index size() const { return static_cast<index>(rankings_.size()); }

  double hit_rate(index k) const {
    require_cutoff(k, "hit_rate");
    return mean("hit_rate", [=](const ranking& r) { return r.rank <= k ? 1.0 : 0.0; });
  }
  double ndcg(index k) const {
    require_cutoff(k, "ndcg");
    return mean("ndcg", [=](const ranking& r) {
      return r.rank <= k ? 1 / prefopt::log2(1 + static_cast<double>(r.rank)) : 0;
    });
  }
  double mrr() const {
    return mean("mrr", [](const ranking& r) { return 1 / static_cast<double>(r.rank); });
  }
  double auc() const {
    return mean("auc", [](const ranking& r) {
      return r.candidates == 1
                 ? 1
                 : static_cast<double>(r.candidates - r.rank) / static_cast<double>(r.candidates - 1);
    });
  }

 private:
  static void require_cutoff(index k, std::string_view where) {
    detail::require(k >= 1, where, "k is ", k, ", expected at least 1");
  }
  template <class Value>
  double mean(std::string_view where, const Value& value) const {
    detail::require(!rankings_.empty(), where, "no ranking was added, expected at least one");
    double sum = 0;
    for (const ranking& r : rankings_) sum += value(r);
    return sum / static_cast<double>(rankings_.size());
  }

  std::vector<ranking> rankings_;
};

}  // namespace prefopt
