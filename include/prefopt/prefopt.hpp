#pragma once

/// \file
/// The umbrella over the core: objectives, their evaluation from scores or representations, samplers, metrics. It needs the standard library
/// alone.
///
/// Left out, because each brings a dependency of its own: `prefopt/eigen.hpp` (Eigen tensors) and
/// `prefopt/openmp.hpp` (threads). Left out, because only tests want it:
/// `prefopt/testing/gradient_check.hpp`.

#include <prefopt/evaluate.hpp>
#include <prefopt/evaluate_candidates.hpp>
#include <prefopt/full_softmax.hpp>
#include <prefopt/metrics.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/samplers.hpp>
#include <prefopt/tensor.hpp>
#include <prefopt/version.hpp>
