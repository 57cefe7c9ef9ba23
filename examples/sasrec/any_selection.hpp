#pragma once

#include <limits>

#include <prefopt/selections/boundary.hpp>
#include <prefopt/selections/hardest.hpp>

/// \file
/// A part for prefopt's objectives that is chosen when the program runs.

namespace sasrec {

enum class selection_kind { all, boundary, hardest };

/// Any of prefopt's selections that keep the upper end of the rejected items, in one type: it is known by the lowest score
/// that is kept.
struct any_selection {
  selection_kind kind = selection_kind::all;
  prefopt::selections::hardest hardest{5};

  void check() const { hardest.check(); }
  auto operator()(auto row) const {
    const auto p = row.policy();
    auto lowest = row.number(-std::numeric_limits<double>::infinity());
    const auto lowest_of = [&](const auto& kept) { return -row.max(-p, row.rejected() & kept); };
    if (kind == selection_kind::boundary) lowest = lowest_of(prefopt::selections::boundary{}(row));
    if (kind == selection_kind::hardest) lowest = lowest_of(hardest(row));
    return row.keep(p >= lowest);
  }
};

}  // namespace sasrec
