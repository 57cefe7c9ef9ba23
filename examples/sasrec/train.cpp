#include "train.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace sasrec {
namespace {

training_loss loss_of(const train_options& options, const std::vector<std::vector<std::int32_t>>& sequences,
                      const model& policy) {
  if (options.loss == "full_softmax") return full_softmax_loss{options.temperature};
  const std::int32_t items = policy.config().items;
  sampler_settings sampling;
  if (options.sampler == "popularity") sampling["alpha"] = options.popularity_exponent;
  negative_source source(
      {.sampler = options.sampler, .settings = sampling, .items = items, .seed = options.seed}, sequences);
  objective_settings settings;
  if (options.loss == "softmax") settings["temperature"] = options.temperature;
  if (options.loss == "gbce") settings = {{"t", options.gbce_t}, {"num_items", static_cast<double>(items)}};
  return candidate_objective(find_objective(options.loss), make_objective(options.loss, settings),
                             std::move(source), {.negatives = options.negatives, .log_q = options.log_q});
}

}  // namespace

std::vector<std::string> train_losses() { return {"full_softmax", "softmax", "bce", "gbce"}; }

void train(model& best, const std::vector<std::vector<std::int32_t>>& sequences, const train_options& options,
           training_state& state, const epoch_callback& on_epoch, const validator& validate,
           const backend& compute) {
  const std::vector<std::string> known = train_losses();
  if (std::find(known.begin(), known.end(), options.loss) == known.end())
    throw std::invalid_argument(
        fmt::format("train: loss is '{}', expected one of {}", options.loss, fmt::join(known, ", ")));

  run_training_loop(best, sequences, options, compute(dropout_mode::on, loss_of(options, sequences, best)),
                    state, on_epoch, validate);
}

}  // namespace sasrec
