#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/detail/ranked.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// A few draws that look at no score, and the best of them.

namespace prefopt::detail {

struct best_of {
  index candidates;  ///< M
  index best;        ///< N
  bool replacement, repeat;

  void check(std::string_view where) const {
    require_count(candidates, where, "candidates");
    require(best >= 1 && best <= candidates, where, "best is ", best, ", expected 1 to ", candidates,
            " (candidates)");
    require(best == 1 || !replacement, where, "best is ", best, ", expected 1 (with replacement)");
  }
};

/// What a row must not draw, by id or by score.
template <item_scores Source>
class scored_exclusion {
 public:
  scored_exclusion(const exclusion& ids, const Source& source, index row, float ceiling)
      : ids_(ids), source_(source), row_(row), ceiling_(ceiling) {}

  bool contains(std::int32_t item) const {
    if (ids_.contains(item)) return true;
    const float score = source_.score(row_, item);
    return !(score > no_candidate && score <= ceiling_);
  }
  void add(std::int32_t item) { ids_.add(item); }
  /// Forgets what was added.
  void restart(const exclusion& ids) { ids_ = ids; }

 private:
  exclusion ids_;
  const Source& source_;
  index row_;
  float ceiling_;
};

/// Uniform on [0, size).
inline std::uint32_t next_below(std::uint32_t size, samplers::random_stream& random) {
  const samplers::bounded_integer number(size);
  for (;;)
    if (const std::uint32_t word = random.next(1)[0]; number.accepts(word)) return number(word);
}

/// Fills row b: each place with one of the N best of M draws that are allowed. `preference(score)` ranks them.
/// Returns how many places had to be masked.
template <item_law Law, item_scores Source, class Preference>
index draw_best_of(const scored_call& call, index b, const Law& law, const Source& source, const best_of& how,
                   const Preference& preference, exclusion& taken) {
  const matrix_view<std::int32_t> row = call.negatives.block(b, 1);
  const index most = how.replacement || how.candidates < law.num_items() ? how.candidates : law.num_items();
  std::vector<std::int32_t> drawn(static_cast<std::size_t>(most));
  std::vector<ranked_item<float>> ranked;
  scored_exclusion<Source> excluded(taken, source, b, score_ceiling(call, source, b));
  row_streams random(call.key, call.example(b));
  index place = 0;
  for (; place < row.columns; ++place) {
    if (place > 0) excluded.restart(taken);
    const index found = draw_places(law, how.replacement, excluded, random, {drawn.data(), 1, most, most, 1});
    if (found == 0) break;
    ranked.clear();
    for (const std::int32_t item : std::span(drawn).first(static_cast<std::size_t>(found)))
      ranked.push_back({preference(source.score(b, item)), item});
    sort_by_rank(ranked);
    const index best = how.best < found ? how.best : found;
    const std::uint32_t chosen =
        best > 1 ? next_below(static_cast<std::uint32_t>(best), random.proposals) : 0;
    row(0, place) = ranked[chosen].item;
    if (!how.repeat) taken.add(ranked[chosen].item);
  }
  return mask_from(place, row);
}

/// Every row; `preference_of(b)` is the row's.
template <item_law Law, candidate_source Source, class PreferenceOf>
index draw_best_of_rows(const scored_call& call, const Law& law, const Source& source, const best_of& how,
                        const PreferenceOf& preference_of) {
  static_assert(
      item_scores<Source>,
      "this sampler scores what it has drawn: give it exact_scores or score_rows, not a search_index");
  require_scored_call(call, source);
  require(law.num_items() == source.num_items(), call.where, "proposals has ", law.num_items(),
          " items, expected ", source.num_items(), " (the source's)");
  return draw_in_parts(call.negatives.rows, call.on, [&](index first, index last) {
    exclusion taken(law.num_items());
    index missing = 0;
    for (index b = first; b < last; ++b) {
      taken.reset(call.positive(b), call.history[b], call.negatives.columns + how.candidates);
      missing += draw_best_of(call, b, law, source, how, preference_of(b), taken);
    }
    return missing;
  });
}

/// P(rank r) for the best of M draws with replacement, q_r being the law of one of them, given by rank: with the tails
/// Q_r = Σ_{t ≥ r} q_t it is Q_r^M − Q_{r+1}^M.
inline std::vector<double> best_with_replacement(std::span<const double> weights, index candidates) {
  std::vector<double> tails(weights.size() + 1, 0.0);
  for (std::size_t r = weights.size(); r-- > 0;) tails[r] = tails[r + 1] + weights[r];
  std::vector<double> law(weights.size());
  const double total = tails[0], power = static_cast<double>(candidates);
  for (std::size_t r = 0; r < weights.size(); ++r)
    law[r] = prefopt::pow(tails[r] / total, power) - prefopt::pow(tails[r + 1] / total, power);
  return law;
}

/// P(rank r) for one of the N best of M distinct draws from n items, 1 / N Σ_j C(r−1, j−1) C(n−r, M−j) / C(n, M). Each
/// summand comes of the one before it: Π_{i<j} (M−i) / (n−i) at r = j, then times r / (r−j+1) · (n−r−M+j) / (n−r).
inline std::vector<double> best_without_replacement(std::size_t items, const best_of& how) {
  std::vector<double> law(items, 0.0);
  const double n = static_cast<double>(items), wanted = static_cast<double>(how.candidates);
  const double candidates = wanted < n ? wanted : n;
  const std::size_t best =
      static_cast<std::size_t>(how.best) < items ? static_cast<std::size_t>(how.best) : items;
  double first = 1;
  for (std::size_t j = 1; j <= best; ++j) {
    const double rank = static_cast<double>(j);
    first *= (candidates - rank + 1) / (n - rank + 1);
    double term = first;
    for (std::size_t r = j; r <= items && term > 0; ++r) {
      law[r - 1] += term / static_cast<double>(best);
      const double at = static_cast<double>(r);
      term *= at / (at - rank + 1) * (n - at - candidates + rank) / (n - at);
    }
  }
  return law;
}

/// Writes the law by rank to the items that have the ranks.
inline void write_best_of_law(std::span<const ranked_item<double>> ranked, std::span<const double> weights,
                              const best_of& how, std::span<double> probability) {
  const std::vector<double> law = how.replacement ? best_with_replacement(weights, how.candidates)
                                                  : best_without_replacement(ranked.size(), how);
  for (std::size_t r = 0; r < ranked.size(); ++r) at(probability, ranked[r].item) = law[r];
}

}  // namespace prefopt::detail
