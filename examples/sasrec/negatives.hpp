#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/log_frequency.hpp>

#include "layers/candidate_scores.hpp"
#include "samplers.hpp"
#include "training_loop.hpp"

/// \file
/// Where the rejected items of a training position come from: one of prefopt's samplers, by name.

namespace sasrec {

struct negative_settings {
  std::string sampler = "uniform";  ///< see `sampler_names()`; in_batch: the targets of other positions
  sampler_settings settings{};      ///< of the sampler
  std::int32_t items = 0;           ///< size of the catalogue
  std::uint64_t seed = 1;
};

/// Never draws an item of the user's own sequence, be it before the position or after it: what a user went on
/// to choose is not something that she rejected. A draw depends on (seed, batch, position in the batch)
/// and, for samplers that look at scores, on those.
class negative_source {
 public:
  /// Popularity is counted in the sequences. Throws std::invalid_argument as `make_sampler`.
  negative_source(const negative_settings& settings, const std::vector<std::vector<std::int32_t>>& sequences);

  /// Whether it looks at scores.
  bool is_scored() const { return sasrec::is_scored(sampler_); }

  /// candidates [tokens, 1 + K]: writes the target into column 0 and negatives into the others, -1 where
  /// there is no item left to draw. Throws std::invalid_argument if the sampler looks at scores.
  void draw(const training_shard& shard, candidate_matrix& candidates) const;
  /// The same for any sampler; the score of item i at token t is queries(t) · items(i).
  void draw(const training_shard& shard, const matrix& queries, const matrix& items,
            candidate_matrix& candidates) const;

  /// log_q [tokens, 1 + K]: log-probabilities, in nats, with which a sampler that looks at no score proposes the
  /// candidates.
  void log_q(const training_shard& shard, const candidate_matrix& candidates, matrix& log_q) const;

 private:
  negative_source(const negative_settings& settings, const std::vector<std::vector<std::int32_t>>& sequences,
                  const std::vector<double>& counts);

  void draw_by_scores(const training_shard& shard, const matrix* queries, const matrix* items,
                      candidate_matrix& candidates) const;

  std::string name_;
  std::uint64_t seed_;
  any_sampler sampler_;
  prefopt::samplers::log_frequency log_frequency_;
  prefopt::samplers::history_table histories_;
};

}  // namespace sasrec
