#pragma once

#include <limits>
#include <type_traits>
#include <utility>

#include <ATen/ATen.h>

#include <prefopt/numeric.hpp>

/// \file
/// A tensor as a number: the whole batch at once, batch dimension last. A row value is [B], a column [N, B], what pairs
/// have [N, N, B]; constants are scalars on the CPU, which LibTorch takes beside tensors of any device.

namespace prefopt::libtorch::detail {

/// The result of comparing numbers.
class batched_mask {
 public:
  batched_mask(bool alike) : values_(at::scalar_tensor(alike, at::kBool)) {}
  explicit batched_mask(at::Tensor values) : values_(std::move(values)) {}

  const at::Tensor& tensor() const { return values_; }

  friend batched_mask operator&(const batched_mask& a, const batched_mask& b) {
    return batched_mask(at::logical_and(a.values_, b.values_));
  }
  friend batched_mask operator|(const batched_mask& a, const batched_mask& b) {
    return batched_mask(at::logical_or(a.values_, b.values_));
  }
  friend batched_mask operator!(const batched_mask& a) { return batched_mask(at::logical_not(a.values_)); }
  friend bool any(const batched_mask& a) { return a.values_.any().template item<bool>(); }

 private:
  at::Tensor values_;
};

/// \tparam Scalar the type of the tensor's elements, float or double
template <class Scalar>
class batched {
 public:
  batched() : batched(0) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  batched(Number x)
      : values_(at::scalar_tensor(static_cast<double>(x),
                                  at::TensorOptions(c10::CppTypeToScalarType<Scalar>::value))) {}
  explicit batched(at::Tensor values) : values_(std::move(values)) {}

  const at::Tensor& tensor() const { return values_; }

  friend batched operator+(const batched& a, const batched& b) { return batched(a.values_ + b.values_); }
  friend batched operator-(const batched& a, const batched& b) { return batched(a.values_ - b.values_); }
  friend batched operator*(const batched& a, const batched& b) { return batched(a.values_ * b.values_); }
  friend batched operator/(const batched& a, const batched& b) { return batched(a.values_ / b.values_); }
  friend batched operator-(const batched& a) { return batched(-a.values_); }

  friend batched_mask operator<(const batched& a, const batched& b) {
    return batched_mask(a.values_ < b.values_);
  }
  friend batched_mask operator<=(const batched& a, const batched& b) {
    return batched_mask(a.values_ <= b.values_);
  }
  friend batched_mask operator>(const batched& a, const batched& b) {
    return batched_mask(a.values_ > b.values_);
  }
  friend batched_mask operator>=(const batched& a, const batched& b) {
    return batched_mask(a.values_ >= b.values_);
  }
  friend batched_mask operator==(const batched& a, const batched& b) {
    return batched_mask(a.values_ == b.values_);
  }

  friend batched select(const batched_mask& mask, const batched& yes, const batched& no) {
    const at::Device device = device_of(mask.tensor(), yes.values_, no.values_);
    return batched(at::where(mask.tensor().to(device), yes.values_.to(device), no.values_.to(device)));
  }
  friend batched constant(const batched& x) { return batched(x.values_.detach()); }

  // An exponential of what a mask leaves out may be huge, but not infinite: its derivative is multiplied by 0.
  friend batched exp(const batched& x) { return batched(at::exp(x.values_.clamp_max(largest_exponent))); }
  friend batched expm1(const batched& x) { return batched(at::expm1(x.values_.clamp_max(largest_exponent))); }
  /// −inf at 0, with a derivative of 0, so that it can be left unselected.
  friend batched log(const batched& x) {
    const batched_mask none = x == batched(0);
    const batched logarithm(at::log(select(none, batched(1), x).values_));
    return select(none, batched(-std::numeric_limits<Scalar>::infinity()), logarithm);
  }
  friend batched log1p(const batched& x) { return batched(at::log1p(x.values_)); }

  /// As for other numbers; what is not selected stays differentiable.
  friend batched log1mexp(const batched& x) {
    const batched_mask falls = x < batched(-0.693147180559945309417);
    return select(falls, log1p(-exp(select(falls, x, batched(-1)))),
                  log(-expm1(select(falls, batched(-0.5), x))));
  }

 private:
  static constexpr double largest_exponent = std::is_same_v<Scalar, float> ? 88.0 : 709.0;

  template <class... Tensors>
  static at::Device device_of(const Tensors&... tensors) {
    at::Device device = at::kCPU;
    ((device = tensors.dim() > 0 ? tensors.device() : device), ...);
    return device;
  }

  at::Tensor values_;
};

}  // namespace prefopt::libtorch::detail

template <class Scalar>
struct prefopt::number_traits<prefopt::libtorch::detail::batched<Scalar>> {
  using scalar = Scalar;
  using mask = prefopt::libtorch::detail::batched_mask;
};
