#include "every_recipe.hpp"

std::vector<test::any_recipe> test::adaptive_family() { return erase_family<prefopt::listed::adaptive>(); }
