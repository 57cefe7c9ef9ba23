// A loss alone is not an objective: it has no reward to look at.
// expect: any_objective
#include <vector>

#include <prefopt/evaluate.hpp>
#include <prefopt/losses/softmax.hpp>
#include <prefopt/rewards/implicit.hpp>

double loss(const std::vector<float>& scores) {
#ifdef PREFOPT_BAD
  const prefopt::losses::softmax objective;
#else
  const auto objective = prefopt::compose(prefopt::losses::softmax{}, prefopt::rewards::implicit{});
#endif
  return prefopt::evaluate(objective, prefopt::batch<float>{.policy = scores}).loss;
}
