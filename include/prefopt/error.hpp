#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include <prefopt/detail/instruction_set.hpp>

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

/// A piece of a message: text, which is not copied, or a number as `%g` would write it. Two words, so that the code that
/// puts a message together stays small.
class piece {
 public:
  piece(std::string_view text) : text_(text.data()), size_(text.size()) {}
  template <std::convertible_to<std::string_view> Text>
  piece(const Text& text) : piece(std::string_view(text)) {}
  piece(std::integral auto number) : integer_(static_cast<long long>(number)), size_(integer) {}
  piece(double value) : number_(value), size_(number) {}

  void append_to(std::string& message) const {
    if (size_ != integer && size_ != number) {
      message.append(text_, size_);
      return;
    }
    char digits[32];
    const int length = size_ == integer ? __builtin_snprintf(digits, sizeof digits, "%lld", integer_)
                                        : __builtin_snprintf(digits, sizeof digits, "%g", number_);
    message.append(digits, static_cast<std::size_t>(length));
  }

 private:
  static constexpr std::size_t integer = static_cast<std::size_t>(-1), number = static_cast<std::size_t>(-2);
  union {
    const char* text_;
    long long integer_;
    double number_;
  };
  std::size_t size_;  ///< of the text, or what else it is
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

/// Throws unless `value` is one of its type's enumerators, 0 ... `last`: it may have been made of a number.
template <class Enum>
void require_enumerator(Enum value, Enum last, std::string_view where, std::string_view name) {
  const int number = static_cast<int>(value), most = static_cast<int>(last);
  require(number >= 0 && number <= most, where, name, " is ", number, ", expected one of 0 ... ", most);
}

inline std::string shape_text(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  return join("[", rows, ", ", columns, "]");
}

}  // namespace detail
}  // namespace prefopt
