#include "every_recipe.hpp"

std::vector<test::any_recipe> test::pairwise_family() { return erase_family<prefopt::listed::pairwise>(); }
