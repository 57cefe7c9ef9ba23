#include <prefopt/recipes/unpaired.hpp>

#include "checkers.hpp"

namespace golden {
namespace {

/// labels → relevance; the log-probabilities of the mismatched answers → their log-ratio.
json with_labels(json c) {
  json& inputs = c.at("inputs");
  inputs["relevance"] = inputs.at("labels");
  if (inputs.contains("kl_policy_logps"))
    for (std::size_t b = 0; b < inputs.at("kl_policy_logps").size(); ++b)
      inputs["kl"].push_back(inputs.at("kl_policy_logps").at(b).get<double>() -
                             inputs.at("kl_reference_logps").at(b).get<double>());
  return c;
}

/// The file's running mean includes β; and what the state is afterwards, it says too.
template <class Scalar>
std::string check_bco(const json& c, const tolerances& limits) {
  const json &h = c.at("hyper"), &extra = c.at("expected").at("extra");
  const double beta = h.at("beta");
  const auto objective = prefopt::bco({beta});
  prefopt::state_of<decltype(objective)> state{h.at("running_mean").get<double>() / beta,
                                               h.at("running_count")};
  std::string difference = check_case<Scalar>(objective, c, limits, &state);
  if (difference.empty())
    difference = compare("delta", std::vector{static_cast<Scalar>(beta * state.mean)},
                         {extra.at("delta").get<double>()}, limits);
  if (difference.empty())
    difference = compare("new_count", std::vector{static_cast<Scalar>(state.count)},
                         {extra.at("new_count").get<double>()}, limits);
  return difference;
}

}  // namespace

checkers unpaired_checkers() {
  return {
      {"kto", objective_checker<[](const json& h) {
         return prefopt::kto({h.at("beta"), h.at("desirable_weight"), h.at("undesirable_weight")});
       },
                                with_labels>()},
      {"apo_zero_unpaired", objective_checker<[](const json& h) {
         return prefopt::apo_zero_unpaired(
             {h.at("beta"), h.at("desirable_weight"), h.at("undesirable_weight")});
       },
                                              with_labels>()},
      {"bco", {check_bco<double>, check_bco<float>}},
  };
}

}  // namespace golden
