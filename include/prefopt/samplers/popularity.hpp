#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/alias_table.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/detail/require_counts.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

/// counts^alpha, relative to the most popular item, which keeps them in [0, 1].
inline std::vector<double> popularity_weights(std::span<const double> counts, double alpha) {
  constexpr std::string_view where = "popularity";
  require(alpha >= 0 && alpha < detail::infinity, where, "alpha is ", alpha,
          ", expected at least 0 and finite");
  require_counts(counts, where);
  double largest = 0;
  for (const double count : counts)
    if (largest < count) largest = count;
  require(largest > 0 || alpha == 0, where, "every count is 0, expected a positive one (or alpha = 0)");

  std::vector<double> weights(counts.size(), 1.0);
  if (alpha > 0)
    for (std::size_t i = 0; i < counts.size(); ++i) weights[i] = prefopt::pow(counts[i] / largest, alpha);
  return weights;
}

class popularity_law {
 public:
  explicit popularity_law(std::vector<double> weights) : weights_(std::move(weights)), table_(weights_) {}

  index num_items() const { return static_cast<index>(weights_.size()); }
  double weight(std::int32_t item) const { return weights_[static_cast<std::size_t>(item)]; }
  std::size_t words_per_proposal() const { return table_.words_per_draw(); }
  void propose(std::span<const std::uint32_t> words, std::int32_t* items) const { table_(words, items); }
  /// [V], relative to the most popular item's.
  std::span<const double> weights() const { return weights_; }
  const samplers::alias_table& table() const { return table_; }
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::size_t i = 0; i < weights_.size(); ++i)
      if (weights_[i] > 0) visit(static_cast<std::int32_t>(i), weights_[i]);
  }

 private:
  std::vector<double> weights_;
  samplers::alias_table table_;
};

}  // namespace detail

namespace samplers {

struct dns;

struct popularity_settings {
  double alpha = 0.75;  ///< 1: in proportion to the counts; 0.75: word2vec's; 0: uniform over all items
  bool repeat = false;  ///< may an item come twice in a row? If not: successive draws, each from the rest
};

/// Negatives in proportion to count^alpha, without the positive and the history:
/// P(i) = c_i^alpha / Σ_j c_j^alpha over the allowed items.
///
/// An item that was never seen (count 0) is never drawn, unless alpha = 0. Holds 16 to 20 bytes an item; the alias
/// table behind it rounds probabilities to 2^-32 (up to 65 536 items) or 2^-32 / V.
class popularity {
 public:
  /// counts  [V], how often each item was chosen; read once
  /// Throws `invalid_argument` if a count or alpha is negative or not finite, or every count is 0. O(V).
  explicit popularity(std::span<const double> counts, const popularity_settings& settings = {})
      : law_(detail::popularity_weights(counts, settings.alpha)), repeat_(settings.repeat) {}

  /// As `uniform::draw`. Popular items in the history cost proposals in proportion to their share of the
  /// mass; where what is left is next to nothing, a row costs O(V).
  index draw(std::span<const std::int32_t> positives, const history_view& history, const draw_key& key,
             tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    return detail::draw_rows("popularity::draw", law_, repeat_, positives, history, key, *negatives,
                             executor);
  }

  /// Writes the law of one draw, [V]; all 0 where no item is allowed. `history` ascends. Throws as `draw`.
  void law(std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    detail::write_law("popularity::law", law_, positive, history, probability);
  }

  /// The law of a draw without exclusions, for a copy of its table elsewhere.
  const detail::popularity_law& unrestricted() const { return law_; }
  /// May an item come twice in a row?
  bool repeats() const { return repeat_; }

 private:
  friend struct dns;

  detail::popularity_law law_;
  bool repeat_;
};

}  // namespace samplers
}  // namespace prefopt
