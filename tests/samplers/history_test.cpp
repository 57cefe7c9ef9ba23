#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/history.hpp>

#include "support/error_text.hpp"

using prefopt::samplers::history_table;
using prefopt::samplers::history_view;

namespace {

using items = std::vector<std::int32_t>;

items at(const history_view& history, prefopt::index b) {
  const auto list = history[b].list();
  return {list.begin(), list.end()};
}

std::string error_of(const std::vector<prefopt::index>& offsets, const items& all) {
  return error_text([&] { history_view(offsets, all); });
}

}  // namespace

TEST_CASE("a default history is empty for everybody") {
  const history_view nobody;
  CHECK(nobody.is_absent());
  CHECK(nobody.size() == 0);
  CHECK(nobody[1'000'000].size() == 0);
}

TEST_CASE("example b has list b") {
  const std::vector<prefopt::index> offsets{0, 2, 2, 5};
  const items all{3, 9, 0, 4, 4};
  const history_view history(offsets, all);
  CHECK(history.size() == 3);
  CHECK(at(history, 0) == items{3, 9});
  CHECK(at(history, 1).empty());
  CHECK(at(history, 2) == items{0, 4, 4});
}

TEST_CASE("a window of the offsets shows some of the lists") {
  const std::vector<prefopt::index> offsets{0, 2, 2, 5};
  const items all{9, 3, 0, 4, 4};  // the first list is out of order, and not looked at
  const history_view history(std::span<const prefopt::index>(offsets).subspan(1), all);
  CHECK(history.size() == 2);
  CHECK(at(history, 1) == items{0, 4, 4});
}

TEST_CASE("examples may share lists") {
  const std::vector<prefopt::index> offsets{0, 2, 3};
  const items all{3, 9, 0}, rows{1, 0, 0, 1};
  const history_view history = history_view(offsets, all).of(rows);
  CHECK(history.size() == 4);
  CHECK(at(history, 0) == items{0});
  CHECK(at(history, 2) == items{3, 9});
  CHECK(history_view(offsets, all).of({}).size() == 0);
}

TEST_CASE("a table sorts the lists that it is given") {
  const std::vector<items> lists{{9, 3}, {}, {4, 0, 4}};
  const history_table table(lists);
  CHECK(table.view().size() == 3);
  CHECK(at(table.view(), 0) == items{3, 9});
  CHECK(at(table.view(), 1).empty());
  CHECK(at(table.view(), 2) == items{0, 4, 4});
  CHECK(history_table(std::vector<items>{}).view().size() == 0);
}

TEST_CASE("a history that makes no sense is named") {
  CHECK(error_of({}, {1}) == "history_view: offsets is empty, expected one more than there are lists");
  CHECK(error_of({-1, 1}, {1}) == "history_view: offsets[0] is -1, expected at least 0");
  CHECK(error_of({0, 2, 1}, {1, 2}) == "history_view: offsets[2] is 1, expected at least offsets[1] = 2");
  CHECK(error_of({0, 1, 3}, {1, 2}) ==
        "history_view: offsets[2] is 3, expected at most 2 (the number of items)");
  CHECK(error_of({0, 1, 3}, {1, -5, 2}) == "history_view: list 1 starts with item -5, expected at least 0");
  CHECK(error_of({0, 1, 3}, {1, 5, 2}) == "history_view: list 1 is not sorted, expected ascending items");
  CHECK(error_text([] {
          history_table(std::vector<items>{{2}, {7, -1}});
        }) == "history_view: list 1 starts with item -1, expected at least 0");

  const std::vector<prefopt::index> offsets{0, 1, 2};
  const items all{1, 2};
  for (const std::int32_t row : {-1, 2})
    CHECK(error_text([&] {
            history_view(offsets, all).of(items{0, row});
          }) == "history_view::of: a row is " + std::to_string(row) +
                    ", expected at least 0 and below 2 (the number of lists)");
}
