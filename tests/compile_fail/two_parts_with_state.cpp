// An objective may have one part that keeps state between batches.
// expect: one part that keeps state between batches, this one has two
#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#ifdef PREFOPT_BAD
using both = decltype(prefopt::beta_dpo() + prefopt::bco());
#else
using both = decltype(prefopt::beta_dpo() + prefopt::dpo());
#endif

prefopt::state_of<both> state;
