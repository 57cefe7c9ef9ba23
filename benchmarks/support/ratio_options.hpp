#pragma once

#include <string>
#include <vector>

namespace bench {

/// What follows `--ratios` on a command line.
struct ratio_options {
  bool details = false;
  std::vector<std::string> only{};  ///< figures; empty: all
};

/// [--details] [--only id,id]. Throws `invalid_argument` for anything else.
ratio_options parse_ratio_options(const std::vector<std::string>& arguments);

}  // namespace bench
