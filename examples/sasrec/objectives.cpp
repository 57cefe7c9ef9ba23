#include "objectives.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "objective_families.hpp"

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

const objective_info& check_objective(std::string_view id, const objective_settings& settings) {
  const objective_info& info = find_objective(id);
  if (!info.refusal.empty()) throw std::invalid_argument(fmt::format("{} {}", id, info.refusal));
  for (const auto& [name, value] : settings)
    if (!info.has_setting(name)) refuse_setting(info, name);
  return info;
}

std::unique_ptr<any_objective> make_objective(std::string_view id, const objective_settings& settings) {
  return check_objective(id, settings).make(settings);
}

std::pair<std::string, double> parse_setting(const std::string& text) {
  const std::size_t sign = text.find('=');
  double value = 0;
  const char* const end = text.data() + text.size();
  const bool named = sign != std::string::npos && sign > 0;
  const auto parsed = named ? std::from_chars(text.data() + sign + 1, end, value) : std::from_chars_result{};
  if (!named || parsed.ec != std::errc() || parsed.ptr != end)
    throw std::invalid_argument(fmt::format("'{}' is no setting, expected name=number", text));
  return {text.substr(0, sign), value};
}

}  // namespace sasrec
