#include "every_recipe.hpp"

std::vector<test::any_recipe> test::several_family() { return erase_family<prefopt::listed::several>(); }
