#include "support/engine_definitions.hpp"

namespace test {

template <class Scalar>
std::vector<recipe<Scalar>> several_recipes() {
  using namespace prefopt;
  return {
      named<Scalar, [] { return s_dpo({.beta = 0.7}); }>("s_dpo", false),
      named<Scalar, [] { return dpo_k({.beta = 0.7}); }>("dpo_k", false),
      named<Scalar, [] { return dmpo({.beta = 0.7}); }>("dmpo", false),
  };
}

}  // namespace test

#define FAMILY(Scalar)                  \
  INSTANTIATE(Scalar, prefopt::s_dpo()) \
  INSTANTIATE(Scalar, prefopt::dpo_k()) \
  INSTANTIATE(Scalar, prefopt::dmpo())  \
  template std::vector<test::recipe<Scalar>> test::several_recipes<Scalar>();

FAMILY(float)
FAMILY(double)
FAMILY(long double)
