#pragma once

#include <span>
#include <vector>

#include <prefopt/detail/heap_sort.hpp>
#include <prefopt/tensor.hpp>

namespace prefopt::detail {

/// One number of an example, in a list to be sorted: by value, and among equals by the example.
struct ranked_example {
  double value;
  index example;

  friend bool operator<(const ranked_example& a, const ranked_example& b) {
    return a.value < b.value || (a.value == b.value && a.example < b.example);
  }
};

/// The examples, none of whose observations is NaN, ascending by one of them. Allocates while `ranked` grows.
inline void rank_examples(const matrix_view<const double>& seen, index column,
                          std::vector<ranked_example>& ranked) {
  ranked.clear();
  for (index b = 0; b < seen.rows; ++b) {
    bool known = true;
    for (index i = 0; i < seen.columns; ++i) known = known && seen(b, i) == seen(b, i);
    if (known) ranked.push_back({seen(b, column), b});
  }
  heap_sort(std::span(ranked));
}

}  // namespace prefopt::detail
