#include <prefopt/libtorch.hpp>
#include <prefopt/libtorch/kernels.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/samplers/in_batch.hpp>

#include "examples.hpp"
#include "support/error_text.hpp"
#include "tensors.hpp"

/// \file
/// Which losses and draws go to the kernels of a device, and what becomes of what those say. The kernels are played: this
/// runs anywhere.

namespace {

using prefopt::libtorch::batch;
using prefopt::libtorch::path;
using prefopt::libtorch::detail::has_kernel;
using prefopt::libtorch::detail::kernel_does;
using prefopt::libtorch::detail::known_loss;
using test::largest_difference;
using test::log_probabilities;

const auto s_dpo = prefopt::s_dpo({.beta = 0.5});
using s_dpo_type = decltype(prefopt::s_dpo());
using plackett_luce_type = decltype(prefopt::plackett_luce());

constexpr double played_loss = 42;

/// Says the same of every batch.
struct played_kernels {
  template <class Scalar, class Objective>
  static constexpr bool evaluate = has_kernel<Scalar, Objective>();

  template <class Objective>
  static bool take(const batch& tensors,
                   const prefopt::libtorch::options<prefopt::state_of<Objective>>& options) {
    return kernel_does<Objective>(tensors, options);
  }
  template <class Scalar, class Objective>
  static known_loss run(const Objective&, const batch& tensors, bool with_gradient, prefopt::reduction) {
    known_loss said{at::full({}, played_loss, tensors.policy.options().requires_grad(false)), {}};
    if (with_gradient) said.gradient = at::full(tensors.policy.sizes(), 2, said.loss.options());
    return said;
  }
};

template <class Objective>
at::Tensor loss_with_kernels(const Objective& objective, const batch& tensors,
                             const prefopt::libtorch::options<>& options = {}) {
  return prefopt::libtorch::loss<Objective, played_kernels>(objective, tensors, options);
}

TEST_CASE("kernels_know_all_but_sorts_vectors_and_steps_over_the_batch") {
  CHECK(has_kernel<float, s_dpo_type>());
  CHECK(has_kernel<double, plackett_luce_type>());
  CHECK(has_kernel<float, decltype(prefopt::s_dpo() + 0.1 * prefopt::softmax())>());
  CHECK(has_kernel<float, decltype(prefopt::ranknet())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::neural_ndcg())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::gpm())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::beta_dpo())>());
  CHECK_FALSE(has_kernel<float, decltype(prefopt::s_dpo() + 0.1 * prefopt::neural_ndcg())>());
}

TEST_CASE("kernels_are_not_asked_for_what_they_do_not_do") {
  const batch tensors{.policy = at::zeros({2, 4})}, long_rows{.policy = at::zeros({2, 257})};
  CHECK(kernel_does<s_dpo_type>(tensors, {}));
  CHECK_FALSE(kernel_does<s_dpo_type>(tensors, {.reduction = prefopt::reduction::weighted_mean}));
  CHECK_FALSE(kernel_does<s_dpo_type>(tensors, {.non_finite = prefopt::non_finite::skip}));
  CHECK_FALSE(kernel_does<s_dpo_type>(
      {.policy = tensors.policy, .false_negatives = at::zeros({2, 4}, at::kInt)}, {}));
  CHECK(kernel_does<s_dpo_type>(long_rows, {}));
  CHECK(kernel_does<plackett_luce_type>(tensors, {}));
  CHECK_FALSE(kernel_does<plackett_luce_type>(long_rows, {}));
}

TEST_CASE("what_a_kernel_says_is_the_loss_and_its_gradient") {
  const at::Tensor policy = log_probabilities(3, 4, 1).requires_grad_(),
                   reference = log_probabilities(3, 4, 2).requires_grad_();
  const at::Tensor value = loss_with_kernels(s_dpo, {.policy = policy, .reference = reference});
  CHECK(value.item<double>() == played_loss);
  value.backward();
  CHECK(largest_difference(policy.grad(), at::full({3, 4}, 2)) == 0);
  CHECK(largest_difference(reference.grad(), at::full({3, 4}, -2)) == 0);
}

TEST_CASE("without_a_gradient_to_come_kernels_are_not_asked_for_one") {
  const at::Tensor value = loss_with_kernels(s_dpo, {.policy = log_probabilities(3, 4, 1)});
  CHECK(value.item<double>() == played_loss);
  CHECK_FALSE(value.requires_grad());
}

TEST_CASE("what_kernels_do_not_do_goes_another_way") {
  const batch tensors{.policy = log_probabilities(3, 2, 1), .reference = log_probabilities(3, 2, 2)};
  const auto played = [&](const auto& objective, const batch& given,
                          const prefopt::libtorch::options<>& options = {}) {
    return loss_with_kernels(objective, given, options).template item<double>() == played_loss;
  };
  CHECK(played(s_dpo, tensors));
  CHECK_FALSE(played(s_dpo, tensors, {.path = path::generic}));
  CHECK_FALSE(played(s_dpo, tensors, {.non_finite = prefopt::non_finite::skip}));
  CHECK_FALSE(
      played(prefopt::neural_ndcg(),
             {.scores = tensors.policy, .relevance = at::tensor({2.0, 1.0}, at::kDouble).expand({3, 2})}));
}

TEST_CASE("statistics_beside_a_kernel_are_the_generic_paths") {
  const batch tensors{.policy = log_probabilities(8, 4, 1), .reference = log_probabilities(8, 4, 2)};
  const auto said = prefopt::libtorch::loss_and_statistics<s_dpo_type, played_kernels>(s_dpo, tensors);
  const auto expected = prefopt::libtorch::loss_and_statistics(s_dpo, tensors, {.path = path::generic});
  CHECK(said.loss.item<double>() == played_loss);
  CHECK(said.statistics.loss == expected.statistics.loss);
  CHECK(said.statistics.margin == expected.statistics.margin);
  CHECK(said.statistics.examples == 8);
}

namespace lt = prefopt::libtorch;
namespace samplers = prefopt::samplers;

/// A row after the other, as a device's threads draw them.
struct played_draws {
  static constexpr bool draw = true;
  static bool draws_on(at::Device) { return plays; }

  template <class Sampler>
  static void draw_rows(const Sampler& sampler, const at::Tensor& positives,
                        const prefopt::cuda::history_rows& history, const samplers::draw_key& key,
                        const prefopt::matrix_view<std::int32_t>& drawn) {
    ++calls;
    const auto* const ids = positives.data_ptr<std::int32_t>();
    for (prefopt::index b = 0; b < drawn.rows; ++b)
      prefopt::cuda::draw_row(sampler.law(), sampler.repeat, ids[b], history, b, key, &drawn(b, 0),
                              drawn.columns, drawn.column_stride);
  }

  static inline bool plays = true;
  static inline int calls = 0;
};

constexpr std::int32_t users = 23, num_items = 301;
constexpr samplers::draw_key key{.seed = 7, .step = 40, .first_example = 1000};

const test::users& everybody() {
  static const test::users all(users, num_items, 60);
  return all;
}

template <class Sampler>
lt::negatives drawn_with_kernels(const Sampler& sampler, const at::Tensor& positives,
                                 const lt::history& history = {}) {
  return lt::draw<Sampler, played_draws>(sampler, positives, history, {.count = 40, .key = key});
}

/// Kernels draw what the sampler draws on the host, and so does their text on the host.
template <class Sampler>
void check_draws(const Sampler& sampler) {
  const test::users& all = everybody();
  const lt::history liked = all.history();
  const at::Tensor some = at::tensor({3, 22, 3, 0, 17}, at::kLong);
  const auto check = [&](const at::Tensor& positives, const lt::history& history) {
    const lt::negatives expected = lt::draw(sampler, positives, history, {.count = 40, .key = key});
    for (const bool plays : {true, false}) {
      played_draws::plays = plays;
      const int before = played_draws::calls;
      const lt::negatives drawn = drawn_with_kernels(sampler, positives, history);
      CHECK(played_draws::calls == before + plays);
      CHECK(test::are_equal(drawn.items, expected.items));
      CHECK(test::are_equal(drawn.counts, expected.counts));
      CHECK((drawn.items.scalar_type() == at::kLong));
    }
    played_draws::plays = true;
  };
  for (const at::ScalarType type : {at::kInt, at::kLong}) {
    const at::Tensor positives = all.positive_ids(type);
    check(positives, {});
    check(positives, liked);
    check(positives, liked.to(at::kCPU));
    check(positives.index_select(0, some), liked.of(some));
    check(positives.index_select(0, some), liked.to(at::kCPU).of(some));
    check(positives.slice(0, 0, users, 2), liked.of(at::arange(0, users, 2)));
    check(positives.slice(0, 0, 0), {});
  }
}

TEST_CASE("kernels_draw_the_negatives_of_the_host") {
  at::manual_seed(3);
  const at::Tensor counts = at::randint(0, 50, {num_items}, at::kLong);
  check_draws(samplers::uniform{.num_items = num_items});
  check_draws(samplers::uniform{.num_items = num_items, .repeat = true});
  check_draws(lt::popularity(counts));
  const lt::popularity original(counts, {.alpha = 1, .repeat = true});
  const lt::popularity copy = original;
  check_draws(copy);
  const samplers::popularity of_the_core = original;
  check_draws(of_the_core);
}

TEST_CASE("what_a_kernel_cannot_fill_is_counted") {
  const lt::history liked(at::tensor({0, 0, 1, 5}, at::kLong), at::tensor({2, 0, 1, 2, 3}, at::kInt));
  const lt::negatives drawn = lt::draw<samplers::uniform, played_draws>(
      {.num_items = 5}, at::tensor({0, 1, 4}, at::kInt), liked, {.count = 5});
  CHECK(test::are_equal(drawn.counts, at::tensor({4, 3, 0}, at::kLong)));
  CHECK(test::are_equal(drawn.items[2], at::full({5}, -1, at::kLong)));
}

TEST_CASE("other_samplers_are_drawn_by_the_engine") {
  const int before = played_draws::calls;
  const samplers::in_batch among{.num_items = num_items};
  CHECK(test::are_equal(drawn_with_kernels(among, everybody().positive_ids()).items,
                        lt::draw(among, everybody().positive_ids(), {}, {.count = 40, .key = key}).items));
  CHECK(played_draws::calls == before);
}

TEST_CASE("kernels_are_not_called_with_shapes_that_do_not_fit") {
  const samplers::uniform sampler{.num_items = num_items};
  const at::Tensor positives = everybody().positive_ids();
  const lt::history liked = everybody().history();
  const auto said = [&](const at::Tensor& ids, const lt::history& history, prefopt::index count = 1) {
    return error_text(
        [&] { lt::draw<samplers::uniform, played_draws>(sampler, ids, history, {.count = count}); });
  };
  const int before = played_draws::calls;
  CHECK(said({}, {}) == "libtorch: positives is undefined, expected a tensor");
  CHECK(said(positives.to(at::kFloat), {}) == "libtorch: positives is of type Float, expected Int or Long");
  CHECK(said(positives.slice(0, 0, 4), liked) ==
        "libtorch: history has 23 lists, expected 4 (one for each example)");
  CHECK(said(positives, {}, -1) == "libtorch: count is -1, expected at least 0");
  played_draws::plays = false;
  CHECK(said(at::full({2}, num_items, at::kLong), {}) ==
        "libtorch: a positive is 301, expected at least 0 and below 301 (num_items)");
  CHECK(error_text([&] { drawn_with_kernels(samplers::uniform{}, positives.slice(0, 0, 0)); }) ==
        "libtorch: num_items is 0, expected 1 to 2^31 - 1");
  played_draws::plays = true;
  CHECK(played_draws::calls == before);
}

}  // namespace
