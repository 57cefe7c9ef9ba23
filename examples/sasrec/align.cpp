#include "align.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "random.hpp"

namespace sasrec {
namespace {

/// Keeps the noise apart from the negatives, which are drawn with the seed itself.
constexpr std::uint64_t for_noise = 2;

void check_same_shape(const model_config& policy, const model_config& reference) {
  if (policy.items != reference.items || policy.max_length != reference.max_length)
    throw std::invalid_argument(fmt::format(
        "align: the policy has {} items and reads {}, the reference has {} and reads {}; expected the "
        "same catalogue and length",
        policy.items, policy.max_length, reference.items, reference.max_length));
}

/// What is set, and what the data says: β unless it is set otherwise, and the size of the catalogue.
objective_settings complete(const objective_info& info, const align_options& options, std::int32_t items) {
  objective_settings settings = options.settings;
  const auto add = [&](const char* name, double value) {
    if (info.has_setting(name)) settings.try_emplace(name, value);
  };
  add("beta", options.beta);
  add("num_items", items);
  return settings;
}

}  // namespace

void align(model& best, const model& reference, const std::vector<std::vector<std::int32_t>>& sequences,
           const align_options& options, training_state& state, const epoch_callback& on_epoch,
           const validator& validate, const backend& compute) {
  const std::int32_t items = best.config().items;
  check_same_shape(best.config(), reference.config());
  check_reference(options.reference);
  if (options.refresh < 0)
    throw std::invalid_argument(fmt::format("align: refresh is {}, expected at least 0", options.refresh));
  const objective_info& info = find_objective(options.objective);
  const std::shared_ptr<any_objective> objective =
      make_objective(options.objective, complete(info, options, items), options.parts);
  if (!state.objective.empty()) objective->restore(state.objective);
  if (options.reference.moves() && !state.reference) state.reference = reference;

  negative_source source(
      {.sampler = options.sampler, .settings = options.sampling, .items = items, .seed = options.seed},
      sequences);
  std::optional<model> scored_by;  // the policy, some steps ago
  if (options.refresh != 1 && source.is_scored()) scored_by = state.latest ? *state.latest : best;
  const model* const compared = options.reference.name == "none" ? nullptr
                                : options.reference.moves()      ? &*state.reference
                                                                 : &reference;
  const candidate_objective loss(info, objective, std::move(source),
                                 {.negatives = options.negatives,
                                  .reference = compared,
                                  .reference_moves = options.reference.moves(),
                                  .scored_by = scored_by ? &*scored_by : nullptr,
                                  .log_q = options.log_q,
                                  .item_vectors = &reference.item_embeddings(),
                                  .noise = options.noise,
                                  .seed = mix(options.seed, for_noise)});
  loop_options loop = options;
  if (objective->facts().looks_at_batch) loop.shards = 1;
  int age = 0;  // of the scores, in steps
  const step_callback on_step = [&](const model& policy, std::uint64_t steps) {
    if (scored_by && ++age == options.refresh) {
      *scored_by = policy;
      age = 0;
    }
    if (state.reference) follow(*state.reference, policy, options.reference, steps);
  };
  const epoch_callback after_epoch = [&](const epoch_report& report) {
    state.objective = objective->state();
    if (scored_by) *scored_by = *state.latest;
    age = 0;
    return !on_epoch || on_epoch(report);
  };
  run_training_loop(
      best, sequences, loop, compute(dropout_mode::off, loss), state, after_epoch, validate,
      options.reference.moves() || (scored_by && options.refresh > 0) ? on_step : step_callback());
}

}  // namespace sasrec
