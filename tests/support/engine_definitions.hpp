#pragma once

#include <prefopt/evaluate.hpp>

#include "engine.hpp"

/// \file
/// What engine_float.cpp, engine_double.cpp and engine_long_double.cpp instantiate.

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

template <class Scalar>
std::vector<recipe<Scalar>> all_recipes() {
  using namespace prefopt;
  return {
      named<Scalar, [] { return dpo({.beta = 0.3}); }>("dpo", true),
      named<Scalar, [] { return cdpo({.beta = 0.3, .label_smoothing = 0.1}); }>("cdpo", true),
      named<Scalar, [] { return robust_dpo({.beta = 0.3, .label_smoothing = 0.1}); }>("robust_dpo", true),
      named<Scalar, [] { return ipo({.beta = 0.3}); }>("ipo", true),
      named<Scalar, [] { return hinge({.beta = 0.3}); }>("hinge", true),
      named<Scalar, [] { return rpo({.beta = 0.3, .nll_weight = 0.5}); }>("rpo", true, false),
      named<Scalar, [] { return s_dpo({.beta = 0.7}); }>("s_dpo", false),
      named<Scalar, [] { return dpo_k({.beta = 0.7}); }>("dpo_k", false),
      named<Scalar, [] { return dmpo({.beta = 0.7}); }>("dmpo", false),
      named<Scalar, [] { return bpr(); }>("bpr", false),
      named<Scalar, [] { return softmax({.temperature = 0.5}); }>("softmax", false),
      named<Scalar, [] { return bce(); }>("bce", false, false),
      named<Scalar, [] { return gbce({.num_items = 1000}); }>("gbce", false, false),
      named<Scalar, [] { return plackett_luce({.beta = 0.7}); }>("plackett_luce", false),
      named<Scalar, [] { return plackett_luce_topm({.beta = 0.7, .top_m = 2}); }>("plackett_luce_topm",
                                                                                  false),
  };
}

}  // namespace test

/// Recipes of one type (plackett_luce and plackett_luce_topm) are instantiated once.
#define INSTANTIATE(Scalar, ...)                                                                       \
  template prefopt::result test::evaluate<Scalar>(                                                     \
      const decltype(__VA_ARGS__)&, const prefopt::batch<Scalar>&, const prefopt::tensor_ref<Scalar>&, \
      const prefopt::options<Scalar>&);
#define INSTANTIATE_RECIPES(Scalar)                            \
  INSTANTIATE(Scalar, prefopt::dpo())                          \
  INSTANTIATE(Scalar, prefopt::cdpo())                         \
  INSTANTIATE(Scalar, prefopt::robust_dpo())                   \
  INSTANTIATE(Scalar, prefopt::ipo())                          \
  INSTANTIATE(Scalar, prefopt::hinge())                        \
  INSTANTIATE(Scalar, prefopt::nll())                          \
  INSTANTIATE(Scalar, prefopt::rpo())                          \
  INSTANTIATE(Scalar, prefopt::s_dpo())                        \
  INSTANTIATE(Scalar, prefopt::dpo_k())                        \
  INSTANTIATE(Scalar, prefopt::dmpo())                         \
  INSTANTIATE(Scalar, prefopt::bpr())                          \
  INSTANTIATE(Scalar, prefopt::softmax())                      \
  INSTANTIATE(Scalar, prefopt::bce())                          \
  INSTANTIATE(Scalar, prefopt::gbce(prefopt::gbce_settings{})) \
  INSTANTIATE(Scalar, prefopt::plackett_luce())                \
  INSTANTIATE(Scalar, prefopt::ranknet())                      \
  template std::vector<test::recipe<Scalar>> test::all_recipes<Scalar>();
