#pragma once

#include <map>
#include <string>
#include <utility>

namespace sasrec {

/// By name; what is not named has its default.
using objective_settings = std::map<std::string, double>;

/// "gamma=0.5" → {"gamma", 0.5}. Throws std::invalid_argument for anything but a name and a finite number.
std::pair<std::string, double> parse_setting(const std::string& text);

/// Which of a recipe's parts are replaced, by name; empty: none.
struct objective_parts {
  std::string strength{}, selection{};
};

}  // namespace sasrec
