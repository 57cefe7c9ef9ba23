#pragma once

#include <cstdint>

#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// Whether rows name each of at most 64 columns once. A row that leaves none out names none twice, and none that is not
/// there.
class order_check {
 public:
  static constexpr index lanes = 1;

  explicit order_check(index columns) : every_(columns > 0 ? ~std::uint64_t{0} >> (64 - columns) : 0) {}

  void start_row() { named_ = 0; }
  void add(const std::int32_t* column) {
    const auto which = static_cast<std::uint32_t>(*column);
    named_ |= which < 64 ? std::uint64_t{1} << which : 0;
  }
  void end_row() { missing_ |= named_ ^ every_; }
  bool passed() const { return missing_ == 0; }

 private:
  std::uint64_t every_, named_ = 0, missing_ = 0;
};

#if !defined(__CUDACC__) && \
    (defined(__AVX2__) || defined(__aarch64__))  // whose lanes shift by numbers of their own
/// The same, sixteen neighbours at a time: two words of 32 bits for each of them.
class order_pack_check {
 public:
  static constexpr index lanes = 16;

  explicit order_pack_check(index columns) {
    const auto bits = [](index count) { return count <= 0 ? 0u : count >= 32 ? ~0u : (1u << count) - 1; };
    for (index i = 0; i < lanes; ++i) every_[i] = bits(i < 8 ? columns : columns - 32);
  }

  [[gnu::always_inline]] void start_row() { low_ = high_ = words{}; }
  [[gnu::always_inline]] void add(const std::int32_t* columns) {
    words which;
    __builtin_memcpy(&which, columns, sizeof which);
    const words bit = 1u << (which & 31u);
    low_ |= which < 32u ? bit : 0u;
    high_ |= which < 32u ? 0u : bit;
    all_ |= which;
  }
  [[gnu::always_inline]] void end_row() {
    words named =
        __builtin_shufflevector(low_, high_, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) |
        __builtin_shufflevector(low_, high_, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    named |= __builtin_shufflevector(named, named, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    named |= __builtin_shufflevector(named, named, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    named |= __builtin_shufflevector(named, named, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    missing_ |= named ^ every_;
  }
  bool passed() const {
    std::uint32_t wrong = 0;
    for (index i = 0; i < lanes; ++i) wrong |= missing_[i] | (all_[i] & ~63u);
    return wrong == 0;
  }

 private:
  typedef std::uint32_t words __attribute__((vector_size(64)));

  words every_, low_{}, high_{}, missing_{}, all_{};
};
#else
using order_pack_check = order_check;
#endif

template <class Check>
bool is_order(const matrix_view<const std::int32_t>& order) {
  const index n = order.columns;
  Check check(n);
  for (index b = 0; b < order.rows; ++b) {
    const std::int32_t* const row = &order(b, 0);
    check.start_row();
    index k = 0;
    for (; k + Check::lanes <= n; k += Check::lanes) check.add(row + k * order.column_stride);
    if (k < n) check.add(row + (n - Check::lanes));  // some of them again, which changes nothing
    check.end_row();
  }
  return check.passed();
}

/// Whether each row of at most 64 names every column once: quick, and without a word of what is wrong.
inline bool is_order(const matrix_view<const std::int32_t>& order) {
  const bool in_packs = order.column_stride == 1 && order.columns >= order_pack_check::lanes;
  return in_packs ? is_order<order_pack_check>(order) : is_order<order_check>(order);
}

}  // namespace prefopt::detail
