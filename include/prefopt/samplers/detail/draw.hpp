#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/samplers/detail/exclusion.hpp>
#include <prefopt/samplers/detail/sorted.hpp>
#include <prefopt/samplers/detail/weight_tree.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// What all samplers share: proposals with rejection, which is fast, and the law of what is left where
/// rejection would take too long. Both draw from the same law: an accepted proposal is a draw from what is
/// allowed, however many were refused before it.

namespace prefopt::detail {

/// Candidates and their weights, in proportion to which they are drawn.
struct weighted_items {
  std::vector<std::int32_t> items;
  std::vector<double> weights;

  void add(std::int32_t item, double weight) {
    items.push_back(item);
    weights.push_back(weight);
  }
};

/// A law over the items 0 to num_items() - 1.
///
///     words_per_proposal()   how many random words draw an item
///     propose(words, items)  the items that random words draw, or `masked` for none
///     for_each(visit)        visit(item, weight) for every item of positive weight, in ascending order
template <class Law>
concept item_law = requires(const Law& law, std::span<const std::uint32_t> words, std::int32_t* items,
                            void (&visit)(std::int32_t, double)) {
  { law.words_per_proposal() } -> std::same_as<std::size_t>;
  law.propose(words, items);
  law.for_each(visit);
  { law.num_items() } -> std::same_as<index>;
};

template <item_law Law, class Exclusion>
weighted_items allowed_items(const Law& law, const Exclusion& excluded) {
  weighted_items allowed;
  law.for_each([&](std::int32_t item, double weight) {
    if (!excluded.contains(item)) allowed.add(item, weight);
  });
  return allowed;
}

/// After so many refused proposals in a row the exact method takes over. With a tenth of the mass allowed,
/// that happens to one place in 5e11.
inline constexpr int most_refusals = 256;

/// The words of one example: proposals draw from the first half, the exact method from the second, so that nothing
/// depends on how proposals are batched.
struct row_streams {
  row_streams(const samplers::draw_key& key, std::uint64_t example)
      : proposals(key.seed, key.step, example), exact(key.seed, key.step, example, std::uint32_t{1} << 31) {}

  samplers::random_stream proposals, exact;
};

/// Counts refused proposals in a row.
class patience {
 public:
  /// True if it is at its end.
  bool refused() { return ++refusals_ == most_refusals; }
  void accepted() { refusals_ = 0; }

  /// The same for many at once.
  bool survives(std::size_t refusals) const { return refusals_ + static_cast<int>(refusals) < most_refusals; }
  void looked_at(const exclusion::copied& allowed) {
    refusals_ = static_cast<int>(allowed.refused) + (allowed.count > 0 ? 0 : refusals_);
  }

 private:
  int refusals_ = 0;
};

inline constexpr std::size_t most_proposals = 64;  ///< at a time

/// Proposes for `places` places, or for some of them.
template <item_law Law>
std::span<const std::int32_t> propose(const Law& law, index places, samplers::random_stream& random,
                                      std::int32_t (&items)[most_proposals]) {
  const std::size_t width = law.words_per_proposal(), wanted = static_cast<std::size_t>(places);
  const auto words = random.next(width * (wanted < most_proposals ? wanted : most_proposals));
  law.propose(words, items);
  return std::span<const std::int32_t>(items).first(words.size() / width);
}

/// Fills the row with proposals that are allowed; returns how many places it filled before it gave up.
///
/// `Exclusion` says which items the row must not draw, and remembers those that it has drawn: contains(item), add(item).
/// `proposed` are proposals that have been made already, for no more places than there are.
template <item_law Law, class Exclusion>
index draw_by_rejection(const Law& law, bool repeat, Exclusion& excluded, samplers::random_stream& random,
                        const matrix_view<std::int32_t>& row, std::span<const std::int32_t> proposed = {}) {
  alignas(sizeof(stream_words::type)) std::int32_t items[most_proposals];
  index place = 0;
  patience left;
  while (place < row.columns) {
    // Propose first and look then: independent reads of a large table overlap, where a branch would wait.
    if (proposed.empty()) proposed = propose(law, row.columns - place, random, items);
    const auto proposals = proposed;
    proposed = {};
    if constexpr (std::same_as<Exclusion, exclusion>)
      if (repeat && row.column_stride == 1 && left.survives(proposals.size())) {
        const exclusion::copied allowed = excluded.copy_allowed(proposals, &row(0, place));
        left.looked_at(allowed);
        place += allowed.count;
        continue;
      }
    for (const std::int32_t item : proposals) {
      if (item == samplers::masked || excluded.contains(item)) {
        if (left.refused()) return place;
        continue;
      }
      left.accepted();
      if (!repeat) excluded.add(item);
      row(0, place++) = item;
    }
  }
  return place;
}

/// Fills the row from `place` on, from the law of all that is allowed; returns where the items ran out.
template <item_law Law, class Exclusion>
index draw_exactly(const Law& law, bool repeat, Exclusion& excluded, samplers::random_stream& random,
                   const matrix_view<std::int32_t>& row, index place) {
  const weighted_items allowed = allowed_items(law, excluded);
  weight_tree tree(allowed.weights);
  for (; place < row.columns && tree.total() > 0; ++place) {
    const std::size_t drawn = tree.find(random.next_real());
    row(0, place) = allowed.items[drawn];
    if (repeat) continue;
    tree.remove(drawn);
    excluded.add(row(0, place));
  }
  return place;
}

/// Draws places until the row is full or the items run out; returns how many places are filled.
template <item_law Law, class Exclusion>
index draw_places(const Law& law, bool repeat, Exclusion& excluded, row_streams& random,
                  const matrix_view<std::int32_t>& row, std::span<const std::int32_t> proposed = {}) {
  const index place = draw_by_rejection(law, repeat, excluded, random.proposals, row, proposed);
  return place == row.columns ? place : draw_exactly(law, repeat, excluded, random.exact, row, place);
}

/// Masks the places from `place` on; returns how many.
inline index mask_from(index place, const matrix_view<std::int32_t>& row) {
  for (index masked = place; masked < row.columns; ++masked) row(0, masked) = samplers::masked;
  return row.columns - place;
}

inline std::uint32_t checked_size(index size, std::string_view where, std::string_view name) {
  require(size >= 1 && size <= INT32_MAX, where, name, " is ", size, ", expected 1 to 2^31 - 1");
  return static_cast<std::uint32_t>(size);
}

inline void require_item(std::int32_t item, index num_items, std::string_view where, std::string_view name) {
  require(item >= 0 && item < num_items, where, name, " is ", item, ", expected at least 0 and below ",
          num_items, " (num_items)");
}

inline void require_history(const samplers::history_view& history, index rows, index num_items,
                            std::string_view where) {
  require(history.is_absent() || history.size() == rows, where, "history has ", history.size(),
          " lists, expected ", rows, " (one for each example)");
  require(history.bits() == 0 || history.bits() >= num_items, where, "history has ", history.bits(),
          " bits a row, expected at least ", num_items, " (num_items)");
  for (index b = 0; b < rows; ++b)
    if (const auto items = history[b].list(); !items.empty())
      require_item(items.back(), num_items, where, "an item of the history");
}

inline void require_batch(std::span<const std::int32_t> positives, const samplers::history_view& history,
                          const samplers::draw_key& key, const matrix_view<std::int32_t>& negatives,
                          index num_items, std::string_view where) {
  const auto rows = static_cast<index>(positives.size());
  require(negatives.rows == rows, where, "negatives is ", shape_text(negatives.rows, negatives.columns),
          ", expected [", rows, ", K] (a row for each positive)");
  require(key.step < key.limit, where, "step is ", key.step, ", expected below 2^48");
  require(key.first_example < key.limit && positives.size() <= key.limit - key.first_example, where,
          "first_example is ", key.first_example, " with ", rows, " rows, expected examples below 2^48");
  for (const std::int32_t positive : positives) require_item(positive, num_items, where, "a positive");
  require_history(history, rows, num_items, where);
}

/// Hands contiguous parts of the rows out to tasks: `part(first, last)` says how many places it had to mask. Returns
/// their sum.
template <class Part>
index draw_in_parts(index rows, const executor& executor, const Part& part) {
  const auto count = static_cast<std::size_t>(rows), most = executor.tasks < 1 ? 1 : executor.tasks;
  const std::size_t tasks = most < count + 1 ? most : count + 1;
  std::vector<index> missing(tasks);
  const auto run_task = [&](std::size_t task) {
    missing[task] =
        part(static_cast<index>(count * task / tasks), static_cast<index>(count * (task + 1) / tasks));
  };
  executor.run(tasks, run_task);
  index all = 0;
  for (const index masked : missing) all += masked;
  return all;
}

/// Some rows, whose first proposals are made together, before any of them is looked at: a processor has more to do at
/// once than with one row after the other.
template <item_law Law>
class rows_in_step {
 public:
  static constexpr index most = 8;

  rows_in_step(const Law& law, bool repeat) : law_(law), repeat_(repeat), excluded_(law.num_items()) {
    rows_.reserve(most);
  }

  /// Draws the rows [first, last), no more than `most`; returns how many places had to be masked.
  index draw(std::span<const std::int32_t> positives, const samplers::history_view& history,
             const samplers::draw_key& key, const matrix_view<std::int32_t>& negatives, index first,
             index last) {
    rows_.clear();
    for (index b = first; b < last; ++b) {
      row& started = rows_.emplace_back(key, key.first_example + static_cast<std::uint64_t>(b));
      if (negatives.columns > 0)
        started.count = propose(law_, negatives.columns, started.random.proposals, started.items).size();
    }
    index missing = 0, doubtful = 0;
    index doubtful_rows[most];
    for (index b = first; b < last; ++b) {
      row& started = rows_[static_cast<std::size_t>(b - first)];
      excluded_.reset(positives[static_cast<std::size_t>(b)], history[b], repeat_ ? 0 : negatives.columns);
      if (is_quick(started, negatives)) {
        started.suspects = excluded_.copy_suspects(started.proposed(), &negatives(b, 0));
        doubtful_rows[doubtful] = b;  // without a branch: nobody can guess which rows these are
        doubtful += started.suspects != 0;
      } else {
        missing += finish(started, negatives.block(b, 1));
      }
    }
    for (index i = 0; i < doubtful; ++i) {
      const index b = doubtful_rows[i];
      row& started = rows_[static_cast<std::size_t>(b - first)];
      excluded_.reset(positives[static_cast<std::size_t>(b)], history[b], 0);
      if (excluded_.refuses(started.items, started.suspects)) [[unlikely]]
        missing += finish(started, negatives.block(b, 1));
    }
    return missing;
  }

 private:
  struct row {
    row(const samplers::draw_key& key, std::uint64_t example) : random(key, example) {}
    std::span<const std::int32_t> proposed() const { return std::span(items).first(count); }
    row_streams random;
    std::uint64_t suspects = 0;
    std::size_t count = 0;
    alignas(sizeof(stream_words::type)) std::int32_t items[most_proposals];
  };

  /// Whether the first proposals are as many as there are places, and hardly ever refused.
  bool is_quick(const row& started, const matrix_view<std::int32_t>& negatives) const {
    return repeat_ && negatives.columns > 0 && excluded_.shares_bits() && negatives.column_stride == 1 &&
           static_cast<index>(started.count) == negatives.columns;
  }
  index finish(row& started, const matrix_view<std::int32_t>& places) {
    return mask_from(draw_places(law_, repeat_, excluded_, started.random, places, started.proposed()),
                     places);
  }

  const Law& law_;
  bool repeat_;
  exclusion excluded_;
  std::vector<row> rows_;
};

/// Draws every row; returns how many places had to be masked.
template <item_law Law>
index draw_rows(std::string_view where, const Law& law, bool repeat, std::span<const std::int32_t> positives,
                const samplers::history_view& history, const samplers::draw_key& key,
                const matrix_view<std::int32_t>& negatives, const executor& executor) {
  require_batch(positives, history, key, negatives, law.num_items(), where);
  return draw_in_parts(negatives.rows, executor, [&](index first, index last) {
    rows_in_step<Law> rows(law, repeat);
    index missing = 0;
    for (index next; first < last; first = next) {
      next = last - first < rows.most ? last : first + rows.most;
      missing += rows.draw(positives, history, key, negatives, first, next);
    }
    return missing;
  });
}

/// Checks the arguments of a law, sets every probability to 0 and the exclusion to what is not allowed.
inline void start_law(std::string_view where, index num_items, std::int32_t positive,
                      std::span<const std::int32_t> history, exclusion& excluded,
                      std::span<double> probability) {
  require(static_cast<index>(probability.size()) == num_items, where, "probability is [", probability.size(),
          "], expected [", num_items, "] (num_items)");
  require_item(positive, num_items, where, "positive");
  for (const std::int32_t item : history) require_item(item, num_items, where, "an item of the history");
  require(is_ascending(history), where, "history is not sorted, expected ascending items");
  excluded.reset(positive, history, 0);
  for (double& p : probability) p = 0;
}

/// Writes the law of one draw of one example.
template <item_law Law>
void write_law(std::string_view where, const Law& law, std::int32_t positive,
               std::span<const std::int32_t> history, std::span<double> probability) {
  exclusion excluded(law.num_items());
  start_law(where, law.num_items(), positive, history, excluded, probability);
  const weighted_items allowed = allowed_items(law, excluded);
  double sum = 0;
  for (const double weight : allowed.weights) sum += weight;
  for (std::size_t i = 0; i < allowed.items.size(); ++i)
    probability[static_cast<std::size_t>(allowed.items[i])] = allowed.weights[i] / sum;
}

}  // namespace prefopt::detail
