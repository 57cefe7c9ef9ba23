// A lazy expression has no storage to look at, and xtensor's would keep references to what made it.
// expect: prefopt: this xtensor expression is lazy, it has no storage to look at: store it first
#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/xtensor.hpp>

double loss(const xt::xtensor<float, 2>& a, const xt::xtensor<float, 2>& b) {
#ifdef PREFOPT_BAD
  return prefopt::evaluate(prefopt::dpo(), prefopt::batch<float>{.policy = a - b}).loss;
#else
  const xt::xtensor<float, 2> difference = a - b;
  return prefopt::evaluate(prefopt::dpo(), prefopt::batch<float>{.policy = difference}).loss;
#endif
}
