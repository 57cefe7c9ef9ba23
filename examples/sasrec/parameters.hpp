#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "matrix.hpp"

/// \file
/// How a layer names its parameters. A layer is a plain struct that lists its learned members,
///
///     static constexpr auto members() {
///       return std::tuple(std::pair("weight", &linear::weight), std::pair("bias", &linear::bias));
///     }
///
/// a member being a matrix, another layer, or a vector of layers. From that list come the names in the model
/// file ("blocks.0.attention.input.weight"), the optimiser's walk over all parameters, and the gradient
/// tests.

namespace sasrec {

template <class T>
inline constexpr bool is_matrix = false;
template <class Scalar>
inline constexpr bool is_matrix<matrix_of<Scalar>> = true;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// Calls `visit(name, matrix)` for every parameter below `part`, always in the same order. `part` may be
/// const; the matrices then are.
template <class Part, class Visit>
void for_each_parameter(Part& part, const std::string& name, Visit&& visit) {
  using plain = std::remove_const_t<Part>;
  if constexpr (is_matrix<plain>) {
    visit(name, part);
  } else if constexpr (is_vector<plain>) {
    for (std::size_t i = 0; i < part.size(); ++i)
      for_each_parameter(part[i], name + "." + std::to_string(i), visit);
  } else {
    const std::string prefix = name.empty() ? "" : name + ".";
    std::apply(
        [&](const auto&... member) {
          (for_each_parameter(part.*member.second, prefix + member.first, visit), ...);
        },
        plain::members());
  }
}

template <class Part, class Visit>
void for_each_parameter(Part& part, Visit&& visit) {
  for_each_parameter(part, std::string(), visit);
}

/// Pointers to all parameters of a layer or model, in the order of `for_each_parameter`.
template <class Part>
auto parameters_of(Part& part) {
  using values =
      std::conditional_t<std::is_const_v<Part>, const typename Part::matrix_type, typename Part::matrix_type>;
  std::vector<values*> all;
  for_each_parameter(part, [&](const std::string&, auto& values_of_one) { all.push_back(&values_of_one); });
  return all;
}

template <class Part>
void set_zero(Part& part) {
  for_each_parameter(part, [](const std::string&, auto& values) { values.setZero(); });
}

}  // namespace sasrec
