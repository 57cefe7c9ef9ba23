#pragma once

#include <limits>
#include <span>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/error.hpp>
#include <prefopt/host_device.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::selections {

/// The `count` rejected items that the policy scores highest, all of them if there are no more; whatever scores the
/// same as the last of them counts too. A constant to the gradient. O(K log K); nothing is allocated.
struct hardest {
  index count = 1;  ///< at least 1

  void check() const { detail::require(count >= 1, "hardest", "count is ", count, ", expected at least 1"); }

  PREFOPT_ANYWHERE auto operator()(auto row) const {
    auto p = row.policy();
    auto everyone = row.number(-std::numeric_limits<double>::infinity());
    auto asked = row.count(row.rejected()) > row.number(static_cast<double>(count));
    return row.keep(p >= row.per_example(asked, everyone, value_at{count}, p));
  }

 private:
  struct value_at {
    index count;
    template <class Scalar>
    Scalar operator()(std::span<Scalar> values) const {
      detail::heap_sort(values);
      return values[values.size() - static_cast<std::size_t>(count)];
    }
  };
};

}  // namespace prefopt::selections
