// The type tells that there are three dimensions.
// expect: prefopt: this xtensor has neither one dimension nor two
#include <prefopt/tensor.hpp>
#include <prefopt/xtensor.hpp>

#ifdef PREFOPT_BAD
auto see(xt::xtensor<float, 3>& scores) { return prefopt::view(scores); }
#else
auto see(xt::xtensor<float, 3>& scores) { return prefopt::view(xt::view(scores, 0)); }
#endif
