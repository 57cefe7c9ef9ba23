#pragma once

#include <string_view>

#include <prefopt/error.hpp>
#include <prefopt/executor.hpp>
#include <prefopt/noise/normal_stream.hpp>
#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::noise {

/// Noise is for training forwards of the policy; its evaluation, and the reference, stay as they are.
enum class mode { training, evaluation };

}  // namespace prefopt::noise

namespace prefopt::detail {

inline void check_noise(double sigma, const samplers::draw_key& key, std::string_view where) {
  require(sigma >= 0 && sigma < 1e300, where, "sigma is ", sigma, ", expected a finite value of at least 0");
  require(key.step < key.limit && key.first_example < key.limit, where, "step is ", key.step,
          " and first_example ", key.first_example, ", expected both below 2^48");
}

template <class Scalar>
void check_noise_tensors(const tensor_ref<const Scalar>& in, const tensor_ref<Scalar>& out,
                         std::string_view where) {
  require(in && out, where, in ? "out" : "in", " is absent");
  require(in->rows == out->rows && in->columns == out->columns, where, "out is ",
          shape_text(out->rows, out->columns), ", expected ", shape_text(in->rows, in->columns),
          " (the shape of in)");
}

/// out(i, j) = change(in(i, j), ε_ij): row i takes its ε from the stream of example `first_example` + i.
template <class Scalar, class Change>
void perturb(const tensor_ref<const Scalar>& in, const tensor_ref<Scalar>& out, const samplers::draw_key& key,
             const executor& executor, std::string_view where, const Change& change) {
  check_noise_tensors(in, out, where);
  const std::size_t tasks = executor.tasks < 1 ? 1 : executor.tasks;
  const auto run_task = [&](std::size_t task) {
    const auto share = [&](std::size_t i) {
      return static_cast<index>(static_cast<std::size_t>(in->rows) * i / tasks);
    };
    for (index i = share(task); i < share(task + 1); ++i) {
      noise::normal_stream normal(key.seed, key.step, key.first_example + static_cast<std::uint64_t>(i));
      for (index j = 0; j < in->columns; ++j)
        (*out)(i, j) = static_cast<Scalar>(change(static_cast<double>((*in)(i, j)), normal.next()));
    }
  };
  executor.run(tasks, run_task);
}

template <class Scalar>
void copy_unchanged(const tensor_ref<const Scalar>& in, const tensor_ref<Scalar>& out,
                    std::string_view where) {
  check_noise_tensors(in, out, where);
  for (index i = 0; i < in->rows; ++i)
    for (index j = 0; j < in->columns; ++j) (*out)(i, j) = (*in)(i, j);
}

}  // namespace prefopt::detail
