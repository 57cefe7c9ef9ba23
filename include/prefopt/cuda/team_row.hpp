#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <prefopt/column.hpp>
#include <prefopt/cuda/row_inputs.hpp>
#include <prefopt/cuda/team.hpp>
#include <prefopt/cuda/team_choices.hpp>
#include <prefopt/detail/column_total.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/row.hpp>

/// \file
/// The row of one example across the threads of a team: candidate k belongs to thread k mod size.

namespace prefopt::cuda {

/// One number per candidate of this thread's. In registers where a row has at most `Slots` candidates a thread: loops over
/// them are unrolled, so that every place is a constant.
template <class T, int Size, int Slots>
struct own_values {
  T values[Slots];

  PREFOPT_HOST_DEVICE T& operator()(index k) { return values[static_cast<unsigned>(k) / Size]; }
  PREFOPT_HOST_DEVICE const T& operator()(index k) const { return values[static_cast<unsigned>(k) / Size]; }
};
/// In memory that is given, for rows of any length.
template <class T, int Size>
struct own_values<T, Size, 0> {
  T* values;

  PREFOPT_HOST_DEVICE T& operator()(index k) const { return values[k]; }
};

/// What a row knows of its example, set up by `load` and, term by term, by the composition.
template <class Scalar, int Size, int Slots>
struct row_state {
  using T = pack<Scalar, 1>;

  index example = 0;
  index end = 0;                   ///< columns from here on are masked
  unsigned valid = 0, counts = 0;  ///< a bit for each slot; of rows in memory, unused
  own_values<T, Size, Slots> policy, reference, rewards, strengths;
  T strength{0};
};
template <class Scalar, int Size>
struct row_state<Scalar, Size, 0> {
  using T = pack<Scalar, 1>;

  index example = 0;
  index end = 0;                                  ///< columns from here on are masked
  own_values<T, Size, 0> rewards{}, strengths{};  ///< [N]
  T strength{0};
};

/// A row as `prefopt/row.hpp` describes it, but for pairs, ranks, graded lists and plain code. Everything between
/// candidates is asked of all threads of the team together. A handle: copy it freely.
/// \tparam Slots   how many candidates a thread may have, all of them in registers; 0: any number, nothing is kept
/// \tparam Ordered candidates stand best first, in the batch's order
template <class Scalar, team Team, int Slots, bool Ordered = false>
class team_row {
 public:
  using T = pack<Scalar, 1>;
  using number_type = T;
  using mask_type = mask_t<T>;
  using scalar = Scalar;
  using state = row_state<Scalar, Team::size, Slots>;
  static constexpr bool in_registers = Slots > 0;
  static_assert(Slots <= 32, "a slot has a bit in the masks");

  PREFOPT_HOST_DEVICE team_row(const row_inputs<Scalar>& inputs, const Team& team, state& memory)
      : inputs_(&inputs), state_(&memory), team_(team) {}

  /// Reads the example, and finds out what is masked.
  PREFOPT_HOST_DEVICE void load(index example) const {
    state_->example = example;
    state_->end = inputs_->counts.data != nullptr ? inputs_->counts(example, 0) + 1 : candidates();
    if constexpr (in_registers) {
      const bool has_reference = inputs_->reference.data != nullptr;
      state_->valid = 0;
      for_own([&](index k, int slot) {
        const bool there = k < candidates();
        const Scalar score = there ? element(inputs_->policy, k) : -infinity();
        const Scalar reference = there && has_reference ? element(inputs_->reference, k) : Scalar(0);
        const bool valid = there & (is_first(k) | ((score != -infinity()) & is_counted(k)));
        state_->valid |= static_cast<unsigned>(valid) << slot;
        state_->policy(k) = valid ? score : masked_score;
        state_->reference(k) = valid ? reference : masked_score;
      });
    }
  }
  PREFOPT_HOST_DEVICE index candidates() const { return inputs_->candidates; }

  // ---- inputs
  PREFOPT_HOST_DEVICE auto policy(index = 0) const { return column<read_policy>{{*this}}; }
  PREFOPT_HOST_DEVICE auto reference() const { return column<read_reference>{{*this}}; }
  PREFOPT_HOST_DEVICE auto relevance() const { return input(inputs_->relevance, 0); }
  PREFOPT_HOST_DEVICE auto lengths() const { return input(inputs_->lengths, 1); }
  PREFOPT_HOST_DEVICE auto log_q() const { return input(inputs_->log_q, 0); }
  PREFOPT_HOST_DEVICE T kl() const { return one(inputs_->kl, 0); }
  PREFOPT_HOST_DEVICE T example_beta(double otherwise) const {
    return inputs_->beta.data != nullptr ? T(inputs_->beta(state_->example, 0)) : number(otherwise);
  }
  PREFOPT_HOST_DEVICE T hardness() const { return one(inputs_->hardness, 1); }
  PREFOPT_HOST_DEVICE T log_collision() const { return one(inputs_->log_collision, 0); }
  PREFOPT_HOST_DEVICE T weight() const { return one(inputs_->weights, 1); }

  // ---- set by the composition before the loss runs
  PREFOPT_HOST_DEVICE auto rewards() const { return column<read_rewards>{{state_}}; }
  PREFOPT_HOST_DEVICE T strength() const { return state_->strength; }
  PREFOPT_HOST_DEVICE auto strengths() const { return column<read_strengths>{{state_}}; }

  // ---- masks
  PREFOPT_HOST_DEVICE auto is_preferred() const { return column<preferred_mask>{{*this}}; }
  PREFOPT_HOST_DEVICE auto rejected() const { return column<rejected_mask>{{*this}}; }
  PREFOPT_HOST_DEVICE auto unselected() const { return column<unselected_mask>{{*this}}; }
  PREFOPT_HOST_DEVICE auto every_rejected() const { return column<valid_rejected_mask>{{*this}}; }
  PREFOPT_HOST_DEVICE auto desirable() const { return column<desirable_mask>{{*this}}; }

  // ---- row values
  PREFOPT_HOST_DEVICE T number(double x) const { return T(static_cast<scalar>(x)); }

  PREFOPT_ANYWHERE T preferred(const auto& c) const {
    if constexpr (Ordered)
      return total_of(c, [this](index k) { return valid(k) & is_first(k); });
    else
      return team_.from(c.at(team_.lane()), 0);
  }
  PREFOPT_ANYWHERE T sum(const auto& c) const {
    return total_of(c, [this](index k) { return counts(k); });
  }
  PREFOPT_ANYWHERE T sum(const auto& c, const auto& where) const {
    return total_of(c, [&](index k) { return valid(k) & where.at(k); });
  }
  PREFOPT_ANYWHERE T count(const auto& where) const { return sum(select(where, T(1), T(0)), where); }
  PREFOPT_ANYWHERE T mean(const auto& c, const auto& where) const { return sum(c, where) / count(where); }
  PREFOPT_ANYWHERE T max(const auto& c) const {
    return largest_of(c, [this](index k) { return counts(k); });
  }
  PREFOPT_ANYWHERE T max(const auto& c, const auto& where) const {
    return largest_of(c, [&](index k) { return valid(k) & where.at(k); });
  }
  PREFOPT_ANYWHERE mask_type any(const auto& where) const {
    mask_type found(false);
    for_own([&](index k, int) { found = found | (valid(k) & where.at(k)); });
    return team_any(team_, found.bits);
  }
  PREFOPT_ANYWHERE auto sum_and_keep(const auto& c, const auto& where, const auto& other) const {
    const auto kept = keep(other);
    const T total = sum(c, where);
    const bool same = static_cast<const void*>(&c) == static_cast<const void*>(&other);
    return sum_and_column<T, decltype(kept.at)>{total, kept, same ? total : sum(kept, where)};
  }
  PREFOPT_ANYWHERE auto sum_softplus(const auto& x, const auto& where) const {
    return sum_and_keep(softplus(x), where, sigmoid(x));
  }

  // ---- columns
  /// In registers; what does not fit is computed anew where it is read.
  PREFOPT_ANYWHERE auto keep(const auto& c) const {
    if constexpr (in_registers) {
      using value = typename std::remove_cvref_t<decltype(c)>::value_type;
      own_values<value, Team::size, Slots> kept;
      for_own([&](index k, int) { kept(k) = c.at(k); });
      return column<decltype(kept)>{kept};
    } else {
      return c;
    }
  }
  PREFOPT_ANYWHERE auto position() const {
    return scan<forward>(column<counted_number>{{*this}}, T(0), [](auto a, auto b) { return a + b; });
  }
  /// The choices one after the other of the Plackett–Luce model; see `prefopt/row.hpp`.
  PREFOPT_ANYWHERE auto successive_choices(const auto& r, index observed) const {
    return team_choices(*this, keep(r), keep(position() < number(static_cast<double>(observed))));
  }
  enum direction : int { forward = 1, backward = -1 };
  /// `combine` of the values before each candidate, or behind it; `neutral` where there are none.
  template <direction Way>
  PREFOPT_HOST_DEVICE auto scan(const auto& c, const T& neutral, const auto& combine) const {
    static_assert(in_registers, "a row in memory has no room for what a scan gives");
    own_values<T, Team::size, Slots> before;
    T carry = neutral;
    constexpr int last = Team::size - 1;
    const int lane = team_.lane(), neighbour = lane - Way;
    const bool has_neighbour = neighbour >= 0 && neighbour <= last;
    for_own<Way>([&](index k, int) {
      const T x = scan_team(team_, c.at(k), Way, combine);
      const T nearer = team_.from(x, has_neighbour ? neighbour : lane);
      before(k) = select(has_neighbour, combine(carry, nearer), carry);
      carry = combine(carry, team_.from(x, Way == forward ? last : 0));
    });
    return column<decltype(before)>{before};
  }

  // ---- what the composition sets; a part never calls these
  PREFOPT_HOST_DEVICE void begin_term() const {
    if constexpr (in_registers) state_->counts = state_->valid;
  }
  PREFOPT_ANYWHERE void select_rejected(const auto& chosen) const {
    static_assert(in_registers, "a selection keeps its mask, and a row in memory has no room for one");
    unsigned counted = 0;
    for_own([&](index k, int slot) {
      const mask_type in = valid(k) & (mask_type(is_first(k)) | chosen.at(k));
      counted |= static_cast<unsigned>(in.bits) << slot;
    });
    state_->counts = counted;
  }
  PREFOPT_HOST_DEVICE void use_decisions(const T*) const {}
  PREFOPT_HOST_DEVICE void set_strength(T beta) const { state_->strength = beta; }
  PREFOPT_ANYWHERE void set_strengths(const auto& betas) const {
    for_own([&](index k, int) { state_->strengths(k) = betas.at(k); });
  }
  PREFOPT_ANYWHERE void set_rewards(const auto& r) const {
    for_own([&](index k, int) { state_->rewards(k) = r.at(k); });
  }

  PREFOPT_HOST_DEVICE mask_type valid(index k) const {
    if constexpr (in_registers)
      return (state_->valid >> slot_of(k) & 1) != 0;
    else
      return k < candidates() &&
             (is_first(k) || (element(inputs_->policy, k) != -infinity() && is_counted(k)));
  }
  PREFOPT_HOST_DEVICE mask_type counts(index k) const {
    if constexpr (in_registers)
      return (state_->counts >> slot_of(k) & 1) != 0;
    else
      return valid(k);
  }
  /// Adds to, or writes, the gradient of this thread's candidates.
  PREFOPT_ANYWHERE void store(const auto& slopes, const mask_type& applies, bool add) const {
    for_own([&](index k, int) {
      const T slope = select(counts(k) & applies, slopes.at(k), T(0));
      if (k >= candidates()) return;
      Scalar& to = element(inputs_->gradient, k);
      to = add ? to + slope.lanes : slope.lanes;
    });
  }

 private:
  /// What a masked candidate is read as: a score at which every reward is finite, for what is masked must not overflow on
  /// its way to being ignored.
  static constexpr Scalar masked_score = -1;
  static PREFOPT_HOST_DEVICE constexpr Scalar infinity() {
    return static_cast<Scalar>(prefopt::detail::infinity);
  }
  static PREFOPT_HOST_DEVICE int slot_of(index k) {
    return static_cast<int>(static_cast<unsigned>(k) / Team::size);
  }

  /// The column in which candidate k stands.
  PREFOPT_HOST_DEVICE index place(index k) const {
    if constexpr (Ordered)
      if (inputs_->order.data != nullptr) return inputs_->order(state_->example, k);
    return k;
  }
  PREFOPT_HOST_DEVICE bool is_first(index k) const { return place(k) == 0; }
  PREFOPT_HOST_DEVICE bool is_counted(index k) const { return place(k) < state_->end; }
  /// Columns and their strides are counted in 32 bits, so that a place costs one multiplication.
  template <class Number>
  PREFOPT_HOST_DEVICE Number& element(const matrix_view<Number>& values, index k) const {
    const index offset = index{static_cast<int>(place(k))} * static_cast<int>(values.column_stride);
    return values.data[state_->example * values.row_stride + offset];
  }
  PREFOPT_HOST_DEVICE auto input(const matrix_view<const Scalar>& values, int otherwise) const {
    return column<read_input>{{*this, values, static_cast<Scalar>(otherwise)}};
  }
  PREFOPT_HOST_DEVICE T one(const matrix_view<const Scalar>& values, int otherwise) const {
    return values.data != nullptr ? T(values(state_->example, 0)) : T(otherwise);
  }

  /// Calls `visit(k, slot)` for this thread's candidates; in registers also for places behind the row's end.
  template <direction Way = forward>
  PREFOPT_HOST_DEVICE void for_own(const auto& visit) const {
    if constexpr (in_registers)
      each_slot<Way>(visit, std::make_integer_sequence<int, Slots>());
    else
      for (index k = team_.lane(); k < candidates(); k += Team::size) visit(k, 0);
  }
  template <direction Way, int... Slot>
  PREFOPT_HOST_DEVICE void each_slot(const auto& visit, std::integer_sequence<int, Slot...>) const {
    const auto at = [&](int slot) { visit(static_cast<index>(slot * Team::size + team_.lane()), slot); };
    (at(Way == forward ? Slot : Slots - 1 - Slot), ...);
  }

  /// Σ over the candidates `where` says. Blocks keep the rounding error of long rows small.
  PREFOPT_ANYWHERE T total_of(const auto& c, const auto& where) const {
    using total = prefopt::detail::column_total<T, std::remove_cvref_t<decltype(c.at)>>;
    T sum(0);
    total block;
    int room = log1p_sum<T>::capacity;
    for_own([&](index k, int) {
      block.add(c.at, k, where(k));
      if constexpr (!in_registers)
        if (--room == 0) {
          sum = sum + block.value();
          block = total();
          room = log1p_sum<T>::capacity;
        }
    });
    return team_sum(team_, sum + block.value());
  }
  /// The largest value, NaN aside.
  PREFOPT_ANYWHERE T largest_of(const auto& c, const auto& where) const {
    T top(-infinity());
    for_own([&](index k, int) { top = prefopt::max(top, select(where(k), c.at(k), T(-infinity()))); });
    return team_max(team_, top);
  }

  struct read_policy {
    team_row row;
    PREFOPT_HOST_DEVICE T operator()(index k) const {
      if constexpr (in_registers)
        return row.state_->policy(k);
      else
        return row.valid(k).bits ? row.element(row.inputs_->policy, k) : masked_score;
    }
  };
  struct read_reference {
    team_row row;
    PREFOPT_HOST_DEVICE T operator()(index k) const {
      if constexpr (in_registers)
        return row.state_->reference(k);
      else if (!row.valid(k).bits)
        return masked_score;
      else
        return row.inputs_->reference.data != nullptr ? row.element(row.inputs_->reference, k) : Scalar(0);
    }
  };
  struct read_input {
    team_row row;
    matrix_view<const Scalar> values;
    Scalar otherwise;
    PREFOPT_HOST_DEVICE T operator()(index k) const {
      return values.data != nullptr && row.valid(k).bits ? row.element(values, k) : otherwise;
    }
  };
  struct read_rewards {
    const state* memory;
    PREFOPT_HOST_DEVICE T operator()(index k) const { return memory->rewards(k); }
  };
  struct read_strengths {
    const state* memory;
    PREFOPT_HOST_DEVICE T operator()(index k) const { return memory->strengths(k); }
  };
  struct preferred_mask {
    team_row row;
    PREFOPT_HOST_DEVICE mask_type operator()(index k) const { return row.valid(k) & row.is_first(k); }
  };
  struct rejected_mask {
    team_row row;
    PREFOPT_HOST_DEVICE mask_type operator()(index k) const { return row.counts(k) & !row.is_first(k); }
  };
  struct unselected_mask {
    team_row row;
    PREFOPT_HOST_DEVICE mask_type operator()(index k) const { return row.valid(k) & !row.counts(k); }
  };
  struct valid_rejected_mask {
    team_row row;
    PREFOPT_HOST_DEVICE mask_type operator()(index k) const { return row.valid(k) & !row.is_first(k); }
  };
  struct desirable_mask {
    team_row row;
    PREFOPT_HOST_DEVICE mask_type operator()(index k) const {
      return row.inputs_->relevance.data != nullptr ? row.relevance().at(k) > T(0)
                                                    : mask_type(row.is_first(k));
    }
  };
  struct counted_number {
    team_row row;
    PREFOPT_HOST_DEVICE T operator()(index k) const { return select(row.counts(k), T(1), T(0)); }
  };

  const row_inputs<Scalar>* inputs_;
  state* state_;
  Team team_;
};

}  // namespace prefopt::cuda
