#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include <prefopt/batch.hpp>
#include <prefopt/recipes.hpp>

#include "matrix.hpp"

/// \file
/// `prefopt::evaluate` of the recipes over float, double and long double, compiled once for all test programs
/// (engine/*.cpp; the library `prefopt_test_engine`).

namespace test {

/// `gradient` absent: the loss alone.
template <class Scalar, class Objective>
prefopt::result evaluate(const Objective& objective, const prefopt::batch<Scalar>& batch,
                         const prefopt::tensor_ref<Scalar>& gradient = {},
                         const prefopt::options<Scalar>& options = {});

/// A recipe under its name, for tests that hold for all of them.
template <class Scalar>
struct recipe {
  std::string name;
  bool pairwise = false;  ///< takes exactly one rejected item
  bool translation_invariant = true;
  prefopt::result (*run)(const prefopt::batch<Scalar>&, const prefopt::tensor_ref<Scalar>&,
                         const prefopt::options<Scalar>&) = nullptr;

  prefopt::result operator()(const prefopt::batch<Scalar>& batch,
                             const prefopt::tensor_ref<Scalar>& gradient = {},
                             const prefopt::options<Scalar>& options = {}) const {
    return run(batch, gradient, options);
  }
  /// `rejected`, or 1 where the recipe permits no other number.
  index columns(index rejected) const { return 1 + (pairwise ? 1 : rejected); }
};

/// The recipes of each header of prefopt/recipes/, with moderate settings.
template <class Scalar>
std::vector<recipe<Scalar>> pairwise_recipes();
template <class Scalar>
std::vector<recipe<Scalar>> several_recipes();
template <class Scalar>
std::vector<recipe<Scalar>> recommender_recipes();
template <class Scalar>
std::vector<recipe<Scalar>> listwise_recipes();
/// These need a relevance.
template <class Scalar>
std::vector<recipe<Scalar>> graded_recipes();

/// Every recipe that needs nothing but the policy.
template <class Scalar>
std::vector<recipe<Scalar>> all_recipes() {
  std::vector<recipe<Scalar>> all;
  for (const auto family : {pairwise_recipes<Scalar>, several_recipes<Scalar>, recommender_recipes<Scalar>,
                            listwise_recipes<Scalar>})
    for (const recipe<Scalar>& one : family()) all.push_back(one);
  return all;
}

}  // namespace test
