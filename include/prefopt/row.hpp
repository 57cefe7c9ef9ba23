#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <prefopt/column.hpp>
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
///             decided(i)
///   rewards   rewards() strength() strengths() has_strengths()
///   masks     is_preferred() rejected() unselected()
///   values    number(x) preferred(c) sum(c) max(c) sum(c, where) mean(c, where) max(c, where) count(where)
///             any(where)
///   columns   keep(c) position() rank(c) suffix_logsumexp(c) prefix_logsumexp(c)
///   pairs     pair_sum(f) pair_slopes(f)
///   plain     per_example(where, otherwise, f, c)
///
/// Everything runs over the candidates that count, the preferred one and the selected, unmasked rejected
/// ones, except that reductions with a mask `where` run over the unmasked candidates in it.

namespace prefopt {

/// Memory that a task reuses from tile to tile: nothing is allocated once it has grown to the size of a row.
template <class T>
class scratch {
 public:
  /// `size` uninitialised elements, valid until `restart`.
  T* take(index size) {
    if (used_ == slots_.size()) slots_.emplace_back();
    std::vector<T>& slot = slots_[used_++];
    if (slot.size() < static_cast<std::size_t>(size)) slot.resize(static_cast<std::size_t>(size));
    return slot.data();
  }
  std::size_t mark() const { return used_; }
  void restart(std::size_t mark = 0) { used_ = mark; }

 private:
  std::vector<std::vector<T>> slots_;
  std::size_t used_ = 0;
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
  const T* decided = nullptr;            ///< what the batch step of the running part decided for this example
  const mask_t<T>* valid = nullptr;      ///< null: no candidate is masked
  const mask_t<T>* preferred = nullptr;  ///< null: candidate 0
  scratch<T>* numbers = nullptr;
  scratch<mask_t<T>>* masks = nullptr;
  scratch<scalar_t<T>>* plain = nullptr;

  // Set by the composition, term by term.
  const mask_t<T>* counts = nullptr;  ///< valid and (preferred or selected); null: all
  const T* rewards = nullptr;
  const T* strengths = nullptr;  ///< one per candidate, for a strength per pair
  T strength = T(0);
};

/// The candidates of `lane_count<T>` examples, one per lane, in plain memory. A handle: copy it freely.
template <class T>
class array_row {
 public:
  using number_type = T;
  using mask_type = mask_t<T>;
  using scalar = scalar_t<T>;

  explicit array_row(row_memory<T>& memory) : memory_(&memory) {}

  index candidates() const { return memory_->candidates; }

  // ---- inputs
  auto policy(index component = 0) const { return leaf(memory_->policy + component * candidates()); }
  auto reference() const { return leaf_or(memory_->reference, 0); }
  auto relevance() const { return leaf_or(memory_->relevance, 0); }
  auto lengths() const { return leaf_or(memory_->lengths, 1); }
  auto log_q() const { return leaf_or(memory_->log_q, 0); }
  /// log π/π_ref of the mismatched answer that estimates KL (KTO).
  T kl() const { return memory_->kl != nullptr ? *memory_->kl : T(0); }
  /// The example's own β, if the batch brings one per example.
  T example_beta(double otherwise) const {
    return memory_->beta != nullptr ? *memory_->beta : number(otherwise);
  }
  T decided(index i = 0) const { return memory_->decided[i]; }

  // ---- set by the composition before the loss runs
  auto rewards() const { return leaf(memory_->rewards); }
  T strength() const { return memory_->strength; }
  bool has_strengths() const { return memory_->strengths != nullptr; }
  /// β_k of each candidate, under a strength per pair.
  auto strengths() const { return leaf(memory_->strengths); }

  // ---- masks
  auto is_preferred() const {
    return masks(
        [m = memory_](index k) { return m->preferred != nullptr ? m->preferred[k] : mask_type(k == 0); });
  }
  /// The rejected candidates that the loss compares with: unmasked and selected.
  auto rejected() const {
    return masks([row = *this](index k) { return row.counts(k) & !row.is_preferred().at(k); });
  }
  /// The unmasked rejected candidates that the selection left out.
  auto unselected() const {
    return masks([row = *this](index k) { return row.valid(k) & !row.counts(k); });
  }

  // ---- row values
  T number(double x) const { return T(static_cast<scalar>(x)); }

  template <class At>
  T preferred(const column<At>& c) const {
    if (memory_->preferred == nullptr) return c.at(0);
    T value = c.at(0);
    for (index k = 1; k < candidates(); ++k) value = select(memory_->preferred[k], c.at(k), value);
    return value;
  }
  template <class At>
  T sum(const column<At>& c) const {
    if (memory_->counts == nullptr) return blocked_sum([&](index k) { return c.at(k); });
    return blocked_sum([&](index k) { return select(counts(k), c.at(k), T(0)); });
  }
  template <class At, class Where>
  T sum(const column<At>& c, const column<Where>& where) const {
    return blocked_sum([&](index k) { return select(valid(k) & where.at(k), c.at(k), T(0)); });
  }
  template <class Where>
  T count(const column<Where>& where) const {
    return blocked_sum([&](index k) { return select(valid(k) & where.at(k), T(1), T(0)); });
  }
  /// 0 / 0 where there is none.
  template <class At, class Where>
  T mean(const column<At>& c, const column<Where>& where) const {
    return sum(c, where) / count(where);
  }
  template <class At>
  T max(const column<At>& c) const {
    T largest = lowest();
    if (memory_->counts == nullptr)
      for (index k = 0; k < candidates(); ++k) largest = prefopt::max(largest, c.at(k));
    else
      for (index k = 0; k < candidates(); ++k)
        largest = prefopt::max(largest, select(counts(k), c.at(k), lowest()));
    return largest;
  }
  /// −inf where there is none.
  template <class At, class Where>
  T max(const column<At>& c, const column<Where>& where) const {
    T largest = lowest();
    for (index k = 0; k < candidates(); ++k)
      largest = prefopt::max(largest, select(valid(k) & where.at(k), c.at(k), lowest()));
    return largest;
  }
  template <class Where>
  mask_type any(const column<Where>& where) const {
    mask_type found(false);
    for (index k = 0; k < candidates(); ++k) found = found | (valid(k) & where.at(k));
    return found;
  }

  // ---- columns
  /// Stores a column (of numbers or masks), so that reading it again costs nothing.
  template <class At>
  auto keep(const column<At>& c) const {
    if constexpr (std::is_same_v<typename column<At>::value_type, mask_type>) {
      mask_type* kept = memory_->masks->take(candidates());
      for (index k = 0; k < candidates(); ++k) kept[k] = c.at(k);
      return masks([kept = static_cast<const mask_type*>(kept)](index k) { return kept[k]; });
    } else {
      return leaf(store(c));
    }
  }
  /// 0, 1, 2, ... over the candidates that count, in the row's order.
  auto position() const {
    T* kept = memory_->numbers->take(candidates());
    T before(0);
    for (index k = 0; k < candidates(); ++k) {
      kept[k] = before;
      before = before + select(counts(k), T(1), T(0));
    }
    return leaf(kept);
  }
  /// 1 for the largest value, 2 for the next, ...; of equal values the earlier candidate ranks first.
  /// Constants.
  template <class At>
  auto rank(const column<At>& c) const {
    T* kept = memory_->numbers->take(candidates());
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
    T* kept = memory_->numbers->take(candidates());
    T tail = lowest();
    for (index k = candidates(); k-- > 0;) kept[k] = tail = select(counts(k), logaddexp(tail, c.at(k)), tail);
    return leaf(kept);
  }
  /// log Σ e^c over this candidate and those before it.
  template <class At>
  auto prefix_logsumexp(const column<At>& c) const {
    T* kept = memory_->numbers->take(candidates());
    T head = lowest();
    for (index k = 0; k < candidates(); ++k)
      kept[k] = head = select(counts(k), logaddexp(head, c.at(k)), head);
    return leaf(kept);
  }

  // ---- pairs
  /// Σ f(i, j) over unordered pairs. `f` reads columns through i and j (`i(r) - j(r)`) and is symmetric.
  template <class Function>
  T pair_sum(const Function& f) const {
    T total(0);
    each_pair([&](index i, index j, const mask_type& both) {
      total = total + select(both, f(candidate{i}, candidate{j}), T(0));
    });
    return total;
  }
  /// The column Σ_j f(i, j), where f(i, j) = −f(j, i) is the derivative of a pair's loss by r_i − r_j.
  template <class Function>
  auto pair_slopes(const Function& f) const {
    T* slopes = memory_->numbers->take(candidates());
    for (index k = 0; k < candidates(); ++k) slopes[k] = T(0);
    each_pair([&](index i, index j, const mask_type& both) {
      const T slope = select(both, f(candidate{i}, candidate{j}), T(0));
      slopes[i] = slopes[i] + slope;
      slopes[j] = slopes[j] - slope;
    });
    return leaf(slopes);
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
    scalar* copy = memory_->plain->take(candidates());
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
    mask_type* counted = memory_->masks->take(candidates());
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

  mask_type valid(index k) const { return memory_->valid != nullptr ? memory_->valid[k] : mask_type(true); }
  mask_type counts(index k) const {
    return memory_->counts != nullptr ? memory_->counts[k] : mask_type(true);
  }

 private:
  struct candidate {
    index k;
    template <class At>
    auto operator()(const column<At>& c) const {
      return c.at(k);
    }
  };

  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }

  /// A type of its own, so that a kept column can be assigned another.
  struct read_array {
    const T* values;
    const T& operator()(index k) const { return values[k]; }
  };
  static column<read_array> leaf(const T* values) { return {{values}}; }
  static auto leaf_or(const T* values, int absent) {
    auto read = [values, absent](index k) {
      return values != nullptr ? values[k] : T(static_cast<scalar>(absent));
    };
    return column<decltype(read)>{read};
  }
  template <class At>
  const T* store(const column<At>& c) const {
    T* kept = memory_->numbers->take(candidates());
    for (index k = 0; k < candidates(); ++k) kept[k] = c.at(k);
    return kept;
  }
  template <class Read>
  static auto masks(Read read) {
    return column<Read>{read};
  }

  /// Blocks keep the rounding error of long rows small; four sums at a time keep the adders busy.
  template <class Value>
  T blocked_sum(const Value& value) const {
    constexpr index block = 256;
    const index n = candidates();
    T total(0);
    for (index first = 0; first < n; first += block) {
      const index last = first + block < n ? first + block : n;
      T a(0), b(0), c(0), d(0);
      index k = first;
      for (; k + 4 <= last; k += 4) {
        a = a + value(k);
        b = b + value(k + 1);
        c = c + value(k + 2);
        d = d + value(k + 3);
      }
      for (; k < last; ++k) a = a + value(k);
      total = total + ((a + b) + (c + d));
    }
    return total;
  }

  template <class Visit>
  void each_pair(const Visit& visit) const {
    for (index i = 0; i + 1 < candidates(); ++i)
      for (index j = i + 1; j < candidates(); ++j) visit(i, j, counts(i) & counts(j));
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
