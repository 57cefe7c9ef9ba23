#pragma once

#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

/// \file
/// What prefopt throws, and the one way its messages are put together.

namespace prefopt {

/// Thrown for every argument that makes no sense. The text names the function, the argument, what was
/// expected and what was given: `evaluate: reference is [4, 3], expected [4, 16] (the shape of policy)`.
class invalid_argument : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

namespace detail {

inline std::string_view text(std::string_view value) { return value; }
std::string text(std::integral auto value) { return std::to_string(value); }

/// Shortest of the fixed and the scientific form that `%g` would choose, without `<iostream>`.
inline std::string text(double value) {
  char digits[32];
  const int length = __builtin_snprintf(digits, sizeof digits, "%g", value);
  return std::string(digits, static_cast<std::size_t>(length));
}

// Joined by appending: g++ 12 warns (-Wrestrict) about `"literal" + std::string` in optimised code.
template <class... Parts>
std::string join(const Parts&... parts) {
  std::string joined;
  (joined.append(text(parts)), ...);
  return joined;
}

template <class... Parts>
[[noreturn]] void fail(std::string_view where, const Parts&... parts) {
  throw invalid_argument(join(where, ": ", parts...));
}

/// Throws unless `condition`; the parts of the message are joined only when it is needed.
template <class... Parts>
void require(bool condition, std::string_view where, const Parts&... parts) {
  if (!condition) fail(where, parts...);
}

inline std::string shape_text(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  return join("[", rows, ", ", columns, "]");
}

}  // namespace detail
}  // namespace prefopt
