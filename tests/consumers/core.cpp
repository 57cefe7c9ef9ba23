#include <cmath>
#include <vector>

#include <prefopt/prefopt.hpp>

int main() {
  std::vector<double> scores{2, 2, 2}, gradient(3);  // a liked item and two others, nothing learnt yet
  const prefopt::result r = prefopt::evaluate(prefopt::s_dpo(), {.policy = prefopt::as_matrix(scores, 1, 3)},
                                              prefopt::as_matrix(gradient, 1, 3));
  return std::abs(r.loss - std::log(3.0)) < 1e-12 && std::abs(gradient[0] + 2.0 / 3) < 1e-12 ? 0 : 1;
}
