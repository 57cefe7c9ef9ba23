#pragma once

#include <limits>
#include <vector>

#include <ATen/ATen.h>

#include <prefopt/detail/ordered_groups.hpp>
#include <prefopt/detail/soft_sort.hpp>
#include <prefopt/libtorch/number.hpp>
#include <prefopt/libtorch/stored_column.hpp>

/// \file
/// What a row over tensors computes about orders. Values and grades are [N, B], masks too.

namespace prefopt::libtorch::detail {

/// What a loss gets of its row where autograd differentiates the cost: nobody uses the slopes, which are not known.
template <class Scalar>
struct known_cost {
  batched<Scalar> total;

  const batched<Scalar>& cost() const { return total; }
  const batched<Scalar>& value() const { return total; }
  auto slopes() const { return stored(batched<Scalar>(std::numeric_limits<double>::quiet_NaN())); }
};
template <class Scalar>
struct known_graded_cost : known_cost<Scalar> {
  batched<Scalar> pairs;

  const batched<Scalar>& count() const { return pairs; }
};

/// The column log Σ e^x over those i that `members` [N (k), N (i), 1] gives candidate k, if they count; a number so low
/// that nothing is left of it where there is none (of infinities, the derivative would be NaN).
template <class Scalar>
at::Tensor masked_logsumexp(const at::Tensor& values, const at::Tensor& members, const at::Tensor& counts) {
  const at::Tensor mask = at::logical_and(members, counts.unsqueeze(0));
  const batched<Scalar> lowest(-std::numeric_limits<Scalar>::max() / 4);
  const batched<Scalar> all(values.unsqueeze(0));
  return at::logsumexp(select(batched_mask(mask), all, lowest).tensor(), 1);
}

/// −log of the probability that a group arrives before all below it; see `prefopt::detail::ordered_groups`.
/// \param lead a_i of the group's members, [N, B]
template <class Scalar>
batched<Scalar> group_arrival_cost(const batched<Scalar>& lead, const batched_mask& member) {
  using T = batched<Scalar>;
  const prefopt::detail::arrival_nodes<Scalar> rule(lead.tensor().size(0));
  std::vector<double> places, weights;
  for (index t = 1; t <= rule.count; ++t) {
    places.push_back(rule.place(t));
    weights.push_back(rule.log_weight(places.back()));
  }
  const auto constants = [&](const std::vector<double>& numbers) {
    return at::tensor(numbers, at::kDouble).to(lead.tensor().options());
  };
  const T z(lead.tensor().unsqueeze(0) + constants(places).view({-1, 1, 1}));
  const auto early = z < T(-30);  // where 1 − e^−y is y
  const T y = exp(min(z, T(50))), log_arrived = log(-expm1(-select(early, T(1), y)));
  const T arrived = select(early, z - y * T(0.5), log_arrived);
  const at::Tensor all = select(batched_mask(member.tensor().unsqueeze(0)), arrived, T(0)).tensor().sum(1);
  return T(-at::logsumexp(all + constants(weights).unsqueeze(1), 0));
}

/// The cost of groups of equal grade one after the other, [B].
template <class Scalar>
batched<Scalar> ordered_group_cost(const at::Tensor& rewards, const at::Tensor& grades,
                                   const at::Tensor& counts) {
  using T = batched<Scalar>;
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  const T r(rewards), y(grades);
  const batched_mask counted(counts);
  const auto sum = [](const T& x) { return T(x.tensor().sum(0)); };
  const auto highest = [&](const batched_mask& where, const T& x) {
    return T(select(where, x, T(-infinity)).tensor().amax(0));
  };

  T cost(at::zeros_like(rewards[0]));
  for (T grade = highest(counted, y);;) {
    const batched_mask below = counted & (y < grade), member = counted & (y == grade);
    const T next = highest(below, y);
    const batched_mask open = next > T(-infinity);
    if (!any(open)) return cost;
    const T top = select(open, constant(highest(below, r)), T(0));
    const T total = select(open, sum(select(below, exp(r - top), T(0))), T(1));
    const T lead = select(member, r - (top + log(total)), T(0));
    const batched_mask several = open & (sum(select(member, T(1), T(0))) > T(1));
    T group = softplus(-sum(lead));
    if (any(several)) group = select(several, group_arrival_cost(lead, member), group);
    cost = cost + select(open, group, T(0));
    grade = next;
  }
}

/// Σ_p weight_p Σ_i P_pi payoff_i, [B]; see `prefopt::detail::soft_sort`.
template <class Scalar>
batched<Scalar> soft_sort_value(const at::Tensor& keys, const at::Tensor& payoffs,
                                const std::vector<double>& weights, const at::Tensor& counts,
                                const prefopt::detail::soft_sort_settings& how) {
  using T = batched<Scalar>;
  const at::Tensor counted =
      counts.unsqueeze(0);  // places, [N, 1, B], come first; then candidates, [1, N, B]
  const T count(counts.sum(0).to(keys.scalar_type()));
  const T place(at::arange(keys.size(0), keys.options()).view({-1, 1, 1}));
  const batched_mask is_place = place < count;
  const auto inverse = [](const T& x) {
    const auto some = x > T(0);
    return select(some, T(1) / select(some, x, T(1)), T(0));
  };
  const auto over_places = [](const T& x) { return T(x.tensor().sum(0, /*keepdim=*/true)); };
  const auto over_candidates = [](const T& x) { return T(x.tensor().sum(1, /*keepdim=*/true)); };

  const at::Tensor apart = at::abs(keys.unsqueeze(0) - keys.unsqueeze(1));
  const T away(select(batched_mask(counted), T(apart), T(0)).tensor().sum(1).unsqueeze(0));
  const T logits = ((count - T(2) * place - T(1)) * T(keys.unsqueeze(0)) - away) * T(1 / how.temperature);
  const T lowest(-std::numeric_limits<Scalar>::infinity());
  const T top(select(batched_mask(counted), logits, lowest).tensor().amax(1, /*keepdim=*/true).detach());
  const T weight = select(is_place & batched_mask(counted), exp(logits - top), T(0));
  const T odds = weight * inverse(over_candidates(weight));

  T u = select(is_place, T(1), T(0)) + T(at::zeros_like(top.tensor())), v(at::ones_like(keys).unsqueeze(0));
  batched_mask open(true);
  for (index sweep = 0; sweep < how.sweeps; ++sweep) {
    v = select(open, inverse(over_places(u * odds)), v);
    u = select(open, inverse(over_candidates(odds * v)), u);
    const T off = select(batched_mask(counted), abs(v * over_places(u * odds) - T(1)), T(0));
    open = open & !(T(off.tensor().detach().amax(1, /*keepdim=*/true)) < T(how.tolerance));
    if (!any(open)) break;
  }
  const T shares = over_candidates(odds * v * T(payoffs.unsqueeze(0))) * u;
  const T by_place(at::tensor(weights, at::kDouble).to(keys.options()).view({-1, 1, 1}));
  return T((by_place * shares).tensor().sum(at::IntArrayRef{0, 1}));
}

}  // namespace prefopt::libtorch::detail
