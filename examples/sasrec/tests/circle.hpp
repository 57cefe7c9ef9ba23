#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "../model.hpp"

/// \file
/// The smallest world there is something to learn in.

namespace sasrec::testing {

using sequence_list = std::vector<std::vector<std::int32_t>>;

/// Everybody goes round the same circle of items, from different places on and not equally far.
inline sequence_list circle(std::int32_t items, std::size_t users, std::size_t length) {
  sequence_list sequences(users);
  for (std::size_t user = 0; user < users; ++user)
    for (std::size_t i = 0; i < length + user % 3; ++i)
      sequences[user].push_back(static_cast<std::int32_t>(user + i) % items);
  return sequences;
}

/// The share of items after which the model recommends the next one of the circle, rather than any other new
/// one.
inline double share_known(const model& recommender) {
  const std::int32_t items = recommender.config().items;
  int known = 0;
  for (std::int32_t item = 0; item < items; ++item) {
    const std::vector<std::int32_t> history{item};
    const std::vector<item_span> histories{history};
    matrix scores = recommender.encode(histories) * recommender.item_embeddings().transpose();
    scores(0, item) = -std::numeric_limits<float>::infinity();
    Index next = 0;
    scores.row(0).maxCoeff(&next);
    known += next == (item + 1) % items;
  }
  return static_cast<double>(known) / items;
}

}  // namespace sasrec::testing
