#include "every_recipe.hpp"

std::vector<test::any_recipe> test::unpaired_family() { return erase_family<prefopt::listed::unpaired>(); }
