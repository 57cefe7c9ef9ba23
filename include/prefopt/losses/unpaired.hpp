#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/losses/traits.hpp>
#include <prefopt/row.hpp>

namespace prefopt::losses {

/// Each candidate on its own, as a good or a bad one, with nothing to compare it with but a baseline z:
///
///     (1/N) Σ_i [desirable]  w_D φ(r_i − β z)
///               [otherwise]  w_U φ(β z − r_i)
///
/// A candidate is desirable if its `relevance` is above 0; without relevance, the preferred one is, and the others are
/// not. N may be 1: a batch of single labelled items. φ = falling_sigmoid: KTO (Ethayarajh 2024, Eq. 7), APO
/// (D'Oosterlinck 2024); φ = logistic: BCO (Jung 2024).
/// \tparam Phi      the cost of a margin: `value(row, margin)` and its derivative `slope(row, margin)`
/// \tparam Baseline where z comes from: a struct of `losses/baselines/`
template <class Phi, class Baseline>
struct unpaired : Baseline {
  double desirable_weight = 1;    ///< w_D ≥ 0
  double undesirable_weight = 1;  ///< w_U ≥ 0
  Phi phi{};

  static constexpr loss_traits traits{.candidates = rejected::none, .maps_and_reductions = true};
  static constexpr inputs reads = inputs::relevance;

  void check() const {
    check_weight(desirable_weight, "desirable_weight");
    check_weight(undesirable_weight, "undesirable_weight");
  }
  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto distance = row.rewards() - row.strength() * Baseline::at(row);
    auto good = row.desirable();
    auto margin = select(good, distance, -distance);
    auto share = 1 / (row.count(row.rejected()) + 1);
    auto weight = share * select(good, row.number(desirable_weight), row.number(undesirable_weight));
    return with_gradient{row.sum(weight * phi.value(row, margin)), [=, phi = phi] {
                           auto slope = weight * phi.slope(row, margin);
                           return select(good, slope, -slope);
                         }};
  }

 private:
  static void check_weight(double weight, const char* name) {
    detail::require(weight >= 0 && weight < 1e300, "unpaired", name, " is ", weight,
                    ", expected a finite value of at least 0");
  }
};

}  // namespace prefopt::losses
