#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/detail/lane_bits.hpp>
#include <prefopt/detail/matrix_kernel.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/best_keys.hpp>
#include <prefopt/samplers/detail/candidate_source.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/detail/exclusion.hpp>
#include <prefopt/samplers/detail/item_noise.hpp>
#include <prefopt/samplers/detail/score_key.hpp>
#include <prefopt/samplers/detail/search_group.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// What the scored samplers share: the best items of each row, gathered while the scores of a group of rows go by.

namespace prefopt::detail {

/// The arguments of a draw.
struct scored_call {
  std::string_view where;
  std::span<const std::int32_t> positives;  ///< empty: nobody has one
  const samplers::history_view& history;
  const samplers::draw_key& key;
  matrix_view<std::int32_t> negatives;
  const executor& on;
  double guard;

  std::int32_t positive(index b) const {
    return positives.empty() ? samplers::masked : positives[static_cast<std::size_t>(b)];
  }
  std::uint64_t example(index b) const { return key.first_example + static_cast<std::uint64_t>(b); }
};

inline void require_guard(double guard, std::string_view where) {
  require(guard == guard, where, "guard is ", guard, ", expected a number");
}
inline void require_temperature(double temperature, std::string_view where) {
  require(temperature > 0 && temperature < detail::infinity, where, "temperature is ", temperature,
          ", expected a positive number");
}
inline void require_count(index count, std::string_view where, std::string_view name) {
  require(count >= 1, where, name, " is ", count, ", expected at least 1");
}

template <candidate_source Source>
void require_scored_call(const scored_call& call, const Source& source) {
  require_batch(call.positives, call.history, call.key, call.negatives, source.num_items(), call.where);
  const auto rows = static_cast<index>(call.positives.size());
  require(source.rows() == rows, call.where, Source::rows_name, " has ", source.rows(), " rows, expected ",
          rows, " (one for each positive)");
  require_guard(call.guard, call.where);
  if constexpr (!item_scores<Source>)
    require(call.guard == detail::infinity, call.where, "guard is ", call.guard,
            ", expected none: this source cannot score the positives");
}

/// What an item of row b may score at most.
template <candidate_source Source>
float score_ceiling(const scored_call& call, const Source& source, index b) {
  constexpr float none = std::numeric_limits<float>::infinity();
  if constexpr (item_scores<Source>)
    if (call.guard < detail::infinity)
      return static_cast<float>(static_cast<double>(source.score(b, call.positive(b))) + call.guard);
  return none;
}

/// Ranks by score. A `Ranking` turns the scores of a row into keys:
///
///     key                            what is compared
///     lowest                         what a key has to exceed from the start
///     restart(rows), start(b, key)   a new group; its row b is the example that the key names
///     over(b, item, scores, bar)     which lanes may have a key above the bar of row b
///     by_score_alone                 whether those are the lanes whose score is above the bar
///     of(b, item, score)             the key
class score_ranking {
 public:
  using key = score_key;
  using packed = native_pack<float>;
  static constexpr key lowest = std::numeric_limits<key>::min() + 0x7fffff;  // −inf
  static constexpr bool by_score_alone = true;

  void restart(index) {}
  void start(index, const samplers::draw_key&, std::uint64_t) {}
  static float bar(key threshold) { return score_from(threshold); }
  auto over(index, index, packed scores, float bar) { return scores > packed(bar); }
  key of(index, std::int32_t, float score) const { return key_of(score); }
  /// The keys of a pack at once; not every ranking has this.
  static native_pack<key> of_lanes(packed scores) { return keys_of(scores); }
};

/// Ranks by score / T + Gumbel noise.
class noise_ranking {
 public:
  using key = noise_key;
  using packed = native_pack<float>;
  static constexpr key lowest = std::numeric_limits<key>::min();
  static constexpr bool by_score_alone = false;

  explicit noise_ranking(double temperature) : rate_(log_weight_rate(temperature)) {}

  void restart(index rows) { rows_.resize(static_cast<std::size_t>(rows)); }
  void start(index b, const samplers::draw_key& key, std::uint64_t example) {
    rows_[static_cast<std::size_t>(b)] = {.noise = item_noise(key, example)};
  }
  static float bar(key threshold) { return static_cast<float>(static_cast<double>(threshold) * units); }

  /// E ≥ v, so the noise is at most −log2 v, and that at most a line through each octave: the bits of v's high word
  /// as a float are 2^23 (127 + log2 v), or a little less.
  auto over(index b, index item, packed scores, float bar) {
    row& at = rows_[static_cast<std::size_t>(b)];
    const index first = item / item_noise::block * item_noise::block;
    if (at.first != first) {
      at.noise.high_words(first, at.words);
      at.first = first;
    }
    const packed weight = min(max(scores * packed(rate_), packed(-0x1p36f)), packed(0x1p36f));
    const packed slack = abs(weight) * packed(1e-6f) + packed(158.001f);
    return (scores > packed(no_candidate)) &
           (weight + slack - packed(0x1p-23f) * float_bits(at.words + item % item_noise::block) >
            packed(bar));
  }
  key of(index b, std::int32_t item, float score) const {
    return log_weight(score, rate_) + rows_[static_cast<std::size_t>(b)].noise(item);
  }

 private:
  static constexpr double units = 1.0 / (1 << noise_bits);
  static constexpr int lanes = lane_count<packed>;
  struct row {
    item_noise noise{};
    index first = -1;  // of the items whose words are here
    std::uint32_t words[item_noise::block]{};
  };

  /// The bits of ⌊word / 2⌋ as a float, read as a number.
  static packed float_bits(const std::uint32_t* words) {
    std::int32_t halves[lanes];
    for (int i = 0; i < lanes; ++i) halves[i] = static_cast<std::int32_t>(words[i] >> 1);
    float bits[lanes];
    for (int i = 0; i < lanes; ++i)
      bits[i] = static_cast<float>(std::bit_cast<std::int32_t>(static_cast<float>(halves[i])));
    return load_pack<float, lanes>(bits);
  }

  double rate_;
  std::vector<row> rows_;
};

/// The rows of a group: each collects its `count` best items that are allowed.
template <class Ranking>
class row_group {
 public:
  using key = typename Ranking::key;
  using packed = native_pack<float>;

  /// A group has so many rows that what they collect stays in the cache; B and V have no part in it.
  row_group(const scored_call& call, index num_items, index count, const Ranking& ranking)
      : call_(call), num_items_(num_items), count_(static_cast<std::size_t>(count)), ranking_(ranking) {
    const std::size_t most = best_keys<key>::memory_for(count_),
                      all = static_cast<std::size_t>(num_items) + 1;
    memory_ = most < all ? most : all;
    constexpr std::size_t budget = std::size_t{4} << 20;
    const auto fitting = static_cast<index>(budget / (memory_ * (sizeof(key) + sizeof(std::int32_t))));
    rows_ = fitting < tile_rows   ? tile_rows
            : fitting < most_rows ? fitting / tile_rows * tile_rows
                                  : most_rows;
  }

  index size() const { return rows_; }
  index count() const { return static_cast<index>(count_); }

  template <class Source>
  void start(const Source& source, index first, index rows) {
    first_ = first;
    ranking_.restart(rows);
    if (all_.size() < static_cast<std::size_t>(rows))
      all_.resize(static_cast<std::size_t>(rows), row(num_items_));
    bars_.assign(static_cast<std::size_t>(round_up(rows, tile_rows)),
                 std::numeric_limits<float>::quiet_NaN());
    for (index b = 0; b < rows; ++b) {
      row& at = (*this)[b];
      at.excluded.reset(call_.positive(first + b), call_.history[first + b], 0);
      at.ceiling = score_ceiling(call_, source, first + b);
      ranking_.start(b, call_.key, call_.example(first + b));
      restart(b);
    }
  }
  /// Forgets what row b has collected.
  void restart(index b) {
    (*this)[b].best.reset(count_, Ranking::lowest, memory_);
    update_bar(b);
  }

  [[gnu::always_inline]] void operator()(index b, index item, packed scores) {
    const float bar = bars_[static_cast<std::size_t>(b)];
    if (!(bar == bar)) return;
    const auto over = ranking_.over(b, item, scores, bar);
    if (any(over)) [[unlikely]]
      offer_lanes(b, item, scores, lane_bits(over));
  }
  /// Several packs, which are looked at together: hardly one of them has a score above the bar.
  template <std::size_t Packs>
  [[gnu::always_inline]] void operator()(index b, index item, const packed (&scores)[Packs]) {
    if constexpr (Ranking::by_score_alone) {
      const packed bar(bars_[static_cast<std::size_t>(b)]);
      packed highest = bar;
      unroll<Packs>([&](auto i) { highest = max(highest, scores[i]); });  // a NaN is not taken
      if (!any(highest > bar)) [[likely]]
        return;
    }
    packed all[Packs];  // a copy, so that the scores themselves can stay in registers
    unroll<Packs>([&](auto i) { all[i] = scores[i]; });
    offer_packs(b, item, all);
  }

  void offer(index b, std::int32_t item, float score) {
    row& at = (*this)[b];
    if (!(score > no_candidate) || !(score <= at.ceiling)) return;
    const key k = ranking_.of(b, item, score);
    if (k > at.best.threshold()) at.best.add(k, item, at.excluded);
  }

  /// The best items of row b, no others.
  best_keys<key>& best(index b) {
    (*this)[b].best.settle((*this)[b].excluded);
    return (*this)[b].best;
  }
  bool is_full(index b) { return best(b).items().size() == count_; }
  /// How many items row b may have to leave out, its score ceiling apart.
  index excluded(index b) const { return 1 + static_cast<index>(call_.history[first_ + b].size()); }

 private:
  static constexpr index most_rows = 256;
  struct row {
    explicit row(index num_items) : excluded(num_items) {}
    best_keys<key> best{};
    exclusion excluded;
    float ceiling = 0;
  };

  row& operator[](index b) { return all_[static_cast<std::size_t>(b)]; }
  void update_bar(index b) {
    const key threshold = (*this)[b].best.threshold();
    bars_[static_cast<std::size_t>(b)] =
        count_ > 0 ? Ranking::bar(threshold) : std::numeric_limits<float>::quiet_NaN();
  }

  /// Without a branch on what a pack holds: somewhere here is a score above the bar, and nobody can guess where.
  template <std::size_t Packs>
  [[gnu::noinline]] void offer_packs(index b, index item, const packed (&scores)[Packs]) {
    if constexpr (requires { Ranking::of_lanes(scores[0]); }) {
      row& at = (*this)[b];
      const packed ceiling(at.ceiling);
      for (const packed& some : scores) {
        const packed bar(Ranking::bar(at.best.threshold()));
        at.best.add_lanes(Ranking::of_lanes(some), static_cast<std::int32_t>(item),
                          lane_bits((some > bar) & (some <= ceiling)), at.excluded);
        item += lane_count<packed>;
      }
      update_bar(b);
    } else {
      for (const packed& some : scores) {
        (*this)(b, item, some);
        item += lane_count<packed>;
      }
    }
  }
  [[gnu::noinline]] void offer_lanes(index b, index item, const packed& scores, unsigned lanes) {
    if constexpr (requires { Ranking::of_lanes(scores); }) {
      row& at = (*this)[b];
      lanes &= lane_bits(scores <= packed(at.ceiling));
      at.best.add_lanes(Ranking::of_lanes(scores), static_cast<std::int32_t>(item), lanes, at.excluded);
    } else {
      for (; lanes != 0; lanes &= lanes - 1) {
        const int i = std::countr_zero(lanes);
        offer(b, static_cast<std::int32_t>(item + i), lane(scores, i));
      }
    }
    update_bar(b);
  }

  const scored_call& call_;
  index num_items_, rows_, first_ = 0;
  std::size_t count_, memory_;
  Ranking ranking_;
  std::vector<row> all_;
  std::vector<float> bars_;
};

/// How a source fills a group.
template <scanned_source Source>
struct group_scan {
  template <class Group>
  void fill(const Source& source, index first, index rows, Group& group) {
    source.scan(first, rows, group, memory);
  }
  typename Source::memory memory{};
};
template <candidate_source Source>
struct group_filler {
  using type = group_search<Source>;
};
template <scanned_source Source>
struct group_filler<Source> {
  using type = group_scan<Source>;
};

/// Gathers the best items of all rows, a group at a time: draw(b, best, row) fills row b and says how many places it
/// masked. The caller has checked the call.
template <class Ranking, class Source, class Draw>
index fill_from_best(const scored_call& call, const Source& source, index count, const Ranking& ranking,
                     const Draw& draw) {
  return draw_in_parts(call.negatives.rows, call.on, [&](index first, index last) {
    row_group<Ranking> group(call, source.num_items(), count, ranking);
    typename group_filler<Source>::type filler;
    index missing = 0;
    for (; first < last; first += group.size()) {
      const index rows = last - first < group.size() ? last - first : group.size();
      group.start(source, first, rows);
      filler.fill(source, first, rows, group);
      for (index b = 0; b < rows; ++b)
        missing += draw(first + b, group.best(b), call.negatives.block(first + b, 1));
    }
    return missing;
  });
}

template <class Ranking, class Source, class Draw>
index draw_from_best(const scored_call& call, const Source& source, index count, const Ranking& ranking,
                     const Draw& draw) {
  require_scored_call(call, source);
  return fill_from_best(call, source, count, ranking, draw);
}

}  // namespace prefopt::detail
