#pragma once

#include <cstddef>

#include <prefopt/detail/candidates/memory.hpp>
#include <prefopt/detail/candidates/plan.hpp>
#include <prefopt/detail/candidates/rows.hpp>
#include <prefopt/detail/candidates/same_items.hpp>
#include <prefopt/detail/slabs.hpp>
#include <prefopt/detail/task_count.hpp>
#include <prefopt/detail/whole_packs.hpp>
#include <prefopt/evaluate.hpp>

/// \file
/// The engine behind `evaluate_candidates`: slabs of a few examples, whose rows stay in the L2 cache while they are
/// scored, evaluated and sent back.

namespace prefopt::detail {

template <class T, class Objective>
class candidate_call {
 public:
  using scalar = scalar_t<T>;
  using options_type = candidate_options<scalar, state_of<Objective>>;
  using task = candidate_task<scalar>;
  using memory_type = candidate_memory<scalar>;

  candidate_call(const Objective& objective, const candidate_batch<scalar>& batch,
                 const candidate_gradient<scalar>& gradient, const options_type& options)
      : objective_(objective),
        batch_(batch),
        gradient_(gradient),
        options_(options),
        memory_(options.workspace != nullptr ? static_cast<memory_type&>(*options.workspace) : own_memory()) {
    check_representations(batch);
    queries_ = *batch.queries;
    catalogue_ = *batch.catalogue;
    ids_ = *batch.candidates;
    check_candidates_exist(ids_, catalogue_.rows);
    check_candidate_gradient(batch, gradient, options);
    check_inputs();
  }

  candidate_result run() {
    const index slabs = (ids_.rows + slab_size() - 1) / slab_size();
    constexpr index smallest_shared_work = 1 << 19;  // less is not worth waking a second thread
    const std::size_t tasks = task_count(options_.executor, static_cast<std::size_t>(slabs),
                                         ids_.size() * queries_.columns >= smallest_shared_work);
    memory_.prepare(tasks, static_cast<std::size_t>(slabs));
    if (gradient_.items) memory_.slopes.take(ids_.size());
    const auto run_task = [&](std::size_t i) { run_slabs(i, tasks, static_cast<std::size_t>(slabs)); };
    options_.executor.run(tasks, run_task);
    candidate_result total = add_up();
    if (gradient_.items) {
      sort_by_item(ids_, catalogue_.rows, memory_);
      const auto items =
          as_column(*gradient_.items, gradient_.rows->rows, in_candidates, "the gradient's items");
      total.items = store_item_rows<T>(queries_, ids_.columns, *gradient_.rows, items, memory_);
    }
    return total;
  }

 private:
  static constexpr bool whole_batch = batch_step<Objective>::observations > 0;

  static memory_type& own_memory() {
    thread_local memory_type own;
    return own;
  }

  // ---- arguments

  /// All that `evaluate` would say about the other inputs, with the shapes of the whole batch.
  void check_inputs() {
    require(!Objective::needs_log_probabilities, in_candidates,
            "this objective needs log-probabilities, but products of vectors are scores");
    const matrix_view<const scalar> no_scores{nullptr, ids_.rows, ids_.columns, ids_.columns, 1};
    prefopt::batch<scalar> whole = batch_.inputs;
    whole.policy = no_scores;
    if (batch_.reference_queries) whole.reference = no_scores;
    prefopt::options<scalar, state_of<Objective>> options{.reduction = options_.reduction,
                                                          .losses = options_.losses};
    options.state = options_.state;
    options.share = options_.share;
    const auto plan = make_plan(objective_, whole, {}, options);
    scale_ = plan.scale;
    loss_scale_ = plan.loss_scale;
  }

  /// Examples, by shapes alone: their rows fit into half a megabyte. A step over the whole batch sees all of it.
  index slab_size() const {
    if constexpr (whole_batch) return ids_.rows > 0 ? ids_.rows : 1;
    constexpr index most_numbers = (1 << 19) / static_cast<index>(sizeof(scalar)), most_examples = 256;
    const index fitting = most_numbers / (ids_.columns * queries_.columns) / lane_count<T> * lane_count<T>;
    return fitting < lane_count<T> ? lane_count<T> : fitting < most_examples ? fitting : most_examples;
  }

  // ---- one slab: scores, slopes, gradients

  void run_slabs(std::size_t task_index, std::size_t tasks, std::size_t slabs) {
    const std::size_t begin = slabs * task_index / tasks, end = slabs * (task_index + 1) / tasks;
    row_prefetcher ahead(ids_, static_cast<index>(begin) * slab_size());
    for (std::size_t slab = begin; slab < end; ++slab) {
      const index first = static_cast<index>(slab) * slab_size();
      const index count = first + slab_size() < ids_.rows ? slab_size() : ids_.rows - first;
      memory_.slabs[slab] = run_slab(first, count, memory_.tasks[task_index], ahead);
    }
    end_stream();
  }

  result run_slab(index first, index count, task& task, row_prefetcher& ahead) {
    const index n = ids_.columns;
    const matrix_view<scalar> scores{task.scores.take(count * n), count, n, n, 1};
    constexpr index cached = (1 << 21) / static_cast<index>(sizeof(scalar));
    const bool in_cache = catalogue_.size() <= cached;
    for (index b = 0; b < count; ++b)
      score(queries_, catalogue_, first + b, &scores(b, 0), task, in_cache ? nullptr : &ahead);
    prefopt::batch<scalar> part = slice_others(batch_.inputs, ids_.rows, first, count);
    part.policy = scores;
    if (batch_.reference_queries)
      part.reference = reference_scores(first, count, task);
    else
      part.reference = slice(batch_.inputs.reference, ids_.rows, first, count);

    prefopt::options<scalar, state_of<Objective>> options{.reduction = reduction::sum};
    options.losses = slice(options_.losses, ids_.rows, first, count);
    // A bad score is looked for when all is done, to be named by its place in the whole batch.
    options.non_finite = options_.non_finite == non_finite::raise ? non_finite::skip : options_.non_finite;
    options.state = options_.state;
    if constexpr (whole_batch) options.share = options_.share;
    options.workspace = &task.workspace;
    if (!gradient_.queries && !gradient_.rows) return evaluate(objective_, part, options);
    const result said = evaluate(objective_, part, scores, options);
    for (index b = 0; b < count; ++b) send_back(first + b, &scores(b, 0), task);
    return said;
  }

  /// A query's products with its candidates; −inf for a masked one.
  void score(const matrix_view<const scalar>& queries, const matrix_view<const scalar>& catalogue, index b,
             scalar* scores, task& task, row_prefetcher* ahead) const {
    const scalar* const query = load_query(queries, b, task);
    for (index k = 0; k < ids_.columns; k += lane_count<T>) {
      const index left = ids_.columns - k;
      const int count = left < lane_count<T> ? static_cast<int>(left) : lane_count<T>;
      if (ahead != nullptr) ahead->fetch(catalogue, count);
      score_some<T>(query, catalogue, ids_, b, k, count, scores);
    }
  }
  static const scalar* load_query(const matrix_view<const scalar>& queries, index b, task& task) {
    scalar* const query = task.query.take(queries.columns);
    for (index k = 0; k < queries.columns; ++k) query[k] = queries(b, k);
    return query;
  }
  matrix_view<const scalar> reference_scores(index first, index count, task& task) const {
    const index n = ids_.columns;
    const matrix_view<scalar> scores{task.reference.take(count * n), count, n, n, 1};
    for (index b = 0; b < count; ++b)
      score(*batch_.reference_queries, *batch_.reference_catalogue, first + b, &scores(b, 0), task, nullptr);
    return scores;
  }

  /// From the slopes of an example's scores to the gradients.
  void send_back(index b, scalar* slopes, task& task) {
    for (index k = 0; k < ids_.columns; ++k)
      slopes[k] = ids_(b, k) < 0 ? scalar(0) : slopes[k] * static_cast<scalar>(scale_);
    if (gradient_.queries) add_up_query(b, slopes, task);
    if (gradient_.items)
      for (index k = 0; k < ids_.columns; ++k) memory_.slopes.data()[b * ids_.columns + k] = slopes[k];
    else if (gradient_.rows)
      store_rows_of(b, slopes, task);
  }

  void add_up_query(index b, const scalar* slopes, task& task) const {
    scalar* const sums = task.query_gradient.take(queries_.columns);
    add_up_rows<T>(slopes, ids_, b, catalogue_, sums);
    for (index k = 0; k < queries_.columns; ++k) {
      scalar& place = (*gradient_.queries)(b, k);
      place = options_.accumulate ? place + sums[k] : sums[k];
    }
  }

  void store_rows_of(index b, const scalar* slopes, task& task) const {
    const matrix_view<scalar>& rows = *gradient_.rows;
    const index whole = whole_packs<T>(rows);
    const row_store how = choose_row_store<T>(rows, options_.accumulate);
    const scalar* const query = load_query(queries_, b, task);
    for (index k = 0; k < ids_.columns; ++k)
      store_scaled<T>(slopes[k], query, rows, b * ids_.columns + k, whole, how);
  }

  // ---- when all slabs are done

  candidate_result add_up() const {
    const candidate_result total{detail::add_up(memory_.slabs, loss_scale_)};
    if (total.skipped > 0 && options_.non_finite == non_finite::raise) fail_non_finite_score();
    return total;
  }

  [[noreturn]] void fail_non_finite_score() const {
    task& task = memory_.tasks[0];
    scalar* const scores = task.scores.take(ids_.columns);
    const auto look = [&](const tensor_ref<const scalar>& queries, const tensor_ref<const scalar>& catalogue,
                          index b, std::string_view whose) {
      score(*queries, *catalogue, b, scores, task, nullptr);
      for (index k = 0; k < ids_.columns; ++k)
        require(ids_(b, k) < 0 || is_finite(scores[k]), in_candidates, "the ", whose, " of candidates[", b,
                ", ", k, "], item ", ids_(b, k), ", is ", static_cast<double>(scores[k]),
                ", expected a finite value");
    };
    for (index b = 0; b < ids_.rows; ++b) {
      look(batch_.queries, batch_.catalogue, b, "score");
      if (batch_.reference_queries)
        look(batch_.reference_queries, batch_.reference_catalogue, b, "reference score");
    }
    fail(in_candidates, "an input that goes with the scores is not finite");
  }

  const Objective& objective_;
  const candidate_batch<scalar>& batch_;
  const candidate_gradient<scalar>& gradient_;
  const options_type& options_;
  memory_type& memory_;
  matrix_view<const scalar> queries_, catalogue_;
  matrix_view<const std::int32_t> ids_;
  double scale_ = 1, loss_scale_ = 1;
};

}  // namespace prefopt::detail
