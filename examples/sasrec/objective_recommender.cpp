#include "objective_families.hpp"

sasrec::objective_list sasrec::recommender_objectives() {
  return describe_family<prefopt::listed::recommender>();
}
