#include "negatives.hpp"

#include <cmath>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include <prefopt/eigen.hpp>
#include <prefopt/samplers/exact_scores.hpp>

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

/// How often a sampler proposes each item, up to a factor: what it knows of popularity.
std::vector<double> proposals_of(const any_sampler& sampler, const negative_settings& settings,
                                 std::vector<double> counts) {
  double exponent = 0;
  if (std::holds_alternative<prefopt::samplers::in_batch>(sampler)) exponent = 1;
  if (std::holds_alternative<prefopt::samplers::popularity>(sampler)) {
    const auto found = settings.settings.find("alpha");
    exponent = found == settings.settings.end() ? 0.75 : found->second;
  }
  for (double& count : counts) count = std::pow(count, exponent);
  return counts;
}

}  // namespace

negative_source::negative_source(const negative_settings& settings, const sequence_list& sequences)
    : negative_source(settings, sequences, count_items(sequences, settings.items)) {}

negative_source::negative_source(const negative_settings& settings, const sequence_list& sequences,
                                 const std::vector<double>& counts)
    : name_(settings.sampler),
      seed_(settings.seed),
      sampler_(make_sampler(settings.sampler, settings.settings, counts)),
      log_frequency_(proposals_of(sampler_, settings, counts)),
      histories_(sequences) {}

void negative_source::draw(const training_shard& shard, candidate_matrix& candidates) const {
  draw_by_scores(shard, nullptr, nullptr, candidates);
}

void negative_source::draw(const training_shard& shard, const matrix& queries, const matrix& items,
                           candidate_matrix& candidates) const {
  draw_by_scores(shard, &queries, &items, candidates);
}

void negative_source::draw_by_scores(const training_shard& shard, const matrix* queries, const matrix* items,
                                     candidate_matrix& candidates) const {
  candidates.col(0) = Eigen::Map<const Eigen::VectorXi>(shard.targets.data(), candidates.rows());
  auto negatives = candidates.rightCols(candidates.cols() - 1);
  const prefopt::samplers::draw_key key{
      .seed = seed_, .step = shard.step, .first_example = static_cast<std::uint64_t>(shard.first_token)};
  const auto histories = histories_.view().of(shard.users);
  std::visit(
      [&](const auto& sampler) {
        using sampler_type = std::remove_cvref_t<decltype(sampler)>;
        if constexpr (std::is_same_v<sampler_type, prefopt::samplers::in_batch>) {
          auto of_this_batch = sampler;
          of_this_batch.batch = shard.batch_targets;
          of_this_batch.draw(shard.targets, histories, key, negatives);
        } else if constexpr (prefopt::detail::unscored_sampler<sampler_type>) {
          sampler.draw(shard.targets, histories, key, negatives);
        } else {
          if (queries == nullptr)
            throw std::invalid_argument(fmt::format("sampler {} looks at scores, and there are none", name_));
          const prefopt::samplers::exact_scores scores(*queries, *items);
          sampler.draw(scores, shard.targets, histories, key, negatives);
        }
      },
      sampler_);
}

void negative_source::log_q(const training_shard& shard, const candidate_matrix& candidates,
                            matrix& log_q) const {
  log_q.resize(candidates.rows(), candidates.cols());
  log_frequency_(shard.targets, candidates.rightCols(candidates.cols() - 1), log_q);
}

}  // namespace sasrec
