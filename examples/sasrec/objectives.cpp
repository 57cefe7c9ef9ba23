#include "objectives.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "objective_families.hpp"
#include "objective_parts.hpp"

namespace sasrec {
namespace {

std::string_view refusal_of(std::string_view id) {
  if (id == "gpm") return "compares vectors of items, but a SASRec has one score for each";
  if (id == "dove") return "needs log-probabilities of the contexts, but a SASRec models items alone";
  return {};
}

objective_list list_objectives() {
  objective_list all;
  for (const auto family :
       {pairwise_objectives, adaptive_objectives, several_objectives, reference_free_objectives,
        unpaired_objectives, listwise_objectives, general_preference_objectives, recommender_objectives})
    for (objective_info& one : family()) {
      one.refusal = refusal_of(one.id);
      all.push_back(std::move(one));
    }
  return all;
}

/// "a, b, c"
template <class List, class Name>
std::string names_of(const List& list, Name name) {
  std::string text;
  for (const auto& one : list) text += (text.empty() ? "" : ", ") + std::string(one.*name);
  return text;
}

[[noreturn]] void refuse_setting(const objective_info& info, const std::string& name) {
  if (info.settings.empty())
    throw std::invalid_argument(fmt::format("{} has no settings, found '{}'", info.id, name));
  throw std::invalid_argument(fmt::format("{} has no setting '{}', expected one of {}", info.id, name,
                                          names_of(info.settings, &objective_setting::name)));
}

void check_parts(const objective_info& info, const objective_settings& settings,
                 const objective_parts& parts) {
  for (const auto& [name, value] : settings)
    for (const auto& [part, chosen] :
         {std::pair("strength", parts.strength), std::pair("selection", parts.selection)})
      if (chosen.empty() && name.starts_with(std::string(part) + "."))
        throw std::invalid_argument(fmt::format("{} is set, but no {} is chosen", name, part));
  if (!parts.strength.empty()) make_strength(parts.strength, 1, settings);
  if (!parts.selection.empty()) make_selection(parts.selection, settings);
  if (!parts.strength.empty() && !info.takes_strength)
    throw std::invalid_argument(fmt::format(
        "{} keeps its own strength, expected an objective of one term, of log-ratios with one beta",
        info.id));
  if (!parts.selection.empty() && !info.takes_selection)
    throw std::invalid_argument(fmt::format(
        "{} keeps its own selection, expected an objective of one term, of several rejected items, neither "
        "ordered nor graded",
        info.id));
}

}  // namespace

bool objective_info::has_setting(std::string_view name) const {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const objective_setting& one) { return one.name == name; });
}

const std::vector<objective_info>& known_objectives() {
  static const objective_list all = list_objectives();
  return all;
}

const objective_info& find_objective(std::string_view id) {
  for (const objective_info& one : known_objectives())
    if (one.id == id) return one;
  throw std::invalid_argument(fmt::format("objective is '{}', expected one of {}", id,
                                          names_of(known_objectives(), &objective_info::id)));
}

const objective_info& check_objective(std::string_view id, const objective_settings& settings,
                                      const objective_parts& parts) {
  const objective_info& info = find_objective(id);
  if (!info.refusal.empty()) throw std::invalid_argument(fmt::format("{} {}", id, info.refusal));
  check_parts(info, settings, parts);
  for (const auto& [name, value] : settings)
    if (!belongs_to_part(name) && !info.has_setting(name)) refuse_setting(info, name);
  return info;
}

std::unique_ptr<any_objective> make_objective(std::string_view id, const objective_settings& settings,
                                              const objective_parts& parts) {
  return check_objective(id, settings, parts).make(settings, parts);
}

}  // namespace sasrec
