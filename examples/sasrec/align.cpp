#include "align.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "candidate_loss.hpp"

namespace sasrec {

void align(model& best, const model& reference, const std::vector<std::vector<std::int32_t>>& sequences,
           const align_options& options, training_state& state, const epoch_callback& on_epoch,
           const validator& validate) {
  const model_config &policy = best.config(), &frozen = reference.config();
  if (policy.items != frozen.items || policy.max_length != frozen.max_length)
    throw std::invalid_argument(fmt::format(
        "align: the policy has {} items and reads {}, the reference has {} and reads {}; expected the "
        "same catalogue and length",
        policy.items, policy.max_length, frozen.items, frozen.max_length));
  objective_settings settings = options.settings;
  settings.num_items = policy.items;
  negative_source source({.sampler = options.sampler,
                          .popularity_exponent = options.popularity_exponent,
                          .items = policy.items,
                          .seed = options.seed},
                         sequences);
  const position_loss loss = candidate_loss(options.objective, settings, std::move(source), options.negatives,
                                            &reference, options.log_q);
  run_training_loop(best, sequences, options, dropout_mode::off, loss, state, on_epoch, validate);
}

}  // namespace sasrec
