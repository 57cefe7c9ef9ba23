#include "negatives.hpp"

#include <cmath>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include <prefopt/eigen.hpp>

namespace sasrec {
namespace {

using sequence_list = std::vector<std::vector<std::int32_t>>;

std::vector<double> count_items(const sequence_list& sequences, std::int32_t items) {
  check_sequences(sequences, items);
  std::vector<double> counts(static_cast<std::size_t>(items));
  for (const auto& sequence : sequences)
    for (const std::int32_t item : sequence) ++counts[static_cast<std::size_t>(item)];
  return counts;
}

/// The power of an item's count with which the sampler proposes it.
double exponent_of(const negative_settings& settings) {
  if (settings.sampler == "uniform") return 0;
  if (settings.sampler == "popularity") return settings.popularity_exponent;
  if (settings.sampler == "in_batch") return 1;
  throw std::invalid_argument(
      fmt::format("sampler is '{}', expected one of uniform, popularity, in_batch", settings.sampler));
}

std::vector<double> raised(std::vector<double> counts, double exponent) {
  for (double& count : counts) count = std::pow(count, exponent);
  return counts;
}

}  // namespace

negative_source::negative_source(const negative_settings& settings, const sequence_list& sequences)
    : negative_source(settings, sequences, count_items(sequences, settings.items)) {}

negative_source::negative_source(const negative_settings& settings, const sequence_list& sequences,
                                 const std::vector<double>& counts)
    : seed_(settings.seed), log_frequency_(raised(counts, exponent_of(settings))), histories_(sequences) {
  if (settings.sampler == "popularity")
    sampler_ = prefopt::samplers::popularity(counts, {.alpha = settings.popularity_exponent});
  else if (settings.sampler == "in_batch")
    sampler_ = prefopt::samplers::in_batch{.batch = {}, .num_items = settings.items};
  else
    sampler_ = prefopt::samplers::uniform{.num_items = settings.items};
}

void negative_source::draw(const training_shard& shard, candidate_matrix& candidates) const {
  candidates.col(0) = Eigen::Map<const Eigen::VectorXi>(shard.targets.data(), candidates.rows());
  auto negatives = candidates.rightCols(candidates.cols() - 1);
  const prefopt::samplers::draw_key key{
      .seed = seed_, .step = shard.step, .first_example = static_cast<std::uint64_t>(shard.first_token)};
  const auto histories = histories_.view().of(shard.users);
  if (const auto* in_batch = std::get_if<prefopt::samplers::in_batch>(&sampler_)) {
    auto of_this_batch = *in_batch;
    of_this_batch.batch = shard.batch_targets;
    of_this_batch.draw(shard.targets, histories, key, negatives);
  } else if (const auto* popularity = std::get_if<prefopt::samplers::popularity>(&sampler_)) {
    popularity->draw(shard.targets, histories, key, negatives);
  } else {
    std::get<prefopt::samplers::uniform>(sampler_).draw(shard.targets, histories, key, negatives);
  }
}

void negative_source::log_q(const training_shard& shard, const candidate_matrix& candidates,
                            matrix& log_q) const {
  log_q.resize(candidates.rows(), candidates.cols());
  log_frequency_(shard.targets, candidates.rightCols(candidates.cols() - 1), log_q);
}

}  // namespace sasrec
