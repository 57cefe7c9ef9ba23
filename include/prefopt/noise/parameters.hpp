#pragma once

#include <prefopt/noise/perturb.hpp>

namespace prefopt::noise {

/// NoDO on parameters (HaNoRec, Wang 2025, Eq. 10, and the authors' code): a training forward of the policy runs with
/// θ + σ ε, ε ~ N(0, 1) afresh for each forward, and θ takes the gradient found there. θ itself stays untouched: `out`
/// is a copy. The paper speaks of policy and reference, the code perturbs the policy alone. σ: 0.1 (MovieLens, Netflix),
/// 0.05 (Microlens). In a recommender of embeddings: the trainable tables.
struct parameters {
  double sigma = 0.1;  ///< at least 0; 0 changes nothing
  noise::mode mode = mode::training;

  /// \param key  names the random numbers: row i of the tensor takes those of (seed, step, first_example + i). Give each
  ///             tensor of a model rows of its own, by `first_example`, and each forward its own step.
  /// \param in   [n, d]
  /// \param out  [n, d]
  template <class Scalar>
  void apply(const samplers::draw_key& key, const tensor_ref<const Scalar>& in, const tensor_ref<Scalar>& out,
             const executor& executor = {}) const {
    constexpr auto here = "noise::parameters";
    detail::check_noise(sigma, key, here);
    if (mode == mode::evaluation || sigma == 0) return detail::copy_unchanged(in, out, here);
    detail::perturb(in, out, key, executor, here, [this](double x, double e) { return x + sigma * e; });
  }
};

}  // namespace prefopt::noise
