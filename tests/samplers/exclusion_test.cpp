#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/detail/exclusion.hpp>
#include <prefopt/samplers/history.hpp>

using prefopt::detail::exclusion;

namespace {

/// Asks about every item, before and after adding some, and compares with a std::set.
void check_against_set(exclusion& excluded, std::int32_t num_items, std::size_t history_length,
                       prefopt::index places) {
  CAPTURE(num_items);
  CAPTURE(history_length);
  CAPTURE(places);
  std::mt19937 random(static_cast<unsigned>(num_items) + static_cast<unsigned>(history_length));
  std::uniform_int_distribution<std::int32_t> item(0, num_items - 1);
  std::set<std::int32_t> expected;
  while (expected.size() < history_length) expected.insert(item(random));
  const std::vector<std::int32_t> history(expected.begin(), expected.end());
  const std::int32_t positive = item(random);
  excluded.reset(positive, history, places);
  expected.insert(positive);

  const auto agrees = [&] {
    for (std::int32_t i = 0; i < num_items; ++i)
      if (excluded.contains(i) != expected.contains(i)) return false;
    return true;
  };
  CHECK(agrees());
  for (prefopt::index place = 0; place < places; ++place) {
    const std::int32_t drawn = item(random);
    excluded.add(drawn);
    expected.insert(drawn);
  }
  CHECK(agrees());
}

}  // namespace

TEST_CASE("exclusion holds the positive, the history and what was added, and nothing else") {
  for (const std::int32_t num_items : {1, 2, 63, 64, 65, 4000, 100'000}) {
    exclusion excluded(num_items);  // reused: no row may see what the one before it excluded
    const auto all = static_cast<std::size_t>(num_items);
    for (const std::size_t length : {all, all / 2, std::size_t{1}, std::size_t{0}})
      for (const prefopt::index places : {0, 1, 40}) check_against_set(excluded, num_items, length, places);
  }
}

TEST_CASE(
    "copy_allowed copies what is not excluded, whatever the history's form, and counts what it refused "
    "last") {
  std::mt19937 random(5);
  for (const std::int32_t num_items : {40, 3000, 100'000})
    for (const std::size_t length : {0U, 1U, 20U, 50U, 200U}) {
      std::uniform_int_distribution<std::int32_t> item(0, num_items - 1);
      std::set<std::int32_t> liked;
      while (liked.size() < std::min<std::size_t>(length, 30)) liked.insert(item(random));
      while (num_items > 40 && liked.size() < length) liked.insert(item(random));
      const std::vector<std::int32_t> list(liked.begin(), liked.end());
      const std::vector<std::vector<std::int32_t>> lists{list};
      std::vector<std::uint64_t> words(static_cast<std::size_t>(num_items) / 64 + 1);
      for (const std::int32_t i : list) words[static_cast<std::size_t>(i) / 64] |= std::uint64_t{1} << i % 64;
      const prefopt::samplers::history_view plain{lists};
      const prefopt::samplers::history_filters filters(plain);
      const auto bits = prefopt::samplers::history_view::of_bits(
          prefopt::as_matrix(words, 1, static_cast<prefopt::index>(words.size())));

      std::vector<std::int32_t> proposed, expected;
      for (int i = 0; i < 133; ++i)  // a history's item, none, the positive, or any
        proposed.push_back(i % 5 == 0 && !list.empty() ? list[static_cast<std::size_t>(i) % list.size()]
                           : i % 17 == 0               ? -1
                           : i % 31 == 0               ? 7
                                                       : item(random));
      prefopt::index refused = 0;
      for (const std::int32_t i : proposed) {
        const bool no = i < 0 || i == 7 || liked.contains(i);
        refused = no ? refused + 1 : 0;
        if (!no) expected.push_back(i);
      }
      for (const auto& history : {plain[0], filters.view()[0], bits[0]})
        for (const prefopt::index places : {0, 3}) {
          CAPTURE(num_items);
          CAPTURE(length);
          exclusion excluded(num_items);
          excluded.reset(7, history, places);
          std::vector<std::int32_t> copied(proposed.size());
          const exclusion::copied result = excluded.copy_allowed(proposed, copied.data());
          copied.resize(static_cast<std::size_t>(result.count));
          CHECK(copied == expected);
          CHECK(result.refused == refused);
        }
    }
}

TEST_CASE("suspects miss nothing that is excluded, and refuses says whether one of them is") {
  using prefopt::detail::item_pack;
  constexpr std::size_t lanes = prefopt::lane_count<item_pack>;
  std::mt19937 random(6);
  std::uniform_int_distribution<std::int32_t> item(0, 3999);
  std::set<std::int32_t> liked;
  while (liked.size() < 50) liked.insert(item(random));
  const std::vector<std::vector<std::int32_t>> lists{{liked.begin(), liked.end()}};
  const prefopt::samplers::history_view plain{lists};
  const prefopt::samplers::history_filters filters(plain);
  exclusion excluded(4000);
  for (const auto& history : {plain[0], filters.view()[0], prefopt::samplers::item_set()})
    for (int round = 0; round < 200; ++round) {
      excluded.reset(7, history, 0);
      std::vector<std::int32_t> items;
      for (std::size_t i = 0; i < 61; ++i) items.push_back(item(random));
      if (round % 3 == 0) items[static_cast<std::size_t>(round) % items.size()] = -1;
      if (round % 5 == 0) items[static_cast<std::size_t>(round) / 5 % items.size()] = 7;
      const auto is_excluded = [&](std::int32_t i) { return i < 0 || excluded.contains(i); };

      for (std::size_t first = 0; first + lanes <= items.size(); first += lanes) {
        const unsigned found =
            excluded.suspects(prefopt::detail::load_pack<std::int32_t, lanes>(&items[first]));
        for (std::size_t i = 0; i < lanes; ++i)
          if (is_excluded(items[first + i])) REQUIRE((found >> i & 1) == 1);
      }

      const prefopt::detail::filter_view bits = prefopt::detail::bits_of(history);
      CHECK(bits.exists() == (history.list().empty() || !history.filter().empty()));
      if (!bits.exists()) continue;
      std::vector<std::int32_t> copied(items.size());
      const std::uint64_t found = prefopt::detail::copy_suspects(bits, 7, items, copied.data());
      CHECK(copied == items);
      for (std::size_t i = 0; i < items.size(); ++i)
        if (is_excluded(items[i])) REQUIRE((found >> i & 1) == 1);
      CHECK((found >> items.size()) == 0);
      CHECK(prefopt::detail::refuses(history, 7, items.data(), found) ==
            std::any_of(items.begin(), items.end(), is_excluded));
    }
}
