#include <vector>

#include <doctest/doctest.h>
#include <support/error_text.hpp>

#include <prefopt/cuda/plan.hpp>
#include <prefopt/recipes.hpp>

/// \file
/// What a call for a device refuses before it launches anything.

namespace {

using prefopt::index;
using prefopt::cuda::options;

struct scores {
  scores(index rows, index columns)
      : rows(rows), columns(columns), values(static_cast<std::size_t>(rows * columns), -1.0f) {}
  prefopt::matrix_view<float> view() { return {values.data(), rows, columns, columns, 1}; }

  index rows, columns;
  std::vector<float> values;
};

template <class Objective>
std::string refusal(const Objective& objective, const prefopt::batch<float>& batch,
                    prefopt::matrix_view<float> gradient, const options<float>& options = {}) {
  return error_text(
      [&] { prefopt::cuda::detail::plan_rows<Objective, float>(objective, batch, gradient, options); });
}

TEST_CASE("a_gradient_on_the_policy_is_refused_where_the_policy_is_read_again") {
  const auto sum = prefopt::s_dpo() + 0.1 * prefopt::softmax();
  scores fits(2, 256), longer(2, 257), other(2, 257);
  CHECK(refusal(sum, {.policy = fits.view()}, fits.view()) == "");
  CHECK(refusal(sum, {.policy = longer.view()}, other.view()) == "");
  CHECK(refusal(prefopt::s_dpo(), {.policy = longer.view()}, longer.view()) == "");
  CHECK(refusal(sum, {.policy = longer.view()}, longer.view()) ==
        "evaluate: gradient is the policy's own memory, expected another for a sum of objectives over more "
        "than 256 "
        "candidates");
  scores vectors(2, 12);
  CHECK(refusal(prefopt::gpm({.components = 6}), {.policy = vectors.view()}, vectors.view()) ==
        "evaluate: gradient is the policy's own memory, expected another for candidates of several numbers");
}

TEST_CASE("what_a_device_does_not_do_is_refused") {
  scores policy(2, 3), gradient(2, 3);
  CHECK(refusal(prefopt::s_dpo(), {.policy = policy.view()}, gradient.view(),
                {.reduction = prefopt::reduction::weighted_mean}) ==
        "evaluate: reduction is weighted_mean, expected another: the weights' sum lies on the device");
  scores pairs(2, 2), decided(2, 2);
  CHECK(refusal(prefopt::s_dpo(), {.policy = policy.view()}, gradient.view(), {.decided = decided.view()}) ==
        "evaluate: options.decided is given, but this objective decides nothing over the batch");
}

}  // namespace
