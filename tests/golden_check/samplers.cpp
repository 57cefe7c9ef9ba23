#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <prefopt/samplers/dns.hpp>
#include <prefopt/samplers/inclusion.hpp>
#include <prefopt/samplers/popularity.hpp>
#include <prefopt/samplers/skip_topk.hpp>
#include <prefopt/samplers/softmax_negative.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/topk_uniform.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "checkers.hpp"

/// \file
/// The laws of the samplers, as functions, against their tables.

namespace golden {
namespace {

namespace samplers = prefopt::samplers;
using numbers = std::vector<double>;
using law_function = std::function<numbers(const json& hyper, const json& inputs)>;

numbers unscored(const auto& sampler, const json& inputs) {
  numbers law(inputs.at("num_items").get<std::size_t>());
  sampler.law(inputs.at("positive"), inputs.at("history").get<std::vector<std::int32_t>>(), law);
  return law;
}

numbers scored(const auto& sampler, const json& inputs) {
  numbers law(inputs.at("num_items").get<std::size_t>());
  sampler.law(inputs.at("scores").get<numbers>(), inputs.at("positive"),
              inputs.at("history").get<std::vector<std::int32_t>>(), law);
  return law;
}

numbers included(const numbers& law, index count) {
  numbers inclusion(law.size());
  samplers::inclusion_probabilities(law, count, inclusion);
  return inclusion;
}

samplers::popularity popular(const json& hyper, const json& inputs) {
  return samplers::popularity(inputs.at("counts").get<numbers>(), {.alpha = hyper.at("alpha")});
}

/// By the names of the specification.
const std::map<std::string, law_function>& laws() {
  static const std::map<std::string, law_function> known{
      {"uniform_excl",
       [](const json&, const json& in) {
         return unscored(samplers::uniform{.num_items = in.at("num_items")}, in);
       }},
      {"popularity", [](const json& h, const json& in) { return unscored(popular(h, in), in); }},
      {"topk_uniform",
       [](const json& h, const json& in) { return scored(samplers::topk_uniform{.pool = h.at("K")}, in); }},
      {"topk_softmax",
       [](const json& h, const json& in) {
         return scored(samplers::topk_softmax{.pool = h.at("K"), .temperature = h.at("temperature")}, in);
       }},
      {"skip_topk",
       [](const json& h, const json& in) {
         return scored(samplers::skip_topk{.skip = h.at("skip"), .pool = h.at("K")}, in);
       }},
      {"softmax_negative",
       [](const json& h, const json& in) {
         return scored(samplers::softmax_negative{.temperature = h.at("temperature")}, in);
       }},
      {"dns_best_of_m_with_replacement",
       [](const json& h, const json& in) {
         return scored(samplers::dns{.candidates = h.at("M"), .replacement = true}, in);
       }},
      {"dns_best_of_m_without_replacement",
       [](const json& h, const json& in) { return scored(samplers::dns{.candidates = h.at("M")}, in); }},
      {"dns_n_best_of_m",
       [](const json& h, const json& in) {
         return scored(samplers::dns{.candidates = h.at("M"), .best = h.at("N")}, in);
       }},
      {"dns_best_of_m_popularity_with_replacement",
       [](const json& h, const json& in) {
         const samplers::popularity proposals = popular(h, in);
         return scored(samplers::dns{.candidates = h.at("M"), .replacement = true, .proposals = &proposals},
                       in);
       }},
      {"topk_uniform_k_without_replacement",
       [](const json& h, const json& in) {
         return included(scored(samplers::topk_uniform{.pool = h.at("pool")}, in), h.at("k"));
       }},
      {"weighted_without_replacement",
       [](const json& h, const json& in) { return included(in.at("weights").get<numbers>(), h.at("m")); }},
  };
  return known;
}

/// Laws are computed in double.
std::string check(const json& golden_case, const tolerances& limits) {
  const std::string name = golden_case.at("hyper").at("sampler");
  const auto law = laws().find(name);
  if (law == laws().end()) return "unknown sampler " + name;
  return compare("probability", law->second(golden_case.at("hyper"), golden_case.at("inputs")),
                 golden_case.at("expected").at("probability").get<numbers>(), limits);
}

}  // namespace

checkers samplers_checkers() { return {{"samplers", {check, check}}}; }

}  // namespace golden
