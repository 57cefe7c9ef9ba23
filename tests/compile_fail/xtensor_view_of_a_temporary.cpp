// A view that has swallowed a temporary array dies with it.
// expect: viewable_tensor
#include <prefopt/tensor.hpp>
#include <prefopt/xtensor.hpp>

#ifdef PREFOPT_BAD
using scores = xt::xarray<float>;
#else
using scores = const xt::xarray<float>&;
#endif

prefopt::tensor_ref<const float> first_row(scores (*get)()) {
  return prefopt::tensor_ref<const float>(xt::view(get(), 0, xt::all()));
}
