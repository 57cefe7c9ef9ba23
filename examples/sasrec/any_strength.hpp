#pragma once

#include <cstdint>

#include <prefopt/strengths/annealed.hpp>
#include <prefopt/strengths/batch_beta.hpp>
#include <prefopt/strengths/dama.hpp>
#include <prefopt/strengths/hars.hpp>
#include <prefopt/strengths/instance_beta.hpp>

/// \file
/// A part for prefopt's objectives that is chosen when the program runs.

namespace sasrec {

enum class strength_kind { fixed, annealed, batch_beta, instance_beta, hars, dama };

/// Any of prefopt's strengths that give an example one β: one type for all of them, so that an objective is compiled once
/// more and not once for each. What a β is made of is decided in `decide`, batch by batch.
struct any_strength {
  strength_kind kind = strength_kind::fixed;
  prefopt::strengths::annealed annealed{};
  prefopt::strengths::batch_beta batch_beta{};
  prefopt::strengths::instance_beta instance_beta{};
  prefopt::strengths::hars hars{};
  prefopt::strengths::dama dama{};

  using state_type = prefopt::strengths::gap_state;
  static constexpr prefopt::inputs needs = prefopt::inputs::hardness;
  static constexpr prefopt::index decisions = 2;  ///< β, and the example's weight
  static constexpr bool maps_and_reductions = true;

  /// All start from the objective's own β.
  void set_beta(double beta) {
    annealed.start = batch_beta.beta = instance_beta.beta = hars.beta = dama.beta = beta;
  }
  void check() const {
    annealed.check();
    batch_beta.check();
    instance_beta.check();
    hars.check();
    dama.check();
  }
  auto observe(auto row) const { return dama.observe(row); }

  void decide(const prefopt::matrix_view<const double>& seen, const prefopt::matrix_view<double>& decided,
              state_type& state) const {
    for (prefopt::index b = 0; b < decided.rows; ++b) {
      decided(b, 0) = hars.beta;
      decided(b, 1) = 1;
    }
    switch (kind) {
      case strength_kind::fixed:
        return;
      case strength_kind::annealed:
        for (prefopt::index b = 0; b < decided.rows; ++b) decided(b, 0) = annealed.at(state.batches);
        ++state.batches;
        return;
      case strength_kind::batch_beta:
        return batch_beta.decide(seen, decided, state);
      case strength_kind::instance_beta:
        return instance_beta.decide(seen, decided, state);
      case strength_kind::hars:
        return hars.decide(seen, decided);
      case strength_kind::dama:
        return dama.decide(seen, decided, state);
    }
  }
  auto operator()(auto row) const { return row.decided(0); }
  auto weight(auto row) const { return row.decided(1); }
};

}  // namespace sasrec
