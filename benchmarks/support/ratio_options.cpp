#include "ratio_options.hpp"

#include <cstddef>
#include <sstream>
#include <stdexcept>

namespace bench {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

}  // namespace

ratio_options parse_ratio_options(const std::vector<std::string>& arguments) {
  ratio_options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--details")
      options.details = true;
    else if (arguments[i] == "--only" && i + 1 < arguments.size())
      options.only = split(arguments[++i]);
    else
      throw std::invalid_argument("--ratios takes --details and --only id,id, not " + arguments[i]);
  }
  return options;
}

}  // namespace bench
