#include "every_recipe.hpp"

std::vector<test::any_recipe> test::listwise_family() { return erase_family<prefopt::listed::listwise>(); }
