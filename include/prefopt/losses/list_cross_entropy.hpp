#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// ListNet's target (Cao 2007): softmax of the grades, up to its normaliser.
struct softmax_of_grades {
  PREFOPT_ANYWHERE auto operator()(auto row) const { return exp(row.relevance() - row.max(row.relevance())); }
};
/// The grades' shares in their sum: of binary grades, the relevant items share alike.
struct share_of_grades {
  PREFOPT_ANYWHERE auto operator()(auto row) const { return row.relevance(); }
};

/// Cross-entropy between a distribution q over the list and the softmax of its rewards (ListNet, Cao 2007):
///
///     −Σ_i q_i log softmax(r)_i = Σ_i q_i (max r − r_i) + log Σ_i e^{r_i − max r},   gradient softmax(r) − q
///
/// Costs nothing where q is not defined, since the target is 0 throughout.
/// \tparam Target row → a column ≥ 0, q up to its normaliser
template <class Target>
struct list_cross_entropy {
  Target target{};

  static constexpr loss_traits traits{
      .candidates = rejected::several, .translation_invariant = true, .graded = true};
  static constexpr inputs needs = inputs::relevance;

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto zero = row.number(0), one = row.number(1);
    auto r = row.rewards();
    auto wanted = row.keep(target(row));
    auto others_wanted = row.sum(wanted, row.rejected());
    auto all_wanted = row.preferred(wanted) + others_wanted;
    auto any = select(all_wanted > zero, one, zero);
    auto share = any / select(all_wanted > zero, all_wanted, one);

    auto best = row.preferred(r), highest = row.max(r);
    auto leads = best >= highest;
    auto top = select(leads, best, highest);
    auto weight = row.keep(exp(r - top));
    auto others = row.sum(weight, row.rejected());
    auto total = row.preferred(weight) + others;
    // As in `softmax`: where the best item leads, these forms keep every digit of a small loss and gradient.
    auto value = share * row.sum(wanted * (top - r)) + any * log1p(select(leads, others, total - one));
    auto of_best = select(leads, others_wanted * share - any * others / total,
                          any * row.preferred(weight) / total - row.preferred(wanted) * share);
    return with_gradient{
        value, [=] { return select(row.is_preferred(), of_best, any / total * weight - share * wanted); }};
  }
};

}  // namespace prefopt::losses
