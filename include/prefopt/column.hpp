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
[[gnu::always_inline]] constexpr auto at(const column<At>& values, index k) {
  return values.at(k);
}
template <class T>
[[gnu::always_inline]] constexpr const T& at(const T& value, index) {
  return value;
}

/// `f(x_k, y_k, ...)`. Named types all the way, not lambdas: the name of a lambda repeats the template arguments of
/// the function around it, and nested columns would double their names (debug information, diagnostics) at each level.
template <class Function, class A>
struct mapped {
  Function f;
  A a;
  [[gnu::always_inline]] constexpr auto operator()(index k) const { return f(at(a, k)); }
};
template <class Function, class A, class B>
struct mapped_pair {
  Function f;
  A a;
  B b;
  [[gnu::always_inline]] constexpr auto operator()(index k) const { return f(at(a, k), at(b, k)); }
};
template <class Function, class A, class B, class C>
struct mapped_triple {
  Function f;
  A a;
  B b;
  C c;
  [[gnu::always_inline]] constexpr auto operator()(index k) const { return f(at(a, k), at(b, k), at(c, k)); }
};

/// The column of `f(x_k, y_k, ...)`; arguments that are not columns are the same for every candidate.
template <class Function, class A>
constexpr auto map(Function f, const A& a) {
  return column<mapped<Function, A>>{{f, a}};
}
template <class Function, class A, class B>
constexpr auto map(Function f, const A& a, const B& b) {
  return column<mapped_pair<Function, A, B>>{{f, a, b}};
}
template <class Function, class A, class B, class C>
constexpr auto map(Function f, const A& a, const B& b, const C& c) {
  return column<mapped_triple<Function, A, B, C>>{{f, a, b, c}};
}

struct plus {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x + y; }
};

struct minus {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x - y; }
};

struct times {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x * y; }
};

struct divided_by {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x / y; }
};

struct less {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x < y; }
};

struct less_equal {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x <= y; }
};

struct greater {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x > y; }
};

struct greater_equal {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x >= y; }
};

// Two plain bools stay one.
struct both {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x & y; }
  [[gnu::always_inline]] constexpr bool operator()(bool x, bool y) const { return x && y; }
};

struct either {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const { return x | y; }
  [[gnu::always_inline]] constexpr bool operator()(bool x, bool y) const { return x || y; }
};

struct negated {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return -x; }
};

struct inverted {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return !x; }
};

struct exp_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return exp(x); }
};

struct expm1_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return expm1(x); }
};

struct log_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return log(x); }
};

struct log1p_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return log1p(x); }
};

struct abs_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return abs(x); }
};

struct tanh_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return tanh(x); }
};

struct softplus_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return softplus(x); }
};

struct log_sigmoid_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return log_sigmoid(x); }
};

struct sigmoid_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return sigmoid(x); }
};

struct log1mexp_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return log1mexp(x); }
};

struct constant_of {
  [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return constant(x); }
};

/// Columns `x * c` and `c * x`, where x is alike for every candidate.
template <class T>
inline constexpr bool is_scaled = false;
template <class X, class At>
  requires(!is_column<X>)
inline constexpr bool is_scaled<column<mapped_pair<times, X, column<At>>>> = true;
template <class At, class X>
  requires(!is_column<X>)
inline constexpr bool is_scaled<column<mapped_pair<times, column<At>, X>>> = true;

template <class X, class At>
  requires(!is_column<X>)
constexpr const X& scale_of(const column<mapped_pair<times, X, column<At>>>& scaled) {
  return scaled.at.a;
}
template <class At, class X>
  requires(!is_column<X>)
constexpr const X& scale_of(const column<mapped_pair<times, column<At>, X>>& scaled) {
  return scaled.at.b;
}
template <class X, class At>
  requires(!is_column<X>)
constexpr const column<At>& unscaled(const column<mapped_pair<times, X, column<At>>>& scaled) {
  return scaled.at.b;
}
template <class At, class X>
  requires(!is_column<X>)
constexpr const column<At>& unscaled(const column<mapped_pair<times, column<At>, X>>& scaled) {
  return scaled.at.a;
}

template <class Number>
struct select_as {
  [[gnu::always_inline]] constexpr auto operator()(const auto& m, const auto& x, const auto& y) const {
    return select(m, static_cast<Number>(x), static_cast<Number>(y));
  }
};

}  // namespace detail

template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator+(const A& a, const B& b) {
  return detail::map(detail::plus{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator-(const A& a, const B& b) {
  return detail::map(detail::minus{}, a, b);
}
/// A row value times a column that is a row value times a column: the two row values are multiplied once.
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator*(const A& a, const B& b) {
  if constexpr (!detail::is_column<A> && detail::is_scaled<B>)
    return (a * detail::scale_of(b)) * detail::unscaled(b);
  else
    return detail::map(detail::times{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator/(const A& a, const B& b) {
  return detail::map(detail::divided_by{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator<(const A& a, const B& b) {
  return detail::map(detail::less{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator<=(const A& a, const B& b) {
  return detail::map(detail::less_equal{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator>(const A& a, const B& b) {
  return detail::map(detail::greater{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator>=(const A& a, const B& b) {
  return detail::map(detail::greater_equal{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator&(const A& a, const B& b) {
  return detail::map(detail::both{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
constexpr auto operator|(const A& a, const B& b) {
  return detail::map(detail::either{}, a, b);
}
template <class At>
constexpr auto operator-(const column<At>& a) {
  return detail::map(detail::negated{}, a);
}
template <class At>
constexpr auto operator!(const column<At>& a) {
  return detail::map(detail::inverted{}, a);
}

/// The vocabulary of numeric.hpp, candidate by candidate.
template <class At>
constexpr auto exp(const column<At>& a) {
  return detail::map(detail::exp_of{}, a);
}
template <class At>
constexpr auto expm1(const column<At>& a) {
  return detail::map(detail::expm1_of{}, a);
}
template <class At>
constexpr auto log(const column<At>& a) {
  return detail::map(detail::log_of{}, a);
}
template <class At>
constexpr auto log1p(const column<At>& a) {
  return detail::map(detail::log1p_of{}, a);
}
template <class At>
constexpr auto abs(const column<At>& a) {
  return detail::map(detail::abs_of{}, a);
}
template <class At>
constexpr auto tanh(const column<At>& a) {
  return detail::map(detail::tanh_of{}, a);
}
template <class At>
constexpr auto softplus(const column<At>& a) {
  return detail::map(detail::softplus_of{}, a);
}
template <class At>
constexpr auto log_sigmoid(const column<At>& a) {
  return detail::map(detail::log_sigmoid_of{}, a);
}
template <class At>
constexpr auto sigmoid(const column<At>& a) {
  return detail::map(detail::sigmoid_of{}, a);
}
template <class At>
constexpr auto log1mexp(const column<At>& a) {
  return detail::map(detail::log1mexp_of{}, a);
}
template <class At>
constexpr auto constant(const column<At>& a) {
  return detail::map(detail::constant_of{}, a);
}

/// `mask ? yes : no` candidate by candidate; at least one of the three is a column, and a side may be a
/// literal.
template <class Mask, class Yes, class No>
  requires detail::some_column<Mask, Yes, No>
constexpr auto select(const Mask& mask, const Yes& yes, const No& no) {
  using number_type = std::common_type_t<decltype(detail::at(yes, 0)), decltype(detail::at(no, 0))>;
  return detail::map(detail::select_as<number_type>{}, mask, yes, no);
}

}  // namespace prefopt
