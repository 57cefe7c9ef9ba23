// A class that tensor_traits does not know.
// expect: (could not convert|no viable conversion).*grid.* to .*tensor_ref
#include <vector>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

struct grid {
  std::vector<float> values;
};

#ifndef PREFOPT_BAD
template <>
struct prefopt::tensor_traits<grid> {
  static auto view(const grid& g) { return prefopt::view(g.values); }
};
#endif

double loss(const grid& scores) {
  return prefopt::evaluate(prefopt::dpo(), prefopt::batch<float>{.policy = scores}).loss;
}
