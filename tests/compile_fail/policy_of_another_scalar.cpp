// A batch of float does not read double: nothing is converted behind the caller's back.
// expect: (could not convert .*batch<float>|no viable conversion .*tensor_ref<const float>)
#include <vector>

#include <prefopt/evaluate.hpp>

#ifdef PREFOPT_BAD
using scalar = double;
#else
using scalar = float;
#endif

prefopt::batch<float> of(const std::vector<scalar>& scores) { return {.policy = scores}; }
