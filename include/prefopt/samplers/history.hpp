#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/error.hpp>
#include <prefopt/samplers/detail/filter.hpp>
#include <prefopt/samplers/detail/sorted.hpp>
#include <prefopt/samplers/item_set.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// The items that an example is known to like, which are never drawn as its negatives.

namespace prefopt::samplers {

/// Sets of items that somebody else owns, one for each example, in one of three forms: many short lists in one array
/// (compressed rows), a sorted vector each, or a bit for every item.
class history_view {
 public:
  /// Nobody has a history, however many examples ask.
  history_view() = default;

  /// offsets  [U + 1], list u is items[offsets[u]] to items[offsets[u + 1] - 1]; they need not start at 0
  /// items    every list ascending; repeats are harmless
  ///
  /// Example b has list b. Keeps both spans. O(offsets + items): make it once.
  /// Throws `invalid_argument` if there is no offset, if offsets or a list descend, if an offset leaves
  /// `items`, or if an item is negative.
  history_view(std::span<const index> offsets, std::span<const std::int32_t> items)
      : offsets_(offsets), items_(items), form_(form::compressed) {
    check_offsets();
    for (index u = 0; u < lists(); ++u) check_list(u);
  }

  /// lists  [U], every one ascending; repeats are harmless
  ///
  /// Keeps the span. Throws `invalid_argument` if a list descends or holds a negative item.
  explicit history_view(std::span<const std::vector<std::int32_t>> lists)
      : lists_(lists), form_(form::vectors) {
    for (index u = 0; u < this->lists(); ++u) check_list(u);
  }

  /// words  [U, ⌈V / 64⌉], rows contiguous: bit i mod 64 of word i / 64 of row u is set if u likes item i
  ///
  /// Keeps what the matrix views. Throws `invalid_argument` if the words of a row are not contiguous.
  static history_view of_bits(tensor_ref<const std::uint64_t> words) {
    detail::require(words->column_stride == 1 || words->columns <= 1, "history_view::of_bits",
                    "words has a column stride of ", words->column_stride, ", expected 1");
    history_view result;
    result.words_ = *words;
    result.form_ = form::bits;
    return result;
  }

  /// The same lists for a batch: example b has list rows[b]. Keeps `rows`.
  /// Throws `invalid_argument` if a row is out of range.
  history_view of(std::span<const std::int32_t> rows) const {
    for (const std::int32_t row : rows)
      detail::require(row >= 0 && row < lists(), "history_view::of", "a row is ", row,
                      ", expected at least 0 and below ", lists(), " (the number of lists)");
    history_view result = *this;
    result.rows_ = rows;
    result.by_row_ = true;
    return result;
  }

  /// True for the default-constructed one.
  bool is_absent() const { return form_ == form::absent; }

  /// How many examples have a list.
  index size() const { return by_row_ ? static_cast<index>(rows_.size()) : lists(); }

  /// The items of example b.
  item_set operator[](index b) const {
    if (is_absent()) return {};
    const index u = by_row_ ? rows_[static_cast<std::size_t>(b)] : b;
    if (filter_offsets_.empty()) return set(u);
    const std::size_t first = filter_offsets_[static_cast<std::size_t>(u)];
    return set(u).filtered(filters_.subspan(first, filter_offsets_[static_cast<std::size_t>(u) + 1] - first));
  }

  /// No list holds an item beyond this one; −1 if all are empty, or bits.
  std::int32_t largest_item() const { return largest_item_; }

  /// For how many items there are bits; 0 for lists.
  index bits() const { return 64 * words_.columns; }

 private:
  friend class history_table;
  friend class history_filters;
  enum class form { absent, compressed, vectors, bits };

  index lists() const {
    switch (form_) {
      case form::compressed:
        return static_cast<index>(offsets_.size()) - 1;
      case form::vectors:
        return static_cast<index>(lists_.size());
      case form::bits:
        return words_.rows;
      default:
        return 0;
    }
  }
  index offset(index u) const { return offsets_[static_cast<std::size_t>(u)]; }
  item_set set(index u) const {
    if (form_ == form::bits)
      return item_set::of_bits({&words_(u, 0), static_cast<std::size_t>(words_.columns)});
    if (form_ == form::vectors) return {lists_[static_cast<std::size_t>(u)]};
    return {items_.subspan(static_cast<std::size_t>(offset(u)),
                           static_cast<std::size_t>(offset(u + 1) - offset(u)))};
  }

  void check_offsets() const {
    using detail::require;
    require(!offsets_.empty(), "history_view", "offsets is empty, expected one more than there are lists");
    require(offset(0) >= 0, "history_view", "offsets[0] is ", offset(0), ", expected at least 0");
    for (index u = 0; u < lists(); ++u)
      require(offset(u) <= offset(u + 1), "history_view", "offsets[", u + 1, "] is ", offset(u + 1),
              ", expected at least offsets[", u, "] = ", offset(u));
    require(offset(lists()) <= static_cast<index>(items_.size()), "history_view", "offsets[", lists(),
            "] is ", offset(lists()), ", expected at most ", items_.size(), " (the number of items)");
  }

  void check_list(index u) {
    const auto items = set(u).list();
    if (items.empty()) return;
    if (largest_item_ < items.back()) largest_item_ = items.back();
    detail::require(items.front() >= 0, "history_view", "list ", u, " starts with item ", items.front(),
                    ", expected at least 0");
    detail::require(detail::is_ascending(items), "history_view", "list ", u,
                    " is not sorted, expected ascending items");
  }

  std::span<const index> offsets_;
  std::span<const std::int32_t> items_;
  std::span<const std::vector<std::int32_t>> lists_;
  matrix_view<const std::uint64_t> words_;
  std::span<const std::size_t> filter_offsets_;
  std::span<const std::uint64_t> filters_;
  std::span<const std::int32_t> rows_;
  form form_ = form::absent;
  bool by_row_ = false;
  std::int32_t largest_item_ = -1;
};

/// Owns the histories of many users.
class history_table {
 public:
  /// lists  a range with one range of item ids for each user, in any order
  /// Throws `invalid_argument` if an item is negative. O(n log n) for lists of n items.
  template <class Lists>
  explicit history_table(const Lists& lists) {
    for (const auto& list : lists) {
      items_.insert(items_.end(), list.begin(), list.end());
      detail::heap_sort(std::span(items_).subspan(static_cast<std::size_t>(offsets_.back())));
      offsets_.push_back(static_cast<index>(items_.size()));
    }
    largest_item_ = history_view(offsets_, items_).largest_item();
  }

  /// What the table holds; valid as long as the table lives and is not assigned to.
  history_view view() const {
    history_view result;
    result.offsets_ = offsets_;
    result.items_ = items_;
    result.form_ = history_view::form::compressed;
    result.largest_item_ = largest_item_;
    return result;
  }

 private:
  std::vector<index> offsets_{0};
  std::vector<std::int32_t> items_;
  std::int32_t largest_item_ = -1;
};

/// Filters of many lists, made once, so that no draw has to make them: about 5 bytes an item, 8 a list at least.
///
///     const history_filters filters(table.view());
///     sampler.draw(positives, filters.view().of(users), key, negatives);
///
/// A draw with them is the same draw.
class history_filters {
 public:
  /// Keeps the view. Histories of bits are their own filters and are left as they are. O(items).
  explicit history_filters(const history_view& histories) : histories_(histories) {
    if (histories.is_absent() || histories.bits() > 0) return;
    offsets_.push_back(0);
    for (index u = 0; u < histories.lists(); ++u) add(histories.set(u).list());
  }

  /// The histories with their filters; valid as long as this lives and is not assigned to.
  history_view view() const {
    history_view result = histories_;
    result.filter_offsets_ = offsets_;
    result.filters_ = words_;
    return result;
  }

 private:
  void add(std::span<const std::int32_t> items) {
    const std::size_t first = words_.size(), count = detail::filter_words(items.size());
    words_.resize(first + count);
    for (const std::int32_t item : items)
      detail::mark(std::span(words_).subspan(first), item, detail::filter_shift(count));
    offsets_.push_back(words_.size());
  }

  history_view histories_;
  std::vector<std::size_t> offsets_;
  std::vector<std::uint64_t> words_;
};

}  // namespace prefopt::samplers
