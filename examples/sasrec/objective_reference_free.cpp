#include "objective_families.hpp"

sasrec::objective_list sasrec::reference_free_objectives() {
  return describe_family<prefopt::listed::reference_free>();
}
