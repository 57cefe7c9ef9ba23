#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/samplers/score_rows.hpp>
#include <prefopt/samplers/search_index.hpp>
#include <prefopt/samplers/top_k.hpp>

#include "on_scores.hpp"
#include "support/error_text.hpp"
#include "support/thread_executor.hpp"

namespace samplers = prefopt::samplers;
using prefopt::index;
using items = std::vector<std::int32_t>;

namespace {

constexpr float none = -std::numeric_limits<float>::infinity();

struct best {
  std::vector<float> scores;
  items found;
  friend bool operator==(const best&, const best&) = default;
};

template <class Source>
best best_of(const Source& source, const samplers::history_view& history, index count,
             const prefopt::executor& executor = {}) {
  const auto size = static_cast<std::size_t>(source.rows() * count);
  best result{std::vector<float>(size, 7.0f), items(size, 7)};
  const index masked =
      samplers::top_k(source, history, prefopt::as_matrix(result.scores, source.rows(), count),
                      prefopt::as_matrix(result.found, source.rows(), count), executor);
  CHECK(masked == std::count(result.found.begin(), result.found.end(), samplers::masked));
  return result;
}

}  // namespace

TEST_CASE("the best items come with their scores, best first and without the history") {
  const std::vector<float> scores{1, 5, 3, 5, -0.0f, none};
  const samplers::score_rows source(prefopt::as_matrix(scores, 1, 6));
  CHECK(best_of(source, {}, 3) == best{{5, 5, 3}, {1, 3, 2}});
  const samplers::history_table liked(std::vector<items>{{1, 2}});
  CHECK(best_of(source, liked.view(), 5) == best{{5, 1, 0, none, none}, {3, 0, 4, -1, -1}});
  CHECK(best_of(source, liked.view(), 0) == best{});
}

TEST_CASE("nobody has a positive: no item is left out for one") {
  const std::vector<float> scores(64, 1.0f);
  const samplers::score_rows source(prefopt::as_matrix(scores, 1, 64));
  const samplers::history_table liked(std::vector<items>{{5}});
  const best all = best_of(source, liked.view(), 63);
  CHECK(all.found.front() == 0);
  CHECK(all.found.back() == 63);
}

TEST_CASE("products, their rows and an index of them have the same best items on any number of threads") {
  constexpr index rows = 37, num_items = 500, width = 16, count = 20;
  auto whole = [](std::vector<float> numbers) {
    for (float& x : numbers) x = static_cast<float>(static_cast<int>(2 * x));  // products are exact
    return numbers;
  };
  const auto queries = whole(random_floats(rows * width, 1)),
             catalogue = whole(random_floats(num_items * width, 2));
  const samplers::exact_scores source(prefopt::as_matrix(queries, rows, width),
                                      prefopt::as_matrix(catalogue, num_items, width));
  std::vector<float> products;
  for (index b = 0; b < rows; ++b)
    for (std::int32_t i = 0; i < num_items; ++i) products.push_back(source.score(b, i));
  const auto search = [&](index first, index some, index asked, float* found_scores, std::int64_t* found) {
    std::vector<std::int64_t> order(num_items);
    for (const float* row = &products[static_cast<std::size_t>(first * num_items)]; some-- > 0;
         row += num_items) {
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(),
                       [&](auto one, auto other) { return row[one] > row[other]; });
      found = std::copy_n(order.begin(), asked, found);
      for (index i = 0; i < asked; ++i) *found_scores++ = row[order[static_cast<std::size_t>(i)]];
    }
  };
  std::vector<items> lists(rows);
  for (std::size_t b = 0; b < lists.size(); ++b)
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(b); ++i)
      lists[b].push_back(7 * i % static_cast<std::int32_t>(num_items));
  const samplers::history_table liked(lists);
  const best expected = best_of(source, liked.view(), count);
  CHECK(best_of(samplers::score_rows(prefopt::as_matrix(products, rows, num_items)), liked.view(), count) ==
        expected);
  CHECK(best_of(samplers::search_index(rows, num_items, search), liked.view(), count) == expected);
  for (const std::size_t threads : {2u, 7u})
    CHECK(best_of(source, liked.view(), count, one_thread_each(threads)) == expected);
}

TEST_CASE("bad input is named") {
  const std::vector<float> scores(6, 1.0f);
  const samplers::score_rows source(prefopt::as_matrix(scores, 2, 3));
  std::vector<float> best(4);
  items found(4);
  const auto said = [&](index rows, index columns, const samplers::history_view& history) {
    return error_text([&] {
      samplers::top_k(source, history, prefopt::as_matrix(best, 2, 2),
                      prefopt::as_matrix(found, rows, columns));
    });
  };
  CHECK(said(1, 4, {}) == "top_k: items is [1, 4], expected [2, 2]");
  const samplers::history_table one(std::vector<items>{{1}}), beyond(std::vector<items>{{1}, {3}});
  CHECK(said(2, 2, one.view()) == "top_k: history has 1 lists, expected 2 (one for each example)");
  CHECK(said(2, 2, beyond.view()) ==
        "top_k: an item of the history is 3, expected at least 0 and below 3 (num_items)");
}
