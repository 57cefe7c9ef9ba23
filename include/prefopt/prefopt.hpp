#pragma once

/// \file
/// The umbrella over the core: objectives with their strengths, weights and references, their evaluation from scores or representations, noise,
/// samplers, metrics. It needs the standard library alone.
///
/// Left out, because each brings a dependency of its own: `prefopt/eigen.hpp` and `prefopt/xtensor.hpp` (tensors),
/// `prefopt/libtorch.hpp` (losses under LibTorch's autograd, samplers on its tensors), `prefopt/openmp.hpp` (threads). Left out, because only tests want it:
/// `prefopt/testing/gradient_check.hpp`.

#include <prefopt/evaluate.hpp>
#include <prefopt/evaluate_candidates.hpp>
#include <prefopt/evaluate_gradient.hpp>
#include <prefopt/full_softmax.hpp>
#include <prefopt/hardness/hars_hardness.hpp>
#include <prefopt/mdspan.hpp>
#include <prefopt/mean_preferences.hpp>
#include <prefopt/metrics.hpp>
#include <prefopt/noise/logits.hpp>
#include <prefopt/noise/parameters.hpp>
#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/numeric/half.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/references/external_table.hpp>
#include <prefopt/references/frozen.hpp>
#include <prefopt/references/moving_average.hpp>
#include <prefopt/references/periodic_sync.hpp>
#include <prefopt/references/staged.hpp>
#include <prefopt/samplers.hpp>
#include <prefopt/selections/guarded.hpp>
#include <prefopt/selections/hardest.hpp>
#include <prefopt/state_text.hpp>
#include <prefopt/strengths/annealed.hpp>
#include <prefopt/strengths/instance_beta.hpp>
#include <prefopt/tensor.hpp>
#include <prefopt/version.hpp>
#include <prefopt/weights/focal.hpp>
#include <prefopt/weights/gap_filter.hpp>
#include <prefopt/weights/hardness.hpp>
#include <prefopt/weights/normalised.hpp>
#include <prefopt/weights/typical_filter.hpp>
#include <prefopt/weights/weighted.hpp>
#include <prefopt/weights/wpo.hpp>
