#pragma once

#include <cstddef>
#include <limits>
#include <memory>

#include <prefopt/batch.hpp>
#include <prefopt/detail/check_batch.hpp>
#include <prefopt/detail/term.hpp>
#include <prefopt/detail/tile.hpp>
#include <prefopt/objective.hpp>
#include <prefopt/workspace.hpp>

/// \file
/// The engine behind `evaluate`: tiles of one example per lane, each loaded once, run through every term,
/// stored once.

namespace prefopt::detail {

/// Where the gradient of a term comes from; a gradient check insists on `differentiator` to prove closed
/// forms.
enum class gradient_source { closed_form, differentiator };

/// One call of `evaluate`.
/// \tparam T the number a tile is made of: a lane pack, or a plain scalar
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
      : objective_(objective), batch_(batch), gradient_(gradient), options_(options) {
    check();
    workspace_ = &shared_workspace();
    if constexpr (std::is_base_of_v<workspace_memory<T, Differentiator>, prefopt::workspace<scalar>>)
      if (options.workspace != nullptr) workspace_ = options.workspace;
  }

  result run() {
    const std::size_t chunks = static_cast<std::size_t>((rows() + chunk_size - 1) / chunk_size);
    const std::size_t tasks = task_count(chunks);
    workspace_->prepare(tasks, chunks);
    if constexpr (step::observations > 0) {
      prepare_batch_step();
      each_chunk(tasks, chunks, [this](index first, index last, task& memory, chunk_sums& sums) {
        each_tile(first, last, memory, sums, [this](tile_type& tile) { observe(tile); });
      });
      raise_if_broken(total());
      decide();
      workspace_->chunks.assign(chunks, chunk_sums{});
    }
    each_chunk(tasks, chunks, [this](index first, index last, task& memory, chunk_sums& sums) {
      tile_sums lanes;
      each_tile(first, last, memory, sums, [&](tile_type& tile) { run_tile(tile, memory, lanes); });
      lanes.add_to(sums);
    });
    return finish(total());
  }

 private:
  /// Examples per chunk: few enough to share out, and sums of floats stay exact enough.
  static constexpr index chunk_size = 256;
  static_assert(chunk_size % lane_count<T> == 0);
  /// Below this many scores, waking a second thread costs more than it brings.
  static constexpr index smallest_shared_batch = 1 << 15;

  // ---- before

  void check() {
    objective_.check();
    require(bool(batch_.policy), here, "policy is absent, expected [B, 1 + K] scores");
    components_ = objective_components();
    require(batch_.policy->columns % components_ == 0, here, "policy has ", batch_.policy->columns,
            " columns, expected a multiple of the objective's ", components_, " components");
    const index n = batch_.policy->columns / components_;
    each_term(objective_, [&](const auto& term, index, index) {
      check_candidates(term.traits, n);
      reads_ = reads_ | term.reads;
      needs_ = needs_ | term.needs;
      ordered_ = ordered_ || term.traits.ordered;
    });
    check_same_shape(gradient_, rows(), batch_.policy->columns, "gradient");
    check_same_shape(batch_.reference, rows(), n, "reference");
    check_same_shape(batch_.order, rows(), n, "order");
    check_same_shape(batch_.relevance, rows(), n, "relevance");
    check_same_shape(batch_.lengths, rows(), n, "lengths");
    check_same_shape(batch_.log_q, rows(), n, "log_q");
    check_input(bool(batch_.order), inputs::order, ordered_ ? reads_ | inputs::order : reads_, needs_,
                "order");
    check_input(bool(batch_.relevance), inputs::relevance, reads_, needs_, "relevance");
    check_input(bool(batch_.lengths), inputs::lengths, reads_, needs_, "lengths");
    check_input(bool(batch_.log_q), inputs::log_q, reads_, needs_, "log_q");
    check_input(bool(batch_.kl), inputs::kl, reads_, needs_, "kl");
    check_input(bool(batch_.beta), inputs::beta, reads_, needs_, "beta");
    check_counts(batch_.counts, rows(), n - 1);
    check_positive(batch_.beta, rows(), false, "beta");
    check_positive(batch_.weights, rows(), true, "weights");
    if (batch_.kl) (void)as_column(*batch_.kl, rows(), here, "kl");
    if (batch_.weights) weights_ = as_column(*batch_.weights, rows(), here, "weights");
    if (options_.losses) losses_ = as_column(*options_.losses, rows(), here, "losses");
    if constexpr (!std::is_same_v<typename step::state, no_state>)
      require(options_.state != nullptr, here,
              "options.state is absent, but this objective keeps statistics between batches");
    check_order(batch_.order, shared_order_marks());
    scale_ = gradient_scale();
  }

  index objective_components() const {
    index components = 1;
    each_term(objective_, [&](const auto& term, index, index) {
      if constexpr (requires { term.reward.components; }) components = term.reward.components;
    });
    require(components >= 1, here, "components is ", components, ", expected at least 1");
    return components;
  }

  /// What the gradient of w_b ℓ_b is multiplied by.
  double gradient_scale() const {
    switch (options_.reduction) {
      case reduction::mean:
        return rows() > 0 ? 1.0 / static_cast<double>(rows()) : 0.0;
      case reduction::weighted_mean: {
        double total = 0;
        for (index b = 0; b < rows(); ++b)
          total += batch_.weights ? static_cast<double>(weights_(b, 0)) : 1.0;
        require(total > 0 || rows() == 0, here,
                "weights sum to 0, expected a positive sum for a weighted mean");
        return rows() > 0 ? 1.0 / total : 0.0;
      }
      case reduction::sum:
      case reduction::none:
        return 1.0;
    }
    fail(here, "reduction is ", static_cast<int>(options_.reduction), ", expected one of prefopt::reduction");
  }

  std::size_t task_count(std::size_t chunks) const {
    if (batch_.policy->size() < smallest_shared_batch) return 1;
    const std::size_t wanted = options_.executor.tasks;
    return wanted < 1 ? 1 : (wanted < chunks ? wanted : (chunks < 1 ? 1 : chunks));
  }

  // ---- the walk over the batch

  template <class Work>
  void each_chunk(std::size_t tasks, std::size_t chunks, const Work& work) {
    const auto run_task = [&](std::size_t task) {
      for (std::size_t chunk = chunks * task / tasks; chunk < chunks * (task + 1) / tasks; ++chunk) {
        const index first = static_cast<index>(chunk) * chunk_size;
        const index last = first + chunk_size < rows() ? first + chunk_size : rows();
        work(first, last, *workspace_->tasks[task], workspace_->chunks[chunk]);
      }
    };
    options_.executor.run(tasks, run_task);
  }

  template <class Work>
  void each_tile(index first, index last, task& memory, chunk_sums& sums, const Work& work) {
    for (index b = first; b < last; b += lane_count<T>) {
      tile_type tile(batch_, components_, ordered_, options_.non_finite, b, memory);
      if (options_.non_finite != non_finite::propagate && any(tile.broken())) {
        if (options_.non_finite == non_finite::raise && sums.bad_row < 0)
          tile.find_broken(sums.bad_row, sums.bad_column);
        for (int i = 0; i < tile.count(); ++i) sums.skipped += lane(tile.broken(), i);
      }
      work(tile);
    }
  }

  chunk_sums total() const {
    chunk_sums all;
    for (const chunk_sums& chunk : workspace_->chunks) all.add(chunk);
    return all;
  }

  void raise_if_broken(const chunk_sums& all) const {
    if (options_.non_finite != non_finite::raise || all.bad_row < 0) return;
    const index b = all.bad_row, k = all.bad_column;
    const scalar policy = (*batch_.policy)(b, k);
    if (!(policy - policy == 0))
      fail(here, "policy[", b, ", ", k, "] is ", static_cast<double>(policy),
           ", expected a finite score (or -inf for a rejected item, to mask it)");
    const index candidate = k / components_;
    const auto blame = [&](const tensor_ref<const scalar>& tensor, std::string_view name) {
      if (!tensor) return;
      const scalar value = (*tensor)(b, candidate);
      if (!(value - value == 0))
        fail(here, name, "[", b, ", ", candidate, "] is ", static_cast<double>(value),
             ", expected a finite value");
    };
    blame(batch_.reference, "reference");
    blame(batch_.relevance, "relevance");
    blame(batch_.lengths, "lengths");
    blame(batch_.log_q, "log_q");
    fail(here, "kl[", b, "] is not finite, expected a finite value");
  }

  // ---- the step over the whole batch

  void prepare_batch_step() {
    workspace_->observed.resize(static_cast<std::size_t>(rows() * step::observations));
    workspace_->decided.resize(static_cast<std::size_t>(rows() * step::decisions));
  }
  matrix_view<double> observed() {
    return {workspace_->observed.data(), rows(), step::observations, step::observations, 1};
  }
  matrix_view<double> decided() {
    return {workspace_->decided.data(), rows(), step::decisions, step::decisions, 1};
  }

  void observe(tile_type& tile) {
    const array_row<T> row(tile.row());
    each_term(objective_, [&](const auto& term, index first_observation, index first_decision) {
      row.begin_term();
      each_batch_part(
          term, first_observation, first_decision, [&](const auto& part, index observation, index) {
            for (const T& value : part.observe(row).values) {
              for (int i = 0; i < tile.count(); ++i)
                observed()(tile.first() + i, observation) = lane(tile.broken(), i)
                                                                ? std::numeric_limits<double>::quiet_NaN()
                                                                : static_cast<double>(lane(value, i));
              ++observation;
            }
          });
    });
  }

  void decide() {
    each_term(objective_, [&](const auto& term, index first_observation, index first_decision) {
      each_batch_part(
          term, first_observation, first_decision, [&](const auto& part, index observation, index decision) {
            using part_type = std::remove_cvref_t<decltype(part)>;
            const matrix_view<const double> seen{&observed()(0, observation), rows(),
                                                 observation_count<part_type>(), step::observations, 1};
            const matrix_view<double> said{&decided()(0, decision), rows(), decision_count<part_type>(),
                                           step::decisions, 1};
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
      for (index i = 0; i < step::decisions; ++i)
        for (int lane = 0; lane < lane_count<T>; ++lane)
          set_lane(values[i], lane, static_cast<scalar>(decided()(tile.example(lane), i)));
      return values;
    }
  }

  // ---- one tile

  /// Sums of the statistics, lane by lane, over the tiles of a chunk.
  struct tile_sums {
    T loss{0}, chosen{0}, rejected{0}, margin{0}, hardest{0}, accurate{0}, beta{0}, examples{0};

    void add_to(chunk_sums& sums) const {
      for (int i = 0; i < lane_count<T>; ++i) {
        sums.loss += static_cast<double>(lane(loss, i));
        sums.chosen += static_cast<double>(lane(chosen, i));
        sums.rejected += static_cast<double>(lane(rejected, i));
        sums.margin += static_cast<double>(lane(margin, i));
        sums.hardest += static_cast<double>(lane(hardest, i));
        sums.accurate += static_cast<double>(lane(accurate, i));
        sums.beta += static_cast<double>(lane(beta, i));
        sums.examples += static_cast<index>(lane(examples, i));
      }
    }
  };

  void run_tile(tile_type& tile, task& memory, tile_sums& sums) {
    const array_row<T> row(tile.row());
    const T* decisions = load_decisions(tile, memory);
    const index width = tile.row().candidates * components_;
    T* gradient = gradient_ ? memory.numbers.take(width) : nullptr;

    mask real(true);
    for (int i = 0; i < lane_count<T>; ++i) set_lane(real, i, tile.is_real(i));
    if (options_.non_finite == non_finite::skip) real = real & !tile.broken();
    const T example_weight = select(real, batch_.weights ? tile.load_examples(weights_) : T(1), T(0));

    T loss(0);
    bool first_term = true;
    each_term(objective_, [&](const auto& term, index, index first_decision) {
      const T* decided = decisions + first_decision;
      const mask counted =
          term.traits.candidates == losses::rejected::none ? real : real & tile.has_rejected();
      const T weight = term_weight(term, row, decided) * example_weight;
      const auto run = run_term(term, row, decided);
      loss = loss + select(counted, weight * value_of(run), T(0));
      if (first_term) add_statistics(tile, row, real & tile.has_rejected(), sums);
      if (gradient != nullptr) {
        const T scale = weight * row.number(scale_);
        add_gradient(term, row, run, decided, counted, scale, gradient, first_term, memory);
      }
      first_term = false;
    });

    sums.loss = sums.loss + loss;
    if (options_.losses)
      for (int i = 0; i < tile.count(); ++i) losses_(tile.first() + i, 0) = lane(loss, i);
    if (gradient != nullptr) tile.store(gradient, *gradient_, options_.accumulate);
  }

  template <class Term, class Run>
  void add_gradient(const Term& term, const array_row<T>& row, const Run& run, const T* decided,
                    const mask& counted, const T& scale, T* gradient, bool first_term, task& memory) {
    if constexpr (Source == gradient_source::closed_form && has_closed_form<Term, array_row<T>>()) {
      const auto rewards_gradient = run.gradient();
      for (index component = 0; component < components_; ++component) {
        const auto column = policy_gradient(term, row, rewards_gradient, component);
        T* place = gradient + component * row.candidates();
        for (index k = 0; k < row.candidates(); ++k) {
          const T value = select(counted & row.counts(k), scale * column.at(k), T(0));
          place[k] = first_term ? value : place[k] + value;
        }
      }
    } else {
      if (first_term)
        for (index i = 0; i < row.candidates() * components_; ++i) gradient[i] = T(0);
      differentiate(term, row, decided, counted, scale, gradient, memory);
    }
  }

  /// d loss / d policy by forward-mode differentiation, a few inputs at a time: O(N²) per row, and it needs
  /// nothing but the loss.
  template <class Term>
  void differentiate(const Term& term, const array_row<T>& row, const T* decided, const mask& counted,
                     const T& scale, T* gradient, task& memory) {
    memory.lifted.restart();
    row_memory<Differentiator> lifted = lift(row.memory(), memory);
    const Differentiator* lifted_decisions = lift(decided, step::decisions, memory);
    const array_row<Differentiator> lifted_row(lifted);
    const index inputs = row.candidates() * components_;
    auto* policy = const_cast<Differentiator*>(lifted.policy);
    const std::size_t mark = memory.lifted.mark(), mask_mark = memory.masks.mark(),
                      plain_mark = memory.plain.mark();
    for (index first = 0; first < inputs; first += Differentiator::directions) {
      const index last =
          first + Differentiator::directions < inputs ? first + Differentiator::directions : inputs;
      for (index i = first; i < last; ++i)
        policy[i] = Differentiator::variable(primal(policy[i]), static_cast<int>(i - first));
      const Differentiator value = value_of(run_term(term, lifted_row, lifted_decisions));
      for (index i = first; i < last; ++i) {
        policy[i] = Differentiator(primal(policy[i]));
        const T derivative = slope(value, static_cast<int>(i - first));
        gradient[i] =
            gradient[i] + select(counted & row.valid(i % row.candidates()), scale * derivative, T(0));
      }
      memory.lifted.restart(mark);
      memory.masks.restart(mask_mark);
      memory.plain.restart(plain_mark);
    }
  }

  row_memory<Differentiator> lift(const row_memory<T>& row, task& memory) const {
    row_memory<Differentiator> lifted;
    lifted.candidates = row.candidates;
    lifted.policy = lift(row.policy, row.candidates * components_, memory);
    lifted.reference = lift(row.reference, row.candidates, memory);
    lifted.relevance = lift(row.relevance, row.candidates, memory);
    lifted.lengths = lift(row.lengths, row.candidates, memory);
    lifted.log_q = lift(row.log_q, row.candidates, memory);
    lifted.kl = lift(row.kl, 1, memory);
    lifted.beta = lift(row.beta, 1, memory);
    lifted.valid = row.valid;
    lifted.preferred = row.preferred;
    lifted.numbers = &memory.lifted;
    lifted.masks = row.masks;
    lifted.plain = row.plain;
    return lifted;
  }
  static const Differentiator* lift(const T* values, index count, task& memory) {
    if (values == nullptr) return nullptr;
    Differentiator* lifted = memory.lifted.take(count);
    for (index i = 0; i < count; ++i) lifted[i] = Differentiator(values[i]);
    return lifted;
  }

  /// Over every unmasked rejected candidate, selected or not.
  void add_statistics(const tile_type& tile, const array_row<T>& row, const mask& counted,
                      tile_sums& sums) const {
    if (!any(counted)) return;
    const auto r = row.rewards();
    const T preferred = row.preferred(r);
    T total(0), count(0), hardest(-std::numeric_limits<scalar>::infinity());
    for (index k = 0; k < row.candidates(); ++k) {
      const mask rejected = row.valid(k) & !row.is_preferred().at(k);
      total = total + select(rejected, r.at(k), T(0));
      count = count + select(rejected, T(1), T(0));
      hardest = max(hardest, select(rejected, r.at(k), T(-std::numeric_limits<scalar>::infinity())));
    }
    const auto add = [&](T& sum, const T& value) { sum = sum + select(counted, value, T(0)); };
    const T mean = total / count;
    add(sums.chosen, preferred);
    add(sums.rejected, mean);
    add(sums.margin, preferred - mean);
    add(sums.hardest, preferred - hardest);
    add(sums.accurate, select(preferred > hardest, T(1), T(0)));
    add(sums.beta, mean_strength(row));
    add(sums.examples, T(1));
    (void)tile;
  }

  T mean_strength(const array_row<T>& row) const {
    if (row.memory().strengths == nullptr) return row.strength();
    return row.mean(row.strengths(), row.rejected());
  }

  // ---- after

  result finish(const chunk_sums& all) const {
    raise_if_broken(all);
    const double examples = all.examples > 0 ? static_cast<double>(all.examples) : 1.0;
    const double scale =
        options_.reduction == reduction::none && rows() > 0 ? 1.0 / static_cast<double>(rows()) : scale_;
    return {.loss = all.loss * scale,
            .chosen_reward = all.chosen / examples,
            .rejected_reward = all.rejected / examples,
            .accuracy = all.accurate / examples,
            .margin = all.margin / examples,
            .hardest_margin = all.hardest / examples,
            .mean_beta = all.beta / examples,
            .examples = all.examples,
            .skipped = all.skipped};
  }

  index rows() const { return batch_.policy->rows; }

  static workspace_memory<T, Differentiator>& shared_workspace() {
    thread_local workspace_memory<T, Differentiator> memory;
    return memory;
  }
  static std::vector<index>& shared_order_marks() {
    thread_local std::vector<index> marks;
    return marks;
  }

  const Objective& objective_;
  const batch<scalar>& batch_;
  tensor_ref<scalar> gradient_;
  const options_type& options_;
  inputs reads_ = inputs::nothing, needs_ = inputs::nothing;
  bool ordered_ = false;
  index components_ = 1;
  double scale_ = 1;
  matrix_view<const scalar> weights_{};
  matrix_view<scalar> losses_{};
  workspace_memory<T, Differentiator>* workspace_;
};

}  // namespace prefopt::detail
