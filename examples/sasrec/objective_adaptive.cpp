#include "objective_families.hpp"

sasrec::objective_list sasrec::adaptive_objectives() { return describe_family<prefopt::listed::adaptive>(); }
