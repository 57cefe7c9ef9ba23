#include "objective_families.hpp"

sasrec::objective_list sasrec::several_objectives() { return describe_family<prefopt::listed::several>(); }
