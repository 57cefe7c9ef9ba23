#pragma once

#include <utility>

#include <prefopt/column.hpp>

namespace prefopt::libtorch::detail {

/// A column that is a tensor: all candidates at once, whichever is asked for.
template <class Value>
struct stored_column {
  Value value;
  const Value& operator()(index) const { return value; }
};

template <class Value>
column<stored_column<Value>> stored(Value value) {
  return {{std::move(value)}};
}

}  // namespace prefopt::libtorch::detail
