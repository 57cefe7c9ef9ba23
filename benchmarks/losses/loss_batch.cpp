#include "loss_batch.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace bench {

loss_data::loss_data(std::size_t rows, std::size_t columns, relevance labels)
    : policy_(rows, columns),
      reference_(rows, columns),
      relevance_(rows, columns),
      gradient_(rows, columns),
      order_(rows, columns) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> log_prob(-6, 0);
  for (float& x : policy_.reshaped()) x = log_prob(random);
  for (float& x : reference_.reshaped()) x = log_prob(random);
  gradient_.setZero();
  for (auto row : order_.rowwise()) {
    std::iota(row.begin(), row.end(), 0);
    std::shuffle(row.begin(), row.end(), random);
  }
  // The order's own places are a permutation, too: all labels differ. Otherwise the first item in it has label 1.
  if (labels == relevance::distinct)
    relevance_ = order_.cast<float>();
  else
    relevance_ = (order_ == 0).cast<float>();
}

}  // namespace bench
