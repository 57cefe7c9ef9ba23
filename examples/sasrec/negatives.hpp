#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/in_batch.hpp>
#include <prefopt/samplers/log_frequency.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "layers/candidate_scores.hpp"
#include "training_loop.hpp"

/// \file
/// Where the rejected items of a training position come from: one of prefopt's samplers, by name.

namespace sasrec {

struct negative_settings {
  std::string sampler = "uniform";    ///< uniform, popularity or in_batch (the targets of other positions)
  double popularity_exponent = 0.75;  ///< popularity: an item is drawn in proportion to count^exponent
  std::int32_t items = 0;             ///< size of the catalogue
  std::uint64_t seed = 1;
};

/// Never draws an item of the user's own sequence, be it before the position or after it: what a user went on
/// to choose is not something that she rejected. A draw depends on (seed, batch, position in the batch)
/// alone.
class negative_source {
 public:
  /// Popularity is counted in the sequences. Throws std::invalid_argument for an unknown sampler.
  negative_source(const negative_settings& settings, const std::vector<std::vector<std::int32_t>>& sequences);

  /// candidates [tokens, 1 + K]: writes the target into column 0 and negatives into the others, -1 where
  /// there is no item left to draw.
  void draw(const training_shard& shard, candidate_matrix& candidates) const;

  /// log_q [tokens, 1 + K]: log-probabilities, in nats, with which the sampler proposes the candidates.
  void log_q(const training_shard& shard, const candidate_matrix& candidates, matrix& log_q) const;

 private:
  /// in_batch is made for each batch, so here it stands without one.
  using any_sampler =
      std::variant<prefopt::samplers::uniform, prefopt::samplers::popularity, prefopt::samplers::in_batch>;

  negative_source(const negative_settings& settings, const std::vector<std::vector<std::int32_t>>& sequences,
                  const std::vector<double>& counts);

  std::uint64_t seed_;
  any_sampler sampler_;
  prefopt::samplers::log_frequency log_frequency_;
  prefopt::samplers::history_table histories_;
};

}  // namespace sasrec
