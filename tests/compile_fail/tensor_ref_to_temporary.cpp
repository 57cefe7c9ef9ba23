// A view of a vector that dies at the end of the line.
// expect: viewable_tensor
#include <span>
#include <vector>

#include <prefopt/tensor.hpp>

std::vector<float> scores();

#ifdef PREFOPT_BAD
prefopt::tensor_ref<const float> kept() { return prefopt::tensor_ref<const float>(scores()); }
#else
prefopt::tensor_ref<const float> kept(std::span<const float> window) {
  return prefopt::tensor_ref<const float>(window);
}
#endif
