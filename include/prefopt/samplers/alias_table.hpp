#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <prefopt/host_device.hpp>
#include <prefopt/samplers/detail/short_columns.hpp>
#include <prefopt/samplers/random_stream.hpp>

/// \file
/// Draws from a fixed discrete law in constant time.

namespace prefopt::samplers {

/// Walker's alias method: n columns of equal mass, each shared by at most two items.
/// Papers: Walker 1977; built in one sweep as in Hübschle-Schneider and Sanders 2019, "Parallel weighted
/// random sampling".
///
/// Masses are whole numbers of 2^-32 of a column, so the sweep loses nothing: an item of weight 0 is never
/// drawn, and every other probability is off by at most 2^-33 / n, but for the largest, which takes up the
/// rounding of all. 8 bytes an item; a draw reads one entry. Where 16 are looked up at once (AVX-512), 4 bytes more, which
/// are all that most draws read.
///
/// A draw takes two words, one for the column and one for which of its two items. Of a table of at most 2^16 items it
/// takes one word, whose product with n has the column in its high half and how far into the column in its low half: what
/// an item has of a column is then off by less than 2^-32 (2^-16 of a column at most).
class alias_table {
 public:
  /// A column: the item of the same number, and who shares it.
  struct entry {
    std::uint32_t own_mass;  ///< what the item keeps of its column, in 2^−32 of it; the rest is the alias's
    std::int32_t alias;
    /// The item that lies this far into column `column`.
    PREFOPT_ANYWHERE constexpr std::int32_t item(std::uint32_t column, std::uint32_t mass) const {
      return mass < own_mass ? static_cast<std::int32_t>(column) : alias;
    }
  };
  /// Larger tables take two words a draw.
  static constexpr std::size_t most_items_a_word = 1 << 16;

  /// weights  [n], n < 2^31; none negative, their sum positive and finite (the caller has checked)
  explicit alias_table(std::span<const double> weights)
      : entries_(weights.size()), column_(static_cast<std::uint32_t>(weights.size())) {
    build(whole_masses(weights));
#if defined(__AVX512F__) && !defined(__CUDACC__)
    short_columns_ = detail::short_columns(entries_);
#endif
  }

  std::size_t words_per_draw() const { return entries_.size() <= most_items_a_word ? 1 : 2; }

  /// Draws many items, `words_per_draw` words each, −1 where a draw does not count (see `bounded_integer`).
  void operator()(std::span<const std::uint32_t> words, std::int32_t* items) const {
    if (words_per_draw() == 1)
      draw_by_word(words, items);
    else
      draw_by_pair(words, items);
  }

  /// Writes the law, [n].
  void law(std::span<double> probability) const {
    for (double& p : probability) p = 0;
    const double columns = static_cast<double>(entries_.size());
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const double own = entries_[i].own_mass * 0x1p-32;
      probability[i] += own / columns;
      probability[static_cast<std::size_t>(entries_[i].alias)] += (1 - own) / columns;
    }
  }

  /// The columns, for a copy of the table elsewhere.
  std::span<const entry> entries() const { return entries_; }

 private:
  static constexpr std::uint64_t column_mass = std::uint64_t{1} << 32;

  void draw_by_word(std::span<const std::uint32_t> words, std::int32_t* items) const {
    std::size_t i = 0;
#if defined(__AVX512F__) && !defined(__CUDACC__)
    for (; i + lanes <= words.size(); i += lanes) {
      word_lanes column, mass;
      detail::multiply_wide(load(&words[i]), column_.size(), column, mass);
      const word_lanes item = pick(column, mass);
      __builtin_memcpy(items + i, &item, sizeof item);
    }
#endif
    for (; i < words.size(); ++i) {
      std::uint32_t column, mass;
      detail::multiply_wide(words[i], column_.size(), column, mass);
      items[i] = pick(column, mass);
    }
  }

  void draw_by_pair(std::span<const std::uint32_t> words, std::int32_t* items) const {
    const std::size_t draws = words.size() / 2;
    std::size_t i = 0;
#if defined(__AVX512F__) && !defined(__CUDACC__)
    for (; i + lanes <= draws; i += lanes) {
      word_lanes first = load(&words[2 * i]), second = load(&words[2 * i + lanes]), column, low;
      detail::split_alternate(first, second);
      detail::multiply_wide(first, column_.size(), column, low);
      const word_lanes drawn = pick(column, second);
      const word_lanes item = low < column_.rejected_below() ? ~word_lanes{} : drawn;
      __builtin_memcpy(items + i, &item, sizeof item);
    }
#endif
    for (; i < draws; ++i)
      items[i] = column_.accepts(words[2 * i]) ? pick(column_(words[2 * i]), words[2 * i + 1]) : -1;
  }

  /// Which of its two items a column gives.
  std::int32_t pick(std::uint32_t column, std::uint32_t mass) const {
    return entries_[column].item(column, mass);
  }
#if defined(__AVX512F__) && !defined(__CUDACC__)
  using word_lanes = detail::word_lanes;
  static constexpr std::size_t lanes = 16;

  static word_lanes load(const std::uint32_t* words) {
    word_lanes result;
    __builtin_memcpy(&result, words, sizeof result);
    return result;
  }
  word_lanes pick(const word_lanes& column, const word_lanes& mass) const {
    if (word_lanes item; short_columns_.exist() && short_columns_.pick(column, mass, item)) [[likely]]
      return item;
    word_lanes own_mass, alias;
    detail::gather_pairs(entries_.data(), column, own_mass, alias);
    return mass < own_mass ? column : alias;
  }
#endif

  /// The weights as whole masses that sum to n columns.
  static std::vector<std::uint64_t> whole_masses(std::span<const double> weights) {
    double sum = 0, lost = 0;  // compensated: an error of the sum grows with n, the largest item pays for it
    for (const double weight : weights) {
      const double term = weight - lost, next = sum + term;
      lost = (next - sum) - term;
      sum = next;
    }
    const double columns = static_cast<double>(weights.size());
    std::vector<std::uint64_t> masses;
    masses.reserve(weights.size());
    std::uint64_t left = weights.size() * column_mass;
    for (const double weight : weights) {
      masses.push_back(static_cast<std::uint64_t>(weight / sum * columns * 0x1p32 + 0.5));
      left -= masses.back();
    }
    std::size_t largest = 0;
    for (std::size_t i = 1; i < masses.size(); ++i)
      if (masses[largest] < masses[i]) largest = i;
    masses[largest] += left;  // may be "negative": unsigned sums wrap
    return masses;
  }

  /// Walks two indices over the items. A heavy item (more than a column) fills up the light ones, and when
  /// that has made it light itself, the next heavy one fills it up.
  void build(const std::vector<std::uint64_t>& masses) {
    const std::size_t n = masses.size();
    const auto light_from = [&](std::size_t i) {
      while (i < n && masses[i] >= column_mass) ++i;
      return i;
    };
    const auto heavy_from = [&](std::size_t i) {
      while (i < n && masses[i] <= column_mass) ++i;
      return i;
    };
    for (std::size_t i = 0; i < n; ++i) entries_[i] = {0, static_cast<std::int32_t>(i)};  // all its own

    std::size_t light = light_from(0), heavy = heavy_from(0);
    std::uint64_t mass = heavy < n ? masses[heavy] : 0;  // what the heavy item has left
    while (heavy < n) {
      if (mass > column_mass) {
        entries_[light] = {static_cast<std::uint32_t>(masses[light]), static_cast<std::int32_t>(heavy)};
        mass -= column_mass - masses[light];
        light = light_from(light + 1);
      } else {
        const std::size_t next = heavy_from(heavy + 1);
        const std::uint64_t missing = column_mass - mass;
        if (missing > 0)
          entries_[heavy] = {static_cast<std::uint32_t>(mass), static_cast<std::int32_t>(next)};
        if (next < n) mass = masses[next] - missing;
        heavy = next;
      }
    }
  }

  std::vector<entry> entries_;
  detail::short_columns short_columns_;
  bounded_integer column_;
};

}  // namespace prefopt::samplers
