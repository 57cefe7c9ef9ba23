#include "support/engine_definitions.hpp"

namespace test {

template <class Scalar>
std::vector<recipe<Scalar>> listwise_recipes() {
  using namespace prefopt;
  return {
      named<Scalar, [] { return plackett_luce({.beta = 0.7}); }>("plackett_luce", false),
      named<Scalar, [] { return plackett_luce_topm({.beta = 0.7, .top_m = 2}); }>("plackett_luce_topm",
                                                                                  false),
  };
}

}  // namespace test

// plackett_luce and plackett_luce_topm are of one type.
#define FAMILY(Scalar)                          \
  INSTANTIATE(Scalar, prefopt::plackett_luce()) \
  template std::vector<test::recipe<Scalar>> test::listwise_recipes<Scalar>();

FAMILY(float)
FAMILY(double)
FAMILY(long double)
