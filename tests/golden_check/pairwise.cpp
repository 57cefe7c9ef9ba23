#include <algorithm>
#include <numeric>

#include <prefopt/recipes/pairwise.hpp>

#include "checkers.hpp"

namespace golden {
namespace {

/// len_chosen and len_rejected [B] → lengths [B, 2].
json with_lengths(json c) {
  json& inputs = c.at("inputs");
  for (std::size_t b = 0; b < inputs.at("len_chosen").size(); ++b)
    inputs["lengths"].push_back({inputs.at("len_chosen").at(b), inputs.at("len_rejected").at(b)});
  return c;
}

/// The file's losses lie by rank; evaluate's by the example that holds the margin (or the preferred item) of the rank.
template <bool Paired>
json by_example(json c) {
  const matrix<double> policy(c.at("inputs").at("policy_logps")),
      reference(c.at("inputs").at("reference_logps"));
  const auto key = [&](index b) {
    return Paired ? policy(b, 0) - policy(b, 1) : policy(b, 0) - reference(b, 0);
  };
  std::vector<index> examples(static_cast<std::size_t>(policy.rows));
  std::iota(examples.begin(), examples.end(), index{0});
  std::stable_sort(examples.begin(), examples.end(), [&](index a, index b) { return key(a) < key(b); });
  const json by_rank = c.at("expected").at("loss");
  for (std::size_t rank = 0; rank < examples.size(); ++rank)
    c.at("expected").at("loss").at(static_cast<std::size_t>(examples[rank])) = by_rank.at(rank);
  return c;
}

/// The divergence is a template argument.
template <class Scalar>
std::string check_f_dpo(const json& c, const tolerances& limits) {
  using prefopt::f_divergence;
  const json& h = c.at("hyper");
  const prefopt::f_dpo_settings settings{h.at("beta"), h.at("alpha")};
  const std::string divergence = h.at("f_divergence");
  if (divergence == "reverse_kl") return check_case<Scalar>(prefopt::f_dpo(settings), c, limits);
  if (divergence == "js_divergence")
    return check_case<Scalar>(prefopt::f_dpo<f_divergence::js>(settings), c, limits);
  return divergence == "forward_kl"
             ? check_case<Scalar>(prefopt::f_dpo<f_divergence::forward_kl>(settings), c, limits)
             : check_case<Scalar>(prefopt::f_dpo<f_divergence::alpha>(settings), c, limits);
}

}  // namespace

checkers pairwise_checkers() {
  return {
      {"dpo", objective_checker<[](const json& h) { return prefopt::dpo({h.at("beta")}); }>()},
      {"cdpo", objective_checker<[](const json& h) {
         return prefopt::cdpo({h.at("beta"), h.at("label_smoothing")});
       }>()},
      {"robust_dpo", objective_checker<[](const json& h) {
         return prefopt::robust_dpo({h.at("beta"), h.at("label_smoothing")});
       }>()},
      {"ipo", objective_checker<[](const json& h) { return prefopt::ipo({h.at("beta")}); }>()},
      {"hinge", objective_checker<[](const json& h) { return prefopt::hinge({h.at("beta")}); }>()},
      {"rpo", objective_checker<[](const json& h) {
         return prefopt::rpo({h.at("beta"), h.at("dpo_weight"), h.at("nll_weight")});
       }>()},
      {"ipo_lengthnorm",
       objective_checker<[](const json& h) { return prefopt::ipo_lengthnorm({h.at("beta")}); },
                         with_lengths>()},
      {"exo_pair", objective_checker<[](const json& h) {
         return prefopt::exo_pair({h.at("beta"), h.at("label_smoothing")});
       }>()},
      {"discopop", objective_checker<[](const json& h) {
         return prefopt::discopop({h.at("beta"), h.at("tau")});
       }>()},
      {"f_dpo", {check_f_dpo<double>, check_f_dpo<float>}},
      {"aot", objective_checker<[](const json& h) {
         return prefopt::aot({h.at("beta"), h.at("label_smoothing")});
       },
                                by_example<true>>()},
      {"aot_unpaired", objective_checker<[](const json& h) {
         return prefopt::aot_unpaired({h.at("beta"), h.at("label_smoothing")});
       },
                                         by_example<false>>()},
      {"nca_pair", objective_checker<[](const json& h) { return prefopt::nca_pair({h.at("beta")}); }>()},
      {"bco_pair", objective_checker<[](const json& h) { return prefopt::bco_pair({h.at("beta")}); }>()},
      {"sppo_hard", objective_checker<[](const json& h) { return prefopt::sppo_hard({h.at("beta")}); }>()},
      {"apo_zero", objective_checker<[](const json& h) { return prefopt::apo_zero({h.at("beta")}); }>()},
      {"apo_down", objective_checker<[](const json& h) { return prefopt::apo_down({h.at("beta")}); }>()},
  };
}

}  // namespace golden
