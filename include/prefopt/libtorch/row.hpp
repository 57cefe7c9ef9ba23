#pragma once

#include <limits>
#include <span>
#include <tuple>
#include <vector>

#include <ATen/ATen.h>

#include <prefopt/column.hpp>
#include <prefopt/libtorch/number.hpp>
#include <prefopt/libtorch/orders.hpp>
#include <prefopt/libtorch/stored_column.hpp>
#include <prefopt/row.hpp>

namespace prefopt::libtorch::detail {

/// What a row over tensors reads. Columns are [N, B], row values [B]; undefined is what the batch does not have.
template <class Scalar>
struct tensor_row_memory {
  index candidates = 0, examples = 0;
  std::vector<at::Tensor> policy;  ///< one column per component
  at::Tensor reference, relevance, lengths, log_q;
  at::Tensor kl, beta, hardness, log_collision;
  at::Tensor valid, preferred;  ///< masks [N, B]

  // Set by the composition, term by term.
  const batched<Scalar>* decided = nullptr;
  at::Tensor counts;  ///< valid and (preferred or selected)
  at::Tensor rewards, strengths;
  batched<Scalar> strength;
};

/// The candidates of all examples of a batch, as tensors: see `prefopt/row.hpp` for what a row offers. A column is
/// computed at once, whatever the candidate that is asked for. A handle: copy it freely.
template <class Scalar>
class tensor_row {
 public:
  using number_type = batched<Scalar>;
  using mask_type = batched_mask;
  using T = number_type;

  explicit tensor_row(tensor_row_memory<Scalar>& memory) : memory_(&memory) {}

  index candidates() const { return memory_->candidates; }

  // ---- inputs
  auto policy(index component = 0) const {
    return stored(T(memory_->policy[static_cast<std::size_t>(component)]));
  }
  auto reference() const { return given_or(memory_->reference, 0); }
  auto relevance() const { return given_or(memory_->relevance, 0); }
  auto lengths() const { return given_or(memory_->lengths, 1); }
  auto log_q() const { return given_or(memory_->log_q, 0); }
  T kl() const { return value_or(memory_->kl, 0); }
  T example_beta(double otherwise) const { return value_or(memory_->beta, otherwise); }
  T hardness() const { return value_or(memory_->hardness, 1); }
  T log_collision() const { return value_or(memory_->log_collision, 0); }
  T decided(index i = 0) const { return memory_->decided[i]; }

  // ---- set by the composition before the loss runs
  auto rewards() const { return stored(T(memory_->rewards)); }
  T strength() const { return memory_->strength; }
  auto strengths() const { return stored(T(memory_->strengths)); }

  // ---- masks
  auto is_preferred() const { return stored(mask_type(memory_->preferred)); }
  auto rejected() const { return stored(mask_type(memory_->counts) & !mask_type(memory_->preferred)); }
  auto every_rejected() const { return stored(mask_type(memory_->valid) & !mask_type(memory_->preferred)); }
  auto unselected() const { return stored(mask_type(memory_->valid) & !mask_type(memory_->counts)); }
  auto desirable() const {
    return memory_->relevance.defined() ? stored(T(memory_->relevance) > T(0)) : is_preferred();
  }

  // ---- row values
  T number(double x) const { return T(x); }

  template <class At>
  T preferred(const column<At>& c) const {
    return total(mask_type(memory_->preferred), c);
  }
  template <class At>
  T sum(const column<At>& c) const {
    return total(mask_type(memory_->counts), c);
  }
  template <class At, class Where>
  T sum(const column<At>& c, const column<Where>& where) const {
    return total(valid_in(where), c);
  }
  template <class Where>
  T count(const column<Where>& where) const {
    return sum(stored(T(1)), where);
  }
  template <class At, class Where>
  T mean(const column<At>& c, const column<Where>& where) const {
    return sum(c, where) / count(where);
  }
  template <class At>
  T max(const column<At>& c) const {
    return largest(mask_type(memory_->counts), c);
  }
  template <class At, class Where>
  T max(const column<At>& c, const column<Where>& where) const {
    return largest(valid_in(where), c);
  }
  template <class Where>
  mask_type any(const column<Where>& where) const {
    return mask_type(valid_in(where).tensor().any(0));
  }

  template <class At, class Where, class Kept>
  auto sum_and_keep(const column<At>& c, const column<Where>& where, const column<Kept>& kept) const {
    const auto values = keep(kept);
    return sum_and_column<T, stored_column<T>>{sum(c, where), values, sum(values, where)};
  }
  template <class At, class Where>
  auto sum_softplus(const column<At>& x, const column<Where>& where) const {
    const auto values = keep(x);
    return sum_and_keep(softplus(values), where, sigmoid(values));
  }

  // ---- columns
  template <class At>
  auto keep(const column<At>& c) const {
    return stored(c.at(0));
  }
  auto position() const {
    const at::Tensor counts = memory_->counts.to(c10::CppTypeToScalarType<Scalar>::value);
    return stored(T(counts.cumsum(0) - counts));
  }
  template <class At>
  auto rank(const column<At>& c) const {
    const at::Tensor values = whole(c).detach(), mine = values.unsqueeze(1), other = values.unsqueeze(0);
    const at::Tensor before = at::logical_or(other > mine, at::logical_and(other == mine, earlier()));
    const at::Tensor ahead = at::logical_and(before, memory_->counts.unsqueeze(0));
    return stored(T(ahead.sum(1).to(c10::CppTypeToScalarType<Scalar>::value) + 1));
  }
  template <class At>
  auto suffix_logsumexp(const column<At>& c) const {
    return stored(T(masked_logsumexp<Scalar>(whole(c), at::logical_not(earlier()), memory_->counts)));
  }
  template <class At>
  auto prefix_logsumexp(const column<At>& c) const {
    return stored(
        T(masked_logsumexp<Scalar>(whole(c), at::logical_not(earlier().transpose(0, 1)), memory_->counts)));
  }

  // ---- orders; autograd differentiates the costs
  template <class At>
  auto successive_choices(const column<At>& r, index observed) const {
    const at::Tensor rewards = whole(r);
    const T behind(masked_logsumexp<Scalar>(rewards, earlier().transpose(0, 1), memory_->counts));
    const auto costs = stored(softplus(behind - T(rewards)));
    return known_cost<Scalar>{sum(select(position() < number(static_cast<double>(observed)), costs, T(0)))};
  }
  template <class At, class Grades>
  auto ordered_groups(const column<At>& r, const column<Grades>& grades) const {
    return known_cost<Scalar>{ordered_group_cost<Scalar>(whole(r), whole(grades), memory_->counts)};
  }
  template <class At, class Payoffs, class Weight>
  auto soft_sort(const column<At>& c, const column<Payoffs>& payoffs, const Weight& weight,
                 const prefopt::detail::soft_sort_settings& settings) const {
    std::vector<double> weights;
    for (index place = 1; place <= candidates(); ++place)
      weights.push_back(static_cast<double>(weight(place)));
    return known_cost<Scalar>{
        soft_sort_value<Scalar>(whole(c), whole(payoffs), weights, memory_->counts, settings)};
  }

  // ---- pairs
  template <class Function>
  T pair_sum(const Function& f) const {
    const T values = f(first{this}, second{this});
    return T(where_pairs(at::logical_and(both_count(), earlier().transpose(0, 1)), values)
                 .sum(at::IntArrayRef{0, 1}));
  }
  template <class Function>
  auto pair_totals(const Function& f) const {
    return stored(T(where_pairs(both_count(), f(first{this}, second{this}).first).sum(1)));
  }
  template <class Function>
  auto pair_slopes(const Function& f) const {
    return stored(T(where_pairs(both_count(), f(first{this}, second{this})).sum(1)));
  }
  template <class At, class Weights>
  auto logistic_pairs(const column<At>& r, const Weights& weights) const {
    const auto rewards = keep(r);
    const first i{this};
    const second j{this};
    // Of no pair at all the weight may be NaN, and would be its derivative's factor.
    const T weight(where_pairs(both_count(), weights(i, j).first));
    const T costs = weight * softplus(j(rewards) - i(rewards));
    return known_cost<Scalar>{T(costs.tensor().sum(at::IntArrayRef{0, 1}))};
  }
  template <class At, class Grades>
  auto graded_pairs(const column<At>& r, const column<Grades>& grades) const {
    const auto y = keep(grades);
    const mask_type above = first{this}(y) > second{this}(y);
    const auto pairs = logistic_pairs(r, [&](auto, auto) {
      return pair_values{select(above, T(1), T(0)), T(0)};
    });
    const T count(at::logical_and(above.tensor(), both_count())
                      .sum(at::IntArrayRef{0, 1})
                      .to(c10::CppTypeToScalarType<Scalar>::value));
    return known_graded_cost<Scalar>{{pairs.cost()}, count};
  }

  // ---- plain code, on the host
  template <class Function, class At>
  T per_example(const mask_type& where, const T& otherwise, const Function& f, const column<At>& c) const {
    const at::Tensor values = whole(c).detach().to(at::kCPU).t().contiguous();
    const at::Tensor compared = rejected().at(0).tensor().to(at::kCPU).t().contiguous();
    const at::Tensor asked = where.tensor().to(at::kCPU).expand({memory_->examples}).contiguous();
    at::Tensor result = otherwise.tensor().detach().to(at::kCPU).expand({memory_->examples}).clone();
    std::vector<Scalar> copy;
    for (index b = 0; b < memory_->examples; ++b) {
      if (!asked.template data_ptr<bool>()[b]) continue;
      copy.clear();
      for (index k = 0; k < candidates(); ++k)
        if (const index at = b * candidates() + k; compared.template data_ptr<bool>()[at])
          copy.push_back(values.template data_ptr<Scalar>()[at]);
      if (!copy.empty()) result.template data_ptr<Scalar>()[b] = f(std::span<Scalar>(copy));
    }
    return T(result.to(memory_->valid.device()));
  }

  // ---- what the composition sets; a part never calls these
  tensor_row_memory<Scalar>& memory() const { return *memory_; }

  void begin_term() const {
    memory_->counts = memory_->valid;
    memory_->strengths.reset();
  }
  template <class At>
  void select_rejected(const column<At>& chosen) const {
    memory_->counts = (mask_type(memory_->valid) & (mask_type(memory_->preferred) | chosen.at(0))).tensor();
  }
  void use_decisions(const T* decided) const { memory_->decided = decided; }
  void set_strength(const T& beta) const { memory_->strength = beta; }
  template <class At>
  void set_strengths(const column<At>& betas) const {
    memory_->strengths = whole(betas);
  }
  template <class At>
  void set_rewards(const column<At>& r) const {
    memory_->rewards = whole(r);
  }

 private:
  /// The first and the second of a pair: columns become [N, 1, B] and [1, N, B].
  template <std::int64_t Dimension>
  struct candidate {
    const tensor_row* row;
    template <class At>
    auto operator()(const column<At>& c) const {
      using value = std::decay_t<decltype(c.at(0))>;
      return value(row->expanded(c.at(0).tensor()).unsqueeze(Dimension));
    }
  };
  using first = candidate<1>;
  using second = candidate<0>;

  static auto given_or(const at::Tensor& values, int absent) {
    return stored(values.defined() ? T(values) : T(absent));
  }
  static T value_or(const at::Tensor& values, double absent) {
    return values.defined() ? T(values) : T(absent);
  }
  at::Tensor expanded(const at::Tensor& values) const {
    return values.to(memory_->valid.device()).expand({candidates(), memory_->examples});
  }
  /// A column as [N, B], whatever it is made of.
  template <class At>
  at::Tensor whole(const column<At>& c) const {
    return expanded(c.at(0).tensor());
  }
  template <class Where>
  mask_type valid_in(const column<Where>& where) const {
    return mask_type(memory_->valid) & mask_type(where.at(0));
  }
  template <class At>
  T total(const mask_type& where, const column<At>& c) const {
    return T(select(where, c.at(0), T(0)).tensor().sum(0));
  }
  template <class At>
  T largest(const mask_type& where, const column<At>& c) const {
    // Of equal ones the first has the derivative (amax would share it out): what a comparison guards relies on that.
    const T values = select(where, c.at(0), T(-std::numeric_limits<Scalar>::infinity()));
    return T(std::get<0>(values.tensor().max(0)));
  }

  /// [N, N, 1]: whether the second index lies before the first.
  at::Tensor earlier() const {
    const at::Tensor place = at::arange(candidates(), at::TensorOptions(memory_->valid.device()));
    return (place.unsqueeze(0) < place.unsqueeze(1)).unsqueeze(2);
  }
  /// [N, N, B]: two candidates that count.
  at::Tensor both_count() const {
    const at::Tensor others = at::logical_or(earlier(), earlier().transpose(0, 1));
    const at::Tensor both = at::logical_and(memory_->counts.unsqueeze(1), memory_->counts.unsqueeze(0));
    return at::logical_and(both, others);
  }
  static at::Tensor where_pairs(const at::Tensor& mask, const T& values) {
    return select(mask_type(mask), values, T(0)).tensor();
  }

  tensor_row_memory<Scalar>* memory_;
};

}  // namespace prefopt::libtorch::detail
