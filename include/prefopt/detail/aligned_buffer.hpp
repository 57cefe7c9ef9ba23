#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// Memory for numbers, at the start of a cache line, so that no pack lies across two. It is reused from call
/// to call: it grows, and what it held is lost then.
template <class Scalar>
class aligned_buffer {
 public:
  aligned_buffer() = default;
  aligned_buffer(aligned_buffer&& other) noexcept
      : numbers_(std::exchange(other.numbers_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  aligned_buffer& operator=(aligned_buffer&& other) noexcept {
    std::swap(numbers_, other.numbers_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~aligned_buffer() { release(); }

  /// `size` numbers, valid until more are asked for. What they hold is left from last time.
  Scalar* take(index size) {
    if (size > capacity_) {
      release();
      const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(Scalar);
      numbers_ = static_cast<Scalar*>(::operator new(bytes, line));
      capacity_ = size;
    }
    return numbers_;
  }
  /// The same, each of them `value`.
  Scalar* take(index size, Scalar value) {
    Scalar* const numbers = take(size);
    for (index i = 0; i < size; ++i) numbers[i] = value;
    return numbers;
  }
  Scalar* data() const { return numbers_; }

 private:
  static constexpr std::align_val_t line{64};

  void release() {
    if (numbers_ != nullptr) ::operator delete(numbers_, line);
    numbers_ = nullptr;
    capacity_ = 0;
  }

  Scalar* numbers_ = nullptr;
  index capacity_ = 0;
};

}  // namespace prefopt::detail
