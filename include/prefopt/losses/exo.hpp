#pragma once

#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

namespace prefopt::losses {

/// KL(σ(m) ‖ 1 − ε): the model's own preference as distribution, against labels smoothed by ε (EXO, Ji 2024, Eq. 16):
///
///     σ(m) [log σ(m) − log(1 − ε)] + σ(−m) [log σ(−m) − log ε]
///
/// Its minimum, 0, lies at m = log((1 − ε) / ε); derivative σ(m) σ(−m) (m − that).
struct exo {
  double label_smoothing = 1e-3;  ///< ε in (0, 0.5)

  void check() const {
    detail::require(label_smoothing > 0 && label_smoothing < 0.5, "exo", "label_smoothing is ",
                    label_smoothing, ", expected a value in (0, 0.5)");
  }
  PREFOPT_ANYWHERE auto value(auto row, auto margin) const {
    auto won = log_sigmoid(margin), lost = log_sigmoid(-margin);
    return exp(won) * (won - row.number(log_right())) + exp(lost) * (lost - row.number(log_flipped()));
  }
  PREFOPT_ANYWHERE auto slope(auto row, auto margin) const {
    return sigmoid(margin) * sigmoid(-margin) * (margin - row.number(log_right() - log_flipped()));
  }

 private:
  PREFOPT_ANYWHERE double log_right() const { return log1p(-label_smoothing); }
  PREFOPT_ANYWHERE double log_flipped() const { return log(label_smoothing); }
};

}  // namespace prefopt::losses
