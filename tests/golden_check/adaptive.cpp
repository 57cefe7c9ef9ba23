#include <prefopt/recipes/adaptive.hpp>
#include <prefopt/recipes/pairwise.hpp>

#include "checkers.hpp"

namespace golden {
namespace {

using prefopt::strengths::gap_state;

std::vector<index> selected(const json& golden_case) { return golden_case.at("inputs").at("selected"); }

/// Mean loss and gradient (the per-example losses of the file leave the filter out), and what was decided.
template <class Scalar>
std::string check_beta_dpo(const json& golden_case, const tolerances& limits) {
  const json &hyper = golden_case.at("hyper"), &expected = golden_case.at("expected");
  const std::vector<index> kept = selected(golden_case);
  auto objective = prefopt::beta_dpo({hyper.at("beta0"), hyper.at("alpha"), hyper.at("rho")});
  objective.strength.beta_min = hyper.at("beta_min");
  objective.strength.momentum = 1;  // the file gives the mean after the update
  objective.strength.selected = kept;
  gap_state state{.mean = hyper.at("gap_mean"), .deviation = hyper.at("gap_std")};

  tensors<Scalar> data(golden_case.at("inputs"));
  const auto result = prefopt::evaluate(objective, data.batch(), data.see(data.gradient), {.state = &state});
  const json& extra = expected.at("extra");
  std::vector<Scalar> weights;
  for (index b = 0; b < data.policy.rows; ++b) {
    const auto a = [&](index k) { return data.policy(b, k) - data.reference(b, k); };
    weights.push_back(
        static_cast<Scalar>(std::exp(prefopt::detail::typicality(static_cast<double>(a(0) - a(1)), state))));
  }
  for (const std::string& difference :
       {compare("mean_loss", std::vector{static_cast<Scalar>(result.loss)}, {expected.at("mean_loss")},
                limits),
        compare("grad", data.gradient.values, matrix<double>(expected.at("grad").at("policy_logps")).values,
                limits),
        compare("beta_used", std::vector{static_cast<Scalar>(result.mean_beta)}, {extra.at("beta_used")},
                limits),
        compare("selection_weights", weights, extra.at("selection_weights"), limits)})
    if (!difference.empty()) return difference;
  // Without the filter, the file's losses are DPO's.
  matrix<Scalar> losses(data.policy.rows, 1);
  prefopt::evaluate(prefopt::dpo({extra.at("beta_used")}), data.batch(), {.losses = data.see(losses)});
  return compare("loss", losses.values, expected.at("loss"), limits);
}

template <class Scalar>
std::string check_dama(const json& golden_case, const tolerances& limits) {
  const json& hyper = golden_case.at("hyper");
  const std::vector<index> kept = selected(golden_case);
  auto objective = prefopt::dama({hyper.at("beta0"), hyper.at("data_diff_mean"), hyper.at("drop_fraction")});
  objective.strength.beta_min = hyper.at("beta_min");
  objective.strength.selected = kept;
  gap_state state{.mean = hyper.at("gap_mean")};
  return check_case<Scalar>(objective, golden_case, limits, &state);
}

auto hanorec(const json& hyper) {
  auto objective = prefopt::hanorec({hyper.at("beta0")});
  objective.strength.floor = hyper.at("beta_floor");
  return objective;
}

}  // namespace

checkers adaptive_checkers() {
  return {
      {"dynamicpo", objective_checker<[](const json& h) {
         return prefopt::dynamicpo({h.at("beta"), h.at("margin"), h.at("scale")});
       }>()},
      {"dynamicpo_dmpo_v2", objective_checker<[](const json& h) {
         return prefopt::dynamicpo_dmpo_v2({h.at("beta"), h.at("margin"), h.at("scale")});
       }>()},
      {"dynamicpo_sdpo", objective_checker<[](const json& h) {
         return prefopt::dynamicpo_sdpo({h.at("beta"), h.at("margin"), h.at("scale"), h.at("eps")});
       }>()},
      {"dynamicpo_mppo", objective_checker<[](const json& h) {
         return prefopt::dynamicpo_mppo({h.at("beta"), h.at("margin"), h.at("scale")});
       }>()},
      {"hanorec", objective_checker<hanorec>()},
      {"beta_dpo", {check_beta_dpo<double>, check_beta_dpo<float>}},
      {"dama", {check_dama<double>, check_dama<float>}},
  };
}

}  // namespace golden
