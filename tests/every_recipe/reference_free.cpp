#include "every_recipe.hpp"

std::vector<test::any_recipe> test::reference_free_family() {
  return erase_family<prefopt::listed::reference_free>();
}
