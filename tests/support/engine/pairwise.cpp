#include "support/engine_definitions.hpp"

namespace test {

template <class Scalar>
std::vector<recipe<Scalar>> pairwise_recipes() {
  using namespace prefopt;
  return {
      named<Scalar, [] { return dpo({.beta = 0.3}); }>("dpo", true),
      named<Scalar, [] { return cdpo({.beta = 0.3, .label_smoothing = 0.1}); }>("cdpo", true),
      named<Scalar, [] { return robust_dpo({.beta = 0.3, .label_smoothing = 0.1}); }>("robust_dpo", true),
      named<Scalar, [] { return ipo({.beta = 0.3}); }>("ipo", true),
      named<Scalar, [] { return hinge({.beta = 0.3}); }>("hinge", true),
      named<Scalar, [] { return rpo({.beta = 0.3, .nll_weight = 0.5}); }>("rpo", true, false),
  };
}

}  // namespace test

#define FAMILY(Scalar)                       \
  INSTANTIATE(Scalar, prefopt::dpo())        \
  INSTANTIATE(Scalar, prefopt::cdpo())       \
  INSTANTIATE(Scalar, prefopt::robust_dpo()) \
  INSTANTIATE(Scalar, prefopt::ipo())        \
  INSTANTIATE(Scalar, prefopt::hinge())      \
  INSTANTIATE(Scalar, prefopt::nll())        \
  INSTANTIATE(Scalar, prefopt::rpo())        \
  template std::vector<test::recipe<Scalar>> test::pairwise_recipes<Scalar>();

FAMILY(float)
FAMILY(double)
FAMILY(long double)
