#pragma once

#include <concepts>
#include <type_traits>

namespace prefopt {

/// A number of 16 bits that is stored and read but computed with as a float: `bfloat16`, `half`, `_Float16`, a tensor
/// library's own.
template <class T>
concept narrow_number = sizeof(T) == 2 && !std::integral<T> && std::is_trivially_copyable_v<T> &&
                        requires(T stored, float computed) {
                          static_cast<float>(stored);
                          static_cast<T>(computed);
                        };

/// What is computed with where T is stored.
template <class T>
using computed_t = std::conditional_t<narrow_number<T>, float, T>;

}  // namespace prefopt
