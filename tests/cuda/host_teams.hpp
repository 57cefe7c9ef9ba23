#pragma once

#include <barrier>
#include <memory>
#include <thread>
#include <vector>

#include <prefopt/cuda/decide.hpp>
#include <prefopt/cuda/plan.hpp>
#include <prefopt/cuda/run_row.hpp>

/// \file
/// Teams of the host: what the kernels run, run by threads that meet at a barrier wherever a warp would exchange numbers.

namespace test {

using prefopt::index;
using prefopt::pack;

template <int Size>
struct meeting {
  std::barrier<> barrier{Size};
  double values[Size];
};

template <int Size>
class thread_team {
 public:
  static constexpr int size = Size;

  thread_team(meeting<Size>& place, int lane) : place_(&place), lane_(lane) {}

  int lane() const { return lane_; }
  template <class Scalar>
  pack<Scalar, 1> from(pack<Scalar, 1> x, int lane) const {
    place_->values[lane_] = static_cast<double>(x.lanes);
    place_->barrier.arrive_and_wait();
    const auto theirs = static_cast<Scalar>(place_->values[lane]);
    place_->barrier.arrive_and_wait();
    return theirs;
  }

 private:
  meeting<Size>* place_;
  int lane_;
};

/// Where a row in memory keeps its rewards and strengths; rows in registers need none.
template <class Scalar, int Size, int Slots>
void give_memory(prefopt::cuda::row_state<Scalar, Size, Slots>& state, std::vector<pack<Scalar, 1>>& memory) {
  if constexpr (Slots == 0) {
    state.rewards.values = memory.data();
    state.strengths.values = memory.data() + memory.size() / 2;
  }
}

/// Calls `work(row index, team, state)` for all rows, by a team of `Size` threads with `Slots` candidates each (0: in memory).
template <int Size, int Slots, class Scalar, class Work>
void each_row(const prefopt::cuda::row_inputs<Scalar>& inputs, const Work& work) {
  std::vector<pack<Scalar, 1>> memory(static_cast<std::size_t>(2 * inputs.candidates));
  const auto run = [&](const auto& team) {
    prefopt::cuda::row_state<Scalar, Size, Slots> state;
    give_memory(state, memory);
    for (index b = 0; b < inputs.rows; ++b) work(b, team, state);
  };
  if constexpr (Size == 1) {
    run(prefopt::cuda::single_thread{});
  } else {
    meeting<Size> place;
    std::vector<std::jthread> threads;
    for (int lane = 0; lane < Size; ++lane)
      threads.emplace_back([&, lane] { run(thread_team<Size>(place, lane)); });
  }
}

template <class Objective>
using state_of = typename prefopt::detail::batch_step<Objective>::state;

/// Evaluates a batch by teams, its step over the batch first if it has one. Returns Σ w_b ℓ_b.
/// \param state of the objective, left as after one evaluation; null: a fresh one
template <int Size, int Slots, class Objective, class Scalar>
double evaluate_by_teams(const Objective& objective, const prefopt::batch<Scalar>& batch,
                         const prefopt::tensor_ref<Scalar>& gradient, prefopt::cuda::options<Scalar> options,
                         state_of<Objective>* state = nullptr) {
  namespace cuda = prefopt::cuda;
  std::vector<Scalar> said;
  if constexpr (cuda::decisions<Objective> > 0) {
    auto inputs = cuda::detail::plan_inputs(objective, batch, {});
    std::vector<Scalar> seen(static_cast<std::size_t>(inputs.rows * cuda::observations<Objective>));
    inputs.observed = prefopt::as_matrix(seen, inputs.rows, cuda::observations<Objective>);
    each_row<Size, Slots>(inputs, [&](index b, const auto& team, auto& row_state) {
      cuda::observe_row<Slots>(objective, inputs, b, true, team, row_state);
    });
    said.resize(static_cast<std::size_t>(inputs.rows * cuda::decisions<Objective>));
    const auto table = prefopt::as_matrix(said, inputs.rows, cuda::decisions<Objective>);
    state_of<Objective> fresh{};
    cuda::decide(objective, prefopt::matrix_view<const Scalar>(inputs.observed), table,
                 state != nullptr ? state : &fresh);
    options.decided = table;
  }
  const auto inputs = cuda::detail::plan_rows(objective, batch, gradient, options);
  double total = 0;
  each_row<Size, Slots>(inputs, [&](index b, const auto& team, auto& row_state) {
    const auto loss = cuda::run_row<Slots>(objective, inputs, b, true, team, row_state);
    if (team.lane() == 0) total += static_cast<double>(loss.lanes);
  });
  return total;
}

}  // namespace test
