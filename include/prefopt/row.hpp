#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

#include <prefopt/column.hpp>
#include <prefopt/detail/column_total.hpp>
#include <prefopt/detail/graded_pairs.hpp>
#include <prefopt/detail/logistic_pairs.hpp>
#include <prefopt/detail/ordered_groups.hpp>
#include <prefopt/detail/rows_ahead.hpp>
#include <prefopt/detail/scratch.hpp>
#include <prefopt/detail/soft_sort.hpp>
#include <prefopt/detail/stages.hpp>
#include <prefopt/numeric.hpp>

/// \file
/// A row: the candidates of one example, as a reward, selection, strength or loss sees them.
///
/// Elementwise maths is written in columns (`prefopt/column.hpp`). Everything that crosses candidates (sums,
/// maxima, scans, ranks, pairs) is asked of the row, which alone knows which candidates are masked. The list
/// below is closed, so that every row type (one example, lanes of examples, a whole tensor) can implement all
/// of it:
///
///   inputs    policy() policy(component) reference() relevance() lengths() log_q() kl() example_beta(otherwise)
///             hardness() log_collision() decided(i)
///   rewards   rewards() strength() strengths()
///   masks     is_preferred() rejected() unselected() desirable()
///   values    number(x) preferred(c) sum(c) max(c) sum(c, where) mean(c, where) max(c, where) count(where)
///             any(where) sum_and_keep(c, where, kept) sum_softplus(x, where)
///   columns   keep(c) position() rank(c) suffix_logsumexp(c) prefix_logsumexp(c)
///   orders    successive_choices(r, count) ordered_groups(r, grades) soft_sort(c, payoffs, weight, settings)
///   pairs     pair_sum(f) pair_slopes(f) pair_totals(f) graded_pairs(r, grades) logistic_pairs(r, weights)
///   plain     per_example(where, otherwise, f, c)
///
/// A mask is a lane mask or, where it is alike for all lanes, a plain `bool`: combine masks with & | ! and
/// `select`, nothing else.
///
/// Everything runs over the candidates that count, the preferred one and the selected, unmasked rejected
/// ones, except that reductions with a mask `where` run over the unmasked candidates in it.

namespace prefopt {

/// Which masks a row may have: the fewer, the less there is to compute.
enum class row_masks {
  none,       ///< every candidate counts, and the preferred one is the first
  preferred,  ///< every candidate counts, the preferred one may stand anywhere in an order
  all,        ///< candidates may be masked or left out
};

/// An input of a row that is loaded when a part first asks for it.
enum class row_input : unsigned {
  policy = 1,
  reference = 2,
  relevance = 4,
  lengths = 8,
  log_q = 16,
  preferred = 32
};

/// What a row over plain memory reads: one number per candidate in each array, null if the batch has no such
/// input.
template <class T>
struct row_memory {
  index candidates = 0;
  const T* policy = nullptr;  ///< [components][candidates]
  const T* reference = nullptr;
  const T* relevance = nullptr;
  const T* lengths = nullptr;
  const T* log_q = nullptr;
  const T* kl = nullptr;                 ///< one number
  const T* beta = nullptr;               ///< one number
  const T* hardness = nullptr;           ///< one number
  const T* log_collision = nullptr;      ///< one number
  const T* decided = nullptr;            ///< what the batch step of the running part decided for this example
  const mask_t<T>* valid = nullptr;      ///< null: no candidate is masked
  const mask_t<T>* preferred = nullptr;  ///< null: candidate 0
  detail::scratch* scratch = nullptr;

  // Set by the composition, term by term.
  const mask_t<T>* counts = nullptr;  ///< valid and (preferred or selected); null: all
  const T* rewards = nullptr;
  /// Rewards of which is known: that of the preferred candidate, sum and maximum of the others'. Then one is preferred.
  const T* formed = nullptr;
  T formed_preferred, formed_sum, formed_max;
  const T* strengths = nullptr;  ///< one per candidate, for a strength per pair
  T strength = T(0);

  // What is not loaded yet, as bits of `row_input`, and who fills in its pointer above.
  unsigned pending = 0;
  void (*load)(void* loader, row_input which) = nullptr;
  void* loader = nullptr;

  detail::rows_ahead ahead{};

  void ask_for(row_input which) {
    if ((pending & static_cast<unsigned>(which)) == 0) return;
    pending &= ~static_cast<unsigned>(which);
    load(loader, which);
  }
};

/// Values in memory, one number per candidate.
template <class T>
struct read_array {
  const T* values;
  const T& operator()(index k) const { return values[k]; }
};
/// What a function of a pair (i, j) gives to each of the two.
template <class T>
struct pair_values {
  T first, second;
};
template <class T>
pair_values(T, T) -> pair_values<T>;

/// What `sum_and_keep` returns.
template <class T, class At>
struct sum_and_column {
  T sum;
  column<At> kept;
  T kept_sum;
};

/// The candidates of `lane_count<T>` examples, one per lane, in plain memory. A handle: copy it freely.
template <class T, row_masks Masks = row_masks::all>
class array_row {
 public:
  using number_type = T;
  using mask_type = mask_t<T>;
  using scalar = scalar_t<T>;
  static constexpr bool all_count = Masks != row_masks::all;
  static constexpr bool preferred_first = Masks == row_masks::none;

  using read_array = prefopt::read_array<T>;

  explicit array_row(row_memory<T>& memory) : memory_(&memory) {}

  index candidates() const { return memory_->candidates; }

  // ---- inputs
  auto policy(index component = 0) const {
    memory_->ask_for(row_input::policy);
    return leaf(memory_->policy + component * candidates());
  }
  auto reference() const {
    memory_->ask_for(row_input::reference);
    return leaf_or(memory_->reference, 0);
  }
  auto relevance() const {
    memory_->ask_for(row_input::relevance);
    return leaf_or(memory_->relevance, 0);
  }
  auto lengths() const {
    memory_->ask_for(row_input::lengths);
    return leaf_or(memory_->lengths, 1);
  }
  auto log_q() const {
    memory_->ask_for(row_input::log_q);
    return leaf_or(memory_->log_q, 0);
  }
  /// log π/π_ref of the mismatched answer that estimates KL (KTO).
  T kl() const { return memory_->kl != nullptr ? *memory_->kl : T(0); }
  /// The example's own β, if the batch brings one per example.
  T example_beta(double otherwise) const {
    return memory_->beta != nullptr ? *memory_->beta : number(otherwise);
  }
  /// How hard the example is by its data, if the batch says so; otherwise 1.
  T hardness() const { return memory_->hardness != nullptr ? *memory_->hardness : T(1); }
  /// log Σ_v π(v | x)² (WPO).
  T log_collision() const { return memory_->log_collision != nullptr ? *memory_->log_collision : T(0); }
  T decided(index i = 0) const { return memory_->decided[i]; }

  // ---- set by the composition before the loss runs
  auto rewards() const { return leaf(memory_->rewards); }
  T strength() const { return memory_->strength; }
  /// β_k of each candidate, under a strength per pair.
  auto strengths() const { return leaf(memory_->strengths); }

  // ---- masks
  auto is_preferred() const {
    if constexpr (preferred_first)
      return column<first_candidate>{};
    else
      return column<preferred_candidate>{{memory_}};
  }
  /// The rejected candidates that the loss compares with: unmasked and selected.
  auto rejected() const {
    if constexpr (all_count)
      return every_rejected();
    else
      return masks([row = *this, first = is_preferred()](index k) {
        return detail::both{}(!first.at(k), row.counts(k));
      });
  }
  /// The unmasked rejected candidates that the selection left out.
  auto unselected() const {
    if constexpr (all_count)
      return masks([](index) { return false; });
    else
      return masks([row = *this](index k) { return row.valid(k) & !row.counts(k); });
  }

  /// The candidates that are good ones, each taken on its own: of a `relevance` above 0, or the preferred one where the
  /// batch has no relevance.
  auto desirable() const {
    memory_->ask_for(row_input::relevance);
    return masks([grades = memory_->relevance, first = is_preferred()](index k) {
      return grades != nullptr ? grades[k] > T(0) : mask_type(first.at(k));
    });
  }

  // ---- row values
  T number(double x) const { return T(static_cast<scalar>(x)); }

  template <class At>
  T preferred(const column<At>& c) const {
    if (formed(c)) return memory_->formed_preferred;
    if constexpr (!preferred_first) memory_->ask_for(row_input::preferred);
    if (preferred_first || memory_->preferred == nullptr) return c.at(0);
    T value = c.at(0);
    for (index k = 1; k < candidates(); ++k) value = select(memory_->preferred[k], c.at(k), value);
    return value;
  }
  template <class At>
  T sum(const column<At>& c) const {
    if (all_count || memory_->counts == nullptr)
      return total(
          c, 0,
          [](auto& sum, const At& values, index k) __attribute__((always_inline)) { sum.add(values, k); });
    return total(
        c, 0, [row = *this](auto& sum, const At& values, index k) __attribute__((always_inline)) {
          sum.add(values, k, row.counts(k));
        });
  }
  template <class At, class Where>
  T sum(const column<At>& c, const column<Where>& where) const {
    if constexpr (of_every_rejected<Where>)
      if (formed(c)) return memory_->formed_sum;
    if constexpr (std::is_same_v<Where, later_candidate>)
      return total(
          c, 1,
          [](auto& sum, const At& values, index k) __attribute__((always_inline)) { sum.add(values, k); });
    else
      return total(
          c, 0, [ row = *this, &where ](auto& sum, const At& values, index k) __attribute__((always_inline)) {
            sum.add(values, k, detail::both{}(row.valid(k), where.at(k)));
          });
  }
  template <class Where>
  T count(const column<Where>& where) const {
    if (of_every_rejected<Where> && (preferred_first || memory_->formed != nullptr))
      return T(static_cast<scalar>(candidates() - 1));
    return count_in(where);
  }
  /// 0 / 0 where there is none.
  template <class At, class Where>
  T mean(const column<At>& c, const column<Where>& where) const {
    return sum(c, where) / count(where);
  }
  template <class At>
  T max(const column<At>& c) const {
    if (all_count && formed(c)) return prefopt::max(memory_->formed_max, memory_->formed_preferred);
    if (all_count || memory_->counts == nullptr) return largest(0, [&](index k) { return c.at(k); });
    return largest(0, [&](index k) { return select(counts(k), c.at(k), lowest()); });
  }
  /// −inf where there is none.
  template <class At, class Where>
  T max(const column<At>& c, const column<Where>& where) const {
    if constexpr (of_every_rejected<Where>)
      if (formed(c)) return memory_->formed_max;
    if constexpr (std::is_same_v<Where, later_candidate>)
      return largest(1, [&](index k) { return c.at(k); });
    else
      return largest(
          0, [&](index k) { return select(detail::both{}(valid(k), where.at(k)), c.at(k), lowest()); });
  }
  template <class Where>
  mask_type any(const column<Where>& where) const {
    mask_type found(false);
    for (index k = 0; k < candidates(); ++k) found = found | mask_type(detail::both{}(valid(k), where.at(k)));
    return found;
  }

  /// Σ of one column over `where`, another one kept, and its sum: in one pass, for two that share their exponentials as
  /// a cost and its slope do. `const auto [total, slopes, pull] = row.sum_and_keep(cost, where, slope);`
  template <class At, class Where, class Kept>
  [[gnu::always_inline]] auto sum_and_keep(const column<At>& c, const column<Where>& where,
                                           const column<Kept>& kept) const {
    T* const values = take();
    T total_of_kept(0), total_of_c(0);
    const auto keep_too = [&](index k, const auto& mask) __attribute__((always_inline)) {
      values[k] = kept.at(k);
      total_of_kept = total_of_kept + select(mask, values[k], T(0));
    };
    if constexpr (std::is_same_v<Where, later_candidate>) {
      values[0] = kept.at(0);
      total_of_c = total(
          c, 1, [&](auto& sum, const At& at, index k) __attribute__((always_inline)) {
            sum.add(at, k);
            keep_too(k, true);
          });
    } else {
      total_of_c = total(
          c, 0, [&](auto& sum, const At& at, index k) __attribute__((always_inline)) {
            const auto mask = detail::both{}(valid(k), where.at(k));
            sum.add(at, k, mask);
            keep_too(k, mask);
          });
    }
    return sum_and_column<T, read_array>{total_of_c, leaf(values), total_of_kept};
  }

  /// Σ softplus(x) over `where`, with the column σ(x), its derivative, and the sum of that: one exponential each.
  template <class At, class Where>
  [[gnu::always_inline]] auto sum_softplus(const column<At>& x, const column<Where>& where) const {
    T* const sigmoids = take();
    T pull(0);
    const auto add = [&](auto& sum, const auto& values, index k, const auto& mask)
        __attribute__((always_inline)) {
      const T at_k = values.a.at(k), decay = exp(minus_abs(at_k));
      sum.add_parts(at_k, decay, mask);
      sigmoids[k] = select(at_k < T(0), decay, T(1)) * reciprocal(1 + decay);
      pull = pull + select(mask, sigmoids[k], T(0));
    };
    T sum(0);
    if constexpr (std::is_same_v<Where, later_candidate>) {
      sigmoids[0] = T(0);
      sum = total(
          softplus(x), 1, [&](auto& part, const auto& values, index k) __attribute__((always_inline)) {
            add(part, values, k, true);
          });
    } else {
      sum = total(
          softplus(x), 0, [&](auto& part, const auto& values, index k) __attribute__((always_inline)) {
            add(part, values, k, detail::both{}(valid(k), where.at(k)));
          });
    }
    return sum_and_column<T, read_array>{sum, leaf(sigmoids), pull};
  }

  // ---- columns
  /// Stores a column (of numbers or masks), so that reading it again costs nothing.
  template <class At>
  auto keep(const column<At>& c) const {
    if constexpr (std::is_same_v<typename column<At>::value_type, bool>) {
      return c;
    } else if constexpr (std::is_same_v<typename column<At>::value_type, mask_type>) {
      mask_type* kept = take<mask_type>();
      for (index k = 0; k < candidates(); ++k) kept[k] = c.at(k);
      return masks([kept = static_cast<const mask_type*>(kept)](index k) { return kept[k]; });
    } else {
      return leaf(store(c));
    }
  }
  /// 0, 1, 2, ... over the candidates that count, in the row's order.
  auto position() const {
    if constexpr (all_count) {
      return column<candidate_number>{};
    } else {
      T* kept = take();
      T before(0);
      for (index k = 0; k < candidates(); ++k) {
        kept[k] = before;
        before = before + select(counts(k), T(1), T(0));
      }
      return leaf(kept);
    }
  }
  /// 1 for the largest value, 2 for the next, ...; of equal values the earlier candidate ranks first.
  /// Constants.
  template <class At>
  auto rank(const column<At>& c) const {
    T* kept = take();
    for (index k = 0; k < candidates(); ++k) kept[k] = T(1);
    for (index k = 1; k < candidates(); ++k) {
      const T mine = c.at(k);
      for (index j = 0; j < k; ++j) {
        const auto mine_first = mine > c.at(j);
        kept[j] = kept[j] + select(counts(k) & mine_first, T(1), T(0));
        kept[k] = kept[k] + select(counts(j) & !mine_first, T(1), T(0));
      }
    }
    return leaf(kept);
  }
  /// log Σ e^c over this candidate and those after it. Candidates that do not count repeat their successor's
  /// value.
  template <class At>
  auto suffix_logsumexp(const column<At>& c) const {
    T* kept = take();
    T tail = lowest();
    for (index k = candidates(); k-- > 0;) kept[k] = tail = select(counts(k), logaddexp(tail, c.at(k)), tail);
    return leaf(kept);
  }
  /// log Σ e^c over this candidate and those before it.
  template <class At>
  auto prefix_logsumexp(const column<At>& c) const {
    T* kept = take();
    T head = lowest();
    for (index k = 0; k < candidates(); ++k)
      kept[k] = head = select(counts(k), logaddexp(head, c.at(k)), head);
    return leaf(kept);
  }

  /// The choices one after the other of the Plackett–Luce model: the first candidate out of all, the second out of
  /// the rest, ... `cost()` is −log of the probability of the first `observed` ones, and `slopes()` its derivatives by r.
  template <class At>
  auto successive_choices(const column<At>& r, index observed) const {
    const auto choices = [&](const auto& where) { return detail::stages(*this, values_of(r), where); };
    if constexpr (all_count)
      return choices(column<leading_candidate>{{observed}});
    else
      return choices(position() < number(static_cast<double>(observed)));
  }

  /// Groups of equal grade one after the other, in the Plackett–Luce model: `cost()` is −log of the probability that
  /// every group comes before all of lower grade, in whatever order inside, `slopes()` its derivatives by r.
  template <class At, class Grades>
  auto ordered_groups(const column<At>& r, const column<Grades>& grades) const {
    return detail::ordered_groups<array_row>(*this, store(r), store(grades));
  }

  /// The candidates sorted by c, with a derivative: `value()` is Σ weight(place) · what the place gets of the payoffs,
  /// places from 1 on, `slopes()` its derivatives by c. `weight` gives plain numbers. O(N²) a sweep.
  template <class At, class Payoffs, class Weight>
  auto soft_sort(const column<At>& c, const column<Payoffs>& payoffs, const Weight& weight,
                 const detail::soft_sort_settings& settings) const {
    return detail::soft_sort<array_row>(*this, store(c), store(payoffs), weight, settings);
  }

  // ---- pairs
  /// Σ f(i, j) over unordered pairs. `f` reads columns through i and j (`i(r) - j(r)`) and is symmetric.
  template <class Function>
  T pair_sum(const Function& f) const {
    T total(0);
    each_pair([&](index i, index j, const auto& both) {
      total = total + select(both, f(candidate{i}, candidate{j}), T(0));
    });
    return total;
  }
  /// The column Σ_j f(i, j), where f(i, j) = −f(j, i) is the derivative of a pair's loss by r_i − r_j.
  template <class Function>
  auto pair_slopes(const Function& f) const {
    T* slopes = take();
    for (index k = 0; k < candidates(); ++k) slopes[k] = T(0);
    each_pair([&](index i, index j, const auto& both) {
      const T slope = select(both, f(candidate{i}, candidate{j}), T(0));
      slopes[i] = slopes[i] + slope;
      slopes[j] = slopes[j] - slope;
    });
    return leaf(slopes);
  }

  /// The column Σ_j of what a candidate gets of its pairs: `f(i, j)` is `pair_values{for i, for j}`.
  template <class Function>
  auto pair_totals(const Function& f) const {
    T* totals = take();
    for (index k = 0; k < candidates(); ++k) totals[k] = T(0);
    each_pair([&](index i, index j, const auto& both) {
      const auto values = f(candidate{i}, candidate{j});
      totals[i] = totals[i] + select(both, values.first, T(0));
      totals[j] = totals[j] + select(both, values.second, T(0));
    });
    return leaf(totals);
  }

  /// Every ordered pair with the logistic cost of i before j, and a weight of its own: `cost()` is
  /// Σ_{i ≠ j} w_ij softplus(−(r_i − r_j)), `slopes()` the column d cost / d r. `weights(i, j)` is
  /// `pair_values{w_ij, w_ji}`, constants; 0 where a pair, or one direction of it, does not matter. O(N²).
  template <class At, class Weights>
  auto logistic_pairs(const column<At>& r, const Weights& weights) const {
    return detail::logistic_pairs<array_row>(
        *this, store(r), [&](index i, index j) { return weights(candidate{i}, candidate{j}); });
  }

  /// Every pair of candidates whose grades differ, with the logistic cost of their order: `cost()`, `count()` of the
  /// pairs, and `slopes()`, d cost / d r. O(N · candidates above the lowest grade).
  template <class At, class Grades>
  auto graded_pairs(const column<At>& r, const column<Grades>& grades) const {
    return detail::graded_pairs<array_row>(*this, store(r), store(grades));
  }

  // ---- plain code
  /// For what is neither map nor scan: calls `f` on a copy of the rejected candidates' values of each example
  /// for which `where` holds, as `std::span<scalar>` that it may reorder; the others get `otherwise`. A
  /// constant.
  template <class Function, class At>
  T per_example(const mask_type& where, T otherwise, const Function& f, const column<At>& c) const {
    if (!prefopt::any(where)) return constant(otherwise);
    T result = constant(otherwise);
    const auto compared = keep(rejected());
    const auto values = keep(constant(c));
    scalar* copy = take<scalar>();
    for (int example = 0; example < lane_count<T>; ++example) {
      if (!lane(where, example)) continue;
      std::size_t size = 0;
      for (index k = 0; k < candidates(); ++k)
        if (lane(compared.at(k), example)) copy[size++] = lane(values.at(k), example);
      if (size > 0) set_lane(result, example, f(std::span<scalar>(copy, size)));
    }
    return result;
  }

  // ---- what the composition sets; a part never calls these
  row_memory<T>& memory() const { return *memory_; }

  void begin_term() const {
    memory_->counts = memory_->valid;
    memory_->strengths = nullptr;
  }
  template <class At>
  void select_rejected(const column<At>& chosen) const {
    mask_type* counted = take<mask_type>();
    for (index k = 0; k < candidates(); ++k) counted[k] = valid(k) & (is_preferred().at(k) | chosen.at(k));
    memory_->counts = counted;
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
  static column<read_array> stored(const T* values) { return {{values}}; }

  /// The unmasked rejected candidates, selected or not.
  auto every_rejected() const {
    if constexpr (preferred_first)
      return column<later_candidate>{};
    else if constexpr (all_count)
      return column<other_candidate>{{memory_}};
    else
      return masks([row = *this, first = is_preferred()](index k) {
        return detail::both{}(!first.at(k), row.valid(k));
      });
  }
  auto valid(index k) const {
    if constexpr (all_count)
      return true;
    else
      return memory_->valid != nullptr ? memory_->valid[k] : mask_type(true);
  }
  auto counts(index k) const {
    if constexpr (all_count)
      return true;
    else
      return memory_->counts != nullptr ? memory_->counts[k] : mask_type(true);
  }
  /// Room for a number, mask or scalar per candidate, until the row ends.
  template <class Element = T>
  Element* take() const {
    return take<Element>(candidates());
  }
  template <class Element = T>
  Element* take(index size) const {
    return memory_->scratch->template take<Element>(size);
  }

 private:
  struct first_candidate {
    constexpr bool operator()(index k) const { return k == 0; }
  };
  struct later_candidate {
    constexpr bool operator()(index k) const { return k != 0; }
  };
  /// Where the preferred candidate stands is found when somebody looks.
  struct preferred_candidate {
    row_memory<T>* memory;
    mask_type operator()(index k) const {
      memory->ask_for(row_input::preferred);
      return memory->preferred != nullptr ? memory->preferred[k] : mask_type(k == 0);
    }
  };
  struct other_candidate {
    row_memory<T>* memory;
    mask_type operator()(index k) const { return !preferred_candidate{memory}(k); }
  };
  struct leading_candidate {
    index count;
    bool operator()(index k) const { return k < count; }
  };
  struct candidate_number {
    T operator()(index k) const { return T(static_cast<scalar>(k)); }
  };
  struct candidate {
    index k;
    template <class At>
    auto operator()(const column<At>& c) const {
      return c.at(k);
    }
  };

  /// Masks of all the candidates that are not preferred, in rows in which every candidate counts.
  template <class Where>
  static constexpr bool of_every_rejected =
      std::is_same_v<Where, later_candidate> || std::is_same_v<Where, other_candidate>;
  template <class At>
  bool formed(const column<At>& c) const {
    if constexpr (std::is_same_v<At, read_array>)
      return c.at.values == memory_->formed;
    else
      return false;
  }

  template <class Where>
  T count_in(const column<Where>& where) const {
    T found(0);
    for (index k = 0; k < candidates(); ++k)
      found = found + select(detail::both{}(valid(k), where.at(k)), T(1), T(0));
    return found;
  }

  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }

  static column<read_array> leaf(const T* values) { return {{values}}; }
  static auto leaf_or(const T* values, int absent) {
    auto read = [values, absent](index k) {
      return values != nullptr ? values[k] : T(static_cast<scalar>(absent));
    };
    return column<decltype(read)>{read};
  }
  template <class At>
  const T* store(const column<At>& c) const {
    T* kept = take();
    for (index k = 0; k < candidates(); ++k) kept[k] = c.at(k);
    return kept;
  }
  /// A column in memory: where it is, or in a copy.
  template <class At>
  const T* values_of(const column<At>& c) const {
    if constexpr (std::is_same_v<At, read_array>)
      return c.at.values;
    else
      return store(c);
  }
  template <class Read>
  static auto masks(Read read) {
    return column<Read>{read};
  }

  /// Σ over the candidates from `first` (0 or 1) on. Blocks keep the rounding error of long rows small; two sums at a
  /// time keep the adders busy. Candidate k goes to the sum k mod 2, masked or not, so that every kind of row adds up
  /// alike.
  template <class At, class Add>
  [[gnu::always_inline]] T total(const column<At>& c, index first, const Add& add) const {
    constexpr index block = log1p_sum<T>::capacity;
    const index n = candidates();
    T sum(0);
    const detail::rows_ahead ahead = memory_->ahead;
    for (index start = 0; start < n; start += block) {
      const index end = start + block < n ? start + block : n;
      detail::column_total<T, At> even, odd;
      index k = start;
      if (k < first && 2 <= end) {
        add(odd, c.at, 1);
        k = 2;
      }
      for (; k + 2 <= end; k += 2) {
        ahead.fetch<T>(k, 2);
        add(even, c.at, k);
        add(odd, c.at, k + 1);
      }
      if (k < end && k >= first) add(even, c.at, k);
      even.add(odd);
      sum = sum + even.value();
    }
    return sum;
  }
  /// The largest value from `first` on, NaN aside.
  template <class Value>
  [[gnu::always_inline]] T largest(index first, const Value& value) const {
    T even = lowest(), odd = lowest();
    const index n = candidates();
    index k = first;
    for (; k + 2 <= n; k += 2) {
      even = prefopt::max(even, value(k));
      odd = prefopt::max(odd, value(k + 1));
    }
    return prefopt::max(k < n ? prefopt::max(even, value(k)) : even, odd);
  }

  template <class Visit>
  void each_pair(const Visit& visit) const {
    for (index i = 0; i + 1 < candidates(); ++i)
      for (index j = i + 1; j < candidates(); ++j) visit(i, j, detail::both{}(counts(i), counts(j)));
  }

  row_memory<T>* memory_;
};

/// A loss's value together with its closed-form gradient: what a loss returns that has one.
/// \param gradient a callable without arguments, giving the column d value / d rewards; called only where a
/// gradient is wanted. It captures by value (`[=]`).
template <class T, class Gradient>
struct with_gradient {
  T value;
  Gradient gradient;
};
template <class T, class Gradient>
with_gradient(T, Gradient) -> with_gradient<T, Gradient>;

}  // namespace prefopt
