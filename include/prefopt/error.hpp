#pragma once

#include <concepts>
#include <initializer_list>
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

/// A piece of a message: text, or a number as `%g` would write it. Text is not copied.
class piece {
 public:
  template <std::convertible_to<std::string_view> Text>
  piece(const Text& text) : text_(text), kind_(kind::text) {}
  piece(std::integral auto number) : integer_(static_cast<long long>(number)), kind_(kind::integer) {}
  piece(double number) : number_(number), kind_(kind::number) {}

  void append_to(std::string& message) const {
    if (kind_ == kind::text) {
      message.append(text_);
      return;
    }
    char digits[32];
    const int length = kind_ == kind::integer ? __builtin_snprintf(digits, sizeof digits, "%lld", integer_)
                                              : __builtin_snprintf(digits, sizeof digits, "%g", number_);
    message.append(digits, static_cast<std::size_t>(length));
  }

 private:
  enum class kind { text, integer, number };
  std::string_view text_;
  long long integer_ = 0;
  double number_ = 0;
  kind kind_;
};

// Joined by appending: g++ 12 warns (-Wrestrict) about `"literal" + std::string` in optimised code.
inline std::string join_pieces(std::initializer_list<piece> pieces) {
  std::string joined;
  for (const piece& one : pieces) one.append_to(joined);
  return joined;
}
template <class... Parts>
std::string join(const Parts&... parts) {
  return join_pieces({parts...});
}

[[noreturn, gnu::cold]] inline void throw_invalid(std::initializer_list<piece> pieces) {
  throw invalid_argument(join_pieces(pieces));
}
template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(std::string_view where, const Parts&... parts) {
  throw_invalid({where, ": ", parts...});
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
