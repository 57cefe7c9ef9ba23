#include "workload.hpp"

#include <algorithm>
#include <random>
#include <unordered_set>

namespace bench {

workload::workload(std::int64_t num_items) : items(static_cast<std::int32_t>(num_items)) {
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> item(0, items - 1);
  for (prefopt::index u = 0; u < users; ++u) {
    std::unordered_set<std::int32_t> list;
    while (list.size() < history_length) list.insert(item(random));
    lists.emplace_back(list.begin(), list.end());
    std::sort(lists.back().begin(), lists.back().end());
    positives.push_back(lists.back().front());
  }
  for (std::int32_t i = 0; i < items; ++i) counts.push_back(1e6 / (1.0 + i));
  std::shuffle(counts.begin(), counts.end(), random);
}

std::int64_t workload::violations(bool histories_excluded) {
  std::int64_t count = 0;
  for (std::size_t u = 0; u < lists.size(); ++u)
    for (const std::int32_t item : row(u))
      count += item < 0 || item >= items ||
               (histories_excluded && std::binary_search(lists[u].begin(), lists[u].end(), item));
  return count;
}

}  // namespace bench
