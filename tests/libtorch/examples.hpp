#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include <torch/torch.h>

#include <prefopt/libtorch/history.hpp>
#include <prefopt/libtorch/integers.hpp>
#include <prefopt/samplers/history.hpp>

/// \file
/// Users for the tests of samplers on tensors.

namespace test {

/// [rows, columns] whole numbers from −4 to 4, whose products are exact in any order, with ties.
inline at::Tensor whole_numbers(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  at::manual_seed(seed);
  return at::randint(-4, 5, {rows, columns}, at::kFloat);
}

inline std::vector<std::int32_t> as_vector(const at::Tensor& ids) {
  const at::Tensor wide = ids.to(at::kInt).contiguous();
  return {wide.data_ptr<std::int32_t>(), wide.data_ptr<std::int32_t>() + wide.numel()};
}
inline bool are_equal(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && at::equal(a, b);
}

/// Examples with histories of 0, 1, ... items; every user is one example.
struct users {
  std::vector<std::int32_t> positives;
  std::vector<std::vector<std::int32_t>> liked;

  users(std::int32_t rows, std::int32_t num_items, std::int32_t most_liked) {
    std::mt19937 random(1);
    for (std::int32_t b = 0; b < rows; ++b) {
      positives.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
      std::set<std::int32_t> some;
      for (std::int32_t i = 0; i < most_liked * b / rows; ++i)
        some.insert(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
      liked.emplace_back(some.begin(), some.end());
    }
  }

  at::Tensor positive_ids(at::ScalarType type = at::kLong) const {
    return at::tensor(positives, at::kInt).to(type);
  }
  prefopt::libtorch::history history() const {
    std::vector<std::int64_t> offsets{0}, items;
    for (const auto& list : liked) {
      items.insert(items.end(), list.begin(), list.end());
      offsets.push_back(static_cast<std::int64_t>(items.size()));
    }
    return {at::tensor(offsets, at::kLong), at::tensor(items, at::kLong)};
  }
};

}  // namespace test
