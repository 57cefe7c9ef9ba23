#include <prefopt/recipes/compositions.hpp>

#include "support/engine_definitions.hpp"

// rodpo is of rpo's type, curry_dpo of dpo's.
#define FAMILY(Scalar)                 \
  INSTANTIATE(Scalar, prefopt::mppo()) \
  INSTANTIATE(Scalar, prefopt::dove())

FAMILY(float)
FAMILY(double)
