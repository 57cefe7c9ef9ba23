#include <cmath>

#include <prefopt/eigen.hpp>
#include <prefopt/prefopt.hpp>

int main() {
  const Eigen::MatrixXf scores = Eigen::MatrixXf::Zero(4, 3);
  Eigen::MatrixXf gradient(4, 3);
  const prefopt::result r = prefopt::evaluate(prefopt::s_dpo(), {.policy = scores}, gradient);
  return std::abs(r.loss - std::log(3.0)) < 1e-6 && gradient.sum() < 1e-6f ? 0 : 1;
}
