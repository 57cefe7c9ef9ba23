#pragma once

#include <barrier>
#include <memory>
#include <thread>
#include <vector>

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

/// All rows, by a team of `Size` threads with `Slots` candidates each (0: in memory). Returns Σ w_b ℓ_b.
template <int Size, int Slots, class Objective, class Scalar>
double run_rows(const Objective& objective, const prefopt::cuda::row_inputs<Scalar>& inputs) {
  std::vector<pack<Scalar, 1>> memory(static_cast<std::size_t>(2 * inputs.candidates));
  double total = 0;
  const auto run = [&](const auto& team) {
    prefopt::cuda::row_state<Scalar, Size, Slots> state;
    give_memory(state, memory);
    for (index b = 0; b < inputs.rows; ++b) {
      const auto loss = prefopt::cuda::run_row<Slots>(objective, inputs, b, true, team, state);
      if (team.lane() == 0) total += static_cast<double>(loss.lanes);
    }
  };
  if constexpr (Size == 1) {
    run(prefopt::cuda::single_thread{});
  } else {
    meeting<Size> place;
    std::vector<std::jthread> threads;
    for (int lane = 0; lane < Size; ++lane)
      threads.emplace_back([&, lane] { run(thread_team<Size>(place, lane)); });
  }
  return total;
}

}  // namespace test
