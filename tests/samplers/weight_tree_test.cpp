#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/samplers/detail/weight_tree.hpp>

using prefopt::detail::weight_tree;

TEST_CASE("a share of the total falls on the item that it belongs to") {
  const std::vector<double> weights{1, 0, 2, 0, 0, 5, 0};
  weight_tree tree(weights);
  CHECK(tree.total() == 8);
  for (int eighth = 0; eighth < 8; ++eighth)
    CHECK(tree.find(eighth / 8.0) == (eighth < 1 ? 0U : eighth < 3 ? 2U : 5U));

  tree.remove(2);
  CHECK(tree.total() == 6);
  CHECK(tree.find(0.9 / 6) == 0);
  CHECK(tree.find(1.0 / 6) == 5);
}

TEST_CASE("an item of weight 0 is never found, whatever rounding does") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> positive(0.01, 1);
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<double> weights(37);
    for (double& weight : weights) weight = random() % 2 == 0 ? 0 : positive(random);
    weight_tree tree(weights);
    // Empty the tree from its last share and its first one in turn.
    for (std::size_t removed = 0; tree.total() > 0; ++removed) {
      REQUIRE(removed < weights.size());
      const std::size_t found = tree.find(removed % 2 == 0 ? 1 - 0x1p-53 : 0);
      REQUIRE(weights[found] > 0);
      tree.remove(found);
      weights[found] = 0;
    }
    REQUIRE(weights == std::vector<double>(37, 0.0));
  }
}

TEST_CASE("a tree of nothing has nothing") {
  CHECK(weight_tree({}).total() == 0);
  CHECK(weight_tree(std::vector<double>{0, 0, 0}).total() == 0);
  CHECK(weight_tree(std::vector<double>{3}).find(0.5) == 0);
}
