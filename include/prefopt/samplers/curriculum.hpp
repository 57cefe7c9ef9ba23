#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/samplers/detail/scored_draw.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/topk_uniform.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::samplers {

/// How a pool shrinks while training goes on.
enum class pool_shape {
  linear,  ///< u as it is
  sqrt,    ///< √u: fast at first
  stages   ///< the `stages` constant values from 0 to 1, for as many equal parts of the time
};

/// K(t) = round(K_max + (K_min − K_max) u), u = (t − t_0) / (t_1 − t_0), clipped to [0, 1] and shaped: from easy
/// negatives to hard ones. Both ends are exact.
/// Paper (stages from easy to hard): Pattnaik et al. 2024, "Curry-DPO".
struct pool_schedule {
  index largest = 1000;             ///< K_max, at the start; as many as there are items: uniform
  index smallest = 50;              ///< K_min, at the end
  std::uint64_t first_step = 0;     ///< t_0
  std::uint64_t last_step = 10000;  ///< t_1, at least t_0
  pool_shape shape = pool_shape::linear;
  index stages = 3;  ///< of `pool_shape::stages`, at least 2

  /// The pool at a step. Throws `invalid_argument` if the settings make no sense.
  index at(std::uint64_t step) const {
    constexpr std::string_view where = "pool_schedule";
    detail::require(smallest >= 1 && smallest <= largest, where, "smallest is ", smallest, ", expected 1 to ",
                    largest, " (largest)");
    detail::require(first_step <= last_step, where, "last_step is ", last_step,
                    ", expected at least first_step = ", first_step);
    detail::require(stages >= 2, where, "stages is ", stages, ", expected at least 2");
    const double size = static_cast<double>(largest), change = static_cast<double>(smallest - largest);
    return static_cast<index>(prefopt::floor(size + change * shaped(share(step)) + 0.5));
  }

 private:
  double share(std::uint64_t step) const {
    if (step >= last_step) return 1;
    if (step <= first_step) return 0;
    return static_cast<double>(step - first_step) / static_cast<double>(last_step - first_step);
  }
  double shaped(double u) const {
    if (shape == pool_shape::linear) return u;
    if (shape == pool_shape::sqrt) return prefopt::sqrt(u);
    const double last = static_cast<double>(stages - 1),
                 stage = prefopt::floor(u * static_cast<double>(stages));
    return (stage < last ? stage : last) / last;
  }
};

/// A sampler from a pool (`topk_uniform`, `topk_softmax`, `skip_topk`) whose size follows a schedule: the law at step t
/// is the sampler's with the pool K(t).
template <class Sampler = topk_uniform>
struct curriculum {
  Sampler sampler{};  ///< its own `pool` is ignored
  pool_schedule schedule{};

  /// The sampler at a step.
  Sampler at(std::uint64_t step) const {
    Sampler current = sampler;
    current.pool = schedule.at(step);
    return current;
  }

  /// As the sampler's, at the step of the key.
  template <detail::candidate_source Source>
  index draw(const Source& source, std::span<const std::int32_t> positives, const history_view& history,
             const draw_key& key, tensor_ref<std::int32_t> negatives, const executor& executor = {}) const {
    return at(key.step).draw(source, positives, history, key, negatives, executor);
  }

  /// The law of one draw at a step, as the sampler's.
  void law(std::uint64_t step, std::span<const double> scores, std::int32_t positive,
           std::span<const std::int32_t> history, std::span<double> probability) const {
    at(step).law(scores, positive, history, probability);
  }
};

}  // namespace prefopt::samplers
