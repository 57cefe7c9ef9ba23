/// \file
/// Every source of candidates finds what a sort of all scores finds.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/numeric/bfloat16.hpp>
#include <prefopt/samplers/exact_scores.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/score_rows.hpp>
#include <prefopt/samplers/search_index.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/uniform.hpp>

#include "draws.hpp"
#include "on_scores.hpp"

namespace samplers = prefopt::samplers;
using prefopt::bfloat16;
using prefopt::index;

namespace {

/// Whole numbers, whose products are exact in any order, with ties.
std::vector<float> small_numbers(index size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> numbers(static_cast<std::size_t>(size));
  for (float& number : numbers) number = static_cast<float>(random() % 9) - 4;
  return numbers;
}

std::vector<float> products(const std::vector<float>& queries, const std::vector<float>& catalogue,
                            index rows, index items, index width) {
  std::vector<float> scores;
  for (index b = 0; b < rows; ++b)
    for (index i = 0; i < items; ++i) {
      float sum = 0;
      for (index k = 0; k < width; ++k)
        sum += queries[static_cast<std::size_t>(b * width + k)] *
               catalogue[static_cast<std::size_t>(i * width + k)];
      scores.push_back(sum);
    }
  return scores;
}

examples random_users(index rows, index num_items, std::size_t most_liked) {
  std::mt19937 random(4);
  examples users;
  for (index b = 0; b < rows; ++b) {
    users.positives.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
    users.liked.emplace_back();
    for (std::size_t i = 0; i < most_liked * static_cast<std::size_t>(b) / static_cast<std::size_t>(rows);
         ++i)
      users.liked.back().push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
  }
  return users;
}

/// The K best of every row, by sorting.
items sorted_best(const std::vector<float>& scores, const examples& users, index num_items, index count) {
  items best;
  for (std::size_t b = 0; b < users.size(); ++b) {
    const auto score = [&](std::int32_t i) {
      return scores[b * static_cast<std::size_t>(num_items) + static_cast<std::size_t>(i)];
    };
    items order(static_cast<std::size_t>(num_items));
    std::iota(order.begin(), order.end(), 0);
    std::erase_if(order, [&](std::int32_t i) {
      return i == users.positives[b] ||
             std::find(users.liked[b].begin(), users.liked[b].end(), i) != users.liked[b].end();
    });
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t a, std::int32_t other) { return score(a) > score(other); });
    order.resize(static_cast<std::size_t>(count), -1);
    best.insert(best.end(), order.begin(), order.end());
  }
  return best;
}

template <class Source>
items hardest(const Source& source, const examples& users, index count) {
  const samplers::history_table histories(users.liked);
  items negatives(users.size() * static_cast<std::size_t>(count), -7);
  samplers::hard_topk{}.draw(source, users.positives, histories.view(), {},
                             prefopt::as_matrix(negatives, static_cast<index>(users.size()), count));
  return negatives;
}

}  // namespace

TEST_CASE("exact scores find what a sort of all products finds, in odd shapes") {
  for (const index rows : {1, 3, 4, 37, 300})
    for (const index num_items : {1, 5, 63, 64, 65, 1000})
      for (const index width : {1, 7, 16, 40}) {
        if (rows > 37 && num_items != 65) continue;
        CAPTURE(rows);
        CAPTURE(num_items);
        CAPTURE(width);
        const auto queries = small_numbers(rows * width, 1), catalogue = small_numbers(num_items * width, 2);
        const auto scores = products(queries, catalogue, rows, num_items, width);
        const examples users = random_users(rows, num_items, static_cast<std::size_t>(num_items) / 2);
        const samplers::exact_scores source(prefopt::as_matrix(queries, rows, width),
                                            prefopt::as_matrix(catalogue, num_items, width));
        const samplers::score_rows given(prefopt::as_matrix(scores, rows, num_items));
        for (const index count : {1, 20}) {
          const items expected = sorted_best(scores, users, num_items, count);
          CHECK(hardest(source, users, count) == expected);
          CHECK(hardest(given, users, count) == expected);
        }
      }
}

TEST_CASE("exact scores read any strides, and catalogues of bfloat16") {
  constexpr index rows = 6, num_items = 203, width = 19;
  const auto queries = small_numbers(rows * width, 1), catalogue = small_numbers(num_items * width, 2);
  const examples users = random_users(rows, num_items, 20);
  const items expected =
      sorted_best(products(queries, catalogue, rows, num_items, width), users, num_items, 30);

  std::vector<float> turned(queries.size()), columns(catalogue.size()),
      wide(static_cast<std::size_t>(num_items * 32));
  std::vector<bfloat16> half;
  for (index b = 0; b < rows; ++b)
    for (index k = 0; k < width; ++k)
      turned[static_cast<std::size_t>(k * rows + b)] = queries[static_cast<std::size_t>(b * width + k)];
  for (index i = 0; i < num_items; ++i)
    for (index k = 0; k < width; ++k) {
      const float x = catalogue[static_cast<std::size_t>(i * width + k)];
      columns[static_cast<std::size_t>(k * num_items + i)] = x;
      wide[static_cast<std::size_t>((num_items - 1 - i) * 32 + k)] = x;
      half.emplace_back(x);
    }
  using view = prefopt::matrix_view<const float>;
  const view column_major{columns.data(), num_items, width, 1, num_items};
  const view backwards{wide.data() + 32 * (num_items - 1), num_items, width, -32, 1};
  const view turned_queries{turned.data(), rows, width, 1, rows};
  CHECK(hardest(samplers::exact_scores(turned_queries, column_major), users, 30) == expected);
  CHECK(hardest(samplers::exact_scores(turned_queries, backwards), users, 30) == expected);
  const prefopt::matrix_view<const bfloat16> half_view{half.data(), num_items, width, width, 1};
  const samplers::exact_scores half_scores(prefopt::as_matrix(queries, rows, width), half_view);
  CHECK(hardest(half_scores, users, 30) == expected);

  const auto scores = products(queries, catalogue, rows, num_items, width);
  std::vector<float> score_columns(scores.size());
  for (index b = 0; b < rows; ++b)
    for (index i = 0; i < num_items; ++i)
      score_columns[static_cast<std::size_t>(i * rows + b)] =
          scores[static_cast<std::size_t>(b * num_items + i)];
  CHECK(hardest(samplers::score_rows(view{score_columns.data(), rows, num_items, 1, rows}), users, 30) ==
        expected);
  for (index b = 0; b < rows; ++b)
    for (std::int32_t i = 0; i < num_items; ++i) {
      const float score = scores[static_cast<std::size_t>(b * num_items + i)];
      CHECK(half_scores.score(b, i) == score);
      CHECK(samplers::exact_scores(turned_queries, column_major).score(b, i) == score);
    }
}

TEST_CASE("a large catalogue is gone through in groups, whatever the pool") {
  constexpr index rows = 301, num_items = 20'000, width = 8;
  const auto queries = random_floats(rows * width, 1), catalogue = random_floats(num_items * width, 2);
  const examples users = random_users(rows, num_items, 50);
  const samplers::exact_scores source(prefopt::as_matrix(queries, rows, width),
                                      prefopt::as_matrix(catalogue, num_items, width));
  const items few = hardest(source, users, 3), many = hardest(source, users, 6000);
  for (std::size_t b = 0; b < users.size(); ++b)
    for (std::size_t k = 0; k < 3; ++k) REQUIRE(few[3 * b + k] == many[6000 * b + k]);
}

TEST_CASE("a million items, and users who like none, one, or all but one of them") {
  constexpr std::int32_t num_items = 1'000'000;
  const std::vector<float> catalogue = random_floats(num_items, 1), queries{1, 1, -1, 1};
  items all(num_items);
  std::iota(all.begin(), all.end(), 0);
  std::erase(all, 777'777);
  const auto best =
      static_cast<std::int32_t>(std::max_element(catalogue.begin(), catalogue.end()) - catalogue.begin());
  const auto worst =
      static_cast<std::int32_t>(std::min_element(catalogue.begin(), catalogue.end()) - catalogue.begin());
  const samplers::exact_scores source(prefopt::as_matrix(queries, 4, 1),
                                      prefopt::as_matrix(catalogue, num_items, 1));
  const examples users{{5, 5, 5, 5}, {{}, {best}, {}, all}};
  const items drawn = hardest(source, users, 2);
  CHECK(drawn[0] == best);
  CHECK(drawn[2] == drawn[1]);  // the second best of the first row
  CHECK(drawn[4] == worst);
  CHECK(drawn[6] == 777'777);
  CHECK(drawn[7] == samplers::masked);
}

TEST_CASE("a histories' form makes no difference to a draw") {
  constexpr index rows = 40, num_items = 5000;
  const examples users = random_users(rows, num_items, 4000);
  const auto scores = random_floats(rows * num_items, 3);
  const samplers::score_rows source(prefopt::as_matrix(scores, rows, num_items));
  std::vector<items> sorted = users.liked;
  std::vector<std::uint64_t> bits(rows * 79);
  for (std::size_t b = 0; b < users.size(); ++b) {
    std::sort(sorted[b].begin(), sorted[b].end());
    for (const std::int32_t item : sorted[b])
      bits[79 * b + static_cast<std::size_t>(item / 64)] |= std::uint64_t{1} << item % 64;
  }
  const samplers::history_table table(users.liked);
  const samplers::history_filters filters(table.view());
  const auto drawn_with = [&](const samplers::history_view& history, const auto& sampler) {
    items negatives(rows * 9);
    sampler(history, prefopt::as_matrix(negatives, rows, 9));
    return negatives;
  };
  const auto check = [&](const auto& sampler) {
    const items expected = drawn_with(table.view(), sampler);
    CHECK(drawn_with(samplers::history_view(sorted), sampler) == expected);
    CHECK(drawn_with(filters.view(), sampler) == expected);
    CHECK(drawn_with(samplers::history_view::of_bits(prefopt::as_matrix(bits, rows, 79)), sampler) ==
          expected);
  };
  check([&](const auto& history, auto negatives) {
    samplers::uniform{.num_items = num_items}.draw(users.positives, history, {}, negatives);
  });
  check([&](const auto& history, auto negatives) {
    samplers::uniform{.num_items = num_items, .repeat = true}.draw(users.positives, history, {}, negatives);
  });
  check([&](const auto& history, auto negatives) {
    samplers::topk_softmax{.pool = 30}.draw(source, users.positives, history, {}, negatives);
  });
}

namespace {

/// An index over score rows that finds the best `most` items of a row, in no order, and some of them twice.
auto sloppy_index(const std::vector<float>& scores, index num_items, index most) {
  return [&scores, num_items, most](index first, index rows, index count, float* found, std::int64_t* items) {
    for (index b = 0; b < rows; ++b) {
      std::vector<std::int64_t> order(static_cast<std::size_t>(num_items));
      std::iota(order.begin(), order.end(), 0);
      const float* const row = &scores[static_cast<std::size_t>((first + b) * num_items)];
      std::stable_sort(order.begin(), order.end(), [&](auto i, auto j) { return row[i] > row[j]; });
      order.resize(static_cast<std::size_t>(std::min(most, count)));
      std::mt19937 random(static_cast<unsigned>(b));
      std::shuffle(order.begin(), order.end(), random);
      order.resize(static_cast<std::size_t>(count), -1);
      if (count > most) order.back() = order.front();
      for (index i = 0; i < count; ++i) {
        items[b * count + i] = order[static_cast<std::size_t>(i)];
        found[b * count + i] =
            order[static_cast<std::size_t>(i)] < 0 ? 0 : row[order[static_cast<std::size_t>(i)]];
      }
    }
  };
}

}  // namespace

TEST_CASE("an index that is exact gives the draws of exact scores") {
  constexpr index rows = 50, num_items = 400;
  const auto scores = random_floats(rows * num_items, 3);
  const examples users = random_users(rows, num_items, 300);
  const samplers::score_rows given(prefopt::as_matrix(scores, rows, num_items));
  const samplers::search_index index(rows, num_items, sloppy_index(scores, num_items, num_items));
  CHECK(hardest(index, users, 12) == hardest(given, users, 12));
  CHECK(hardest(index, users, 400) == hardest(given, users, 400));
  const samplers::history_table histories(users.liked);
  items exact(rows * 5), found(rows * 5);
  const samplers::topk_softmax sampler{.pool = 20};
  sampler.draw(given, users.positives, histories.view(), {}, prefopt::as_matrix(exact, rows, 5));
  sampler.draw(index, users.positives, histories.view(), {}, prefopt::as_matrix(found, rows, 5),
               one_thread_each(3));
  CHECK(exact == found);
}

TEST_CASE("an index that finds few items gives short rows") {
  const std::vector<float> scores{5, 4, 3, 2, 1, 0};
  const samplers::search_index index(1, 6, sloppy_index(scores, 6, 3));
  CHECK(hardest(index, {{1}, {{}}}, 4) == items{0, 2, -1, -1});
  const samplers::search_index none(1, 6, [](auto...) {});
  CHECK(hardest(none, {{1}, {{}}}, 2) == items{-1, -1});
}

TEST_CASE("an item that scores NaN hides none that is scored beside it") {
  constexpr index num_items = 1000;
  for (index finite : {0, 1, 16, 35, 63}) {  // one of 64 items, wherever it stands in a tile
    std::vector<float> catalogue(num_items, std::numeric_limits<float>::quiet_NaN());
    items expected;
    for (index i = finite; i < num_items; i += 64) {
      catalogue[static_cast<std::size_t>(i)] = static_cast<float>(i);
      expected.insert(expected.begin(), static_cast<std::int32_t>(i));
    }
    expected.resize(12);
    const std::vector<float> query{1};
    const samplers::exact_scores source(prefopt::as_matrix(query, 1, 1),
                                        prefopt::as_matrix(catalogue, num_items, 1));
    CHECK(hardest(source, {{2}, {{}}}, 12) == expected);
  }
}

TEST_CASE("an index is asked for more where scores rule out what it found") {
  // Only +inf passes the pool's first answers by: NaN is no candidate, so the first 8 of 12 do not count.
  constexpr float no = std::numeric_limits<float>::quiet_NaN();
  std::vector<prefopt::index> asked;
  const samplers::search_index index(
      1, 12, [&](prefopt::index, prefopt::index, prefopt::index count, float* found, std::int64_t* items) {
        asked.push_back(count);
        for (prefopt::index i = 0; i < count; ++i) {
          items[i] = i;
          found[i] = i < 8 ? no : static_cast<float>(-i);
        }
      });
  CHECK(hardest(index, {{11}, {{}}}, 2) == items{8, 9});
  CHECK(asked == std::vector<prefopt::index>{3, 6, 12});
}

TEST_CASE("sources name what makes no sense") {
  const std::vector<float> numbers(12);
  const auto matrix = [&](index rows, index columns) {
    return prefopt::matrix_view<const float>{numbers.data(), rows, columns, columns, 1};
  };
  const auto exact_error = [&](auto queries, auto catalogue) {
    return error_text([&] { samplers::exact_scores(queries, catalogue); });
  };
  CHECK(exact_error(matrix(2, 3), matrix(4, 3)).empty());
  CHECK(exact_error(matrix(2, 3), matrix(0, 3)) ==
        "exact_scores: catalogue is [0, 3], expected 1 to 2^31 - 1 rows");
  CHECK(exact_error(matrix(2, 0), matrix(4, 0)) ==
        "exact_scores: catalogue is [4, 0], expected at least one column");
  CHECK(exact_error(matrix(2, 3), matrix(3, 4)) ==
        "exact_scores: queries is [2, 3], expected [B, 4] (the catalogue's columns)");
  CHECK(error_text([&] { samplers::score_rows(matrix(3, 0)); }) ==
        "score_rows: scores is [3, 0], expected 1 to 2^31 - 1 columns");
  CHECK(error_text([] { samplers::search_index(-1, 5, [](auto...) {}); }) ==
        "search_index: rows is -1, expected at least 0");
  CHECK(error_text([] { samplers::search_index(1, 0, [](auto...) {}); }) ==
        "search_index: num_items is 0, expected 1 to 2^31 - 1");
  items negatives(1);
  const samplers::search_index index(1, 5, [](auto...) {});
  CHECK(error_text([&] {
          samplers::hard_topk{.guard = 2}.draw(index, items{1}, {}, {}, prefopt::as_matrix(negatives, 1, 1));
        }) == "hard_topk::draw: guard is 2, expected none: this source cannot score the positives");
}
