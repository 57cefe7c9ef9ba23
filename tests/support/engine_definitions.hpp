#pragma once

#include <prefopt/evaluate.hpp>

#include "engine.hpp"

/// \file
/// What the files of engine/ instantiate, one family of recipes each, over float, double and long double.

namespace test {

template <class Scalar, class Objective>
prefopt::result evaluate(const Objective& objective, const prefopt::batch<Scalar>& batch,
                         const prefopt::tensor_ref<Scalar>& gradient,
                         const prefopt::options<Scalar>& options) {
  return gradient ? prefopt::evaluate(objective, batch, *gradient, options)
                  : prefopt::evaluate(objective, batch, options);
}

template <class Scalar, auto Make>
recipe<Scalar> named(const char* name, bool pairwise, bool translation_invariant = true) {
  return {name, pairwise, translation_invariant,
          [](const prefopt::batch<Scalar>& batch, const prefopt::tensor_ref<Scalar>& gradient,
             const prefopt::options<Scalar>& options) {
            return evaluate<Scalar>(Make(), batch, gradient, options);
          }};
}

}  // namespace test

/// `evaluate` of one recipe.
#define INSTANTIATE(Scalar, ...)                                                                       \
  template prefopt::result test::evaluate<Scalar>(                                                     \
      const decltype(__VA_ARGS__)&, const prefopt::batch<Scalar>&, const prefopt::tensor_ref<Scalar>&, \
      const prefopt::options<Scalar>&);
