#include "objective_parts.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sasrec {
namespace {

/// The settings of a part with a name; its place in the list is its kind.
template <class Part>
struct known_part {
  struct setting {
    std::string name;
    void (*set)(Part&, double);
  };
  std::string name;
  std::vector<setting> settings{};
};

const std::vector<known_part<any_strength>> strengths{
    {"fixed"},
    {"annealed",
     {{"end", [](any_strength& s, double x) { s.annealed.end = x; }},
      {"steps", [](any_strength& s, double x) { s.annealed.steps = static_cast<std::uint64_t>(x); }}}},
    {"batch_beta",
     {{"alpha", [](any_strength& s, double x) { s.batch_beta.alpha = x; }},
      {"rho", [](any_strength& s, double x) { s.batch_beta.rho = x; }}}},
    {"instance_beta", {{"alpha", [](any_strength& s, double x) { s.instance_beta.alpha = x; }}}},
    {"hars"},
    {"dama",
     {{"hardness_mean", [](any_strength& s, double x) { s.dama.hardness_mean = x; }},
      {"drop", [](any_strength& s, double x) { s.dama.drop = x; }}}},
};

const std::vector<known_part<any_selection>> selections{
    {"all"},
    {"boundary"},
    {"hardest",
     {{"count", [](any_selection& s, double x) { s.hardest.count = static_cast<prefopt::index>(x); }}}},
};

template <class List>
std::vector<std::string> names_of(const List& list) {
  std::vector<std::string> names;
  for (const auto& one : list) names.push_back(one.name);
  return names;
}

/// The place of a part in its list.
template <class Part>
std::size_t find(const std::vector<known_part<Part>>& list, std::string_view what, const std::string& name) {
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].name == name) return i;
  throw std::invalid_argument(
      fmt::format("{} is '{}', expected one of {}", what, name, fmt::join(names_of(list), ", ")));
}

/// Sets what is called "`what`.name" in a part.
template <class Part>
void set_all(Part& part, const known_part<Part>& known, const std::string& what,
             const objective_settings& settings) {
  for (const auto& [full_name, value] : settings) {
    if (!full_name.starts_with(what + ".")) continue;
    const std::string name = full_name.substr(what.size() + 1);
    bool done = false;
    for (const auto& one : known.settings)
      if (one.name == name) one.set(part, value), done = true;
    if (done) continue;
    throw std::invalid_argument(
        known.settings.empty() ? fmt::format("{} {} has no settings, found '{}'", what, known.name, name)
                               : fmt::format("{} {} has no setting '{}', expected one of {}", what,
                                             known.name, name, fmt::join(names_of(known.settings), ", ")));
  }
}

}  // namespace

std::vector<std::string> strength_names() { return names_of(strengths); }
std::vector<std::string> selection_names() { return names_of(selections); }

any_strength make_strength(const std::string& name, double beta, const objective_settings& settings) {
  const std::size_t place = find(strengths, "strength", name);
  any_strength strength{.kind = static_cast<strength_kind>(place)};
  strength.set_beta(beta);
  set_all(strength, strengths[place], "strength", settings);
  return strength;
}

any_selection make_selection(const std::string& name, const objective_settings& settings) {
  const std::size_t place = find(selections, "selection", name);
  any_selection selection{.kind = static_cast<selection_kind>(place)};
  set_all(selection, selections[place], "selection", settings);
  return selection;
}

std::pair<std::string, double> parse_setting(const std::string& text) {
  const std::size_t sign = text.find('=');
  double value = 0;
  const char* const end = text.data() + text.size();
  const bool named = sign != std::string::npos && sign > 0;
  const auto parsed = named ? std::from_chars(text.data() + sign + 1, end, value) : std::from_chars_result{};
  if (!named || parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value))
    throw std::invalid_argument(fmt::format("'{}' is no setting, expected name=number", text));
  return {text.substr(0, sign), value};
}

bool belongs_to_part(std::string_view setting) {
  return setting.starts_with("strength.") || setting.starts_with("selection.");
}

}  // namespace sasrec
