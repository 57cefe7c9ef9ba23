#pragma once

#include <cstddef>
#include <vector>

#include <prefopt/detail/aligned_buffer.hpp>
#include <prefopt/detail/evaluation.hpp>
#include <prefopt/detail/narrow_rows.hpp>
#include <prefopt/detail/slabs.hpp>
#include <prefopt/detail/task_count.hpp>

/// \file
/// `evaluate` of scores that are stored in 16 bits: slabs of a few examples become floats, which never leave the
/// caches, and so do their slopes before they are rounded. Memory carries narrow numbers alone.

namespace prefopt::detail {

/// One task's slab.
struct narrow_task {
  aligned_buffer<float> policy, reference, gradient;
  prefopt::workspace workspace;
};

struct narrow_memory {
  std::vector<narrow_task> tasks;
  std::vector<result> slabs;
};

/// \tparam Stored a `narrow_number`
template <class Stored, class Objective, wanted Wanted = wanted::everything>
class narrow_call {
 public:
  using engine = evaluation<native_pack<float>, Objective, default_differentiator<native_pack<float>>,
                            gradient_source::closed_form, Wanted>;
  using options_type = typename engine::options_type;

  narrow_call(const Objective& objective, const batch<Stored>& batch, const tensor_ref<Stored>& gradient,
              const options_type& options)
      : objective_(objective),
        batch_(resolve(batch)),
        gradient_(gradient),
        options_(options),
        plan_(make_plan(objective, batch_, gradient, options)) {
    require(
        options.workspace == nullptr, here,
        "options.workspace is given, but what a batch of narrow numbers needs stays with the calling thread");
  }

  result run() {
    const index size = slab_size();
    const auto slabs = static_cast<std::size_t>((plan_.rows + size - 1) / size);
    const std::size_t tasks =
        task_count(options_.executor, slabs, batch_.policy->size() >= smallest_shared_batch);
    narrow_memory& memory = own_memory();
    if (memory.tasks.size() < tasks) memory.tasks.resize(tasks);
    memory.slabs.assign(slabs, result{});
    if (slabs == 1) return run_whole(memory.tasks[0], gradient_);

    const auto run_task = [&](std::size_t task) {
      for (std::size_t slab = slabs * task / tasks; slab < slabs * (task + 1) / tasks; ++slab)
        memory.slabs[slab] = run_part(static_cast<index>(slab) * size, size, memory.tasks[task]);
    };
    options_.executor.run(tasks, run_task);
    const result total = add_up(memory.slabs, plan_.loss_scale);
    // Only the whole batch can name the bad score's place.
    if (total.skipped > 0 && options_.non_finite == non_finite::raise) run_whole(memory.tasks[0], {});
    return total;
  }

 private:
  static narrow_memory& own_memory() {
    thread_local narrow_memory own;
    return own;
  }

  /// Examples, by shapes alone: few enough for the first-level cache, many enough for what a call costs. Whoever
  /// looks at the whole batch gets it.
  index slab_size() const {
    constexpr index most_numbers = 1 << 12, lanes = lane_count<native_pack<float>>;
    const index columns = batch_.policy->columns > 0 ? batch_.policy->columns : 1;
    if (batch_step<Objective>::observations > 0 || options_.diagnostics ||
        plan_.rows * columns <= most_numbers)
      return plan_.rows > 0 ? plan_.rows : 1;
    const index fitting = most_numbers / columns / lanes * lanes;
    return fitting > 0 ? fitting : lanes;
  }

  result run_whole(narrow_task& task, const tensor_ref<Stored>& gradient) {
    result said = run_slab(0, plan_.rows, task, gradient, options_);
    said.loss *= plan_.loss_scale;
    return said;
  }
  result run_part(index first, index most, narrow_task& task) {
    const index count = first + most < plan_.rows ? most : plan_.rows - first;
    options_type options;
    options.losses = slice(options_.losses, plan_.rows, first, count);
    options.state = options_.state;
    options.non_finite = options_.non_finite == non_finite::raise ? non_finite::skip : options_.non_finite;
    return run_slab(first, count, task, gradient_, options);
  }

  result run_slab(index first, index count, narrow_task& task, const tensor_ref<Stored>& gradient,
                  options_type options) {
    options.reduction = reduction::sum;
    options.accumulate = false;
    options.workspace = &task.workspace;
    const matrix_view<float> policy = widen(*batch_.policy, first, count, task.policy);
    batch<float> part = slice_others(batch_, plan_.rows, first, count);
    (batch_.scores ? part.scores : part.policy) = policy;
    if (batch_.reference) part.reference = widen(*batch_.reference, first, count, task.reference);
    if (!gradient) return engine(objective_, part, {}, options).run();
    const index n = policy.columns;
    const matrix_view<float> slopes{task.gradient.take(count * n), count, n, n, 1};
    const result said = engine(objective_, part, slopes, options).run();
    // Left unwritten: the gradient may lie on the policy, and the message is yet to quote the score.
    const bool refused = said.skipped > 0 && options_.non_finite == non_finite::raise;
    if (!refused) store(slopes, gradient->block(first, count));
    return said;
  }

  template <class Number>
  static bool in_one_piece(const matrix_view<Number>& tensor) {
    return tensor.column_stride == 1 && tensor.row_stride == tensor.columns;
  }
  static matrix_view<float> widen(const matrix_view<const Stored>& tensor, index first, index count,
                                  aligned_buffer<float>& room) {
    const index n = tensor.columns;
    const matrix_view<float> floats{room.take(count * n), count, n, n, 1};
    if (in_one_piece(tensor)) {
      widen_row(&tensor(first, 0), count * n, floats.data);
      return floats;
    }
    for (index b = 0; b < count; ++b) {
      if (tensor.column_stride == 1)
        widen_row(&tensor(first + b, 0), n, &floats(b, 0));
      else
        for (index k = 0; k < n; ++k) floats(b, k) = static_cast<float>(tensor(first + b, k));
    }
    return floats;
  }
  void store(const matrix_view<float>& slopes, const matrix_view<Stored>& gradient) const {
    const auto scale = static_cast<float>(plan_.scale);
    const bool in_packs = gradient.column_stride == 1 && !options_.accumulate;
    if (in_packs && in_one_piece(gradient))
      return narrow_row(slopes.data, scale, slopes.size(), gradient.data);
    for (index b = 0; b < slopes.rows; ++b) {
      if (in_packs)
        narrow_row(&slopes(b, 0), scale, slopes.columns, &gradient(b, 0));
      else
        for (index k = 0; k < slopes.columns; ++k) {
          const float before = options_.accumulate ? static_cast<float>(gradient(b, k)) : 0.0f;
          gradient(b, k) = static_cast<Stored>(before + scale * slopes(b, k));
        }
    }
  }

  const Objective& objective_;
  const batch<Stored> batch_;
  const tensor_ref<Stored> gradient_;
  const options_type& options_;
  const plan<float> plan_;
};

}  // namespace prefopt::detail
