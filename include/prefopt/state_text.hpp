#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <prefopt/error.hpp>

/// \file
/// What outlives a batch (a running mean, a step count) as one line of text, for a checkpoint:
///
///     const std::string line = prefopt::save_state(state);
///     auto state = prefopt::load_state<prefopt::strengths::gap_state>(line);
///
/// A state is a plain aggregate, copyable, of doubles and 64-bit counts. It says `static constexpr std::string_view
/// name`, and `fields(self, visit)` calls visit("member", self.member) for each member. Numbers are written as their
/// 64 bits in hexadecimal: what is loaded is what was saved, to the last bit, in every locale.

namespace prefopt {
namespace detail {

/// The 16 hexadecimal digits of 64 bits.
inline std::string hexadecimal(std::uint64_t bits) {
  std::string digits(16, '0');
  for (std::size_t i = 16; i-- > 0; bits >>= 4) digits[i] = "0123456789abcdef"[bits & 15];
  return digits;
}

class state_reader {
 public:
  state_reader(std::string_view text, std::string_view state) : rest_(text), state_(state) { take(state); }

  template <class Number>
  void operator()(std::string_view field, Number& value) {
    take(" ");
    take(field);
    take("=");
    const std::uint64_t bits = take_bits(field);
    if constexpr (std::is_same_v<Number, double>)
      value = std::bit_cast<double>(bits);
    else
      value = bits;
  }
  void finish() const {
    require(rest_.empty() || rest_ == "\n", "load_state", "\"", rest_, "\" follows the ", state_,
            ", expected the end of the text");
  }

 private:
  void take(std::string_view expected) {
    require(rest_.substr(0, expected.size()) == expected, "load_state", "text goes on with \"",
            rest_.substr(0, 32), "\", expected \"", expected, "\" of a ", state_);
    rest_.remove_prefix(expected.size());
  }
  std::uint64_t take_bits(std::string_view field) {
    std::uint64_t bits = 0;
    std::size_t digits = 0;
    for (; digits < 16 && digits < rest_.size(); ++digits) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(rest_[digits]);
      if (digit == std::string_view::npos) break;
      bits = bits << 4 | digit;
    }
    require(digits == 16, "load_state", field, " has ", digits, " hexadecimal digits, expected 16");
    rest_.remove_prefix(16);
    return bits;
  }

  std::string_view rest_, state_;
};

}  // namespace detail

/// A state as one line of text, without an end of line.
template <class State>
std::string save_state(const State& state) {
  std::string text(State::name);
  State::fields(state, [&](std::string_view field, auto value) {
    text += detail::join(" ", field, "=", detail::hexadecimal(std::bit_cast<std::uint64_t>(value)));
  });
  return text;
}

/// The state that `save_state` wrote, to the last bit.
/// \throws invalid_argument if the text is another state's, or cut short, or not one at all
template <class State>
State load_state(std::string_view text) {
  State state;
  detail::state_reader reader(text, State::name);
  State::fields(state, [&](std::string_view field, auto& value) { reader(field, value); });
  reader.finish();
  return state;
}

}  // namespace prefopt
