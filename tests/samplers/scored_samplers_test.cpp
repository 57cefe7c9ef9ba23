/// \file
/// What all scored samplers have in common, and what each says about its settings.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/ahns.hpp>
#include <prefopt/samplers/curriculum.hpp>
#include <prefopt/samplers/dns.hpp>
#include <prefopt/samplers/hard_topk.hpp>
#include <prefopt/samplers/mixture.hpp>
#include <prefopt/samplers/search_index.hpp>
#include <prefopt/samplers/self_play.hpp>
#include <prefopt/samplers/skip_topk.hpp>
#include <prefopt/samplers/softmax_negative.hpp>
#include <prefopt/samplers/topk_softmax.hpp>
#include <prefopt/samplers/topk_uniform.hpp>

#include "draws.hpp"
#include "on_scores.hpp"

namespace samplers = prefopt::samplers;
using samplers::weighted;

namespace {

items all_but(std::int32_t num_items, std::int32_t left_out) {
  items result(static_cast<std::size_t>(num_items));
  std::iota(result.begin(), result.end(), 0);
  std::erase(result, left_out);
  return result;
}

/// Users who like nothing, one item, nearly everything, everything, and something in between.
examples users_of(std::int32_t num_items) {
  return {{0, 1, 2, 3, 4, 5, 5},
          {{},
           {7},
           {7, 7, 2},
           all_but(num_items, 9),
           all_but(num_items, 4),
           all_but(num_items, -1),
           all_but(num_items / 2, -1)}};
}

examples many_users(std::int32_t num_items) {
  std::mt19937 random(3);
  examples users;
  for (int u = 0; u < 37; ++u) {
    users.positives.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
    users.liked.emplace_back();
    for (int i = 0; i < 3 * u; ++i)
      users.liked.back().push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(num_items)));
  }
  return users;
}

/// Calls check(sampler, name, repeat) for every sampler that draws.
void for_each_stochastic(const auto& check) {
  check(samplers::topk_uniform{.pool = 95}, "topk_uniform", false);
  check(samplers::topk_uniform{.pool = 95, .repeat = true}, "topk_uniform", true);
  check(samplers::topk_softmax{.pool = 95}, "topk_softmax", false);
  check(samplers::skip_topk{.skip = 3, .pool = 95}, "skip_topk", false);
  check(samplers::skip_topk{.skip = 3, .pool = 95, .repeat = true}, "skip_topk", true);
  check(samplers::softmax_negative{}, "softmax_negative", false);
  check(samplers::self_play{.temperature = 1}, "self_play", false);
  check(samplers::dns{.candidates = 1}, "dns", false);
  check(samplers::dns{.candidates = 6, .best = 6}, "dns", false);
  check(samplers::dns{.candidates = 1, .repeat = true}, "dns", true);
}

/// What a user makes of exact scores: each of her rows, ranked.
samplers::exact_scores<float> scores_of(const std::vector<float>& queries,
                                        const std::vector<float>& catalogue, prefopt::index width) {
  const auto rows_of = [&](const std::vector<float>& numbers) {
    return prefopt::as_matrix(numbers, static_cast<prefopt::index>(numbers.size()) / width, width);
  };
  return {rows_of(queries), rows_of(catalogue)};
}

/// Whole, on 1, 2 and 7 threads, and in two halves: every row has its own scores.
template <class Sampler>
void check_exact_reproducible(const Sampler& sampler) {
  constexpr prefopt::index width = 13;
  constexpr std::int32_t num_items = 1511;
  const examples users = many_users(num_items);
  const std::vector<float> queries = random_floats(users.size() * width, 5),
                           catalogue = random_floats(static_cast<std::size_t>(num_items * width), 6);
  const auto draw_part = [&](std::size_t first, std::size_t last, const prefopt::executor& executor) {
    const examples part = users.part(first, last);
    const std::vector<float> part_queries(queries.begin() + static_cast<std::ptrdiff_t>(first * width),
                                          queries.begin() + static_cast<std::ptrdiff_t>(last * width));
    items negatives(5 * part.size());
    const samplers::history_table histories(part.liked);
    sampler.draw(scores_of(part_queries, catalogue, width), part.positives, histories.view(),
                 {.seed = 9, .step = 5, .first_example = 1000 + first},
                 prefopt::as_matrix(negatives, static_cast<prefopt::index>(part.size()), 5), executor);
    return negatives;
  };
  const items whole = draw_part(0, users.size(), {});
  for (const std::size_t tasks : {1U, 2U, 7U}) {
    CAPTURE(tasks);
    CHECK(draw_part(0, users.size(), one_thread_each(tasks)) == whole);
  }
  for (const std::size_t split : {std::size_t{1}, users.size() / 2, users.size() - 2}) {
    items halves = draw_part(0, split, {});
    const items second = draw_part(split, users.size(), {});
    halves.insert(halves.end(), second.begin(), second.end());
    CHECK(halves == whole);
  }
}

}  // namespace

TEST_CASE("scored samplers fill rows with allowed items, once each, and mask where they run out") {
  for (const std::int32_t num_items : {12, 64, 700})
    for (const prefopt::index count : {0, 1, 5, 90})
      for_each_stochastic([&](const auto& sampler, const char* name, bool repeat) {
        CAPTURE(name);
        CAPTURE(num_items);
        CAPTURE(count);
        check_rows(on_scores(sampler, some_scores(static_cast<std::size_t>(num_items))), users_of(num_items),
                   static_cast<std::size_t>(num_items), count, repeat);
      });
}

TEST_CASE("scored samplers draw the same on any number of threads, and however a batch is split") {
  for_each_stochastic([](const auto& sampler, const char* name, bool) {
    CAPTURE(name);
    check_reproducible(on_scores(sampler, some_scores(500)), many_users(500));
    check_exact_reproducible(sampler);
  });
  check_exact_reproducible(samplers::hard_topk{});
  check_exact_reproducible(samplers::self_play{});
  check_exact_reproducible(samplers::ahns{});
  check_exact_reproducible(samplers::dns{.candidates = 9, .replacement = true, .guard = 1});
  check_exact_reproducible(samplers::curriculum<samplers::topk_softmax>{});
  const samplers::mixture mixed(weighted{0.5, samplers::uniform{.num_items = 1511}},
                                weighted{0.5, samplers::topk_softmax{.temperature = 2}});
  check_exact_reproducible(mixed);
  check_reproducible(on_scores(samplers::mixture(weighted{0.5, samplers::uniform{.num_items = 500}},
                                                 weighted{0.5, samplers::topk_softmax{.pool = 95}}),
                               some_scores(500)),
                     many_users(500));
}

TEST_CASE("scored samplers write into any layout") {
  for_each_stochastic([](const auto& sampler, const char* name, bool) {
    CAPTURE(name);
    check_layouts(on_scores(sampler, some_scores(500)), many_users(500));
  });
  check_layouts(on_scores(samplers::hard_topk{}, some_scores(500)), many_users(500));
}

TEST_CASE("scored samplers name what makes no sense") {
  for_each_stochastic([](const auto& sampler, const char* name, bool) {
    CAPTURE(name);
    check_errors(on_scores(sampler, some_scores(10)), name);
  });
  check_errors(on_scores(samplers::hard_topk{}, some_scores(10)), "hard_topk");
  check_errors(on_scores(samplers::self_play{}, some_scores(10)), "self_play");
  check_errors(on_scores(samplers::ahns{}, some_scores(10)), "ahns");
}

namespace {

/// What draw and law say about a setting.
template <class Sampler>
std::string draw_error(const Sampler& sampler) {
  return error_text([&] { draw(on_scores(sampler, some_scores(10)), {{1}, {{}}}, 2); });
}
template <class Sampler>
std::string law_error(const Sampler& sampler) {
  return error_text([&] { law_of(on_scores(sampler, some_scores(10)), 1, {}, 10); });
}
template <class Sampler>
void check_setting(const Sampler& sampler, const std::string& name, const std::string& text) {
  CHECK(draw_error(sampler) == name + "::draw: " + text);
  CHECK(law_error(sampler) == name + "::law: " + text);
}

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("settings out of range are named") {
  const std::string pool = "pool is 0, expected at least 1", guard = "guard is nan, expected a number";
  check_setting(samplers::topk_uniform{.pool = 0}, "topk_uniform", pool);
  check_setting(samplers::topk_softmax{.pool = 0}, "topk_softmax", pool);
  check_setting(samplers::skip_topk{.pool = 0}, "skip_topk", pool);
  check_setting(samplers::skip_topk{.skip = -1}, "skip_topk", "skip is -1, expected at least 0");
  for (const double temperature : {0.0, -1.0, infinity, not_a_number}) {
    const std::string text =
        prefopt::detail::join("temperature is ", temperature, ", expected a positive number");
    check_setting(samplers::topk_softmax{.temperature = temperature}, "topk_softmax", text);
    check_setting(samplers::softmax_negative{.temperature = temperature}, "softmax_negative", text);
  }
  check_setting(samplers::self_play{.temperature = -1}, "self_play",
                "temperature is -1, expected at least 0 and finite");
  check_setting(samplers::self_play{.temperature = infinity}, "self_play",
                "temperature is inf, expected at least 0 and finite");
  check_setting(samplers::dns{.candidates = 0}, "dns", "candidates is 0, expected at least 1");
  check_setting(samplers::dns{.candidates = 3, .best = 4}, "dns", "best is 4, expected 1 to 3 (candidates)");
  check_setting(samplers::dns{.candidates = 3, .best = 0}, "dns", "best is 0, expected 1 to 3 (candidates)");
  check_setting(samplers::dns{.candidates = 3, .best = 2, .replacement = true}, "dns",
                "best is 2, expected 1 (with replacement)");
  const samplers::popularity ten(std::vector<double>(10, 1.0)), nine(std::vector<double>(9, 1.0));
  check_setting(samplers::dns{.proposals = &ten}, "dns",
                "replacement is false, expected true (draws from proposals repeat)");
  CHECK(draw_error(samplers::dns{.replacement = true, .proposals = &nine}) ==
        "dns::draw: proposals has 9 items, expected 10 (the source's)");
  CHECK(law_error(samplers::dns{.replacement = true, .proposals = &nine}) ==
        "dns::law: proposals has 9 items, expected 10 (the size of scores)");
  check_setting(samplers::ahns{.candidates = 0}, "ahns", "candidates is 0, expected at least 1");
  check_setting(samplers::ahns{.alpha = infinity}, "ahns", "alpha is inf, expected a finite number");
  check_setting(samplers::ahns{.beta = not_a_number}, "ahns", "beta is nan, expected a finite number");
  check_setting(samplers::ahns{.p = -infinity}, "ahns", "p is -inf, expected a finite number");

  check_setting(samplers::hard_topk{.guard = not_a_number}, "hard_topk", guard);
  check_setting(samplers::topk_uniform{.guard = not_a_number}, "topk_uniform", guard);
  check_setting(samplers::topk_softmax{.guard = not_a_number}, "topk_softmax", guard);
  check_setting(samplers::skip_topk{.guard = not_a_number}, "skip_topk", guard);
  check_setting(samplers::softmax_negative{.guard = not_a_number}, "softmax_negative", guard);
  check_setting(samplers::self_play{.guard = not_a_number}, "self_play", guard);
  check_setting(samplers::dns{.guard = not_a_number}, "dns", guard);
  check_setting(samplers::ahns{.guard = not_a_number}, "ahns", guard);
}

TEST_CASE("a source has a row for each positive") {
  const std::vector<float> scores(30), queries(6);
  items negatives(2);
  const auto negatives_of = prefopt::as_matrix(negatives, 2, 1);
  const auto error_of = [&](const auto& source, const auto& sampler) {
    return error_text([&] { sampler.draw(source, items{1, 2}, {}, {}, negatives_of); });
  };
  const samplers::score_rows three(prefopt::as_matrix(scores, 3, 10));
  CHECK(error_of(three, samplers::hard_topk{}) ==
        "hard_topk::draw: scores has 3 rows, expected 2 (one for each positive)");
  CHECK(error_of(three, samplers::dns{}) ==
        "dns::draw: scores has 3 rows, expected 2 (one for each positive)");
  const samplers::exact_scores exact(prefopt::as_matrix(queries, 3, 2), prefopt::as_matrix(scores, 15, 2));
  CHECK(error_of(exact, samplers::topk_softmax{}) ==
        "topk_softmax::draw: queries has 3 rows, expected 2 (one for each positive)");
  const samplers::search_index index(1, 10, [](auto...) {});
  CHECK(error_of(index, samplers::skip_topk{}) ==
        "skip_topk::draw: the index has 1 rows, expected 2 (one for each positive)");
}

TEST_CASE("what is no number, or infinitely bad, is not drawn; what is infinitely good is") {
  const std::vector<double> scores{1, not_a_number, -infinity, 3, infinity, -1e30, 2};
  const on_scores hardest(samplers::hard_topk{}, scores);
  CHECK(draw(hardest, {{0}, {{}}}, 6) == items{4, 3, 6, 5, -1, -1});
  for (const auto& drawn : {draw(on_scores(samplers::softmax_negative{}, scores), {{0}, {{}}}, 7),
                            draw(on_scores(samplers::topk_softmax{}, scores), {{0}, {{}}}, 7)})
    CHECK(drawn == items{4, 3, 6, 5, -1, -1, -1});
  CHECK(law_of(on_scores(samplers::softmax_negative{}, scores), 0, {}, 7) ==
        std::vector<double>{0, 0, 0, 0, 1, 0, 0});
  for (const std::int32_t item : draw(on_scores(samplers::dns{.candidates = 1}, scores), {{0}, {{4}}}, 7))
    CHECK((item == 3 || item == 5 || item == 6 || item == -1));
  // A positive without a score guards against everything.
  CHECK(draw(on_scores(samplers::topk_uniform{.guard = 1}, scores), {{1}, {{}}}, 2) == items{-1, -1});
}

TEST_CASE("scores of ±1e4 and temperatures of nearly nothing do no harm") {
  const std::vector<double> scores{-1e4, 1e4, 9999.5, 1e4, 0};
  CHECK(draw(on_scores(samplers::softmax_negative{.temperature = 1e-6}, scores), {{0}, {{}}}, 3)[2] == 2);
  CHECK(draw(on_scores(samplers::topk_softmax{.temperature = 1e-3}, scores), {{0}, {{1}}}, 4) ==
        items{3, 2, 4, -1});
  CHECK(law_of(on_scores(samplers::softmax_negative{.temperature = 1e-6}, scores), 0, {}, 5) ==
        std::vector<double>{0, 0.5, 0, 0.5, 0});
  const std::vector<double> flat =
      law_of(on_scores(samplers::softmax_negative{.temperature = 1e300}, scores), 0, {}, 5);
  CHECK(flat == std::vector<double>{0, 0.25, 0.25, 0.25, 0.25});
}

TEST_CASE("a pool of all items is the softmax over the catalogue, draw by draw") {
  const examples users = many_users(500);
  const auto scores = some_scores(500);
  for (const double temperature : {0.1, 1.0, 30.0})
    CHECK(draw(on_scores(samplers::topk_softmax{.pool = 1000, .temperature = temperature}, scores), users,
               20) ==
          draw(on_scores(samplers::softmax_negative{.temperature = temperature}, scores), users, 20));
}

TEST_CASE("at the ends of their settings samplers are each other") {
  const examples users = many_users(500);
  const auto scores = some_scores(500);
  const items hardest = draw(on_scores(samplers::hard_topk{}, scores), users, 1);
  CHECK(draw(on_scores(samplers::self_play{}, scores), users, 1) == hardest);
  CHECK(draw(on_scores(samplers::topk_uniform{.pool = 1}, scores), users, 1) == hardest);
  CHECK(draw(on_scores(samplers::topk_softmax{.pool = 1}, scores), users, 1) == hardest);
  CHECK(draw(on_scores(samplers::skip_topk{.skip = 0, .pool = 1}, scores), users, 1) == hardest);
  CHECK(draw(on_scores(samplers::dns{.candidates = 500}, scores), users, 1) == hardest);
  CHECK(draw(on_scores(samplers::skip_topk{.skip = 0, .pool = 40}, scores), users, 9) ==
        draw(on_scores(samplers::topk_uniform{.pool = 40}, scores), users, 9));
  CHECK(draw(on_scores(samplers::self_play{.temperature = 2}, scores), users, 9) ==
        draw(on_scores(samplers::softmax_negative{.temperature = 2}, scores), users, 9));
  CHECK(draw(on_scores(samplers::dns{.candidates = 1}, scores), users, 9) ==
        draw(samplers::uniform{.num_items = 500}, users, 9));
  CHECK(draw(samplers::mixture(weighted{1.0, samplers::uniform{.num_items = 500}}), users, 9).size() ==
        37 * 9);
}

TEST_CASE("a row whose candidates are all skipped is masked") {
  CHECK(draw(on_scores(samplers::skip_topk{.skip = 4, .pool = 2}, some_scores(6)), {{0}, {{1}}}, 2) ==
        items{-1, -1});
  CHECK(draw(on_scores(samplers::skip_topk{.skip = 1'000'000}, some_scores(6)), {{0}, {{1}}}, 1) ==
        items{-1});
}

TEST_CASE("a pool schedule falls from one end to the other, exactly") {
  for (const auto shape :
       {samplers::pool_shape::linear, samplers::pool_shape::sqrt, samplers::pool_shape::stages}) {
    const samplers::pool_schedule schedule{
        .largest = 1000, .smallest = 50, .first_step = 100, .last_step = 1100, .shape = shape, .stages = 4};
    CHECK(schedule.at(0) == 1000);
    CHECK(schedule.at(100) == 1000);
    CHECK(schedule.at(1100) == 50);
    CHECK(schedule.at(~std::uint64_t{0}) == 50);
    for (std::uint64_t step = 1; step < 1200; ++step) REQUIRE(schedule.at(step) <= schedule.at(step - 1));
  }
  CHECK(samplers::pool_schedule{.largest = 100, .smallest = 20, .last_step = 4}.at(1) == 80);
  CHECK(samplers::pool_schedule{
            .largest = 100, .smallest = 20, .last_step = 4, .shape = samplers::pool_shape::sqrt}
            .at(1) == 60);
  const samplers::pool_schedule stages{
      .largest = 100, .smallest = 20, .last_step = 9, .shape = samplers::pool_shape::stages};
  std::vector<prefopt::index> pools;
  for (std::uint64_t step = 0; step < 10; ++step) pools.push_back(stages.at(step));
  CHECK(pools == std::vector<prefopt::index>{100, 100, 100, 60, 60, 60, 20, 20, 20, 20});
  CHECK(samplers::pool_schedule{.first_step = 5, .last_step = 5}.at(5) == 50);

  const auto error_of = [](const samplers::pool_schedule& schedule) {
    return error_text([&] { schedule.at(0); });
  };
  CHECK(error_of({.smallest = 0}) == "pool_schedule: smallest is 0, expected 1 to 1000 (largest)");
  CHECK(error_of({.largest = 3}) == "pool_schedule: smallest is 50, expected 1 to 3 (largest)");
  CHECK(error_of({.first_step = 20'000}) ==
        "pool_schedule: last_step is 10000, expected at least first_step = 20000");
  CHECK(error_of({.stages = 1}) == "pool_schedule: stages is 1, expected at least 2");
}

TEST_CASE("a mixture names what makes no sense") {
  const samplers::uniform ten{.num_items = 10};
  CHECK(error_text([&] {
          samplers::mixture(weighted{-1.0, ten});
        }) == "mixture: weight 0 is -1, expected at least 0 and finite");
  CHECK(error_text([&] {
          samplers::mixture(weighted{1.0, ten}, weighted{infinity, ten});
        }) == "mixture: weight 1 is inf, expected at least 0 and finite");
  CHECK(error_text([&] {
          samplers::mixture(weighted{0.0, ten}, weighted{0.0, ten});
        }) == "mixture: every weight is 0, expected a positive one");
  CHECK(error_text([&] {
          samplers::mixture(weighted{1.0, ten}, weighted{1.0, samplers::topk_uniform{.repeat = true}});
        }) == "mixture: component 1 repeats items, expected repeat = false");
  items negatives(3);
  CHECK(
      error_text([&] {
        samplers::mixture(weighted{1.0, ten}).draw(items{1, 2}, {}, {}, prefopt::as_matrix(negatives, 3, 1));
      }) == "mixture::draw: negatives is [3, 1], expected [2, K] (a row for each positive)");
}

TEST_CASE("a mixture fills rows from the components that have something left") {
  const auto scores = some_scores(10);
  const samplers::mixture mixed(weighted{1.0, samplers::topk_uniform{.pool = 2}},
                                weighted{1e-9, samplers::uniform{.num_items = 10}});
  items row = draw(on_scores(mixed, scores), {{0}, {{1, 2, 3}}}, 8);
  std::sort(row.begin(), row.end());
  CHECK(row == items{-1, -1, 4, 5, 6, 7, 8, 9});
  CHECK(draw(on_scores(mixed, scores), {{0}, {all_but(10, 0)}}, 2) == items{-1, -1});
}

TEST_CASE("the first scored draws of a seed never change") {
  const examples users{{0, 10, 20}, {{}, {5, 6, 7}, {}}};
  const auto first = [&](const auto& sampler) {
    return draw(on_scores(sampler, some_scores(300)), users, 4, {.seed = 7, .step = 1, .first_example = 2});
  };
  CHECK(first(samplers::hard_topk{}) == items{111, 210, 225, 52, 111, 210, 225, 52, 111, 210, 225, 52});
  CHECK(first(samplers::topk_uniform{}) == items{179, 51, 204, 274, 240, 64, 111, 132, 62, 274, 237, 24});
  CHECK(first(samplers::topk_softmax{}) == items{168, 61, 85, 121, 22, 23, 179, 89, 64, 35, 169, 30});
  CHECK(first(samplers::skip_topk{}) == items{170, 29, 203, 274, 240, 62, 132, 149, 51, 274, 237, 23});
  CHECK(first(samplers::softmax_negative{}) == items{168, 61, 85, 121, 22, 23, 179, 89, 64, 35, 217, 169});
  CHECK(first(samplers::dns{}) == items{33, 202, 206, 120, 149, 83, 51, 240, 58, 148, 254, 73});
  CHECK(first(samplers::dns{.candidates = 8, .best = 3}) ==
        items{34, 206, 120, 102, 149, 79, 269, 35, 59, 254, 252, 235});
  CHECK(first(samplers::ahns{}) == items{275, 21, 1, 5, 79, 172, 288, 262, 53, 1, 289, 5});
}
