#include "../align.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "circle.hpp"

using namespace sasrec;

namespace {

const testing::sequence_list sequences = testing::circle(16, 64, 8);
const model_config small{.items = 16, .dim = 16, .max_length = 8, .blocks = 1, .dropout = 0.1f};

align_options quick(const std::string& objective, int negatives) {
  align_options options;
  options.objective = objective;
  options.epochs = 20;
  options.batch_size = 16;
  options.negatives = negatives;
  options.learning_rate = 0.01f;
  options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE("alignment: starts from zero rewards, and raises what was chosen over what was not") {
  for (const objective_info& info : known_objectives) {
    CAPTURE(info.id);
    const model reference(small);
    model policy = reference;
    training_state state;
    std::vector<epoch_report> reports;
    align(policy, reference, sequences, quick(std::string(info.id), info.pairwise ? 1 : 4), state,
          [&](const epoch_report& report) { return reports.push_back(report), true; });
    CHECK(reports.back().loss < reports.front().loss);
    CHECK(reports.back().accuracy > 0.9);
  }
}

TEST_CASE(
    "alignment: the first batch of S-DPO costs log(1 + K) a position, whatever the dropout of the model") {
  const model reference(small);
  model policy = reference;
  training_state state;
  align_options options = quick("s_dpo", 4);
  options.epochs = 1;
  options.batch_size = 1000;
  align(policy, reference, sequences, options, state, [](const epoch_report& report) {
    CHECK(report.loss == doctest::Approx(std::log(5)).epsilon(1e-5));
    return true;
  });
}

TEST_CASE("alignment: what makes no sense is refused") {
  const auto refuses = [](const align_options& options, const model_config& reference, const char* text) {
    model policy(small);
    training_state state;
    CHECK_THROWS_WITH_AS(align(policy, model(reference), sequences, options, state), text,
                         std::invalid_argument);
  };
  refuses(quick("dpo", 15), small, "negatives is 15, expected 1: dpo compares with a single rejected item");
  model_config other = small;
  other.items = 17;
  refuses(quick("s_dpo", 3), other,
          "align: the policy has 16 items and reads 8, the reference has 17 and reads 8; expected the same "
          "catalogue "
          "and length");
}
