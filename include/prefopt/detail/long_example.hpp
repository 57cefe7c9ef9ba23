#pragma once

#include <limits>

#include <prefopt/detail/dense.hpp>
#include <prefopt/detail/rows_ahead.hpp>
#include <prefopt/long_row.hpp>

namespace prefopt::detail {

/// One example of a batch with contiguous rows, its candidates across the lanes.
template <class T>
class long_example {
 public:
  using scalar = scalar_t<T>;
  using mask = mask_t<T>;
  using flag = typename long_row_memory<T>::flag;
  static constexpr int lanes = lane_count<T>;

  /// \param gradient where its gradient goes, or wherever: asked for while the rewards are formed
  /// \param careful look for masked and broken scores first; without, `form` notices that there are some
  long_example(const dense_inputs<T>& inputs, const plan<scalar>& plan, index example, const scalar* gradient,
               bool careful, scratch& memory)
      : inputs_(inputs.template row<true>(example)),
        gradient_(gradient),
        has_more_(inputs.has_more()),
        counted_(plan.candidates) {
    memory.restart();
    row_.candidates = plan.candidates;
    row_.policy = inputs_.policy_values;
    row_.reference = inputs_.reference_values;
    row_.relevance = inputs_.relevance_values;
    row_.lengths = inputs_.lengths_values;
    row_.log_q = inputs_.log_q_values;
    row_.kl = one(plan.kl, example, kl_);
    row_.beta = one(plan.beta, example, beta_);
    row_.hardness = one(plan.hardness, example, hardness_);
    row_.log_collision = one(plan.log_collision, example, log_collision_);
    row_.scratch = &memory;
    if (plan.counts.data != nullptr) counted_ = plan.counts(example, 0) + 1;
    if (careful) find_masked(long_row<T>(row_));
  }
  long_example(const long_example&) = delete;
  long_example& operator=(const long_example&) = delete;

  long_row_memory<T>& row() { return row_; }
  /// Scores that are neither finite nor masks.
  bool broken() const { return broken_; }
  /// Whether the rewards formed so far were finite, where they count.
  bool finite() const { return finite_; }

  /// strength · reward, 0 for masked candidates.
  template <class Reward>
  column<typename long_row<T>::read_array> form(const Reward& reward, const T& strength) {
    scalar* const rewards = long_row<T>(row_).take();
    form_with(reward, strength, rewards);
    return {{rewards}};
  }

 private:
  template <class Reward>
  void form_with(const Reward& reward, const T& strength, scalar* rewards) {
    if constexpr (!reference_free<Reward>)
      if (inputs_.reference_values != nullptr) return form(reward.value(inputs_), strength, rewards);
    form(reward.value(without_reference()), strength, rewards);
  }

  using full_row = memory_row<T, true>;
  using row_without_reference = memory_row<T, false>;

  row_without_reference without_reference() const {
    return {inputs_.policy_values, nullptr, inputs_.relevance_values, inputs_.lengths_values,
            inputs_.log_q_values};
  }

  template <class Values>
  [[gnu::noinline]] void form(const Values values, const T strength, scalar* rewards) {
    const long_row<T> row(row_);
    if (row_.valid != nullptr)
      return row.each([&](index k, const auto&) {
        store_pack(select(row.valid(k), strength * values.at(k), T(0)), rewards + k);
      });
    T sums[2] = {T(0), T(0)}, tops[2] = {lowest(), lowest()};
    const auto take = [&](index k) __attribute__((always_inline)) {
      const T r = strength * values.at(k);
      store_pack(r, rewards + k);
      prefetch(gradient_ + k, sizeof(T));
      return r;
    };
    const T first = take(0);
    const auto behind_first = lane_numbers<T>() > T(0);
    sums[0] = select(behind_first, first, T(0));
    tops[0] = select(behind_first, first, lowest());
    const index n = row.candidates();
    index k = lanes;
    const auto add = [&](const T& r, int turn) __attribute__((always_inline)) {
      sums[turn] = sums[turn] + r;
      tops[turn] = max(tops[turn], r);
    };
    for (; k + 2 * lanes <= n; k += 2 * lanes) {
      add(take(k), 0);
      add(take(k + lanes), 1);
    }
    if (k + lanes <= n) {
      add(take(k), 1);
      k += lanes;
    }
    T trace = first;
    if (k < n) {
      const T last = take(n - lanes);
      const auto fresh = lane_numbers<T>() >= T(static_cast<scalar>(k - (n - lanes)));
      sums[1] = sums[1] + select(fresh, last, T(0));
      tops[1] = max(tops[1], last);
    }
    row_.formed = rewards;
    row_.formed_sum = T(horizontal_sum(sums[0] + sums[1]));
    row_.formed_max = T(horizontal_max(max(tops[0], tops[1])));
    trace = multiply_add(trace, T(0), (sums[0] + sums[1]) * T(0));
    if (has_more_) row.each([&](index at, const auto&) { trace = inputs_.trace_more(at, trace); });
    finite_ = !any(!(trace == T(0))) && !(row_.kl != nullptr && any(!(kl_ - kl_ == T(0))));
  }
  static T lowest() { return T(-std::numeric_limits<scalar>::infinity()); }

  static const T* one(const matrix_view<const scalar>& values, index example, T& place) {
    if (values.data == nullptr) return nullptr;
    place = T(values(example, 0));
    return &place;
  }

  /// −inf in the policy, or a place behind the row's count, masks a rejected candidate; what is neither masked nor finite
  /// is broken.
  void find_masked(const long_row<T>& row) {
    flag* const valid = reinterpret_cast<flag*>(row.take());
    const scalar* const policy = inputs_.policy_values;
    for (index k = 0; k < row.candidates(); ++k)
      valid[k] = k == 0 || (k < counted_ && policy[k] != -std::numeric_limits<scalar>::infinity()) ? -1 : 0;
    row_.valid = valid;
    mask broken(false);
    const scalar* const all[] = {policy, inputs_.reference_values, inputs_.relevance_values,
                                 inputs_.lengths_values, inputs_.log_q_values};
    for (const scalar* input : all)
      if (input != nullptr)
        row.each([&](index k, const auto&) {
          const T x = load_pack<scalar, lanes>(input + k);
          broken = broken | (row.valid(k) & !(x - x == T(0)));
        });
    broken_ = any(broken) || (row_.kl != nullptr && any(!(kl_ - kl_ == T(0))));
  }

  long_row_memory<T> row_{};
  full_row inputs_;
  const scalar* gradient_;
  bool has_more_;
  index counted_;
  T kl_{0}, beta_{0}, hardness_{0}, log_collision_{0};
  bool broken_ = false, finite_ = true;
};

}  // namespace prefopt::detail
