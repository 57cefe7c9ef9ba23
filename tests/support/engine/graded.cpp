#include <prefopt/recipes/graded.hpp>

#include "support/engine_definitions.hpp"

namespace test {

template <class Scalar>
std::vector<recipe<Scalar>> graded_recipes() {
  using namespace prefopt;
  using losses::ranknet_weighting;
  using losses::weighting_scheme;
  return {
      named<Scalar, [] { return listnet(); }>("listnet", false),
      named<Scalar, [] { return binary_listnet(); }>("binary_listnet", false),
      named<Scalar, [] { return ranknet(); }>("ranknet", false),
      named<Scalar, [] { return ranknet({ranknet_weighting::diff_pow}); }>("ranknet diff_pow", false),
      named<Scalar, [] { return lambda_loss(); }>("lambda_loss", false),
      named<Scalar,
            [] {
              return lambda_loss({.weighting_scheme = weighting_scheme::ndcgLoss1, .k = 3, .sigma = 0.5});
            }>("lambda_loss ndcgLoss1", false),
      named<Scalar,
            [] {
              return lambda_loss({.weighting_scheme = weighting_scheme::ndcgLoss2PP,
                                  .reduction = losses::pair_reduction::mean});
            }>("lambda_loss ndcgLoss2PP", false),
      named<Scalar, [] { return approx_ndcg({.alpha = 2}); }>("approx_ndcg", false),
      named<Scalar, [] { return neural_ndcg({.temperature = 0.7, .k = 3}); }>("neural_ndcg", false),
      named<Scalar, [] { return lipo_lambda({.beta = 0.7}); }>("lipo_lambda", false),
      named<Scalar, [] { return rankdpo({.beta = 0.7}); }>("rankdpo", false),
      named<Scalar, [] { return irpo({.beta = 0.7}); }>("irpo", false),
      named<Scalar, [] { return plackett_luce_groups({.beta = 0.7}); }>("plackett_luce_groups", false),
  };
}

}  // namespace test

#define FAMILY(Scalar)                                 \
  INSTANTIATE(Scalar, prefopt::listnet())              \
  INSTANTIATE(Scalar, prefopt::binary_listnet())       \
  INSTANTIATE(Scalar, prefopt::ranknet())              \
  INSTANTIATE(Scalar, prefopt::lambda_loss())          \
  INSTANTIATE(Scalar, prefopt::approx_ndcg())          \
  INSTANTIATE(Scalar, prefopt::neural_ndcg())          \
  INSTANTIATE(Scalar, prefopt::lipo_lambda())          \
  INSTANTIATE(Scalar, prefopt::rankdpo())              \
  INSTANTIATE(Scalar, prefopt::irpo())                 \
  INSTANTIATE(Scalar, prefopt::plackett_luce_groups()) \
  template std::vector<test::recipe<Scalar>> test::graded_recipes<Scalar>();

FAMILY(float)
FAMILY(double)
INSTANTIATE(long double, prefopt::ranknet())
