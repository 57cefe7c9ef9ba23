#include <prefopt/recipes/reference_free.hpp>

#include "checkers.hpp"

namespace golden {
namespace {

/// The cost is a template argument.
template <class Scalar>
std::string check_cpo(const json& c, const tolerances& limits) {
  using prefopt::cpo_loss;
  const json& h = c.at("hyper");
  const prefopt::cpo_settings settings{h.at("beta"), h.at("nll_weight"), h.at("label_smoothing")};
  const std::string loss = h.at("loss_type");
  if (loss == "hinge") return check_case<Scalar>(prefopt::cpo<cpo_loss::hinge>(settings), c, limits);
  if (loss == "ipo") return check_case<Scalar>(prefopt::cpo<cpo_loss::ipo>(settings), c, limits);
  return check_case<Scalar>(prefopt::cpo(settings), c, limits);
}

json negated(json values) {
  for (json& row : values)
    for (json& value : row) value = -value.get<double>();
  return values;
}
/// The policy is minus the error.
json with_errors(json c) {
  c.at("inputs")["policy_logps"] = negated(c.at("inputs").at("model_loss"));
  json& gradients = c.at("expected").at("grad");
  gradients["policy_logps"] = negated(gradients.at("model_loss"));
  return c;
}

}  // namespace

checkers reference_free_checkers() {
  return {
      {"simpo", objective_checker<[](const json& h) {
         return prefopt::simpo({h.at("beta"), h.at("gamma"), h.at("label_smoothing")});
       }>()},
      {"cpo", {check_cpo<double>, check_cpo<float>}},
      {"alphapo", objective_checker<[](const json& h) {
         return prefopt::alphapo({h.at("beta"), h.at("gamma"), h.at("alpha")});
       }>()},
      {"orpo", objective_checker<[](const json& h) {
         return prefopt::orpo({h.at("beta"), h.at("nll_weight")});
       }>()},
      {"mapo", objective_checker<[](const json& h) {
         return prefopt::mapo({h.at("beta"), h.at("snr"), h.at("T")});
       },
                                 with_errors>()},
  };
}

}  // namespace golden
