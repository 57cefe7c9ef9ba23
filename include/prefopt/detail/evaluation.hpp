#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>

#include <prefopt/batch.hpp>
#include <prefopt/detail/differentiate.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/statistics.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/detail/tile.hpp>
#include <prefopt/workspace.hpp>

/// \file
/// The engine behind `evaluate`: tiles of one example per lane, each loaded once, run through every term,
/// stored once.

namespace prefopt::detail {

/// Where the gradient of a term comes from; a gradient check insists on `differentiator` to prove closed
/// forms.
enum class gradient_source { closed_form, differentiator };

/// One call of `evaluate`.
/// \tparam T the number a tile is made of: a lane pack
/// \tparam Differentiator the number over T that differentiates what has no closed-form gradient
template <class T, class Objective, class Differentiator = default_differentiator<T>,
          gradient_source Source = gradient_source::closed_form>
class evaluation {
 public:
  using scalar = scalar_t<T>;
  using mask = mask_t<T>;
  using task = task_memory<T, Differentiator>;
  using tile_type = tile<T, Differentiator>;
  using step = batch_step<Objective>;
  using options_type = options<scalar, typename step::state>;

  evaluation(const Objective& objective, const batch<scalar>& batch, const tensor_ref<scalar>& gradient,
             const options_type& options)
      : objective_(objective),
        batch_(batch),
        gradient_(gradient),
        options_(options),
        plan_(make_plan(objective, batch, gradient, options)),
        workspace_(choose_workspace(options)) {}

  result run() {
    const std::size_t chunks = static_cast<std::size_t>((plan_.rows + chunk_size() - 1) / chunk_size());
    const std::size_t tasks = task_count(chunks);
    workspace_.prepare(tasks, chunks);
    if constexpr (step::observations > 0) {
      prepare_batch_step();
      each_chunk(tasks, [this](index first, index last, task& memory, chunk_sums& sums) {
        each_tile(first, last, memory, sums, [this](tile_type& tile) { observe(tile); });
      });
      raise_if_broken(total());
      decide();
      workspace_.prepare(tasks, chunks);
    }
    each_chunk(tasks, [this](index first, index last, task& memory, chunk_sums& sums) {
      lane_sums<T> lanes;
      each_tile(first, last, memory, sums, [&](tile_type& tile) { run_tile(tile, memory, lanes); });
      lanes.add_to(sums);
    });
    const chunk_sums all = total();
    raise_if_broken(all);
    return summarise(all);
  }

 private:
  /// Examples per chunk, the unit that is shared out: few enough for sums of floats to stay exact, and fewer
  /// where rows are long. It depends on the shape alone, so that no executor changes a result.
  index chunk_size() const {
    constexpr index most_examples = 256, most_scores = 1 << 16;
    static_assert(most_examples % lane_count<T> == 0);
    const index tiles = most_scores / (lane_count<T> * plan_.candidates * plan_.components);
    const index fitting = lane_count<T> * (tiles > 1 ? tiles : 1);
    return fitting < most_examples ? fitting : most_examples;
  }
  /// Below this many scores, waking a second thread costs more than it brings.
  static constexpr index smallest_shared_batch = 1 << 15;

  static workspace_memory<T, Differentiator>& choose_workspace(const options_type& options) {
    if constexpr (std::is_base_of_v<workspace_memory<T, Differentiator>, prefopt::workspace<scalar>>)
      if (options.workspace != nullptr) return *options.workspace;
    thread_local workspace_memory<T, Differentiator> own;
    return own;
  }

  // ---- the walk over the batch

  std::size_t task_count(std::size_t chunks) const {
    const std::size_t wanted = options_.executor.tasks;
    if (batch_.policy->size() < smallest_shared_batch || wanted <= 1) return 1;
    return wanted < chunks ? wanted : chunks;
  }

  template <class Work>
  void each_chunk(std::size_t tasks, const Work& work) {
    const std::size_t chunks = workspace_.chunks.size();
    const auto run_task = [&](std::size_t task_index) {
      const std::size_t end = chunks * (task_index + 1) / tasks;
      for (std::size_t chunk = chunks * task_index / tasks; chunk < end; ++chunk) {
        const index first = static_cast<index>(chunk) * chunk_size();
        const index last = first + chunk_size() < plan_.rows ? first + chunk_size() : plan_.rows;
        work(first, last, *workspace_.tasks[task_index], workspace_.chunks[chunk]);
      }
    };
    options_.executor.run(tasks, run_task);
  }

  template <class Work>
  void each_tile(index first, index last, task& memory, chunk_sums& sums, const Work& work) {
    for (index b = first; b < last; b += lane_count<T>) {
      tile_type tile(batch_, plan_, options_.non_finite, b, memory);
      if (options_.non_finite != non_finite::propagate && any(tile.broken())) {
        if (sums.bad_row < 0) tile.find_broken(sums.bad_row, sums.bad_column);
        // Left unwritten: the gradient may lie on the policy, and the message is yet to quote the score.
        if (options_.non_finite == non_finite::raise) continue;
        for (int i = 0; i < tile.count(); ++i) sums.skipped += lane(tile.broken(), i);
      }
      work(tile);
    }
  }

  chunk_sums total() const {
    chunk_sums all;
    for (const chunk_sums& chunk : workspace_.chunks) all.add(chunk);
    return all;
  }

  void raise_if_broken(const chunk_sums& all) const {
    if (options_.non_finite == non_finite::raise && all.bad_row >= 0)
      fail_non_finite(batch_, plan_.components, all.bad_row, all.bad_column);
  }

  // ---- the step over the whole batch

  void prepare_batch_step() {
    workspace_.observed.resize(static_cast<std::size_t>(plan_.rows * step::observations));
    workspace_.decided.resize(static_cast<std::size_t>(plan_.rows * step::decisions));
  }
  /// The columns [first, first + count) of the batch step's tables.
  matrix_view<double> observed(index first, index count) {
    return {workspace_.observed.data() + first, plan_.rows, count, step::observations, 1};
  }
  matrix_view<double> decided(index first, index count) {
    return {workspace_.decided.data() + first, plan_.rows, count, step::decisions, 1};
  }

  void observe(tile_type& tile) {
    const array_row<T> row(tile.row());
    each_term(objective_, [&](const auto& term, index first_observation, index first_decision) {
      row.begin_term();
      each_batch_part(term, first_observation, first_decision,
                      [&](const auto& part, index observation, index) {
                        for (const T& value : part.observe(row).values) record(tile, value, observation++);
                      });
    });
  }
  void record(const tile_type& tile, const T& value, index observation) {
    const matrix_view<double> column = observed(observation, 1);
    for (int i = 0; i < tile.count(); ++i)
      column(tile.first() + i, 0) = lane(tile.broken(), i) ? std::numeric_limits<double>::quiet_NaN()
                                                           : static_cast<double>(lane(value, i));
  }

  void decide() {
    each_term(objective_, [&](const auto& term, index first_observation, index first_decision) {
      each_batch_part(
          term, first_observation, first_decision, [&](const auto& part, index observation, index decision) {
            using part_type = std::remove_cvref_t<decltype(part)>;
            const matrix_view<const double> seen = observed(observation, observation_count<part_type>());
            const matrix_view<double> said = decided(decision, decision_count<part_type>());
            if constexpr (requires { typename part_type::state_type; })
              part.decide(seen, said, *options_.state);
            else
              part.decide(seen, said);
          });
    });
  }

  const T* load_decisions(const tile_type& tile, task& memory) {
    if constexpr (step::decisions == 0) {
      return nullptr;
    } else {
      T* values = memory.numbers.take(step::decisions);
      const matrix_view<double> said = decided(0, step::decisions);
      for (index i = 0; i < step::decisions; ++i)
        for (int lane = 0; lane < lane_count<T>; ++lane)
          set_lane(values[i], lane, static_cast<scalar>(said(tile.transfer().example(lane), i)));
      return values;
    }
  }

  // ---- one tile

  void run_tile(tile_type& tile, task& memory, lane_sums<T>& sums) {
    const array_row<T> row(tile.row());
    const T* decisions = load_decisions(tile, memory);
    T* gradient = gradient_ ? memory.numbers.take(plan_.candidates * plan_.components) : nullptr;
    const mask counted = counted_examples(tile), compared = counted & tile.has_rejected();
    const T example_weight =
        select(counted, plan_.weights.data != nullptr ? tile.transfer().load(plan_.weights) : T(1), T(0));

    T loss(0);
    bool first_term = true;
    each_term(objective_, [&](const auto& term, index, index first_decision) {
      const T* decided = decisions + first_decision;
      const mask applies = term.traits.candidates == losses::rejected::none ? counted : compared;
      const T weight = term_weight(term, row, decided) * example_weight;
      const auto run = run_term(term, row, decided);
      loss = loss + select(applies, weight * value_of(run), T(0));
      if (first_term) sums.add_rewards(row, compared);
      if (gradient != nullptr)
        add_gradient(term, row, run, decided, applies, weight * row.number(plan_.scale), gradient, first_term,
                     memory);
      first_term = false;
    });

    sums.add_loss(loss);
    if (plan_.losses.data != nullptr)
      for (int i = 0; i < tile.count(); ++i) plan_.losses(tile.first() + i, 0) = lane(loss, i);
    if (gradient != nullptr) tile.transfer().store(gradient, *gradient_, options_.accumulate);
  }

  /// Lanes that hold an example of their own, not one that is skipped.
  mask counted_examples(const tile_type& tile) const {
    mask counted(true);
    for (int i = tile.count(); i < lane_count<T>; ++i) set_lane(counted, i, false);
    return options_.non_finite == non_finite::skip ? counted & !tile.broken() : counted;
  }

  template <class Term, class Run>
  void add_gradient(const Term& term, const array_row<T>& row, const Run& run, const T* decided,
                    const mask& applies, const T& scale, T* gradient, bool first_term, task& memory) {
    const auto add = [&](T& place, const mask& where, const T& slope) {
      const T value = select(applies & where, scale * slope, T(0));
      place = first_term ? value : place + value;
    };
    if constexpr (Source == gradient_source::closed_form && has_closed_form<Term, array_row<T>>()) {
      const auto by_rewards = run.gradient();
      for (index component = 0; component < plan_.components; ++component) {
        const auto by_policy = policy_gradient(term, row, by_rewards, component);
        T* places = gradient + component * plan_.candidates;
        for (index k = 0; k < plan_.candidates; ++k) add(places[k], row.counts(k), by_policy.at(k));
      }
    } else {
      differentiate(
          term, row, plan_.components, decided, step::decisions, memory,
          [&](index i, const T& slope) { add(gradient[i], row.valid(i % plan_.candidates), slope); });
    }
  }

  result summarise(const chunk_sums& all) const {
    const double examples = all.examples > 0 ? static_cast<double>(all.examples) : 1.0;
    return {.loss = all.loss * plan_.loss_scale,
            .chosen_reward = all.chosen / examples,
            .rejected_reward = all.rejected / examples,
            .accuracy = all.accurate / examples,
            .margin = all.margin / examples,
            .hardest_margin = all.hardest / examples,
            .mean_beta = all.beta / examples,
            .examples = all.examples,
            .skipped = all.skipped};
  }

  const Objective& objective_;
  const batch<scalar>& batch_;
  const tensor_ref<scalar> gradient_;
  const options_type& options_;
  const plan<scalar> plan_;
  workspace_memory<T, Differentiator>& workspace_;
};

}  // namespace prefopt::detail
