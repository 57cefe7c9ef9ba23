#include <cstdint>
#include <limits>
#include <string_view>

#include <prefopt/libtorch/draw.hpp>
#include <prefopt/samplers.hpp>

#include "examples.hpp"
#include "support/error_text.hpp"
#include "tensors.hpp"

namespace {

namespace samplers = prefopt::samplers;
namespace lt = prefopt::libtorch;
using prefopt::index;
using test::are_equal;

constexpr index rows = 23, num_items = 301, width = 8, count = 6;
constexpr samplers::draw_key key{.seed = 7, .step = 40, .first_example = 1000};
constexpr std::int64_t few_scores = 2 * num_items;  // two rows at a time, or some items

const test::users& everybody() {
  static const test::users all(rows, num_items, 60);
  return all;
}

/// What the core draws: draw(negatives).
template <class Draw>
at::Tensor expected(const Draw& draw) {
  std::vector<std::int32_t> negatives(rows * count, -7);
  draw(prefopt::as_matrix(negatives, rows, count));
  return at::tensor(negatives, at::kInt).to(at::kLong).view({rows, count});
}

lt::draw_options options(lt::path path = lt::path::automatic) {
  return {.count = count, .key = key, .path = path, .block_scores = few_scores};
}

template <class Sampler>
void check_unscored(const Sampler& sampler) {
  const test::users& all = everybody();
  const samplers::history_table liked(all.liked);
  const at::Tensor theirs =
      expected([&](auto negatives) { sampler.draw(all.positives, liked.view(), key, negatives); });
  for (const int threads : {1, 2})
    for (const at::ScalarType type : {at::kInt, at::kLong}) {
      at::set_num_threads(threads);
      const lt::negatives drawn = lt::draw(sampler, all.positive_ids(type), all.history(), options());
      CHECK(are_equal(drawn.items, theirs));
      CHECK(are_equal(drawn.counts, (theirs >= 0).sum(1)));
    }
}

/// The sampler draws from tensors what it draws by itself, on either path.
template <class Sampler>
void check_scored(std::string_view name, const Sampler& sampler) {
  CAPTURE(name);
  const test::users& all = everybody();
  const samplers::history_table liked(all.liked);
  const at::Tensor queries = test::whole_numbers(rows, width, 1),
                   catalogue = test::whole_numbers(num_items, width, 2);
  const at::Tensor scores = at::matmul(queries, catalogue.t());
  const samplers::exact_scores source(lt::view<const float>(queries, "queries"),
                                      lt::view<const float>(catalogue, "catalogue"));
  const at::Tensor theirs =
      expected([&](auto negatives) { sampler.draw(source, all.positives, liked.view(), key, negatives); });
  const lt::exact_scores products{queries, catalogue};
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    for (const lt::path path : {lt::path::fused, lt::path::generic}) {
      CAPTURE(threads);
      CAPTURE(static_cast<int>(path));
      const auto draw = [&](const auto& candidates) {
        const lt::negatives drawn =
            lt::draw(sampler, candidates, all.positive_ids(), all.history(), options(path));
        CHECK(are_equal(drawn.counts, (drawn.items >= 0).sum(1)));
        return drawn.items;
      };
      CHECK(are_equal(draw(products), theirs));
      CHECK(are_equal(draw(lt::score_rows{scores}), theirs));
      CHECK(are_equal(draw(lt::exact_scores{queries, catalogue.to(at::kBFloat16)}), theirs));
    }
  }
}

TEST_CASE("samplers_without_scores_draw_the_same_from_tensors") {
  at::manual_seed(3);
  const at::Tensor counts = at::randint(0, 50, {num_items}, at::kLong);
  const samplers::popularity popularity = lt::popularity(counts);
  const test::users& all = everybody();
  check_unscored(samplers::uniform{.num_items = num_items});
  check_unscored(samplers::uniform{.num_items = num_items, .repeat = true});
  check_unscored(popularity);
  check_unscored(samplers::in_batch{.batch = all.positives, .num_items = num_items});
  check_unscored(samplers::mixture(samplers::weighted{0.5, popularity},
                                   samplers::weighted{0.5, samplers::uniform{.num_items = num_items}}));
}

TEST_CASE("counts_of_popularity_may_be_of_any_type") {
  const at::Tensor counts = at::arange(1, 1 + num_items);
  const at::Tensor ids = everybody().positive_ids();
  const auto draw = [&](const at::Tensor& given) {
    return lt::draw(lt::popularity(given), ids, {}, options()).items;
  };
  CHECK(are_equal(draw(counts), draw(counts.to(at::kFloat))));
  CHECK_FALSE(are_equal(draw(counts), draw(at::ones({num_items}))));
}

TEST_CASE("in_batch_takes_the_positives_where_it_has_no_batch") {
  const test::users& all = everybody();
  const samplers::in_batch given{.batch = all.positives, .num_items = num_items},
      none{.num_items = num_items};
  CHECK(are_equal(lt::draw(none, all.positive_ids(), all.history(), options()).items,
                  lt::draw(given, all.positive_ids(), all.history(), options()).items));
  CHECK(lt::draw(none, at::empty({0}, at::kLong)).items.sizes() == at::IntArrayRef({0, 1}));
}

TEST_CASE("samplers_by_score_draw_the_same_from_tensors_on_either_path") {
  const samplers::uniform easy{.num_items = num_items};
  check_scored("hard_topk", samplers::hard_topk{});
  check_scored("hard_topk, guarded", samplers::hard_topk{.guard = 3});
  check_scored("topk_uniform", samplers::topk_uniform{.pool = 40});
  check_scored("topk_softmax", samplers::topk_softmax{.pool = 40, .temperature = 2, .guard = 9});
  check_scored("skip_topk", samplers::skip_topk{.skip = 5, .pool = 30});
  check_scored("dns", samplers::dns{.candidates = 4, .best = 2});
  check_scored("softmax_negative", samplers::softmax_negative{.temperature = 10});
  check_scored("self_play", samplers::self_play{});
  check_scored("self_play, drawn", samplers::self_play{.temperature = 5});
  check_scored("ahns", samplers::ahns{});
  check_scored("curriculum",
               samplers::curriculum<>{.schedule = {.largest = 200, .smallest = 10, .last_step = 50}});
  check_scored("mixture", samplers::mixture(samplers::weighted{1, samplers::topk_uniform{.pool = 40}},
                                            samplers::weighted{1, easy}));
}

TEST_CASE("a_pool_of_more_than_all_items_holds_all") {
  const test::users& all = everybody();
  const lt::exact_scores products{test::whole_numbers(rows, width, 1),
                                  test::whole_numbers(num_items, width, 2)};
  const auto draw = [&](const auto& sampler, lt::path path) {
    return lt::draw(sampler, products, all.positive_ids(), all.history(), options(path)).items;
  };
  const samplers::skip_topk skip{.skip = 3, .pool = std::numeric_limits<index>::max()};
  CHECK(are_equal(draw(skip, lt::path::generic), draw(skip, lt::path::fused)));
  const samplers::topk_uniform pool{.pool = 1000};
  CHECK(are_equal(draw(pool, lt::path::generic), draw(pool, lt::path::fused)));
}

TEST_CASE("queries_may_be_of_any_type_and_layout") {
  const at::Tensor queries = test::whole_numbers(rows, width, 1),
                   catalogue = test::whole_numbers(num_items, width, 2);
  const at::Tensor ids = everybody().positive_ids();
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const auto draw = [&](const auto& candidates) {
      return lt::draw(samplers::hard_topk{}, candidates, ids, {}, options(path)).items;
    };
    const at::Tensor theirs = draw(lt::exact_scores{queries, catalogue});
    for (const at::ScalarType type : {at::kDouble, at::kHalf, at::kBFloat16}) {
      CHECK(are_equal(draw(lt::exact_scores{queries.to(type), catalogue.to(type)}), theirs));
      CHECK(are_equal(draw(lt::score_rows{at::matmul(queries, catalogue.t()).to(type)}), theirs));
    }
    CHECK(are_equal(draw(lt::exact_scores{queries.t().contiguous().t(), catalogue.t().contiguous().t()}),
                    theirs));
    const at::Tensor one = queries.slice(0, 0, 1);
    CHECK(are_equal(draw(lt::exact_scores{one.expand({rows, width}), catalogue}),
                    draw(lt::exact_scores{one.repeat({rows, 1}), catalogue})));
  }
}

TEST_CASE("an_index_of_the_users_own_is_a_source_too") {
  const test::users& all = everybody();
  const at::Tensor scores =
      at::matmul(test::whole_numbers(rows, width, 1), test::whole_numbers(num_items, width, 2).t());
  const samplers::search_index found(
      rows, num_items, [&](index first, index some, index asked, float* best, std::int64_t* items) {
        const auto [values, ids] = at::topk(scores.narrow(0, first, some), asked, 1);
        std::copy_n(values.contiguous().data_ptr<float>(), some * asked, best);
        std::copy_n(ids.contiguous().data_ptr<std::int64_t>(), some * asked, items);
      });
  const lt::negatives drawn =
      lt::draw(samplers::hard_topk{}, found, all.positive_ids(), all.history(), options());
  const lt::negatives theirs =
      lt::draw(samplers::hard_topk{}, lt::score_rows{scores}, all.positive_ids(), all.history(), options());
  CHECK(are_equal(scores.gather(1, drawn.items), scores.gather(1, theirs.items)));
}

TEST_CASE("what_cannot_be_filled_is_masked_and_counted") {
  constexpr std::int64_t all_items = 5;
  const lt::history liked(at::tensor({0, 0, 1, 5}, at::kLong), at::tensor({2, 0, 1, 2, 3}, at::kInt));
  const at::Tensor ids = at::tensor({0, 1, 4}, at::kInt);
  const at::Tensor scores = at::arange(15, at::kFloat).view({3, 5});
  const at::Tensor counts = at::tensor({4, 3, 0}, at::kLong);
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const lt::negatives best =
        lt::draw(samplers::hard_topk{}, lt::score_rows{scores}, ids, liked, {.count = 5, .path = path});
    CHECK(
        are_equal(best.items,
                  at::tensor({4, 3, 2, 1, -1, 4, 3, 0, -1, -1, -1, -1, -1, -1, -1}, at::kLong).view({3, 5})));
    CHECK(are_equal(best.counts, counts));
  }
  CHECK(are_equal(lt::draw(samplers::uniform{.num_items = all_items}, ids, liked, {.count = 5}).counts,
                  counts));
}

TEST_CASE("nothing_is_recorded_and_inference_mode_is_no_obstacle") {
  const at::Tensor queries = test::whole_numbers(rows, width, 1).requires_grad_(),
                   catalogue = test::whole_numbers(num_items, width, 2).requires_grad_();
  const at::Tensor ids = everybody().positive_ids();
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const auto draw = [&] {
      return lt::draw(samplers::topk_softmax{}, lt::exact_scores{queries, catalogue}, ids, {}, options(path));
    };
    const lt::negatives drawn = draw();
    CHECK_FALSE(drawn.items.requires_grad());
    CHECK((drawn.items.scalar_type() == at::kLong));
    const c10::InferenceMode inference;
    CHECK(are_equal(draw().items, drawn.items));
    CHECK(lt::draw(samplers::uniform{.num_items = 3}, ids.fmod(3)).items.size(0) == rows);
  }
}

TEST_CASE("batches_rows_and_queries_may_be_empty") {
  const at::Tensor nobody = at::empty({0}, at::kLong), catalogue = at::ones({4, 2});
  const lt::history liked = lt::history(at::zeros({1}, at::kLong), nobody);
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    const auto draw = [&](const at::Tensor& queries, const at::Tensor& ids, index k) {
      return lt::draw(samplers::topk_uniform{}, lt::exact_scores{queries, catalogue}, ids, {},
                      {.count = k, .path = path})
          .items;
    };
    CHECK(draw(at::empty({0, 2}), nobody, 3).sizes() == at::IntArrayRef({0, 3}));
    CHECK(draw(at::ones({2, 2}), at::zeros({2}, at::kLong), 0).sizes() == at::IntArrayRef({2, 0}));
  }
  CHECK(lt::draw(samplers::uniform{.num_items = 3}, nobody, liked, {.count = 2}).items.sizes() ==
        at::IntArrayRef({0, 2}));
}

TEST_CASE("bad_input_is_named_on_either_path") {
  const at::Tensor queries = at::zeros({2, 3}), catalogue = at::zeros({5, 3}),
                   ids = at::zeros({2}, at::kLong);
  for (const lt::path path : {lt::path::fused, lt::path::generic}) {
    CAPTURE(static_cast<int>(path));
    const auto said = [&](const auto& candidates, const at::Tensor& positives,
                          const lt::history& liked = {}) {
      return error_text(
          [&] { lt::draw(samplers::hard_topk{}, candidates, positives, liked, {.path = path}); });
    };
    const auto products = [&](const at::Tensor& q, const at::Tensor& c) {
      return said(lt::exact_scores{q, c}, ids);
    };
    CHECK(products({}, catalogue) == "libtorch: queries is undefined, expected a tensor");
    CHECK(products(queries, {}) == "libtorch: catalogue is undefined, expected a tensor");
    CHECK(products(queries[0], catalogue) == "libtorch: queries is [3], expected [B, d]");
    CHECK(products(queries, ids) ==
          "libtorch: catalogue is of type Long, expected Float, Double, Half or BFloat16");
    CHECK(products(queries, at::zeros({5, 2})) ==
          "libtorch: queries is [2, 3], expected [B, 2] (the catalogue's columns)");
    CHECK(products(queries, at::zeros({0, 3})) ==
          "libtorch: catalogue is [0, 3], expected 1 to 2^31 - 1 rows");
    CHECK(products(queries.slice(1, 0, 0), at::zeros({5, 0})) ==
          "libtorch: catalogue is [5, 0], expected at least one column");
    CHECK(said(lt::score_rows{queries.slice(1, 0, 0)}, ids) ==
          "libtorch: scores is [2, 0], expected 1 to 2^31 - 1 columns");
    CHECK(products(queries, at::empty({5, 3}, at::kMeta)) ==
          "libtorch: catalogue is on meta, expected cpu (the device of queries)");
    CHECK(said(lt::score_rows{{}}, ids) == "libtorch: scores is undefined, expected a tensor");
    CHECK(said(lt::score_rows{queries.to_sparse()}, ids) ==
          "libtorch: scores is sparse, expected a dense tensor");

    const lt::exact_scores good{queries, catalogue};
    CHECK(said(good, {}) == "libtorch: positives is undefined, expected a tensor");
    CHECK(said(good, queries) == "libtorch: positives is of type Float, expected Int or Long");
    CHECK(said(good, ids.view({1, 2})) == "libtorch: positives is [1, 2], expected [B]");
    const std::string_view where = path == lt::path::fused ? "hard_topk::draw: " : "libtorch: ";
    CHECK(said(good, at::zeros({3}, at::kLong)) == std::string(where) +
                                                       (path == lt::path::fused ? "queries" : "candidates") +
                                                       " has 2 rows, expected 3 (one for each positive)");
    CHECK(said(good, ids + 5) ==
          std::string(where) + "a positive is 5, expected at least 0 and below 5 (num_items)");
    CHECK(said(good, ids + (std::int64_t{1} << 32)) ==
          std::string(where) + "a positive is 2147483647, expected at least 0 and below 5 (num_items)");
    CHECK(said(good, ids, {at::tensor({0, 1}, at::kLong), at::tensor({4}, at::kLong)}) ==
          std::string(where) + "history has 1 lists, expected 2 (one for each example)");
  }
  const auto said = [&](const lt::draw_options& asked) {
    return error_text([&] { lt::draw(samplers::topk_uniform{}, lt::score_rows{queries}, ids, {}, asked); });
  };
  CHECK(said({.count = -1}) == "libtorch: count is -1, expected at least 0");
  CHECK(said({.path = lt::path::generic, .block_scores = 0}) ==
        "libtorch: block_scores is 0, expected at least 1");
  CHECK(said({.key = {.step = samplers::draw_key::limit}, .path = lt::path::generic}) ==
        "libtorch: step is 281474976710656, expected below 2^48");
  CHECK(error_text([&] {
          lt::draw(samplers::topk_uniform{.pool = 0}, lt::score_rows{queries}, ids, {},
                   {.path = lt::path::generic});
        }) == "topk_uniform::draw: pool is 0, expected at least 1");
  CHECK(error_text([] { lt::popularity(at::ones({2, 2})); }) == "libtorch: counts is [2, 2], expected [V]");
}

}  // namespace
