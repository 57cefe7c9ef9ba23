#include <cmath>

#include <prefopt/prefopt.hpp>
#include <prefopt/xtensor.hpp>

int main() {
  const xt::xtensor<float, 2> scores({4, 3}, 0.0f);
  xt::xarray<float> gradient({4, 3}, 0.0f);
  const prefopt::result r = prefopt::evaluate(prefopt::s_dpo(), {.policy = scores}, gradient);
  return std::abs(r.loss - std::log(3.0)) < 1e-6 && std::abs(gradient(0, 0) + 1.0f / 6) < 1e-6f ? 0 : 1;
}
