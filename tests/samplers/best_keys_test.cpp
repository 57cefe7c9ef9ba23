#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/detail/best_keys.hpp>
#include <prefopt/samplers/detail/score_key.hpp>

using prefopt::detail::best_keys;

namespace {

struct {
  bool contains(std::int32_t item) const { return item % 3 == 0; }
} constexpr every_third;

/// Knows of most items at once that they are not excluded.
struct {
  bool contains(std::int32_t item) const { return item % 97 == 5; }
  unsigned suspects(const prefopt::native_pack<std::int32_t>& items) const {
    unsigned bits = 0;
    for (int i = 0; i < prefopt::lane_count<prefopt::native_pack<std::int32_t>>; ++i)
      bits |= static_cast<unsigned>(lane(items, i) % 97 < 7) << i;
    return bits;
  }
} constexpr a_few;

/// A stream of `size` keys below `range` against a stable sort.
template <class Key, class Exclusion>
void check_against_sort(std::size_t count, std::size_t size, std::uint64_t range, std::size_t memory,
                        unsigned seed, const Exclusion& excluded) {
  CAPTURE(count);
  CAPTURE(size);
  CAPTURE(range);
  CAPTURE(memory);
  std::mt19937_64 random(seed);
  std::vector<std::pair<Key, std::int32_t>> all;
  best_keys<Key> best;
  best.reset(count, std::numeric_limits<Key>::min(), memory);
  for (std::size_t i = 0; i < size; ++i) {
    const Key key = static_cast<Key>(random() % range - range / 2);
    all.emplace_back(key, static_cast<std::int32_t>(i));
    if (key > best.threshold()) best.add(key, static_cast<std::int32_t>(i), excluded);
  }
  best.settle(excluded);
  std::erase_if(all, [&](const auto& one) { return excluded.contains(one.second); });
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  all.resize(std::min(count, all.size()));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  REQUIRE(best.items().size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(best.items()[i] == all[i].second);
    REQUIRE(best.keys()[i] == all[i].first);
  }
}

}  // namespace

TEST_CASE("the best keys of a stream are those that a stable sort puts first, in the stream's order") {
  for (const std::size_t count : {0U, 1U, 2U, 7U, 100U})
    for (const std::size_t size : {0U, 1U, 50U, 263U, 264U, 265U, 3000U})
      for (const std::uint64_t range : {1U, 3U, 100U, 4'000'000'000U})
        for (const std::size_t extra : {std::size_t{1}, count + 64}) {
          check_against_sort<std::int32_t>(count, size, range, count + extra, 1, every_third);
          check_against_sort<std::int32_t>(count, size, range, count + extra, 1, a_few);
          check_against_sort<std::int64_t>(count, size, range, count + extra, 2, every_third);
          check_against_sort<std::int64_t>(count, size, range, count + extra, 2, a_few);
        }
  check_against_sort<std::int64_t>(40, 5000, std::numeric_limits<std::int64_t>::max(), 150, 3, every_third);
}

TEST_CASE("keys up to the lowest are left out, and reset forgets all") {
  best_keys<std::int32_t> best;
  best.reset(3, 5, 10);
  CHECK(best.threshold() == 5);
  best.add(6, 1, every_third);
  best.reset(2, 5, 10);
  best.settle(every_third);
  CHECK(best.items().empty());
}

TEST_CASE("keys of scores ascend with them, and come back") {
  const std::vector<float> ascending{-std::numeric_limits<float>::infinity(),
                                     std::numeric_limits<float>::lowest(),
                                     -1.5f,
                                     -std::numeric_limits<float>::denorm_min(),
                                     0.0f,
                                     std::numeric_limits<float>::denorm_min(),
                                     1e-3f,
                                     2.0f,
                                     std::numeric_limits<float>::max(),
                                     std::numeric_limits<float>::infinity()};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    CHECK(prefopt::detail::score_from(prefopt::detail::key_of(ascending[i])) == ascending[i]);
    if (i > 0) CHECK(prefopt::detail::key_of(ascending[i - 1]) < prefopt::detail::key_of(ascending[i]));
  }
  CHECK(prefopt::detail::key_of(-0.0f) == prefopt::detail::key_of(0.0f));
}
