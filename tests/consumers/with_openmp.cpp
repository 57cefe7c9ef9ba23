#include <cmath>
#include <vector>

#include <prefopt/openmp.hpp>
#include <prefopt/prefopt.hpp>

int main() {
  const std::vector<double> scores(64 * 3, 0.0);
  const prefopt::result r =
      prefopt::evaluate(prefopt::s_dpo(), prefopt::batch<double>{.policy = prefopt::as_matrix(scores, 64, 3)},
                        {.executor = prefopt::openmp(2)});
  return std::abs(r.loss - std::log(3.0)) < 1e-12 ? 0 : 1;
}
