#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <prefopt/numeric.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// A column: one value per candidate of a row, written as arithmetic and computed when it is read.
///
/// `exp(r - top)` over a column `r` and a row value `top` is itself a column; `row.sum(...)`, `row.max(...)`
/// turn it into a row value, `row.keep(...)` stores it (do that with what is used twice). Columns are handles
/// that hold pointers into their row and die with it.

namespace prefopt {

/// The values `at(k)` for candidate k = 0 ... N−1.
template <class At>
struct column {
  At at;
  using value_type = std::decay_t<decltype(std::declval<const At&>()(index{}))>;
};

namespace detail {

template <class T>
inline constexpr bool is_column = false;
template <class At>
inline constexpr bool is_column<column<At>> = true;

template <class... T>
concept some_column = (is_column<std::remove_cvref_t<T>> || ...);

template <class At>
constexpr auto at(const column<At>& values, index k) {
  return values.at(k);
}
template <class T>
constexpr const T& at(const T& value, index) {
  return value;
}

/// The column of `f(x_k, y_k, ...)`; arguments that are not columns are the same for every candidate.
template <class Function, class... Arguments>
constexpr auto map(Function f, const Arguments&... arguments) {
  auto values = [=](index k) { return f(at(arguments, k)...); };
  return column<decltype(values)>{values};
}

}  // namespace detail

template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator+(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x + y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator-(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x - y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator*(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x * y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator/(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x / y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator<(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x < y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator<=(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x <= y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator>(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x > y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator>=(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x >= y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator&(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x & y; }, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator|(const A& a, const B& b) {
  return detail::map([](const auto& x, const auto& y) { return x | y; }, a, b);
}
template <class At>
constexpr auto operator-(const column<At>& a) {
  return detail::map([](const auto& x) { return -x; }, a);
}
template <class At>
constexpr auto operator!(const column<At>& a) {
  return detail::map([](const auto& x) { return !x; }, a);
}

/// The vocabulary of numeric.hpp, candidate by candidate.
template <class At>
constexpr auto exp(const column<At>& a) {
  return detail::map([](const auto& x) { return exp(x); }, a);
}
template <class At>
constexpr auto expm1(const column<At>& a) {
  return detail::map([](const auto& x) { return expm1(x); }, a);
}
template <class At>
constexpr auto log(const column<At>& a) {
  return detail::map([](const auto& x) { return log(x); }, a);
}
template <class At>
constexpr auto log1p(const column<At>& a) {
  return detail::map([](const auto& x) { return log1p(x); }, a);
}
template <class At>
constexpr auto abs(const column<At>& a) {
  return detail::map([](const auto& x) { return abs(x); }, a);
}
template <class At>
constexpr auto tanh(const column<At>& a) {
  return detail::map([](const auto& x) { return tanh(x); }, a);
}
template <class At>
constexpr auto softplus(const column<At>& a) {
  return detail::map([](const auto& x) { return softplus(x); }, a);
}
template <class At>
constexpr auto log_sigmoid(const column<At>& a) {
  return detail::map([](const auto& x) { return log_sigmoid(x); }, a);
}
template <class At>
constexpr auto sigmoid(const column<At>& a) {
  return detail::map([](const auto& x) { return sigmoid(x); }, a);
}
template <class At>
constexpr auto log1mexp(const column<At>& a) {
  return detail::map([](const auto& x) { return log1mexp(x); }, a);
}
template <class At>
constexpr auto constant(const column<At>& a) {
  return detail::map([](const auto& x) { return constant(x); }, a);
}

/// `mask ? yes : no` candidate by candidate; at least one of the three is a column, and a side may be a
/// literal.
template <class Mask, class Yes, class No>
  requires detail::some_column<Mask, Yes, No>
constexpr auto select(const Mask& mask, const Yes& yes, const No& no) {
  using number_type = std::common_type_t<decltype(detail::at(yes, 0)), decltype(detail::at(no, 0))>;
  return detail::map(
      [](const auto& m, const auto& x, const auto& y) {
        return select(m, static_cast<number_type>(x), static_cast<number_type>(y));
      },
      mask, yes, no);
}

}  // namespace prefopt
