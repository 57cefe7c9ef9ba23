#include <doctest/doctest.h>

#include <prefopt/recipes.hpp>

#include "against_host.hpp"

/// \file
/// The text of the kernels against the engine of the host: pairs and several, orders, steps over the batch, vectors.

namespace {

using test::check;
using test::example_batch;

template <class Scalar>
void check_objectives() {
  using namespace prefopt;
  const example_batch<Scalar> several(23, 7), pairs(23, 2);
  check("dpo", dpo({.beta = 0.7}), pairs);
  check("rpo", rpo({}), pairs);
  check("s_dpo", s_dpo({.beta = 0.9}), several);
  check("dpo_k", dpo_k({.beta = 0.8}), several);
  check("dmpo", dmpo({.beta = 0.5}), several);
  check("bpr", bpr(), several);
  check("softmax", softmax({.temperature = 0.5}), several);
  check("bce", bce(), several);
  check("gbce", gbce({.num_items = 100}), several);
  check("plackett_luce", plackett_luce({}), several);
}

TEST_CASE("teams_agree_with_the_host") {
  SUBCASE("double") { check_objectives<double>(); }
  SUBCASE("float") { check_objectives<float>(); }
}

TEST_CASE("teams_agree_with_the_host_on_what_the_batch_decides") {
  const auto check_decisions = [](auto number) {
    using namespace prefopt;
    using scalar = decltype(number);
    const example_batch<scalar> several(23, 7), pairs(23, 2);
    check("beta_dpo", beta_dpo({.beta = 0.7}), pairs);
    check("hanorec", hanorec({.beta = 0.6}), pairs);
    check("dama", dama({.beta = 0.5}), pairs);
    check("aot", aot({.beta = 0.8, .label_smoothing = 0.1}), pairs);
    check("aot_unpaired", aot_unpaired({.beta = 0.8}), pairs);
    check("kto", kto({.beta = 0.4, .desirable_weight = 1.3}), several);
    check("bco", bco({.beta = 0.3}), several);
    check("a sum of two that decide", aot() + 0.5 * kto(), pairs);
  };
  check_decisions(1.0);
  check_decisions(1.0f);
}

TEST_CASE("teams_agree_with_the_host_on_vectors") {
  const auto check_vectors = [](auto number) {
    using scalar = decltype(number);
    check("gpm", prefopt::gpm({.components = 6, .tau = 2}), example_batch<scalar>(23, 2, 6));
    check("dove", prefopt::dove({.beta = 0.4}), example_batch<scalar>(23, 2, 2));
  };
  check_vectors(1.0);
  check_vectors(1.0f);
}

}  // namespace
