#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <prefopt/column.hpp>
#include <prefopt/detail/column_total.hpp>
#include <prefopt/detail/transpose.hpp>
#include <prefopt/row.hpp>

namespace prefopt {

/// What a long row reads: one scalar per candidate in each array, null if the batch has no such input.
template <class T>
struct long_row_memory {
  using scalar = scalar_t<T>;
  using flag = detail::integer_like<scalar>;  ///< 0 or −1: a mask's lane

  index candidates = 0;
  const scalar* policy = nullptr;
  const scalar* reference = nullptr;
  const scalar* relevance = nullptr;
  const scalar* lengths = nullptr;
  const scalar* log_q = nullptr;
  const T* kl = nullptr;
  const T* beta = nullptr;
  const T* hardness = nullptr;
  const T* log_collision = nullptr;
  const T* decided = nullptr;
  const flag* valid = nullptr;  ///< null: no candidate is masked
  detail::scratch* scratch = nullptr;

  // Set by the composition, term by term.
  const flag* counts = nullptr;
  const scalar* rewards = nullptr;
  const scalar* formed =
      nullptr;  ///< where `formed_sum` and `formed_max` of the rejected candidates were taken
  T formed_sum, formed_max;
  const scalar* strengths = nullptr;
  T strength = T(0);
  detail::rows_ahead ahead{};
};

/// The candidates of one example across the lanes: the row of rows from about a hundred candidates on, for parts that
/// use maps and reductions alone (`losses::loss_traits`). Its columns are read a pack at a time, `at(k)` being
/// candidates k ... k + lanes − 1; the last pack overlaps the one before, so that nothing is touched beyond the row.
/// Row values are alike in all lanes.
template <class T>
class long_row {
 public:
  using number_type = T;
  using mask_type = mask_t<T>;
  using scalar = scalar_t<T>;
  using flag = typename long_row_memory<T>::flag;
  static constexpr int lanes = lane_count<T>;
  /// Columns of longer rows are not kept but computed anew where they are read: scratch stays small.
  static constexpr index longest_kept = (1 << 17) / static_cast<index>(sizeof(scalar));

  struct read_array {
    const scalar* values;
    T operator()(index k) const { return detail::load_pack<scalar, lanes>(values + k); }
  };

  explicit long_row(long_row_memory<T>& memory) : memory_(&memory) {}

  index candidates() const { return memory_->candidates; }

  // ---- inputs
  auto policy(index = 0) const { return leaf(memory_->policy); }
  auto reference() const { return leaf_or(memory_->reference, 0); }
  auto relevance() const { return leaf_or(memory_->relevance, 0); }
  auto lengths() const { return leaf_or(memory_->lengths, 1); }
  auto log_q() const { return leaf_or(memory_->log_q, 0); }
  T kl() const { return memory_->kl != nullptr ? *memory_->kl : T(0); }
  T example_beta(double otherwise) const {
    return memory_->beta != nullptr ? *memory_->beta : number(otherwise);
  }
  T hardness() const { return memory_->hardness != nullptr ? *memory_->hardness : T(1); }
  T log_collision() const { return memory_->log_collision != nullptr ? *memory_->log_collision : T(0); }
  T decided(index i = 0) const { return memory_->decided[i]; }

  // ---- set by the composition before the loss runs
  auto rewards() const { return leaf(memory_->rewards); }
  T strength() const { return memory_->strength; }
  auto strengths() const { return leaf(memory_->strengths); }

  // ---- masks
  auto is_preferred() const { return column<first_lane>{{first_lane_alone()}}; }
  auto rejected() const { return column<behind_first>{{memory_->counts, first_lane_alone()}}; }
  auto unselected() const {
    return masks([row = *this](index k) { return row.valid(k) & !row.counts(k); });
  }

  auto desirable() const {
    return masks([grades = memory_->relevance, first = is_preferred()](index k) {
      return grades != nullptr ? detail::load_pack<scalar, lanes>(grades + k) > T(0) : mask_type(first.at(k));
    });
  }

  // ---- row values
  T number(double x) const { return T(static_cast<scalar>(x)); }

  template <class At>
  T preferred(const column<At>& c) const {
    return T(lane(c.at(0), 0));
  }
  template <class At>
  T sum(const column<At>& c) const {
    return total(
        c, [row = *this](index k) { return row.counts(k); }, memory_->counts == nullptr, [](index) {});
  }
  template <class At, class Where>
  T sum(const column<At>& c, const column<Where>& where) const {
    if constexpr (std::is_same_v<Where, behind_first> && std::is_same_v<At, read_array>)
      if (c.at.values == memory_->formed && where.at.flags == nullptr) return memory_->formed_sum;
    return sum(c, where, [](index) {});
  }
  template <class Where>
  T count(const column<Where>& where) const {
    if constexpr (std::is_same_v<Where, behind_first>)
      if (where.at.flags == nullptr) return T(static_cast<scalar>(candidates() - 1));
    return sum(select(where, number(1), number(0)), where);
  }
  template <class At, class Where>
  T mean(const column<At>& c, const column<Where>& where) const {
    return sum(c, where) / count(where);
  }
  template <class At>
  T max(const column<At>& c) const {
    if constexpr (std::is_same_v<At, read_array>)
      if (c.at.values == memory_->formed && memory_->counts == nullptr)
        return prefopt::max(memory_->formed_max, preferred(c));
    return largest([&](index k) { return select(counts(k), c.at(k), lowest()); });
  }
  template <class At, class Where>
  T max(const column<At>& c, const column<Where>& where) const {
    if constexpr (std::is_same_v<Where, behind_first> && std::is_same_v<At, read_array>)
      if (c.at.values == memory_->formed && where.at.flags == nullptr) return memory_->formed_max;
    return largest([&](index k) { return select(valid(k) & where.at(k), c.at(k), lowest()); });
  }
  template <class Where>
  mask_type any(const column<Where>& where) const {
    mask_type found(false);
    each([&](index k, const mask_type&) { found = found | (valid(k) & where.at(k)); });
    return mask_type(prefopt::any(found));
  }

  template <class At, class Where, class Kept>
  [[gnu::always_inline]] auto sum_and_keep(const column<At>& c, const column<Where>& where,
                                           const column<Kept>& other) const {
    scalar* const values = candidates() <= longest_kept ? take() : nullptr;
    // Behind the sum's own reading of this pack: what both have in common is computed once, since nothing is stored in
    // between.
    const auto keep_too = [&](index k) __attribute__((always_inline)) {
      if (values != nullptr) detail::store_pack<scalar, lanes>(other.at(k), values + k);
    };
    const T total_of_c = sum(c, where, keep_too);
    const T total_of_other = values != nullptr ? sum(leaf(values), where) : sum(other, where);
    return sum_and_column<T, kept<Kept>>{total_of_c, {{values, other.at}}, total_of_other};
  }

  template <class At, class Where>
  auto sum_softplus(const column<At>& x, const column<Where>& where) const {
    return sum_and_keep(softplus(x), where, sigmoid(x));
  }

  // ---- columns
  template <class At>
  auto keep(const column<At>& c) const {
    if constexpr (std::is_same_v<typename column<At>::value_type, mask_type>)
      return column<kept_mask<At>>{{candidates() <= longest_kept ? store_mask(c) : nullptr, c.at}};
    else
      return column<kept<At>>{{candidates() <= longest_kept ? store(c) : nullptr, c.at}};
  }

  // ---- what the composition sets; a part never calls these
  long_row_memory<T>& memory() const { return *memory_; }

  void begin_term() const {
    memory_->counts = memory_->valid;
    memory_->strengths = nullptr;
  }
  template <class At>
  void select_rejected(const column<At>& chosen) const {
    memory_->counts = store_mask(masks([row = *this, first = is_preferred(), &chosen](index k) {
      return row.valid(k) & (first.at(k) | chosen.at(k));
    }));
  }
  void use_decisions(const T* decided) const { memory_->decided = decided; }
  void set_strength(T beta) const { memory_->strength = beta; }
  template <class At>
  void set_strengths(const column<At>& betas) const {
    memory_->strengths = store(betas);
  }
  template <class At>
  void set_rewards(const column<At>& r) const {
    memory_->rewards = store(r);
  }
  void set_rewards(const column<read_array>& r) const { memory_->rewards = r.at.values; }
  static column<read_array> stored(const scalar* values) { return {{values}}; }

  auto every_rejected() const { return column<behind_first>{{memory_->valid, first_lane_alone()}}; }

  mask_type valid(index k) const { return flags(memory_->valid, k); }
  mask_type counts(index k) const { return flags(memory_->counts, k); }

  /// Calls `visit(k, fresh)` for packs that cover the row; `fresh` is the mask of what the pack before did not cover.
  template <class Visit>
  void each(const Visit& visit) const {
    for (index k = 0; k < candidates(); k += lanes) visit(place_of(k), fresh_from(k));
  }
  /// Calls `visit(k, alone)` for packs that cover the row, some candidates twice, so that `place + k` seldom lies across
  /// two cache lines: what is written there goes out at full speed. Nothing else is written to where a pack goes alone.
  template <class Visit>
  [[gnu::always_inline]] void each_aligned(const scalar* place, const Visit& visit) const {
    constexpr auto bytes = static_cast<std::uintptr_t>(sizeof(T));
    const index n = candidates(), last = n - lanes;
    visit(0, false);
    index k = static_cast<index>((bytes - reinterpret_cast<std::uintptr_t>(place) % bytes) / sizeof(scalar));
    for (; k < last; k += lanes) visit(k, k >= lanes && k + lanes <= last);
    visit(last, false);
  }
  /// Room for a scalar per candidate, until the row ends.
  scalar* take() const { return memory_->scratch->template take<scalar>(candidates()); }

 private:
  struct read_array_or {
    const scalar* values;
    T otherwise;
    T operator()(index k) const {
      return values != nullptr ? detail::load_pack<scalar, lanes>(values + k) : otherwise;
    }
  };
  template <class At>
  struct kept {
    const scalar* values;
    At at;
    T operator()(index k) const {
      return values != nullptr ? detail::load_pack<scalar, lanes>(values + k) : at(k);
    }
  };
  template <class At>
  struct kept_mask {
    const flag* values;
    At at;
    mask_type operator()(index k) const { return values != nullptr ? flags(values, k) : at(k); }
  };
  struct first_lane {
    mask_type first;
    mask_type operator()(index k) const { return k == 0 ? first : mask_type(false); }
  };

  /// All but the first, and of these the flagged.
  struct behind_first {
    const flag* flags;
    mask_type first;
    mask_type operator()(index k) const {
      const mask_type flagged = long_row::flags(flags, k);
      return k == 0 ? flagged & !first : flagged;
    }
  };

  static mask_type first_lane_alone() { return lane_numbers() == T(0); }
  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }
  static T lane_numbers() { return detail::lane_numbers<T>(); }
  /// Where the pack that begins with candidate k begins, since none may reach beyond the row.
  index place_of(index k) const { return k + lanes <= candidates() ? k : candidates() - lanes; }
  /// The lanes of that pack that hold candidate k and those behind it.
  mask_type fresh_from(index k) const { return lane_numbers() >= T(static_cast<scalar>(k - place_of(k))); }
  static mask_type flags(const flag* values, index k) {
    if (values == nullptr) return mask_type(true);
    mask_type loaded(false);
    __builtin_memcpy(&loaded, values + k, sizeof loaded);
    return loaded;
  }

  static column<read_array> leaf(const scalar* values) { return {{values}}; }
  static column<read_array_or> leaf_or(const scalar* values, int absent) {
    return {{values, T(static_cast<scalar>(absent))}};
  }
  template <class Read>
  static auto masks(Read read) {
    return column<Read>{read};
  }
  template <class At>
  const scalar* store(const column<At>& c) const {
    scalar* const values = take();
    each([&](index k, const mask_type&) { detail::store_pack<scalar, lanes>(c.at(k), values + k); });
    return values;
  }
  template <class At>
  const flag* store_mask(const column<At>& c) const {
    flag* const values = reinterpret_cast<flag*>(take());
    each([&](index k, const mask_type&) {
      const mask_type mask = c.at(k);
      __builtin_memcpy(values + k, &mask, sizeof mask);
    });
    return values;
  }

  /// Σ over `where`, calling `then(k)` for each pack after it was read.
  template <class At, class Where, class Then>
  [[gnu::always_inline]] T sum(const column<At>& c, const column<Where>& where, const Then& then) const {
    if constexpr (std::is_same_v<Where, behind_first>)
      return total(c, where.at, where.at.flags == nullptr, then);
    else
      return total(
          c, [ row = *this, &
               where ](index k) __attribute__((always_inline)) { return row.valid(k) & where.at(k); },
          std::false_type{}, then);
  }
  /// Blocks keep the rounding error of long rows small; two sums in turn keep the adders busy.
  /// \param where the mask of each pack
  /// \param all   whether it is set in all lanes of all packs but the first
  template <class At, class Where, class All, class Then>
  [[gnu::always_inline]] T total(const column<At>& c, const Where& where, All all, const Then& then) const {
    constexpr index width = lanes, block = width * log1p_sum<T>::capacity;
    const index n = candidates();
    const detail::rows_ahead ahead = memory_->ahead;
    T sum(0);
    for (index start = 0; start < n; start += block) {
      const index end = start + block < n ? start + block : n;
      detail::column_total<T, At> next, other;
      const auto add = [&](auto& part, index at, const auto& mask) __attribute__((always_inline)) {
        part.add(c.at, at, mask);
        then(at);
      };
      for (index k = start; k < end;) {
        const index at = place_of(k);
        add(next, at, detail::both{}(where(at), fresh_from(k)));
        std::swap(next, other);
        k += width;
        if (!all) continue;
        for (; k + 2 * width <= end; k += 2 * width) {
          ahead.fetch<scalar>(k, 2 * width);
          add(next, k, true);
          add(other, k + width, true);
        }
      }
      next.add(other);
      sum = sum + next.value();
    }
    return T(horizontal_sum(sum));
  }
  /// What several packs hold counts once.
  template <class Value>
  [[gnu::always_inline]] T largest(const Value& value) const {
    T even = lowest(), odd = lowest();
    for (index k = 0; k < candidates(); k += 2 * lanes) {
      even = prefopt::max(even, value(place_of(k)));
      odd = prefopt::max(odd, value(place_of(k + lanes)));
    }
    return T(horizontal_max(prefopt::max(even, odd)));
  }

  long_row_memory<T>* memory_;
};

}  // namespace prefopt
