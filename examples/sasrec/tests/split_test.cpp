#include "split.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

using namespace sasrec;

namespace {

using sequences = std::vector<std::vector<std::int32_t>>;

interaction_log example() {
  interaction_log log;
  log.sequences = {{0, 1, 2, 3}, {4, 5}, {2, 1, 0}, {6}};
  log.items = 7;
  return log;
}

std::vector<std::int32_t> items_of(const ranking_case& c) { return {c.history.begin(), c.history.end()}; }

}  // namespace

TEST_CASE("the last item is the test target and the one before it the validation target") {
  const interaction_log log = example();
  const data_split split = split_leave_one_out(log);
  CHECK(split.train == sequences{{0, 1}, {4, 5}, {2}, {6}});
  REQUIRE(split.validation.size() == 2);
  REQUIRE(split.test.size() == 2);
  CHECK(items_of(split.validation[0]) == std::vector<std::int32_t>{0, 1});
  CHECK(split.validation[0].target == 2);
  CHECK(items_of(split.test[0]) == std::vector<std::int32_t>{0, 1, 2});
  CHECK(split.test[0].target == 3);
  CHECK(split.test[0].user == 0);
  CHECK(items_of(split.test[1]) == std::vector<std::int32_t>{2, 1});
  CHECK(split.test[1].target == 0);
  CHECK(split.test[1].user == 2);
}

TEST_CASE("nothing can be held out") {
  const interaction_log log = example();
  const data_split split = split_nothing(log);
  CHECK(split.train == log.sequences);
  CHECK(split.validation.empty());
  CHECK(split.test.empty());
}

TEST_CASE("items are counted") {
  CHECK(count_items(example().sequences, 7) == std::vector<std::int64_t>{2, 2, 2, 1, 1, 1, 1});
  CHECK(count_items({}, 2) == std::vector<std::int64_t>{0, 0});
}
