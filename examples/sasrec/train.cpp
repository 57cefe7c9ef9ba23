#include "train.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "candidate_loss.hpp"
#include "full_softmax.hpp"

namespace sasrec {

std::vector<std::string> train_losses() { return {"full_softmax", "softmax", "bce", "gbce"}; }

void train(model& best, const std::vector<std::vector<std::int32_t>>& sequences, const train_options& options,
           training_state& state, const epoch_callback& on_epoch, const validator& validate) {
  const std::vector<std::string> known = train_losses();
  if (std::find(known.begin(), known.end(), options.loss) == known.end())
    throw std::invalid_argument(
        fmt::format("train: loss is '{}', expected one of {}", options.loss, fmt::join(known, ", ")));

  position_loss loss;
  if (options.loss == "full_softmax") {
    loss = full_softmax(options.temperature);
  } else {
    sampler_settings sampling;
    if (options.sampler == "popularity") sampling["alpha"] = options.popularity_exponent;
    negative_source source({.sampler = options.sampler,
                            .settings = sampling,
                            .items = best.config().items,
                            .seed = options.seed},
                           sequences);
    objective_settings settings;
    if (options.loss == "softmax") settings["temperature"] = options.temperature;
    if (options.loss == "gbce")
      settings = {{"t", options.gbce_t}, {"num_items", static_cast<double>(best.config().items)}};
    loss = candidate_loss(find_objective(options.loss), make_objective(options.loss, settings),
                          std::move(source), {.negatives = options.negatives, .log_q = options.log_q});
  }
  run_training_loop(best, sequences, options, dropout_mode::on, loss, state, on_epoch, validate);
}

}  // namespace sasrec
