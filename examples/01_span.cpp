// Scores in plain vectors: S-DPO's loss, its gradient, and what there is to plot.
#include <cassert>
#include <cmath>
#include <cstdio>
#include <span>
#include <vector>

#include <prefopt/prefopt.hpp>

int main() {
  // Three users (rows). Column 0 is the item that the user liked, columns 1 and 2 are two that she did not.
  const prefopt::index users = 3, candidates = 3;
  const std::vector<float> policy{
      -1.0f, -3.0f, -2.0f,  // log-probabilities (nats) under the model that is trained
      -2.5f, -2.0f, -4.0f,  //
      -0.5f, -2.0f, -6.0f,
  };
  const std::vector<float> reference{
      -1.5f, -2.0f, -2.0f,  // and under the frozen model that it started from
      -2.0f, -2.0f, -4.0f,  //
      -1.0f, -2.0f, -5.0f,
  };
  std::vector<float> gradient(policy.size());

  const prefopt::result result =
      prefopt::evaluate(prefopt::s_dpo({.beta = 1.0}),
                        {.policy = prefopt::as_matrix(policy, users, candidates),
                         .reference = prefopt::as_matrix(reference, users, candidates)},
                        prefopt::as_matrix(gradient, users, candidates));

  std::printf("loss %.4f nats, accuracy %.2f, margin %.3f\n", result.loss, result.accuracy, result.margin);
  assert(result.examples == 3);
  assert(result.loss > 0);
  // Users 0 and 2 prefer the liked item more than the reference did; user 1's reward for it fell.
  assert(result.accuracy > 0.66 && result.accuracy < 0.67);

  for (std::size_t user = 0; user < 3; ++user) {
    const auto row = std::span(gradient).subspan(3 * user, 3);
    assert(row[0] < 0);                                  // descending raises the liked item
    assert(row[1] > 0 && row[2] > 0);                    // and lowers the others
    assert(std::abs(row[0] + row[1] + row[2]) < 1e-6f);  // by the same amount in all
  }
}
