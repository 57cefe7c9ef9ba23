// An expression has no storage to look at: `a - b` has to be stored in a matrix first.
// expect: (could not convert|no viable conversion).*CwiseBinaryOp.* to .*tensor_ref
#include <prefopt/eigen.hpp>
#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

double loss(const Eigen::MatrixXf& a, const Eigen::MatrixXf& b) {
#ifdef PREFOPT_BAD
  return prefopt::evaluate(prefopt::dpo(), prefopt::batch<float>{.policy = a - b}).loss;
#else
  const Eigen::MatrixXf difference = a - b;
  return prefopt::evaluate(prefopt::dpo(), prefopt::batch<float>{.policy = difference}).loss;
#endif
}
