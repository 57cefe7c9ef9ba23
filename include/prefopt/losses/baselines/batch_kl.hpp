#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/inputs.hpp>
#include <prefopt/observed.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::losses::baselines {

/// z = max(0, mean over the batch of `kl`): the estimate of KL(π ‖ π_ref) from mismatched answers (KTO, Ethayarajh
/// 2024). A constant for the gradient.
struct batch_kl {
  static constexpr inputs needs = inputs::kl;
  static constexpr index decisions = 1;

  PREFOPT_ANYWHERE auto observe(auto row) const { return observed{row.kl()}; }
  void decide(matrix_view<const double> seen, matrix_view<double> said) const {
    double total = 0, count = 0;
    for (index b = 0; b < seen.rows; ++b)
      if (seen(b, 0) == seen(b, 0)) total += seen(b, 0), count += 1;
    const double mean = count > 0 ? total / count : 0;
    for (index b = 0; b < said.rows; ++b) said(b, 0) = mean > 0 ? mean : 0;
  }
  PREFOPT_ANYWHERE auto at(auto row) const { return row.decided(); }
};

}  // namespace prefopt::losses::baselines
