#pragma once

namespace prefopt {

/// The optional inputs of a batch. A part of an objective says which of them it `reads`, and which it
/// `needs`; an input that nobody reads is an error, not a silence (except the reference, which reference-free
/// objectives never look at).
enum class inputs : unsigned {
  nothing = 0,
  order = 1,
  relevance = 2,
  lengths = 4,
  log_q = 8,
  kl = 16,
  beta = 32,
  hardness = 1024,
  log_collision = 2048,
};

constexpr inputs operator|(inputs a, inputs b) {
  return static_cast<inputs>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool contains(inputs set, inputs one) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

}  // namespace prefopt
