#include "objective_families.hpp"

sasrec::objective_list sasrec::unpaired_objectives() { return describe_family<prefopt::listed::unpaired>(); }
