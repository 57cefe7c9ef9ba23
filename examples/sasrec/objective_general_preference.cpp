#include "objective_families.hpp"

sasrec::objective_list sasrec::general_preference_objectives() {
  return describe_family<prefopt::listed::general_preference>();
}
