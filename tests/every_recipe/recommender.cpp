#include "every_recipe.hpp"

std::vector<test::any_recipe> test::recommender_family() {
  return erase_family<prefopt::listed::recommender>();
}
