#include "objective_families.hpp"

sasrec::objective_list sasrec::pairwise_objectives() { return describe_family<prefopt::listed::pairwise>(); }
