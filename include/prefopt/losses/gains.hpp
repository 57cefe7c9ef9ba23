#pragma once

#include <prefopt/host_device.hpp>
#include <prefopt/row.hpp>

/// \file
/// Gain and discount, of which DCG is made: Σ_i (2^{y_i} − 1) / log2(1 + rank_i).

namespace prefopt::losses {

inline constexpr double ln2 = 0.69314718055994530942;

/// Which logarithm a formula means.
enum class logarithm { binary, natural };

/// The column 1 / log2(1 + rank), of a column of ranks from 1 on.
PREFOPT_ANYWHERE auto discount(auto row, const auto& ranks) { return row.number(ln2) / log(1 + ranks); }

/// Gains of the grades, and what the ideal order makes of them.
template <class T, class Gains>
struct ideal_gains {
  Gains gains;  ///< (2^{y_i} − 1) 2^{−s}; grades below 0 gain nothing
  T dcg;        ///< the ideal DCG · 2^{−s}
  T scale;      ///< 2^{−s}, s the highest grade: no grade is too high
  /// 1 / (ideal DCG + offset), for `gains`; 0 where all grades are 0 and nothing can be gained.
  PREFOPT_ANYWHERE T per_dcg(const T& offset = T(0)) const {
    return select(dcg > T(0), 1 / (select(dcg > T(0), dcg, T(1)) + offset * scale), T(0));
  }
};

/// \param places how many places of a ranking count
PREFOPT_ANYWHERE auto gains_of_grades(auto row, double places) {
  auto zero = row.number(0);
  auto grades = row.keep(select(row.relevance() > zero, row.relevance(), zero));
  auto highest = max(row.max(grades), zero);
  auto gains = row.keep(-expm1(row.number(-ln2) * grades) * exp(row.number(ln2) * (grades - highest)));
  auto rank = row.rank(grades);
  auto dcg = row.sum(select(rank <= row.number(places), gains * discount(row, rank), zero));
  return ideal_gains<decltype(dcg), decltype(gains)>{gains, dcg, exp(row.number(-ln2) * highest)};
}

}  // namespace prefopt::losses
