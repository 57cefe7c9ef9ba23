#include "every_recipe.hpp"

std::vector<test::any_recipe> test::general_preference_family() {
  return erase_family<prefopt::listed::general_preference>();
}
