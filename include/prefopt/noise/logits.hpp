#pragma once

#include <prefopt/noise/perturb.hpp>

namespace prefopt::noise {

/// NoDO on logits (HaNoRec, Wang 2025, Eq. 9): z' = z + σ ε z, ε ~ N(0, 1) for each, so z' ~ N(z, (σ z)²). The paper's
/// equation has σ = 1, and replaces the expectation over ε by one draw; the authors' code perturbs parameters instead
/// (`noise::parameters`). A logit of −inf, a mask, stays one.
struct logits {
  double sigma = 1;  ///< at least 0; 0 changes nothing
  noise::mode mode = mode::training;

  /// \param key  names the random numbers: row i of the tensor takes those of (seed, step, first_example + i)
  /// \param in   [B, N]
  /// \param out  [B, N], may be `in`
  template <class Scalar>
  void apply(const samplers::draw_key& key, const tensor_ref<const Scalar>& in, const tensor_ref<Scalar>& out,
             const executor& executor = {}) const {
    scale(key, in, out, executor);
  }
  /// From d loss / d z' to d loss / d z: the factor 1 + σ ε of each logit, with the key of the forward.
  template <class Scalar>
  void backward(const samplers::draw_key& key, const tensor_ref<const Scalar>& gradient,
                const tensor_ref<Scalar>& out, const executor& executor = {}) const {
    scale(key, gradient, out, executor);
  }

 private:
  template <class Scalar>
  void scale(const samplers::draw_key& key, const tensor_ref<const Scalar>& in, const tensor_ref<Scalar>& out,
             const executor& executor) const {
    constexpr auto here = "noise::logits";
    detail::check_noise(sigma, key, here);
    if (mode == mode::evaluation || sigma == 0) return detail::copy_unchanged(in, out, here);
    detail::perturb(in, out, key, executor, here, [this](double z, double e) {
      const double moved = z + sigma * e * z;
      return z - z == 0 ? moved : z;
    });
  }
};

}  // namespace prefopt::noise
