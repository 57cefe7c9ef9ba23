#pragma once

#include <prefopt/error.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt {

/// The bridge from `gpm` to `gpo`: the mean log-odds with which each of the N answers of a context beats the others, under
/// a general preference model's vectors v (GPO, Zhang 2024),
///
///     q_i = (1/N) Σ_k s(v_i, v_k) / τ  =  s(v_i, Σ_k v_k) / (N τ),   s(v, w) = Σ_j v[2j] w[2j+1] − v[2j+1] w[2j]
///
/// which sum to 0 over a context.
/// \param vector_tensor [B, N · components], answer after answer
/// \param components  of a vector, an even number
/// \param tau         the temperature τ of the model
/// \param preference_tensor [B, N], written: `gpo`'s relevance
/// \throws invalid_argument if shapes do not fit, or tau is not above 0. O(B · N · components), nothing allocated.
template <class Vectors, class Preferences>
  requires viewable_tensor<Vectors> && writable_tensor<Preferences>
void mean_preferences(Vectors&& vector_tensor, index components, double tau,
                      Preferences&& preference_tensor) {
  using scalar = scalar_of<Preferences>;
  const matrix_view<const scalar> vectors = view(vector_tensor);
  const matrix_view<scalar> preferences = view(preference_tensor);
  constexpr const char* here = "mean_preferences";
  detail::require(components >= 2 && components % 2 == 0, here, "components is ", components,
                  ", expected an even number of at least 2");
  detail::require(tau > 0 && tau < 1e300, here, "tau is ", tau, ", expected a finite value above 0");
  const index answers = preferences.columns;
  detail::require(vectors.rows == preferences.rows && vectors.columns == answers * components, here,
                  "vectors is ", detail::shape_text(vectors.rows, vectors.columns), ", expected ",
                  detail::shape_text(preferences.rows, answers * components));
  for (index b = 0; b < vectors.rows; ++b) {
    for (index i = 0; i < answers; ++i) preferences(b, i) = 0;
    for (index j = 0; j < components; j += 2) {
      double first = 0, second = 0;  // of Σ_k v_k
      for (index k = 0; k < answers; ++k) {
        first += static_cast<double>(vectors(b, k * components + j));
        second += static_cast<double>(vectors(b, k * components + j + 1));
      }
      for (index i = 0; i < answers; ++i) {
        const double score = static_cast<double>(vectors(b, i * components + j)) * second -
                             static_cast<double>(vectors(b, i * components + j + 1)) * first;
        preferences(b, i) += static_cast<scalar>(score / (static_cast<double>(answers) * tau));
      }
    }
  }
}

}  // namespace prefopt
