#include <barrier>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/evaluate.hpp>
#include <prefopt/recipes.hpp>

#include "support/error_text.hpp"
#include "support/matrix.hpp"

/// \file
/// A batch in parts, each evaluated by a process (here: a thread) of its own, is evaluated as in one piece.

namespace {

using prefopt::index;
using prefopt::reduction;
using prefopt::strengths::gap_state;
using test::matrix;

/// Sums over the parts of a batch, as MPI_Allreduce gives them: everybody waits for everybody.
class meeting {
 public:
  explicit meeting(std::ptrdiff_t parts) : barrier_(parts) {}

  void all_reduce(double* values, std::size_t count) {
    {
      const std::scoped_lock lock(mutex_);
      sums_.resize(count, 0.0);
      for (std::size_t i = 0; i < count; ++i) sums_[i] += values[i];
    }
    barrier_.arrive_and_wait();
    for (std::size_t i = 0; i < count; ++i) values[i] = sums_[i];
    barrier_.arrive_and_wait();
    {
      const std::scoped_lock lock(mutex_);
      sums_.clear();
    }
    barrier_.arrive_and_wait();
  }
  prefopt::batch_share share(index rows, index first_row) {
    return {.rows = rows,
            .first_row = first_row,
            .all_reduce = [](double* values, std::size_t count,
                             void* self) { static_cast<meeting*>(self)->all_reduce(values, count); },
            .context = this};
  }

 private:
  std::mutex mutex_;
  std::vector<double> sums_;
  std::barrier<> barrier_;
};

constexpr index rows = 37;

struct data {
  matrix<double> policy = test::random_scores<double>(rows, 2, 1.5, 1),
                 reference = test::random_scores<double>(rows, 2, 1, 2),
                 hardness = test::random_scores<double>(rows, 1, 0.1, 3);
  data() {
    for (double& x : hardness.values()) x += 1;
  }
  /// Rows [first, first + count).
  prefopt::batch<double> part(index first, index count, bool with_hardness) const {
    prefopt::batch<double> batch{.policy = prefopt::view(policy).block(first, count),
                                 .reference = prefopt::view(reference).block(first, count)};
    if (with_hardness) batch.hardness = prefopt::view(hardness).block(first, count);
    return batch;
  }
};

template <class Objective>
void parts_equal_the_whole(const Objective& objective, bool with_hardness) {
  using state_type = prefopt::state_of<Objective>;
  const data x;
  state_type whole_state, part_states[3];
  matrix<double> whole(rows, 2), joined(rows, 2);
  const index cuts[] = {0, 5, 22, rows};
  for (int batch = 0; batch < 4; ++batch) {
    prefopt::evaluate(objective, x.part(0, rows, with_hardness), whole,
                      {.reduction = reduction::sum, .state = &whole_state});
    meeting here(3);
    std::vector<std::thread> processes;
    for (int i = 0; i < 3; ++i)
      processes.emplace_back([&, i] {
        const index first = cuts[i], count = cuts[i + 1] - first;
        prefopt::evaluate(
            objective, x.part(first, count, with_hardness), prefopt::view(joined).block(first, count),
            {.reduction = reduction::sum, .state = &part_states[i], .share = here.share(rows, first)});
      });
    for (std::thread& process : processes) process.join();
    CHECK(joined == whole);  // to the last bit
    if constexpr (std::is_same_v<state_type, gap_state>)
      for (const gap_state& state : part_states) {
        CHECK(state.mean == whole_state.mean);
        CHECK(state.deviation == whole_state.deviation);
        CHECK(state.batches == whole_state.batches);
      }
  }
}

/// Inputs that losses over the batch read.
struct judged {
  matrix<double> relevance{rows, 1}, kl = test::random_scores<double>(rows, 1, 1, 4);
  judged() {
    for (index b = 0; b < rows; ++b) relevance(b) = b % 3 == 0;
  }
};

TEST_CASE("losses_that_look_at_the_whole_batch_do_so_in_parts_too") {
  const data x;
  const judged answers;
  const auto in_parts = [&](const auto& objective, const auto& part, index columns) {
    using state_type = prefopt::state_of<std::remove_cvref_t<decltype(objective)>>;
    matrix<double> whole(rows, columns), joined(rows, columns);
    state_type whole_state, part_states[2];
    prefopt::evaluate(objective, part(0, rows), whole, {.reduction = reduction::sum, .state = &whole_state});
    meeting here(2);
    std::vector<std::thread> processes;
    for (int i = 0; i < 2; ++i)
      processes.emplace_back([&, i] {
        const index first = i == 0 ? 0 : 14, count = i == 0 ? 14 : rows - 14;
        prefopt::evaluate(
            objective, part(first, count), prefopt::view(joined).block(first, count),
            {.reduction = reduction::sum, .state = &part_states[i], .share = here.share(rows, first)});
      });
    for (std::thread& process : processes) process.join();
    CHECK(joined == whole);
  };
  const auto pairs = [&](index first, index count) { return x.part(first, count, false); };
  in_parts(prefopt::aot(), pairs, 2);
  in_parts(prefopt::bco(), pairs, 2);
  in_parts(
      prefopt::kto(),
      [&](index first, index count) {
        const auto cut = [=](const matrix<double>& tensor) {
          return prefopt::view(tensor).block(first, count);
        };
        return prefopt::batch<double>{
            .policy = {prefopt::matrix_view<const double>{&x.policy(first, 0), count, 1, 2, 1}},
            .relevance = cut(answers.relevance),
            .kl = cut(answers.kl)};
      },
      1);
}

TEST_CASE("beta_dpo_in_parts_equals_beta_dpo_on_the_whole") {
  parts_equal_the_whole(prefopt::beta_dpo(), false);
}
TEST_CASE("dama_in_parts_equals_dama_on_the_whole") { parts_equal_the_whole(prefopt::dama(), true); }
TEST_CASE("hanorec_in_parts_equals_hanorec_on_the_whole") { parts_equal_the_whole(prefopt::hanorec(), true); }

TEST_CASE("parts_that_are_not_shared_differ_from_the_whole") {  // the test above can fail
  const data x;
  matrix<double> whole(rows, 2), part(10, 2);
  gap_state first, second;
  prefopt::evaluate(prefopt::beta_dpo(), x.part(0, rows, false), whole,
                    {.reduction = reduction::sum, .state = &first});
  prefopt::evaluate(prefopt::beta_dpo(), x.part(0, 10, false), part,
                    {.reduction = reduction::sum, .state = &second});
  CHECK(first.mean != second.mean);
}

TEST_CASE("a_share_that_does_not_fit_is_refused") {
  const data x;
  matrix<double> gradient(10, 2);
  gap_state state;
  const auto run = [&](prefopt::batch_share share) {
    return error_text([&] {
      prefopt::evaluate(prefopt::beta_dpo(), x.part(0, 10, false), gradient,
                        {.state = &state, .share = share});
    });
  };
  CHECK(run({.rows = 12, .first_row = 3}) ==
        "evaluate: share says rows 3 to 13 of 12, expected a part of the whole batch");
  CHECK(run({.rows = 12, .first_row = -1}) ==
        "evaluate: share says rows -1 to 9 of 12, expected a part of the whole batch");
  CHECK(run({.rows = 12}) == "evaluate: share.all_reduce is absent, but the batch is 10 rows of 12");
  CHECK(run({.rows = 10}) == "");
}

}  // namespace
