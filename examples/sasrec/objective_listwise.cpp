#include "objective_families.hpp"

sasrec::objective_list sasrec::listwise_objectives() { return describe_family<prefopt::listed::listwise>(); }
