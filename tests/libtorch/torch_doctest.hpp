#pragma once

/// \file
/// LibTorch and doctest together: precompiled, as LibTorch's headers take a quarter of a minute. Both define CHECK.

#include <torch/torch.h>

#undef CHECK
#undef CHECK_EQ
#undef CHECK_NE
#undef CHECK_LT
#undef CHECK_LE
#undef CHECK_GT
#undef CHECK_GE

#include <doctest/doctest.h>
