#include <cstdint>
#include <limits>
#include <tuple>

#include <prefopt/libtorch/top_k.hpp>

#include "examples.hpp"
#include "support/error_text.hpp"
#include "tensors.hpp"

namespace {

namespace lt = prefopt::libtorch;
using prefopt::index;
using test::are_equal;

constexpr float none = -std::numeric_limits<float>::infinity();

/// What LibTorch finds in all scores at once.
at::Tensor masked_scores(at::Tensor scores, const test::users& users) {
  for (std::size_t b = 0; b < users.liked.size(); ++b)
    for (const std::int32_t item : users.liked[b]) scores[static_cast<std::int64_t>(b)][item] = none;
  return scores;
}

TEST_CASE("either_path_finds_what_a_sort_of_all_scores_finds") {
  constexpr index rows = 19, num_items = 700, k = 30;
  const test::users users(rows, num_items, 300);
  const at::Tensor queries = test::whole_numbers(rows, 8, 1),
                   catalogue = test::whole_numbers(num_items, 8, 2);
  const at::Tensor scores = masked_scores(at::matmul(queries, catalogue.t()), users);
  const auto [sorted, ids] = at::sort(scores, /*stable=*/true, 1, /*descending=*/true);
  for (const lt::path path : {lt::path::fused, lt::path::generic})
    for (const index block : {index{1}, index{49}, 100 * rows, index{1} << 22}) {
      CAPTURE(block);
      const lt::best_rows best =
          lt::top_k(queries, catalogue, k, users.history(), {.path = path, .block_scores = block});
      CHECK(are_equal(best.scores, sorted.narrow(1, 0, k)));
      CHECK(are_equal(best.items, ids.narrow(1, 0, k)));
      CHECK(are_equal(lt::top_k(lt::score_rows{at::matmul(queries, catalogue.t())}, k, users.history(),
                                {.path = path, .block_scores = block})
                          .items,
                      best.items));
    }
}

TEST_CASE("items_agree_except_where_scores_are_within_1e-5") {
  constexpr index rows = 64, num_items = 3000, k = 50;
  const test::users users(rows, num_items, 100);
  at::manual_seed(5);
  const at::Tensor queries = at::randn({rows, 64}) / 8, catalogue = at::randn({num_items, 64});
  const at::Tensor scores = at::matmul(queries, catalogue.t());
  const lt::best_rows exact = lt::top_k(queries, catalogue, k, users.history());
  const lt::best_rows blocks = lt::top_k(queries, catalogue, k, users.history(),
                                         {.path = lt::path::generic, .block_scores = 256 * rows});
  CHECK(test::largest_difference(exact.scores, blocks.scores) < 1e-5);
  const at::Tensor differ = exact.items != blocks.items;
  const at::Tensor apart = (scores.gather(1, exact.items) - scores.gather(1, blocks.items)).abs() > 1e-5;
  CHECK_FALSE(differ.logical_and(apart).any().item<bool>());
  CHECK(differ.sum().item<std::int64_t>() < rows);  // few
}

TEST_CASE("what_is_missing_is_masked_and_what_scores_nothing_is_left_out") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = -none;
  const at::Tensor scores = at::tensor({-0.0f, 0.0f, nan, none, infinity, -5.0f, -7.0f, -3.0f}).view({1, 8});
  const lt::history liked(at::tensor({0, 1}, at::kInt), at::tensor({5}, at::kInt));
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const lt::best_rows best = lt::top_k(lt::score_rows{scores}, 8, liked, {.path = path});
    CHECK(are_equal(best.items, at::tensor({4, 0, 1, 7, 6, -1, -1, -1}, at::kLong).view({1, 8})));
    CHECK(are_equal(best.scores,
                    at::tensor({infinity, 0.0f, 0.0f, -3.0f, -7.0f, none, none, none}).view({1, 8})));
    CHECK(lt::top_k(at::empty({0, 2}), at::ones({3, 2}), 2, {}, {.path = path}).items.sizes() ==
          at::IntArrayRef({0, 2}));
    CHECK(lt::top_k(lt::score_rows{scores}, 0, {}, {.path = path}).items.sizes() == at::IntArrayRef({1, 0}));
  }
  CHECK(scores[0][3].item<float>() == none);
  CHECK(scores[0][5].item<float>() == -5);  // the caller's scores are as they were
}

TEST_CASE("types_share_a_scale_and_nothing_is_recorded") {
  const at::Tensor queries = test::whole_numbers(3, 4, 1).requires_grad_(),
                   catalogue = test::whole_numbers(300, 4, 2);
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const lt::best_rows floats = lt::top_k(queries, catalogue, 5, {}, {.path = path});
    CHECK_FALSE(floats.scores.requires_grad());
    for (const at::ScalarType type : {at::kDouble, at::kHalf, at::kBFloat16}) {
      const lt::best_rows best = lt::top_k(queries.to(type), catalogue.to(type), 5, {}, {.path = path});
      CHECK(are_equal(best.scores, floats.scores));
      CHECK(are_equal(best.items, floats.items));
    }
    const c10::InferenceMode inference;
    CHECK(are_equal(lt::top_k(queries, catalogue, 5, {}, {.path = path}).items, floats.items));
  }
}

TEST_CASE("histories_are_lists_of_users_or_a_mask") {
  const at::Tensor scores = at::arange(6, at::kFloat).expand({2, 6});
  const at::Tensor mask = at::zeros({3, 6}, at::kBool);
  mask[2][5] = true;
  mask[2][0] = true;
  mask[1][4] = true;
  const lt::history lists(at::tensor({0, 0, 1, 3}, at::kInt), at::tensor({4, 0, 5}, at::kInt));
  const at::Tensor users = at::tensor({2, 1}, at::kLong);
  const at::Tensor expected = at::tensor({4, 3, 5, 3}, at::kLong).view({2, 2});
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const auto best = [&](const lt::history& liked) {
      return lt::top_k(lt::score_rows{scores}, 2, liked, {.path = path}).items;
    };
    CHECK(are_equal(best(lists.of(users)), expected));
    CHECK(are_equal(best(lists.of(users.to(at::kInt))), expected));
    CHECK(are_equal(best(lt::history::of_mask(mask).of(users)), expected));
    CHECK(are_equal(best({}), at::tensor({5, 4, 5, 4}, at::kLong).view({2, 2})));
  }
}

TEST_CASE("histories_outlive_what_they_were_made_of") {
  lt::history liked;
  {
    const lt::history all(at::tensor({0, 1}, at::kInt), at::tensor({3}, at::kLong));
    liked = all.of(at::zeros({2}, at::kInt));
  }
  CHECK(are_equal(lt::top_k(lt::score_rows{at::arange(4, at::kFloat).expand({2, 4})}, 1, liked).items,
                  at::full({2, 1}, 2, at::kLong)));
}

TEST_CASE("bad_input_is_named") {
  const at::Tensor scores = at::zeros({2, 3}), offsets = at::tensor({0, 1, 2}, at::kLong),
                   items = at::tensor({1, 3}, at::kLong);
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const auto said = [&](index k, const lt::history& liked) {
      return error_text([&] { lt::top_k(lt::score_rows{scores}, k, liked, {.path = path}); });
    };
    CHECK(said(-1, {}) == "libtorch: k is -1, expected at least 0");
    CHECK(said(1, {offsets, items}) ==
          "top_k: an item of the history is 3, expected at least 0 and below 3 (num_items)");
    CHECK(said(1, lt::history(offsets, items).of(at::zeros({3}, at::kInt))) ==
          "top_k: history has 3 lists, expected 2 (one for each example)");
  }
  const auto said = [](const at::Tensor& first, const at::Tensor& second) {
    return error_text([&] { lt::history(first, second); });
  };
  CHECK(said({}, items) == "libtorch: offsets is undefined, expected a tensor");
  CHECK(said(offsets, {}) == "libtorch: items is undefined, expected a tensor");
  CHECK(said(offsets.to(at::kFloat), items) == "libtorch: offsets is of type Float, expected Int or Long");
  CHECK(said(offsets, items.view({2, 1})) == "libtorch: items is [2, 1], expected [n]");
  CHECK(said(offsets, items.flip(0)) == "");
  CHECK(said(at::tensor({0, 2}, at::kLong), items.flip(0)) ==
        "history_view: list 0 is not sorted, expected ascending items");
  CHECK(said(offsets, items.slice(0, 0, 1)) ==
        "history_view: offsets[2] is 2, expected at most 1 (the number of items)");
  CHECK(error_text([&] { lt::history().of(items); }) ==
        "libtorch: the history is empty, expected lists for users");
  CHECK(error_text([&] { lt::history(offsets, items).of(items); }) ==
        "history_view::of: a row is 3, expected at least 0 and below 2 (the number of lists)");
  CHECK(error_text([&] { lt::history::of_mask(items); }) == "libtorch: liked is of type Long, expected Bool");
  CHECK(error_text([&] { lt::history::of_mask(items > 0); }) == "libtorch: liked is [2], expected [U, V]");
}

}  // namespace
