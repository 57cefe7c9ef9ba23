#include "hostile.hpp"

double second_loss();

double first_loss() {
  const std::vector<double> scores{1, 0, 0};
  return prefopt::evaluate(prefopt::s_dpo(),
                           prefopt::batch<double>{.policy = prefopt::as_matrix(scores, 1, 3)})
      .loss;
}

int main() { return first_loss() == second_loss() ? 0 : 1; }
