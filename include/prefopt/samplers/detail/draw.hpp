#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
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
      : row_streams(key, example, {key.seed, key.step, example}) {}
  /// With proposals that have been started.
  row_streams(const samplers::draw_key& key, std::uint64_t example, const samplers::random_stream& started)
      : proposals(started), exact(key.seed, key.step, example, std::uint32_t{1} << 31) {}

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

/// Proposes for `places` places, or for some of them, at most as many as there is room for.
template <item_law Law>
std::span<const std::int32_t> propose(const Law& law, index places, samplers::random_stream& random,
                                      std::span<std::int32_t> items) {
  const std::size_t width = law.words_per_proposal(), wanted = static_cast<std::size_t>(places);
  const auto words = random.next(width * (wanted < items.size() ? wanted : items.size()));
  law.propose(words, items.data());
  return items.first(words.size() / width);
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

inline void require_items(std::span<const std::int32_t> items, index num_items, std::string_view where,
                          std::string_view name) {
  bool all_good = true;
  for (const std::int32_t item : items) all_good &= item >= 0 && item < num_items;
  if (all_good) [[likely]]
    return;
  for (const std::int32_t item : items) require_item(item, num_items, where, name);
}

inline void require_history(const samplers::history_view& history, index rows, index num_items,
                            std::string_view where) {
  require(history.is_absent() || history.size() == rows, where, "history has ", history.size(),
          " lists, expected ", rows, " (one for each example)");
  require(history.bits() == 0 || history.bits() >= num_items, where, "history has ", history.bits(),
          " bits a row, expected at least ", num_items, " (num_items)");
  if (history.largest_item() < num_items) return;
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
  require_items(positives, num_items, where, "a positive");
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

/// What `draw_rows` was asked for; by value, lest the compiler fear that draws change it.
struct row_call {
  std::span<const std::int32_t> positives;
  samplers::history_view history;
  samplers::draw_key key;
  matrix_view<std::int32_t> negatives;

  std::int32_t positive(index b) const { return positives[static_cast<std::size_t>(b)]; }
  std::uint64_t example(index b) const { return key.first_example + static_cast<std::uint64_t>(b); }
};

/// Draws rows a few at a time: their first proposals are made together, before any of them is looked at. A processor has
/// more to do at once than with one row after the other.
template <item_law Law>
class rows_in_step {
 public:
  rows_in_step(const Law& law, bool repeat, const row_call& call)
      : law_(law), repeat_(repeat), call_(call), excluded_(law.num_items()) {
    rows_.reserve(rows_a_step);
    for (index i = 0; i < rows_a_step; ++i) rows_.emplace_back(call.key);
  }

  /// Draws the rows [first, last); returns how many places had to be masked.
  index draw(index first, index last) {
    index missing = 0;
    for (index next; first < last; first = next) {
      next = last - first < rows_a_step ? last : first + rows_a_step;
      missing += draw_step(first, next);
      if (doubtful_ > most_doubts - rows_a_step) missing += settle_doubts();
    }
    return missing + settle_doubts();
  }

 private:
  static constexpr index rows_a_step = 4, most_doubts = 64;

  struct row {
    explicit row(const samplers::draw_key& key) : words(key.seed, key.step, 0) {}
    std::span<const std::int32_t> proposed() const { return std::span(items).first(count); }
    samplers::random_stream words;
    std::size_t count = 0;
    alignas(sizeof(stream_words::type)) std::int32_t items[most_proposals];
  };
  /// A row that has been drawn, and which of its places may hold what they must not.
  struct doubt {
    index b;
    std::uint64_t suspects;
  };

  index draw_step(index first, index last) {
    const auto rows = std::span(rows_).first(static_cast<std::size_t>(last - first));
    start(rows, first);
    const bool is_quick = proposes_all(rows.front());
    index missing = 0, b = first;
    for (const row& started : rows) {
      if (const filter_view bits = bits_of(call_.history[b]); is_quick && bits.exists()) {
        const std::uint64_t suspects =
            copy_suspects(bits, call_.positive(b), started.proposed(), &call_.negatives(b, 0));
        doubts_[doubtful_] = {b, suspects};  // without a branch: nobody can guess which rows these are
        doubtful_ += suspects != 0;
      } else {
        missing += finish(b, {call_.key, call_.example(b), started.words}, started.proposed());
      }
      ++b;
    }
    return missing;
  }

  /// Makes the first proposals of the examples from `first` on.
  void start(std::span<row> rows, index first) {
    for (row& started : rows) {
      started.words.restart(call_.example(first++));
      started.count = 0;
    }
    while (lacks_proposals(rows.front())) {
      for (std::size_t i = 0; i + 1 < rows.size(); i += 2)
        samplers::random_stream::refill(rows[i].words, rows[i + 1].words);
      for (row& started : rows) propose_more(started);
    }
  }
  bool lacks_proposals(const row& started) const {
    return started.count < most_proposals && static_cast<index>(started.count) < call_.negatives.columns;
  }
  void propose_more(row& started) {
    const index places = call_.negatives.columns - static_cast<index>(started.count);
    const auto room = std::span(started.items).subspan(started.count);
    started.count += propose(law_, places, started.words, room).size();
  }

  /// Whether the first proposals fill a row, unless one of them is refused.
  bool proposes_all(const row& started) const {
    return repeat_ && started.count > 0 && call_.negatives.column_stride == 1 &&
           static_cast<index>(started.count) == call_.negatives.columns;
  }

  /// Looks the doubtful places up, and corrects the rows that hold what they must not.
  index settle_doubts() {
    index missing = 0;
    for (const auto& [b, suspects] : std::span(doubts_).first(static_cast<std::size_t>(doubtful_)))
      if (refuses(call_.history[b], call_.positive(b), &call_.negatives(b, 0), suspects)) [[unlikely]]
        missing += finish_again(b);
    doubtful_ = 0;
    return missing;
  }
  /// The places of the row are its first proposals.
  index finish_again(index b) {
    std::int32_t proposed[most_proposals];
    const auto count = static_cast<std::size_t>(call_.negatives.columns);
    for (std::size_t i = 0; i < count; ++i) proposed[i] = call_.negatives(b, static_cast<index>(i));
    row_streams random(call_.key, call_.example(b));
    random.proposals.skip(count * law_.words_per_proposal());
    return finish(b, std::move(random), std::span(proposed).first(count));
  }

  index finish(index b, row_streams&& random, std::span<const std::int32_t> proposed) {
    excluded_.reset(call_.positive(b), call_.history[b], repeat_ ? 0 : call_.negatives.columns);
    const matrix_view<std::int32_t> places = call_.negatives.block(b, 1);
    return mask_from(draw_places(law_, repeat_, excluded_, random, places, proposed), places);
  }

  const Law& law_;
  bool repeat_;
  const row_call call_;
  exclusion excluded_;
  std::vector<row> rows_;
  doubt doubts_[most_doubts];
  index doubtful_ = 0;
};

/// Draws every row; returns how many places had to be masked.
template <item_law Law>
index draw_rows(std::string_view where, const Law& law, bool repeat, std::span<const std::int32_t> positives,
                const samplers::history_view& history, const samplers::draw_key& key,
                const matrix_view<std::int32_t>& negatives, const executor& executor) {
  require_batch(positives, history, key, negatives, law.num_items(), where);
  const row_call call{positives, history, key, negatives};
  return draw_in_parts(negatives.rows, executor, [&](index first, index last) {
    return rows_in_step<Law>(law, repeat, call).draw(first, last);
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
