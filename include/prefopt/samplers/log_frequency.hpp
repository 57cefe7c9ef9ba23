#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/detail/require_counts.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// log q_i = log(c_i / Σ_j c_j): what the softmax objective subtracts from its scores (`batch::log_q`) when
/// negatives come as often as they are popular, from the batch or from `popularity` with alpha = 1.
/// Paper: Yi et al. 2019, "Sampling-bias-corrected neural modeling for large corpus item recommendations".
class log_frequency {
 public:
  /// counts  [V], how often each item was chosen; read once
  /// Throws `invalid_argument` if a count is negative or not finite.
  explicit log_frequency(std::span<const double> counts) : log_q_(counts.begin(), counts.end()) {
    detail::require_counts(counts, "log_frequency");
    double sum = 0;
    for (const double count : counts) sum += count;
    for (double& value : log_q_) value = prefopt::log(value / sum);
  }

  /// positives  [B], the preferred items
  /// negatives  [B, K], as drawn
  /// log_q      [B, 1 + K], written, in nats: the positive's first, 0 where the negative is `masked`
  /// Throws `invalid_argument` if shapes do not match, or an item is out of range or was never chosen.
  template <writable_tensor LogQ>
  void operator()(std::span<const std::int32_t> positives, tensor_ref<const std::int32_t> negatives,
                  LogQ&& log_q) const {
    const auto items = *negatives;
    const auto out = prefopt::view(log_q);
    const auto rows = static_cast<index>(positives.size());
    detail::require(items.rows == rows, where, "negatives is ", detail::shape_text(items.rows, items.columns),
                    ", expected [", rows, ", K] (a row for each positive)");
    detail::require(out.rows == rows && out.columns == 1 + items.columns, where, "log_q is ",
                    detail::shape_text(out.rows, out.columns), ", expected ",
                    detail::shape_text(rows, 1 + items.columns));
    for (index b = 0; b < rows; ++b) {
      out(b, 0) = static_cast<scalar_of<LogQ>>(of(positives[static_cast<std::size_t>(b)]));
      for (index k = 0; k < items.columns; ++k)
        out(b, 1 + k) = static_cast<scalar_of<LogQ>>(items(b, k) == masked ? 0.0 : of(items(b, k)));
    }
  }

 private:
  static constexpr std::string_view where = "log_frequency";

  double of(std::int32_t item) const {
    detail::require_item(item, static_cast<index>(log_q_.size()), where, "an item");
    const double value = log_q_[static_cast<std::size_t>(item)];
    detail::require(value > -detail::infinity, where, "the count of item ", item,
                    " is 0, expected a positive one");
    return value;
  }

  std::vector<double> log_q_;  // [V]
};

}  // namespace prefopt::samplers
