// A gradient that cannot be written.
// expect: writable_tensor
#include <vector>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#ifdef PREFOPT_BAD
using gradient_type = const std::vector<float>;
#else
using gradient_type = std::vector<float>;
#endif

void differentiate(const std::vector<float>& scores, gradient_type& gradient) {
  prefopt::evaluate(prefopt::bce(), {.policy = scores}, gradient);
}
