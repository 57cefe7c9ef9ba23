#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <prefopt/executor.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

class uniform_law {
 public:
  uniform_law(index num_items, std::string_view where)
      : num_items_(num_items), number_(checked_size(num_items, where, "num_items")) {}

  index num_items() const { return num_items_; }
  std::size_t words_per_proposal() const { return 1; }
  void propose(std::span<const std::uint32_t> words, std::int32_t* items) const { number_(words, items); }
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (index i = 0; i < num_items_; ++i) visit(static_cast<std::int32_t>(i), 1.0);
  }

 private:
  index num_items_;
  samplers::bounded_integer number_;
};

}  // namespace detail

namespace samplers {

/// Negatives uniform over the catalogue without the positive and the history (the specification's
/// `uniform_excl`): P(i) = 1 / n for each of the n allowed items.
struct uniform {
  index num_items = 0;  ///< V, 1 to 2^31 - 1; the items are 0 to V - 1
  bool repeat = false;  ///< may an item come twice in a row? If not, every K-subset is equally likely

  /// positives  [B], the preferred item of each example
  /// history    for each example the items that it must not draw
  /// negatives  [B, K], written: items; where an example runs out of items, `masked` in its last places; may
  ///            not overlap the others
  /// Returns how many places were masked.
  ///
  /// Row b depends on (seed, step, first_example + b), its positive and its history alone: not on threads,
  /// nor on how a batch is split. Its first places do not depend on K.
  /// Throws `invalid_argument` if shapes do not match, or an item or the key is out of range.
  /// O(K + history) a row, O(V) where the allowed items are next to nothing.
  index draw(std::span<const std::int32_t> positives, const history_view& history, const draw_key& key,
             tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "uniform::draw";
    return detail::draw_rows(where, detail::uniform_law(num_items, where), repeat, positives, history, key,
                             *negatives, executor);
  }

  /// Writes the law of one draw, [V]; all 0 where no item is allowed. `history` ascends. Throws as `draw`.
  void law(std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "uniform::law";
    detail::write_law(where, detail::uniform_law(num_items, where), positive, history, probability);
  }
};

}  // namespace samplers
}  // namespace prefopt
