#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/samplers/detail/draw.hpp>
#include <prefopt/samplers/detail/sorted.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/random_stream.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {
namespace detail {

class in_batch_law {
 public:
  in_batch_law(std::span<const std::int32_t> batch, index num_items, std::string_view where)
      : batch_(batch),
        num_items_(checked_size(num_items, where, "num_items")),
        place_(checked_size(static_cast<index>(batch.size()), where, "the size of batch")) {
    for (const std::int32_t item : batch) require_item(item, num_items, where, "an item of the batch");
  }

  index num_items() const { return num_items_; }
  std::size_t words_per_proposal() const { return 1; }
  void propose(std::span<const std::uint32_t> words, std::int32_t* items) const {
    for (std::size_t i = 0; i < words.size(); ++i)
      items[i] = place_.accepts(words[i]) ? batch_[place_(words[i])] : samplers::masked;
  }
  template <class Visit>
  void for_each(const Visit& visit) const {
    std::vector<std::int32_t> items(batch_.begin(), batch_.end());
    detail::heap_sort(std::span(items));
    for (std::size_t first = 0, last = 0; first < items.size(); first = last) {
      while (last < items.size() && items[last] == items[first]) ++last;
      visit(items[first], static_cast<double>(last - first));
    }
  }

 private:
  std::span<const std::int32_t> batch_;
  index num_items_;
  samplers::bounded_integer place_;
};

}  // namespace detail

namespace samplers {

/// Negatives of an example are the positives of the other examples in its batch.
///
/// P(i) = m_i / Σ_j m_j over the allowed items, where m_i is how many examples of the batch prefer item i:
/// drop the rows whose positive is the example's own or in its history, draw one of the others uniformly.
/// Popular items are drawn more often; `log_frequency` gives what to subtract from the scores for that.
struct in_batch {
  std::span<const std::int32_t> batch{};  ///< the positives of the whole batch, even to draw for a part of it
  index num_items = 0;                    ///< V, 1 to 2^31 - 1; the items are 0 to V - 1
  bool repeat = false;                    ///< may an item come twice in a row? If not: successive draws

  /// As `uniform::draw`. Throws also if the batch is empty or holds an item out of range.
  index draw(std::span<const std::int32_t> positives, const history_view& history, const draw_key& key,
             tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    constexpr std::string_view where = "in_batch::draw";
    return detail::draw_rows(where, detail::in_batch_law(batch, num_items, where), repeat, positives, history,
                             key, *negatives, executor);
  }

  /// Writes the law of one draw, [V]; all 0 where no item is allowed. `history` ascends. Throws as `draw`.
  void law(std::int32_t positive, std::span<const std::int32_t> history,
           std::span<double> probability) const {
    constexpr std::string_view where = "in_batch::law";
    detail::write_law(where, detail::in_batch_law(batch, num_items, where), positive, history, probability);
  }
};

}  // namespace samplers
}  // namespace prefopt
