#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <prefopt/samplers/uniform.hpp>

#include "layers/candidate_scores.hpp"
#include "training_loop.hpp"

namespace sasrec {
struct negative_settings {
  std::string sampler = "uniform";
  double popularity_exponent = 0.75;
  std::int32_t items = 0;
  std::uint64_t seed = 1;
};
class negative_source {
 public:
  negative_source(const negative_settings& settings, const std::vector<std::vector<std::int32_t>>& sequences);
  void draw(const training_shard& shard, candidate_matrix& candidates) const;
  void log_q(const training_shard& shard, const candidate_matrix& candidates, matrix& log_q) const;
 private:
  negative_settings settings_;
  std::vector<std::int64_t> offsets_{0};
  std::vector<std::int32_t> items_;
};
}
