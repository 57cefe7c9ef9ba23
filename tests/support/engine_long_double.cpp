#include "engine_definitions.hpp"

INSTANTIATE_RECIPES(long double)
