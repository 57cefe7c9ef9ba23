#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// A column: one value per candidate of a row, written as arithmetic and computed when it is read.
///
/// `exp(r - top)` over a column `r` and a row value `top` is itself a column; `row.sum(...)`, `row.max(...)`
/// turn it into a row value, `row.keep(...)` stores it (do that with what is used twice). Columns are handles
/// that hold pointers into their row and die with it.

/// Before a member that may be empty: g++ would clear it, and copy it with each column that is made of this one. Other
/// compilers do not, and clang 16 crashes over some columns without their padding.
#if defined(__clang__) || defined(__CUDACC__)
#define PREFOPT_MAYBE_EMPTY
#else
#define PREFOPT_MAYBE_EMPTY [[no_unique_address]]
#endif

namespace prefopt {

/// The values `at(k)` for candidate k = 0 ... N−1.
template <class At>
struct column {
  PREFOPT_MAYBE_EMPTY At at;
  using value_type = std::decay_t<decltype(std::declval<const At&>()(index{}))>;
};

namespace detail {

template <class T>
inline constexpr bool is_column = false;
template <class At>
inline constexpr bool is_column<column<At>> = true;

template <class... T>
concept some_column = (is_column<std::remove_cvref_t<T>> || ...);

/// Candidate k of a column; anything else is alike for every candidate.
PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr decltype(auto) at(const auto& values, index k) {
  if constexpr (some_column<decltype(values)>)
    return values.at(k);
  else
    return values;
}

/// `f(x_k, y_k, ...)`. Named types all the way, not lambdas: the name of a lambda repeats the template arguments of
/// the function around it, and nested columns would double their names (debug information, diagnostics) at each level.
template <class Function, class A>
struct mapped {
  PREFOPT_MAYBE_EMPTY A a;
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(index k) const {
    return Function{}(at(a, k));
  }
};
template <class Function, class A, class B>
struct mapped_pair {
  PREFOPT_MAYBE_EMPTY A a;
  PREFOPT_MAYBE_EMPTY B b;
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(index k) const {
    return Function{}(at(a, k), at(b, k));
  }
};
template <class Function, class A, class B, class C>
struct mapped_triple {
  PREFOPT_MAYBE_EMPTY A a;
  PREFOPT_MAYBE_EMPTY B b;
  PREFOPT_MAYBE_EMPTY C c;
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(index k) const {
    return Function{}(at(a, k), at(b, k), at(c, k));
  }
};

/// The column of `f(x_k, y_k, ...)` for a function without a state; arguments that are not columns are the same for every
/// candidate.
template <class Function, class A>
PREFOPT_HOST_DEVICE constexpr auto map(Function, const A& a) {
  return column<mapped<Function, A>>{{a}};
}
template <class Function, class A, class B>
PREFOPT_HOST_DEVICE constexpr auto map(Function, const A& a, const B& b) {
  return column<mapped_pair<Function, A, B>>{{a, b}};
}
template <class Function, class A, class B, class C>
PREFOPT_HOST_DEVICE constexpr auto map(Function, const A& a, const B& b, const C& c) {
  return column<mapped_triple<Function, A, B, C>>{{a, b, c}};
}

struct plus {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x + y;
  }
};

struct minus {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x - y;
  }
};

struct times {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x * y;
  }
};

struct divided_by {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x / y;
  }
};

struct less {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x < y;
  }
};

struct less_equal {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x <= y;
  }
};

struct greater {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x > y;
  }
};

struct greater_equal {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x >= y;
  }
};

// Two plain bools stay one.
struct both {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x & y;
  }
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr bool operator()(bool x, bool y) const { return x && y; }
};

struct either {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x, const auto& y) const {
    return x | y;
  }
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr bool operator()(bool x, bool y) const { return x || y; }
};

struct negated {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return -x; }
};

struct inverted {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return !x; }
};

struct exp_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return exp(x); }
};

struct expm1_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return expm1(x); }
};

struct log_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return log(x); }
};

struct log1p_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return log1p(x); }
};

struct abs_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return abs(x); }
};

struct tanh_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const { return tanh(x); }
};

struct softplus_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const {
    return softplus(x);
  }
};

struct log_sigmoid_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const {
    return log_sigmoid(x);
  }
};

struct sigmoid_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const {
    return sigmoid(x);
  }
};

struct log1mexp_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const {
    return log1mexp(x);
  }
};

struct constant_of {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& x) const {
    return constant(x);
  }
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
PREFOPT_HOST_DEVICE constexpr const X& scale_of(const column<mapped_pair<times, X, column<At>>>& scaled) {
  return scaled.at.a;
}
template <class At, class X>
  requires(!is_column<X>)
PREFOPT_HOST_DEVICE constexpr const X& scale_of(const column<mapped_pair<times, column<At>, X>>& scaled) {
  return scaled.at.b;
}
template <class X, class At>
  requires(!is_column<X>)
PREFOPT_HOST_DEVICE constexpr const column<At>& unscaled(
    const column<mapped_pair<times, X, column<At>>>& scaled) {
  return scaled.at.b;
}
template <class At, class X>
  requires(!is_column<X>)
PREFOPT_HOST_DEVICE constexpr const column<At>& unscaled(
    const column<mapped_pair<times, column<At>, X>>& scaled) {
  return scaled.at.a;
}

template <class Number>
struct select_as {
  PREFOPT_ANYWHERE [[gnu::always_inline]] constexpr auto operator()(const auto& m, const auto& x,
                                                                    const auto& y) const {
    return select(m, static_cast<Number>(x), static_cast<Number>(y));
  }
};

}  // namespace detail

template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator+(const A& a, const B& b) {
  return detail::map(detail::plus{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator-(const A& a, const B& b) {
  return detail::map(detail::minus{}, a, b);
}
/// A row value times a column that is a row value times a column: the two row values are multiplied once.
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator*(const A& a, const B& b) {
  if constexpr (!detail::is_column<A> && detail::is_scaled<B>)
    return (a * detail::scale_of(b)) * detail::unscaled(b);
  else
    return detail::map(detail::times{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator/(const A& a, const B& b) {
  return detail::map(detail::divided_by{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator<(const A& a, const B& b) {
  return detail::map(detail::less{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator<=(const A& a, const B& b) {
  return detail::map(detail::less_equal{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator>(const A& a, const B& b) {
  return detail::map(detail::greater{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator>=(const A& a, const B& b) {
  return detail::map(detail::greater_equal{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator&(const A& a, const B& b) {
  return detail::map(detail::both{}, a, b);
}
template <class A, class B>
  requires detail::some_column<A, B>
PREFOPT_HOST_DEVICE constexpr auto operator|(const A& a, const B& b) {
  return detail::map(detail::either{}, a, b);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto operator-(const column<At>& a) {
  return detail::map(detail::negated{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto operator!(const column<At>& a) {
  return detail::map(detail::inverted{}, a);
}

/// The vocabulary of numeric.hpp, candidate by candidate.
template <class At>
PREFOPT_HOST_DEVICE constexpr auto exp(const column<At>& a) {
  return detail::map(detail::exp_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto expm1(const column<At>& a) {
  return detail::map(detail::expm1_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto log(const column<At>& a) {
  return detail::map(detail::log_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto log1p(const column<At>& a) {
  return detail::map(detail::log1p_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto abs(const column<At>& a) {
  return detail::map(detail::abs_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto tanh(const column<At>& a) {
  return detail::map(detail::tanh_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto softplus(const column<At>& a) {
  return detail::map(detail::softplus_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto log_sigmoid(const column<At>& a) {
  return detail::map(detail::log_sigmoid_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto sigmoid(const column<At>& a) {
  return detail::map(detail::sigmoid_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto log1mexp(const column<At>& a) {
  return detail::map(detail::log1mexp_of{}, a);
}
template <class At>
PREFOPT_HOST_DEVICE constexpr auto constant(const column<At>& a) {
  return detail::map(detail::constant_of{}, a);
}

/// `mask ? yes : no` candidate by candidate; at least one of the three is a column, and a side may be a
/// literal.
template <class Mask, class Yes, class No>
  requires detail::some_column<Mask, Yes, No>
PREFOPT_HOST_DEVICE constexpr auto select(const Mask& mask, const Yes& yes, const No& no) {
  using number_type = std::common_type_t<decltype(detail::at(yes, 0)), decltype(detail::at(no, 0))>;
  return detail::map(detail::select_as<number_type>{}, mask, yes, no);
}

}  // namespace prefopt

#undef PREFOPT_MAYBE_EMPTY
