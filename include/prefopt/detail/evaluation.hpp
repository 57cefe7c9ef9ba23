#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>

#include <prefopt/batch.hpp>
#include <prefopt/detail/decide.hpp>
#include <prefopt/detail/dense_tile.hpp>
#include <prefopt/detail/diagnostics.hpp>
#include <prefopt/detail/differentiate.hpp>
#include <prefopt/detail/long_example.hpp>
#include <prefopt/detail/plan.hpp>
#include <prefopt/detail/statistics.hpp>
#include <prefopt/detail/stream.hpp>
#include <prefopt/detail/task_count.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/detail/tile.hpp>
#include <prefopt/numeric/scalar.hpp>
#include <prefopt/workspace.hpp>

/// \file
/// The engine behind `evaluate`: tiles of one example per lane, each loaded once, run through every term,
/// stored once. A tile is `dense` where rows lie contiguously and every score counts, as nearly always; a `tile` takes
/// whatever else there is; long rows lie across the lanes, one example at a time.

namespace prefopt::detail {

/// Where the gradient of a term comes from; a gradient check insists on `differentiator` to prove closed
/// forms.
enum class gradient_source { closed_form, differentiator };

/// What a call is asked for: without losses and statistics nobody computes them.
enum class wanted { everything, gradient };

/// One call of `evaluate`.
/// \tparam T the number a tile is made of: a lane pack
/// \tparam Differentiator the number over T that differentiates what has no closed-form gradient
template <class T, class Objective, class Differentiator = default_differentiator<T>,
          gradient_source Source = gradient_source::closed_form, wanted Wanted = wanted::everything>
class evaluation {
 public:
  using scalar = scalar_t<T>;
  using mask = mask_t<T>;
  using tile_type = tile<T>;
  using dense_tile_type = dense_tile<T, term_kind<Objective>::ordered>;
  using step = batch_step<Objective>;
  using options_type = options<scalar, typename step::state>;

  evaluation(const Objective& objective, const batch<scalar>& batch, const tensor_ref<scalar>& gradient,
             const options_type& options)
      : objective_(objective),
        batch_(resolve(batch)),
        gradient_(gradient),
        options_(options),
        plan_(make_plan(objective, batch_, gradient, options)),
        inputs_(batch_, plan_),
        looks_ahead_(is_worth_prefetching()),
        streams_(is_worth_streaming()),
        workspace_(choose_workspace(options)) {}

  result run() {
    const std::size_t chunks = static_cast<std::size_t>((plan_.rows + chunk_size() - 1) / chunk_size());
    const std::size_t tasks =
        task_count(options_.executor, chunks, batch_.policy->size() >= smallest_shared_batch);
    workspace_.prepare(tasks, chunks);
    if constexpr (step::observations > 0) {
      prepare_batch_step();
      each_chunk(tasks, [this](index first, index last, scratch& memory, chunk_sums& sums) {
        each_tile(first, last, memory, sums, [this](tile_type& tile) { observe(tile); });
      });
      raise_if_broken(total());
      join_parts();
      decide();
      workspace_.prepare(tasks, chunks);
    }
    const walk how = choose_walk();
    each_chunk(tasks, [this, how](index first, index last, scratch& memory, chunk_sums& sums) {
      run_chunk(how, first, last, memory, sums);
    });
    for (scratch& memory : workspace_.tasks) memory.settle();
    const chunk_sums all = total();
    raise_if_broken(all);
    return summarise(all);
  }

 private:
  /// Examples per chunk, the unit that is shared out: few enough for sums of floats to stay exact, and fewer
  /// where rows are long. It depends on the shape alone, so that no executor changes a result.
  index chunk_size() const {
    constexpr index least = 16 * lane_count<T>, most = 64 * lane_count<T>;
    constexpr index good_scores = 1 << 14, most_scores = 1 << 16;
    const index scores = plan_.candidates > 0 ? plan_.candidates * plan_.components : 1;
    const auto within = [](index low, index x, index high) { return x < low ? low : x > high ? high : x; };
    const index fitting =
        within(lane_count<T>, most_scores / scores, within(least, good_scores / scores, most));
    return fitting / lane_count<T> * lane_count<T>;
  }
  static workspace_memory& choose_workspace(const options_type& options) {
    thread_local workspace_memory own;
    return options.workspace != nullptr ? *options.workspace : own;
  }

  // ---- the walk over the batch

  template <class Work>
  void each_chunk(std::size_t tasks, const Work& work) {
    const std::size_t chunks = workspace_.chunks.size();
    const auto run_task = [&](std::size_t task_index) {
      const std::size_t end = chunks * (task_index + 1) / tasks;
      for (std::size_t chunk = chunks * task_index / tasks; chunk < end; ++chunk) {
        const index first = static_cast<index>(chunk) * chunk_size();
        const index last = first + chunk_size() < plan_.rows ? first + chunk_size() : plan_.rows;
        work(first, last, workspace_.tasks[task_index], workspace_.chunks[chunk]);
      }
    };
    options_.executor.run(tasks, run_task);
  }

  template <class Work>
  void each_tile(index first, index last, scratch& memory, chunk_sums& sums, const Work& work) {
    for (index b = first; b < last; b += lane_count<T>)
      with_tile(b, b + lane_count<T> < last ? b + lane_count<T> : last, memory, sums, work);
  }

  template <class Work>
  void with_tile(index first, index last, scratch& memory, chunk_sums& sums, const Work& work) {
    tile_type tile(batch_, plan_, options_.non_finite, first, last, memory);
    if (options_.non_finite != non_finite::propagate && any(tile.broken())) {
      if (sums.bad_row < 0) tile.find_broken(sums.bad_row, sums.bad_column);
      // Left unwritten: the gradient may lie on the policy, and the message is yet to quote the score.
      if (options_.non_finite == non_finite::raise) return;
      for (int i = 0; i < tile.count(); ++i) sums.skipped += lane(tile.broken(), i);
    }
    work(tile);
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

  /// The tables hold the whole batch, of which this call fills in its part.
  void prepare_batch_step() {
    workspace_.observed.assign(static_cast<std::size_t>(plan_.whole_rows * step::observations), 0.0);
    workspace_.decided.resize(static_cast<std::size_t>(plan_.whole_rows * step::decisions));
  }
  /// Zeros elsewhere: the sum over the parts puts them together.
  void join_parts() {
    if (const batch_share& share = options_.share; share.rows > 0 && share.all_reduce != nullptr)
      share.all_reduce(workspace_.observed.data(), workspace_.observed.size(), share.context);
  }
  /// The columns [first, first + count) of the batch step's tables.
  matrix_view<double> observed(index first, index count) {
    return {workspace_.observed.data() + first, plan_.whole_rows, count, step::observations, 1};
  }
  matrix_view<double> decided(index first, index count) {
    return {workspace_.decided.data() + first, plan_.whole_rows, count, step::decisions, 1};
  }

  void observe(tile_type& tile) {
    const array_row<T> row(tile.row());
    each_term(objective_, [&](const auto& term, index first_observation, index first_decision) {
      prepare_observation(term, row);
      each_batch_part(term, first_observation, first_decision,
                      [&](const auto& part, index observation, index) {
                        for (const T& value : part.observe(row).values) record(tile, value, observation++);
                      });
    });
  }
  void record(const tile_type& tile, const T& value, index observation) {
    const matrix_view<double> column = observed(observation, 1);
    for (int i = 0; i < tile.count(); ++i)
      column(plan_.first_row + tile.first() + i, 0) = lane(tile.broken(), i)
                                                          ? std::numeric_limits<double>::quiet_NaN()
                                                          : static_cast<double>(lane(value, i));
  }

  void decide() {
    prefopt::detail::decide(objective_, matrix_view<const double>(observed(0, step::observations)),
                            decided(0, step::decisions), options_.state);
  }

  /// What the batch step decided, for the example in each lane: `example(lane)`.
  template <class Number, class Example>
  const Number* load_decisions(scratch& memory, const Example& example) {
    if constexpr (step::decisions == 0) {
      return nullptr;
    } else {
      Number* values = memory.take<Number>(step::decisions);
      const matrix_view<double> said = decided(0, step::decisions);
      for (index i = 0; i < step::decisions; ++i)
        for (int lane = 0; lane < lane_count<Number>; ++lane)
          set_lane(values[i], lane, static_cast<scalar>(said(plan_.first_row + example(lane), i)));
      return values;
    }
  }

  // ---- one tile

  enum class walk { tiles, dense_tiles, long_rows };

  using kind = term_kind<Objective>;
  /// Closed forms all the way: what has none runs in tiles that know dual numbers.
  static constexpr bool fast = lane_count<T> > 1 && (Source == gradient_source::closed_form) &&
                               (kind::dense) && closed_forms<Objective, array_row<T>>;
  static constexpr row_masks dense_masks = kind::selects                   ? row_masks::all
                                           : kind::ordered || kind::graded ? row_masks::preferred
                                                                           : row_masks::none;
  /// Rows from here on lie across the lanes: their own sums then cost less than moving them into lanes.
  static constexpr index shortest_long_row = 32 * lane_count<T>;

  walk choose_walk() const {
    if (options_.diagnostics) return walk::tiles;
    if constexpr (fast) {
      const bool contiguous = inputs_.contiguous() &&
                              (!gradient_ || dense_inputs<T>::is_contiguous(*gradient_)) &&
                              plan_.candidates > 1;
      if (contiguous && kind::maps_and_reductions && plan_.candidates >= shortest_long_row)
        return walk::long_rows;
      if (contiguous && plan_.counts.data == nullptr && plan_.ordered == kind::ordered &&
          (!plan_.ordered || batch_.order->column_stride == 1))
        return walk::dense_tiles;
    }
    return walk::tiles;
  }

  void run_chunk(walk how, index first, index last, scratch& memory, chunk_sums& sums) {
    lane_sums<T> lanes;
    const auto run_tiles = [&](index from, index to) {
      each_tile(from, to, memory, sums,
                [&](tile_type& tile) { run_tile(tile, memory, lanes, sums.diagnostics); });
    };
    if constexpr (fast) {
      constexpr index step = lane_count<T>;
      if (how == walk::dense_tiles) {
        dense_tile_type tile(inputs_, batch_, plan_, gradient_, memory);
        for (; first + step <= last; first += step)
          if (!run_dense(first, tile, memory, lanes)) run_tiles(first, first + step);
      }
      if constexpr (kind::maps_and_reductions)
        if (how == walk::long_rows) {
          for (; first < last; ++first)
            if (!run_long(first, memory, lanes)) run_tiles(first, first + 1);
          if (streams_) end_stream();
        }
    }
    run_tiles(first, last);
    lanes.add_to(sums);
  }

  /// Whatever the batch brings: masked and broken scores, strides, fewer examples than lanes.
  void run_tile(tile_type& tile, scratch& memory, lane_sums<T>& sums, diagnostic_sums& diagnostics) {
    const array_row<T> row(tile.row());
    T* gradient =
        gradient_ || options_.diagnostics ? memory.take<T>(plan_.candidates * plan_.components) : nullptr;
    const mask counted = counted_examples(tile), compared = counted & tile.has_rejected();
    const T weight = plan_.weights.data != nullptr ? tile.transfer().load(plan_.weights) : T(1);
    const T loss = run_terms(
        row, load_decisions<T>(memory, [&](int i) { return tile.transfer().example(i); }),
        select(counted, weight, T(0)), counted, compared, sums,
        [&](const auto& term) { return [&](const T& beta) { return beta * term.reward.value(row); }; },
        [&](const auto& term, const auto& run, const T* decided, const mask& applies, const T& scale,
            bool first) {
          if (first && options_.diagnostics) add_selection(row, compared, diagnostics);
          if (gradient != nullptr)
            add_gradient(term, row, run, decided, applies, scale, gradient, first, memory);
        },
        [] { return true; });
    sums.add_loss(loss);
    if (plan_.losses.data != nullptr)
      for (int i = 0; i < tile.count(); ++i) plan_.losses(tile.first() + i, 0) = lane(loss, i);
    if (options_.diagnostics)
      add_gradient_mass(row, gradient, plan_.components, compared, tile.transfer(), batch_.false_negatives,
                        memory, diagnostics);
    if (gradient_) tile.transfer().store(gradient, *gradient_, options_.accumulate);
  }

  /// Whether a tile's gradient is written in one go.
  static constexpr bool one_write = kind::terms == 1 && !kind::ordered;

  /// A full tile in which every score counts. False, and nothing done, if one is not finite.
  bool run_dense(index first, dense_tile_type& tile, scratch& memory, lane_sums<T>& sums) {
    tile.start(first, ahead(first + lane_count<T>));
    const array_row<T, dense_masks> row(tile.row());
    T* gradient = gradient_ && kind::terms > 1 ? memory.take<T>(plan_.candidates) : nullptr;
    const T weight = plan_.weights.data != nullptr ? tile.load(plan_.weights) : T(1);
    const T* decisions = load_decisions<T>(memory, [=](int i) { return first + i; });
    const T loss = run_terms(
        row, decisions, weight, true, true, sums,
        [&](const auto& term) { return [&](const T& beta) { return tile.form(term.reward, beta); }; },
        [&](const auto& term, const auto& run, const T*, bool, const T& scale, bool first_term) {
          if (!gradient_) return;
          auto slopes = policy_gradient(term, row, run.gradient(), scale, 0);
          const auto slope = [&](index k) __attribute__((always_inline)) {
            return select(row.counts(k), slopes.at(k), T(0));
          };
          if constexpr (one_write)
            if (plan_.candidates >= lane_count<T> && !options_.accumulate)
              return tile.store_packs(slope, *gradient_);
          // One term's gradient may lie on its rewards: column for column it reads nothing else of them any more.
          if (kind::terms == 1) gradient = const_cast<T*>(row.memory().rewards);
          gradient[0] = first_term ? slope(0) : gradient[0] + slope(0);
          for (index k = 1; k < plan_.candidates; ++k)
            gradient[k] = first_term ? slope(k) : gradient[k] + slope(k);
        },
        [&] { return tile.finite(); });
    if (!tile.finite()) return false;
    sums.add_loss(loss);
    if (plan_.losses.data != nullptr)
      for (int i = 0; i < lane_count<T>; ++i) plan_.losses(first + i, 0) = lane(loss, i);
    if (gradient != nullptr) tile.store(gradient, *gradient_, options_.accumulate);
    return true;
  }

  /// Rows that are loops, of which a second-level cache does not hold all.
  bool is_worth_prefetching() const {
    constexpr index smallest_batch = (1 << 19) / static_cast<index>(sizeof(scalar));
    return plan_.candidates > 2 && batch_.policy->size() >= smallest_batch;
  }
  /// Whether long rows' gradients are written past the caches, of which none would hold them anyway.
  bool is_worth_streaming() const {
    constexpr index smallest_stream = 1 << 22;
    return gradient_ && gradient_->size() >= smallest_stream && gradient_->data != batch_.policy->data &&
           !options_.accumulate && kind::terms == 1;
  }
  /// The inputs of the rows from `first` on.
  rows_ahead ahead(index first) const {
    if (!looks_ahead_) return {};
    if (first >= plan_.rows) first = 0;
    const void* const policy = &(*batch_.policy)(first, 0);
    return {policy, plan_.has_reference ? &(*batch_.reference)(first, 0) : policy};
  }

  /// One example across the lanes. False, and nothing done, if a score is broken.
  bool run_long(index b, scratch& memory, lane_sums<T>& sums) {
    const bool careful = kind::selects || plan_.counts.data != nullptr;
    return (!careful && run_long(b, false, memory, sums)) || run_long(b, true, memory, sums);
  }
  /// Without care, false too if a score is masked.
  bool run_long(index b, bool careful, scratch& memory, lane_sums<T>& sums) {
    const matrix_view<const scalar> written =
        gradient_ && !streams_ ? matrix_view<const scalar>(*gradient_) : *batch_.policy;
    long_example<T> example(inputs_, plan_, b, &written(b, 0), careful, memory);
    if (example.broken()) return false;
    example.row().ahead = ahead(b + 1);
    const long_row<T> row(example.row());
    scalar* const gradient = gradient_ ? long_gradient(b, row) : nullptr;
    if (streams_)
      for (const index end : {index{0}, plan_.candidates - 2 * lane_count<T>})
        prefetch(gradient + end, 2 * static_cast<index>(sizeof(T)));
    const mask first_lane = row.is_preferred().at(0);
    const mask compared = careful ? first_lane & row.any(row.every_rejected()) : first_lane;
    const T weight = plan_.weights.data != nullptr ? T(plan_.weights(b, 0)) : T(1);
    const T loss = run_terms(
        row, load_decisions<T>(memory, [=](int) { return b; }), weight, first_lane, compared, sums,
        [&](const auto& term) { return [&](const T& beta) { return example.form(term.reward, beta); }; },
        [&](const auto& term, const auto& run, const T*, const mask& applies, const T& scale,
            bool first_term) {
          if (gradient == nullptr) return;
          auto slopes = policy_gradient(term, row, run.gradient(), scale, 0);
          store_long_gradient(row, slopes, any(applies), first_term, streams_, gradient);
        },
        [&] { return example.finite(); });
    if (!example.finite()) return false;
    sums.add_loss(loss);
    if (plan_.losses.data != nullptr) plan_.losses(b, 0) = lane(loss, 0);
    if (gradient != nullptr) finish_long_gradient(b, gradient);
    return true;
  }
  template <class Slopes>
  static void store_long_gradient(const long_row<T>& row, const Slopes& slopes, bool applies, bool first_term,
                                  bool stream, scalar* gradient) {
    if (first_term && applies && row.memory().counts == nullptr)
      return row.each_aligned(
          gradient, [&](index k, bool alone) __attribute__((always_inline)) {
            if (stream && alone)
              stream_pack(slopes.at(k), gradient + k);
            else
              store_pack(slopes.at(k), gradient + k);
          });
    row.each([&](index k, const auto& fresh) {
      T slope = select(row.counts(k) & mask(applies), slopes.at(k), T(0));
      if (!first_term) slope = select(fresh, slope, T(0)) + load_pack<scalar, lane_count<T>>(gradient + k);
      store_pack(slope, gradient + k);
    });
  }
  /// The gradient's own row if nothing but this example's gradient is there yet, otherwise a copy to be moved there.
  scalar* long_gradient(index b, const long_row<T>& row) const {
    scalar* const place = &(*gradient_)(b, 0);
    const scalar* const policy = &(*batch_.policy)(b, 0);
    const bool on_policy = place < policy + plan_.candidates && policy < place + plan_.candidates;
    return options_.accumulate || on_policy ? row.take() : place;
  }
  void finish_long_gradient(index b, const scalar* gradient) const {
    scalar* const place = &(*gradient_)(b, 0);
    if (gradient == place) return;
    for (index k = 0; k < plan_.candidates; ++k)
      place[k] = options_.accumulate ? place[k] + gradient[k] : gradient[k];
  }

  /// Runs every term over a row: the row's loss, and its statistics.
  /// \param scaled_reward term → (β → the column β · reward)
  /// \param add_gradient  (term, run, decided, applies, scale, first term)
  /// \param go_on         whether the row turned out to be fit for it
  template <class Row, class Mask, class ScaledReward, class AddGradient, class GoOn>
  auto run_terms(const Row& row, const typename Row::number_type* decisions,
                 const typename Row::number_type& example_weight, const Mask& counted, const Mask& compared,
                 lane_sums<typename Row::number_type>& sums, const ScaledReward& scaled_reward,
                 const AddGradient& add_gradient, const GoOn& go_on) {
    using number = typename Row::number_type;
    number loss(0);
    bool first_term = true;
    each_term(objective_, [&](const auto& term, index, index first_decision) {
      const number* decided = decisions + first_decision;
      const Mask applies = term.traits.candidates == losses::rejected::none ? counted : compared;
      const number weight = term_weight(term, row, decided) * example_weight;
      auto run = run_term(term, row, decided, scaled_reward(term));
      if (!go_on()) return;
      if constexpr (Wanted == wanted::everything) {
        loss = loss + select(applies, weight * value_of(run), number(0));
        if (first_term) sums.add_rewards(row, compared, mean_strength(term, row));
      }
      add_gradient(term, run, decided, applies, weight * row.number(plan_.scale), first_term);
      first_term = false;
    });
    return loss;
  }

  /// Lanes that hold an example of their own, not one that is skipped.
  mask counted_examples(const tile_type& tile) const {
    mask counted(true);
    for (int i = tile.count(); i < lane_count<T>; ++i) set_lane(counted, i, false);
    return options_.non_finite == non_finite::skip ? counted & !tile.broken() : counted;
  }

  template <class Term, class Run>
  void add_gradient(const Term& term, const array_row<T>& row, const Run& run, const T* decided,
                    const mask& applies, const T& scale, T* gradient, bool first_term, scratch& memory) {
    const auto add = [&](T& place, const mask& where, const T& slope) {
      const T value = select(applies & where, slope, T(0));
      place = first_term ? value : place + value;
    };
    if constexpr (Source == gradient_source::closed_form && has_closed_form<Term, array_row<T>>()) {
      auto by_rewards = run.gradient();
      for (index component = 0; component < plan_.components; ++component) {
        auto by_policy = policy_gradient(term, row, by_rewards, scale, component);
        T* places = gradient + component * plan_.candidates;
        for (index k = 0; k < plan_.candidates; ++k) add(places[k], row.counts(k), by_policy.at(k));
      }
    } else {
      differentiate<Differentiator>(
          term, row, plan_.components, decided, step::decisions, memory,
          [&](index i, const T& slope) { add(gradient[i], row.valid(i % plan_.candidates), scale * slope); });
    }
  }

  result summarise(const chunk_sums& all) const {
    result said = summarise_rows(all);
    if (options_.diagnostics) diagnose(all.diagnostics, said);
    return said;
  }
  void diagnose(const diagnostic_sums& all, result& said) const {
    said.selected_share = all.selected / all.rows;
    said.beta_deviation = prefopt::sqrt(all.beta.squares / all.beta.count);
    if (plan_.components == 1) said.easy_gradient_share = all.easy / all.mass;
    if (batch_.false_negatives) said.false_negative_gradient_share = all.marked / all.mass;
  }
  result summarise_rows(const chunk_sums& all) const {
    const double examples = all.examples > 0 ? static_cast<double>(all.examples) : 1.0;
    return {.loss = all.loss * plan_.loss_scale,
            .chosen_reward = all.chosen / examples,
            .rejected_reward = all.rejected / examples,
            .accuracy = all.accurate / examples,
            .margin = (all.chosen - all.rejected) / examples,
            .hardest_margin = all.hardest / examples,
            .mean_beta = all.beta / examples,
            .examples = all.examples,
            .skipped = all.skipped};
  }

  const Objective& objective_;
  const batch<scalar> batch_;
  const tensor_ref<scalar> gradient_;
  const options_type& options_;
  const plan<scalar> plan_;
  const dense_inputs<T> inputs_;
  const bool looks_ahead_, streams_;
  workspace_memory& workspace_;
};

}  // namespace prefopt::detail
