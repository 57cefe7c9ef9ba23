#include <prefopt/hardness/hars_hardness.hpp>
#include <prefopt/references/periodic_sync.hpp>
#include <prefopt/strengths/gap_state.hpp>
#include <prefopt/strengths/hars.hpp>

#include "checkers.hpp"

/// \file
/// What decides about strengths and references: these files hold its output, no loss.

namespace golden {
namespace {

template <class Scalar>
std::vector<Scalar> as(const std::vector<double>& values) {
  return std::vector<Scalar>(values.begin(), values.end());
}

template <class Scalar>
std::string check_running_gaps(const json& golden_case, const tolerances& limits) {
  prefopt::strengths::gap_state state;
  std::vector<Scalar> seen;
  for (const json& batch : golden_case.at("inputs").at("gap_batches")) {
    const matrix<Scalar> given(batch);
    const matrix<double> gaps(json(given.values));
    prefopt::detail::fold_in(
        state, prefopt::detail::moments_of(prefopt::as_matrix(gaps.values, gaps.rows, gaps.columns)),
        golden_case.at("hyper").at("momentum"));
    seen.push_back(static_cast<Scalar>(state.mean));
    seen.push_back(static_cast<Scalar>(state.deviation));
  }
  return compare("gap_mean_std_after_each_batch", seen,
                 matrix<double>(golden_case.at("expected").at("gap_mean_std_after_each_batch")).values,
                 limits);
}

template <class Scalar>
std::string check_responsiveness(const json& golden_case, const tolerances& limits) {
  const json& expected = golden_case.at("expected");
  const std::vector<double> gaps = golden_case.at("inputs").at("reward_gaps");
  const double eta = prefopt::hars_responsiveness(gaps, golden_case.at("hyper").at("eps"));
  const std::string difference = compare("responsiveness", std::vector{static_cast<Scalar>(eta)},
                                         {expected.at("responsiveness")}, limits);
  if (!difference.empty()) return difference;

  const prefopt::strengths::hars strength{.smallest_scale = golden_case.at("hyper").at("eps")};
  const auto rows = static_cast<index>(gaps.size());
  matrix<double> seen(rows, 2), betas(rows, 1);
  for (index b = 0; b < rows; ++b) {
    seen(b, 0) = gaps[static_cast<std::size_t>(b)] / strength.beta;
    seen(b, 1) = 1;
  }
  strength.decide(prefopt::matrix_view<const double>(prefopt::as_matrix(seen.values, rows, 2)),
                  prefopt::as_matrix(betas.values, rows, 1));
  const double beta = expected.at("betas_for_unit_hardness_beta0_0p1").at(0);
  return compare("betas", as<Scalar>(betas.values), std::vector<double>(gaps.size(), beta), limits);
}

template <class Scalar>
std::string check_hardness(const json& golden_case, const tolerances& limits) {
  const json &inputs = golden_case.at("inputs"), &expected = golden_case.at("expected");
  const matrix<Scalar> text(inputs.at("text_embeddings")), image(inputs.at("visual_embeddings"));
  const auto see = [](const matrix<Scalar>& m) { return prefopt::as_matrix(m.values, m.rows, m.columns); };
  const auto vectors = prefopt::fuse_embeddings<Scalar>(see(text), see(image));
  const auto near = prefopt::nearest_items(prefopt::as_matrix(vectors, text.rows, text.columns),
                                           golden_case.at("hyper").at("top_k").get<index>());
  json winners, losers;
  for (const json& pairs : inputs.at("pairs")) {
    winners.push_back(pairs.at(0));
    losers.push_back(pairs.at(1));
  }
  const matrix<std::int32_t> preferred(winners), rejected(losers);
  const auto deltas =
      prefopt::hars_deltas(near, prefopt::as_matrix(preferred.values, preferred.rows, preferred.columns),
                           prefopt::as_matrix(rejected.values, rejected.rows, rejected.columns));
  for (const std::string& difference :
       {compare("neighbour_ids", std::vector<double>(near.ids.begin(), near.ids.end()),
                matrix<double>(expected.at("neighbour_ids")).values, limits),
        compare("neighbour_scores", as<Scalar>(near.scores),
                matrix<double>(expected.at("neighbour_scores")).values, limits),
        compare("deltas", as<Scalar>(deltas), expected.at("deltas"), limits),
        compare("hardness", as<Scalar>(prefopt::hars_hardness(deltas)), expected.at("hardness"), limits)})
    if (!difference.empty()) return difference;
  return {};
}

template <class Scalar>
std::string check_reference_sync(const json& golden_case, const tolerances& limits) {
  const json &hyper = golden_case.at("hyper"), &inputs = golden_case.at("inputs");
  const prefopt::references::periodic_sync sync{.mixup = hyper.at("mixup_alpha"),
                                                .every = hyper.at("sync_steps")};
  prefopt::references::sync_state state;
  std::vector<Scalar> reference = inputs.at("initial"), seen;
  for (const json& step : inputs.at("policy_after_step")) {
    const std::vector<Scalar> policy = step;
    prefopt::references::update<Scalar>(sync, state, reference, policy);
    seen.insert(seen.end(), reference.begin(), reference.end());
  }
  return compare("reference_after_step", seen,
                 matrix<double>(golden_case.at("expected").at("reference_after_step")).values, limits);
}

}  // namespace

checkers policy_checkers() {
  return {
      {"policy_beta_dpo_ema", {check_running_gaps<double>, check_running_gaps<float>}},
      {"policy_hars_responsiveness", {check_responsiveness<double>, check_responsiveness<float>}},
      {"policy_hars_hardness", {check_hardness<double>, check_hardness<float>}},
      {"policy_reference_sync", {check_reference_sync<double>, check_reference_sync<float>}},
  };
}

}  // namespace golden
