#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/draw_key.hpp>
#include <prefopt/samplers/history.hpp>
#include <prefopt/tensor.hpp>

#include "support/error_text.hpp"
#include "support/thread_executor.hpp"

/// \file
/// What the tests of all samplers do with one.

using items = std::vector<std::int32_t>;

/// A batch of examples, each with a positive and a list of liked items.
struct examples {
  items positives;
  std::vector<items> liked;

  std::size_t size() const { return positives.size(); }
  examples part(std::size_t first, std::size_t last) const {
    const auto begin = static_cast<std::ptrdiff_t>(first), end = static_cast<std::ptrdiff_t>(last);
    return {{positives.begin() + begin, positives.begin() + end},
            {liked.begin() + begin, liked.begin() + end}};
  }
};

/// The negatives of a call, row by row, after comparing what it returns with the places that are masked.
template <class Sampler>
items draw(const Sampler& sampler, const examples& batch, prefopt::index count,
           const prefopt::samplers::draw_key& key = {}, const prefopt::executor& executor = {}) {
  const auto rows = static_cast<prefopt::index>(batch.size());
  items negatives(static_cast<std::size_t>(rows * count), -7);
  const prefopt::samplers::history_table histories(batch.liked);
  const prefopt::index masked = sampler.draw(batch.positives, histories.view(), key,
                                             prefopt::as_matrix(negatives, rows, count), executor);
  REQUIRE(masked == std::count(negatives.begin(), negatives.end(), prefopt::samplers::masked));
  return negatives;
}

/// The same example over and over: its draws are independent, one row each.
template <class Sampler>
items draw_rows_of(const Sampler& sampler, std::int32_t positive, const items& liked, prefopt::index rows,
                   prefopt::index count) {
  const std::vector<prefopt::index> offsets{0, static_cast<prefopt::index>(liked.size())};
  const items row(static_cast<std::size_t>(rows), 0), positives(row.size(), positive);
  items negatives(static_cast<std::size_t>(rows * count));
  sampler.draw(positives, prefopt::samplers::history_view(offsets, liked).of(row), {.seed = 2024},
               prefopt::as_matrix(negatives, rows, count));
  return negatives;
}

/// How often each item was drawn.
inline std::vector<std::int64_t> histogram(const items& drawn, std::size_t num_items) {
  std::vector<std::int64_t> counts(num_items);
  for (const std::int32_t item : drawn) ++counts.at(static_cast<std::size_t>(item));
  return counts;
}

template <class Sampler>
std::vector<double> law_of(const Sampler& sampler, std::int32_t positive, const items& liked,
                           std::size_t num_items) {
  std::vector<double> law(num_items, -7);
  sampler.law(positive, liked, law);
  return law;
}

/// Every row holds items that its law allows, once each unless they may repeat, and ends in masked places
/// only where they ran out.
template <class Sampler>
void check_rows(const Sampler& sampler, const examples& batch, std::size_t num_items, prefopt::index count,
                bool repeat) {
  const items negatives = draw(sampler, batch, count);
  for (std::size_t b = 0; b < batch.size(); ++b) {
    CAPTURE(b);
    items liked = batch.liked[b];
    std::sort(liked.begin(), liked.end());
    const std::vector<double> law = law_of(sampler, batch.positives[b], liked, num_items);
    const auto allowed = num_items - static_cast<std::size_t>(std::count(law.begin(), law.end(), 0.0));
    const std::size_t places = static_cast<std::size_t>(count);
    const std::size_t expected = repeat && allowed > 0 ? places : std::min(places, allowed);

    const auto row = std::span(negatives).subspan(b * places, places);
    for (const std::int32_t item : row.first(expected)) REQUIRE(law.at(static_cast<std::size_t>(item)) > 0);
    for (const std::int32_t item : row.subspan(expected)) REQUIRE(item == prefopt::samplers::masked);
    if (!repeat)
      REQUIRE(std::set(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(expected)).size() == expected);
  }
}

/// Lists, lists with filters and bits are the same histories: the draws are the same, though most are made in other ways.
template <class Sampler>
void check_forms(const Sampler& sampler, const examples& batch, prefopt::index num_items,
                 prefopt::index count) {
  CAPTURE(count);
  const auto rows = static_cast<prefopt::index>(batch.size());
  const prefopt::index words = (num_items + 63) / 64;
  std::vector<std::uint64_t> bits(static_cast<std::size_t>(rows * words));
  for (std::size_t b = 0; b < batch.size(); ++b)
    for (const std::int32_t item : batch.liked[b])
      bits[b * static_cast<std::size_t>(words) + static_cast<std::size_t>(item / 64)] |= std::uint64_t{1}
                                                                                         << item % 64;
  const prefopt::samplers::history_table histories(batch.liked);
  const prefopt::samplers::history_filters filters(histories.view());
  const auto drawn = [&](const prefopt::samplers::history_view& history) {
    items negatives(static_cast<std::size_t>(rows * count));
    sampler.draw(batch.positives, history, {.seed = 3, .step = 2, .first_example = 77},
                 prefopt::as_matrix(negatives, rows, count));
    return negatives;
  };
  const items expected = drawn(histories.view());
  CHECK(drawn(filters.view()) == expected);
  CHECK(drawn(prefopt::samplers::history_view::of_bits(prefopt::as_matrix(bits, rows, words))) == expected);
}

/// A draw depends on its key and its example alone.
template <class Sampler>
void check_reproducible(const Sampler& sampler, const examples& batch) {
  const prefopt::samplers::draw_key key{.seed = 9, .step = 5, .first_example = 1000};
  const items whole = draw(sampler, batch, 6, key);
  for (const std::size_t tasks : {0U, 1U, 2U, 7U, 1000U}) {
    CAPTURE(tasks);
    CHECK(draw(sampler, batch, 6, key, one_thread_each(tasks)) == whole);
  }
  for (const std::size_t split : {std::size_t{0}, std::size_t{1}, batch.size() / 2, batch.size()}) {
    CAPTURE(split);
    items halves = draw(sampler, batch.part(0, split), 6, key);
    const items second = draw(sampler, batch.part(split, batch.size()), 6,
                              {.seed = 9, .step = 5, .first_example = 1000 + split});
    halves.insert(halves.end(), second.begin(), second.end());
    CHECK(halves == whole);
  }
  // The first places of a row do not depend on how many there are.
  const items wide = draw(sampler, batch, 90, key);
  for (std::size_t b = 0; b < batch.size(); ++b)
    REQUIRE(std::equal(whole.begin() + static_cast<std::ptrdiff_t>(6 * b),
                       whole.begin() + static_cast<std::ptrdiff_t>(6 * b + 6),
                       wide.begin() + static_cast<std::ptrdiff_t>(90 * b)));

  CHECK(draw(sampler, batch, 6, {.seed = 10, .step = 5, .first_example = 1000}) != whole);
  CHECK(draw(sampler, batch, 6, {.seed = 9, .step = 6, .first_example = 1000}) != whole);
  CHECK(draw(sampler, batch, 6, {.seed = 9, .step = 5, .first_example = 1001}) != whole);
}

/// Draws into any tensor: here column-major, then with the rows upside down.
template <class Sampler>
void check_layouts(const Sampler& sampler, const examples& batch) {
  const auto rows = static_cast<prefopt::index>(batch.size());
  const items expected = draw(sampler, batch, 5);
  const prefopt::samplers::history_table histories(batch.liked);
  items storage(expected.size());
  const auto agrees = [&](const prefopt::matrix_view<std::int32_t>& view) {
    sampler.draw(batch.positives, histories.view(), {}, view);
    for (prefopt::index b = 0; b < rows; ++b)
      for (prefopt::index k = 0; k < 5; ++k)
        if (view(b, k) != expected[static_cast<std::size_t>(5 * b + k)]) return false;
    return true;
  };
  CHECK(agrees({storage.data(), rows, 5, 1, rows}));
  CHECK(agrees({storage.data() + 5 * (rows - 1), rows, 5, -5, 1}));
}

/// The errors that all samplers of a catalogue of 10 items share. `where` is the sampler's name.
template <class Sampler>
void check_errors(const Sampler& sampler, const std::string& where) {
  const std::vector<prefopt::index> offsets{0, 1, 2};
  const items liked{3, 4}, far{3, 10};
  const prefopt::samplers::history_view history(offsets, liked), too_far(offsets, far);
  const auto draw_error = [&](const items& positives, const prefopt::samplers::history_view& view,
                              const prefopt::samplers::draw_key& key = {}, prefopt::index rows = 2) {
    items negatives(static_cast<std::size_t>(3 * rows));
    return error_text([&] { sampler.draw(positives, view, key, prefopt::as_matrix(negatives, rows, 3)); });
  };
  const std::string draw = where + "::draw: ";
  CHECK(draw_error({1, 2}, history) == "");
  CHECK(draw_error({1, 2}, history, {}, 3) ==
        draw + "negatives is [3, 3], expected [2, K] (a row for each positive)");
  CHECK(error_text([&] {
          sampler.draw(items{1, 2}, history, {}, {});
        }) == draw + "negatives is [0, 0], expected [2, K] (a row for each positive)");
  CHECK(draw_error({1}, history, {}, 1) == draw + "history has 2 lists, expected 1 (one for each example)");
  CHECK(draw_error({1, 10}, history) ==
        draw + "a positive is 10, expected at least 0 and below 10 (num_items)");
  CHECK(draw_error({-1, 1}, history) ==
        draw + "a positive is -1, expected at least 0 and below 10 (num_items)");
  CHECK(draw_error({1, 2}, too_far) ==
        draw + "an item of the history is 10, expected at least 0 and below 10 (num_items)");
  constexpr std::uint64_t limit = prefopt::samplers::draw_key::limit;
  CHECK(draw_error({1, 2}, history, {.step = limit - 1, .first_example = limit - 2}) == "");
  CHECK(draw_error({1, 2}, history, {.step = limit}) ==
        draw + "step is 281474976710656, expected below 2^48");
  CHECK(draw_error({1, 2}, history, {.first_example = limit - 1}) ==
        draw + "first_example is 281474976710655 with 2 rows, expected examples below 2^48");
  CHECK(draw_error({}, {}, {.first_example = limit}, 0) ==
        draw + "first_example is 281474976710656 with 0 rows, expected examples below 2^48");

  const auto law_error = [&](std::int32_t positive, const items& list, std::size_t size = 10) {
    std::vector<double> law(size);
    return error_text([&] { sampler.law(positive, list, law); });
  };
  const std::string law = where + "::law: ";
  CHECK(law_error(1, {3, 4}) == "");
  CHECK(law_error(1, {3, 4}, 9) == law + "probability is [9], expected [10] (num_items)");
  CHECK(law_error(10, {3, 4}) == law + "positive is 10, expected at least 0 and below 10 (num_items)");
  CHECK(law_error(1, {-3, 4}) ==
        law + "an item of the history is -3, expected at least 0 and below 10 (num_items)");
  CHECK(law_error(1, {4, 3}) == law + "history is not sorted, expected ascending items");
}
