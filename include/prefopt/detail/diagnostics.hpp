#pragma once

#include <cstdint>
#include <span>

#include <prefopt/detail/diagnostic_sums.hpp>
#include <prefopt/detail/lane_transfer.hpp>
#include <prefopt/detail/scratch.hpp>
#include <prefopt/detail/three_means.hpp>
#include <prefopt/row.hpp>

/// \file
/// What `options::diagnostics` asks for, by plain loops over tiles: the same code for every objective.

namespace prefopt::detail {

/// Selection and strengths of a row's first term, in the lanes `compared`.
template <class T>
void add_selection(const array_row<T>& row, const mask_t<T>& compared, diagnostic_sums& sums) {
  for (int i = 0; i < lane_count<T>; ++i) {
    if (!lane(compared, i)) continue;
    double rejected = 0, selected = 0;
    for (index k = 0; k < row.candidates(); ++k) {
      if (!lane(row.every_rejected().at(k), i)) continue;
      ++rejected;
      if (!lane(row.rejected().at(k), i)) continue;
      ++selected;
      if (row.memory().strengths != nullptr)
        sums.beta.add(static_cast<double>(lane(row.strengths().at(k), i)));
    }
    if (row.memory().strengths == nullptr) sums.beta.add(static_cast<double>(lane(row.strength(), i)));
    ++sums.rows;
    sums.selected += selected / rejected;
  }
}

/// The score from which on a rejected item is on DynamicPO's boundary (`selections::boundary`).
template <class T>
double boundary_of(const array_row<T>& row, int example, std::span<double> buffer) {
  const auto p = row.policy();
  const double preferred = static_cast<double>(lane(row.preferred(p), example));
  std::size_t size = 0;
  bool violated = false;
  for (index k = 0; k < row.candidates(); ++k) {
    if (!lane(row.every_rejected().at(k), example)) continue;
    buffer[size++] = static_cast<double>(lane(p.at(k), example));
    violated = violated || buffer[size - 1] >= preferred;
  }
  return violated ? preferred : three_means<double>(buffer.first(size)).smallest_of_top();
}

/// How the gradient of a tile spreads over the rejected items of the lanes `compared`.
template <class T>
void add_gradient_mass(const array_row<T>& row, const T* gradient, index components,
                       const mask_t<T>& compared, const lane_transfer<T>& transfer,
                       const tensor_ref<const std::int32_t>& false_negatives, scratch& memory,
                       diagnostic_sums& sums) {
  const auto size = static_cast<std::size_t>(row.candidates());
  const std::span<double> buffer(memory.take<double>(row.candidates()), size);
  for (int i = 0; i < transfer.count(); ++i) {
    if (!lane(compared, i)) continue;
    const double boundary = boundary_of(row, i, buffer);
    for (index k = 0; k < row.candidates(); ++k) {
      if (!lane(row.every_rejected().at(k), i)) continue;
      double mass = 0;
      for (index component = 0; component < components; ++component) {
        const double slope = static_cast<double>(lane(gradient[component * row.candidates() + k], i));
        mass += slope < 0 ? -slope : slope;
      }
      sums.mass += mass;
      if (static_cast<double>(lane(row.policy().at(k), i)) < boundary) sums.easy += mass;
      if (false_negatives && (*false_negatives)(transfer.example(i), transfer.column(i, k)) != 0)
        sums.marked += mass;
    }
  }
}

}  // namespace prefopt::detail
