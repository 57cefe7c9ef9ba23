#include "support/engine_definitions.hpp"

namespace test {

template <class Scalar>
std::vector<recipe<Scalar>> recommender_recipes() {
  using namespace prefopt;
  return {
      named<Scalar, [] { return bpr(); }>("bpr", false),
      named<Scalar, [] { return softmax({.temperature = 0.5}); }>("softmax", false),
      named<Scalar, [] { return bce(); }>("bce", false, false),
      named<Scalar, [] { return gbce({.num_items = 1000}); }>("gbce", false, false),
  };
}

}  // namespace test

#define FAMILY(Scalar)                                         \
  INSTANTIATE(Scalar, prefopt::bpr())                          \
  INSTANTIATE(Scalar, prefopt::softmax())                      \
  INSTANTIATE(Scalar, prefopt::bce())                          \
  INSTANTIATE(Scalar, prefopt::gbce(prefopt::gbce_settings{})) \
  template std::vector<test::recipe<Scalar>> test::recommender_recipes<Scalar>();

FAMILY(float)
FAMILY(double)
FAMILY(long double)
