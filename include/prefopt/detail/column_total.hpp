#pragma once

#include <prefopt/column.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/numeric/log1p_sum.hpp>

/// \file
/// How a row adds up a column. Most columns are added number by number; a sum of softplus takes one logarithm for all
/// of them. A loss writes `row.sum(softplus(x))` and need not know.

namespace prefopt::detail {

/// The sum of the values of a column of type `column<At>` so far: at most
/// `log1p_sum::capacity` of them.
template <class T, class At>
class column_total {
 public:
  PREFOPT_ANYWHERE [[gnu::always_inline]] void add(const At& values, index k) { total_ = total_ + values(k); }
  PREFOPT_ANYWHERE [[gnu::always_inline]] void add(const At& values, index k, const auto& where) {
    total_ = total_ + select(where, values(k), T(0));
  }
  PREFOPT_ANYWHERE void add(const column_total& other) { total_ = total_ + other.total_; }
  PREFOPT_ANYWHERE T value() const { return total_; }

 private:
  T total_{0};
};

/// Σ softplus(x) = Σ max(x, 0) + Σ log(1 + e^−|x|).
template <class T, class A>
class column_total<T, mapped<softplus_of, column<A>>> {
 public:
  using values_type = mapped<softplus_of, column<A>>;

  PREFOPT_ANYWHERE [[gnu::always_inline]] void add(const values_type& values, index k) {
    add(values, k, true);
  }
  PREFOPT_ANYWHERE [[gnu::always_inline]] void add(const values_type& values, index k, const auto& where) {
    const T x = values.a.at(k);
    add_parts(x, exp(minus_abs(x)), where);
  }
  /// softplus(x), where e^−|x| is known.
  PREFOPT_ANYWHERE [[gnu::always_inline]] void add_parts(const T& x, const T& decay, const auto& where) {
    linear_ = linear_ + select(where, max(x, T(0)), T(0));
    decays_.add(select(where, decay, T(0)));
  }
  PREFOPT_ANYWHERE void add(const column_total& other) {
    linear_ = linear_ + other.linear_;
    decays_.add(other.decays_);
  }
  PREFOPT_ANYWHERE T value() const { return linear_ + decays_.value(); }

 private:
  T linear_{0};
  log1p_sum<T> decays_;
};

/// Σ (softplus(x) + y) = Σ softplus(x) + Σ y.
template <class T, class A, class B>
class column_total<T, mapped_pair<plus, column<mapped<softplus_of, A>>, column<B>>> {
 public:
  using values_type = mapped_pair<plus, column<mapped<softplus_of, A>>, column<B>>;

  PREFOPT_ANYWHERE [[gnu::always_inline]] void add(const values_type& values, index k) {
    first_.add(values.a.at, k);
    second_.add(values.b.at, k);
  }
  PREFOPT_ANYWHERE [[gnu::always_inline]] void add(const values_type& values, index k, const auto& where) {
    first_.add(values.a.at, k, where);
    second_.add(values.b.at, k, where);
  }
  PREFOPT_ANYWHERE void add(const column_total& other) {
    first_.add(other.first_);
    second_.add(other.second_);
  }
  PREFOPT_ANYWHERE T value() const { return first_.value() + second_.value(); }

 private:
  column_total<T, mapped<softplus_of, A>> first_;
  column_total<T, B> second_;
};

}  // namespace prefopt::detail
