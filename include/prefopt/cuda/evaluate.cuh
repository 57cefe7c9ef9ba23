#pragma once

#include <cstddef>
#include <type_traits>

#include <cuda_runtime_api.h>

#include <prefopt/cuda/decide.hpp>
#include <prefopt/cuda/error.cuh>
#include <prefopt/cuda/plan.hpp>
#include <prefopt/cuda/run_row.hpp>
#include <prefopt/cuda/teams.cuh>

/// \file
/// Loss and gradient of an objective on a device: one pass over the batch, one launch (and a second, of one block, if the
/// loss is asked for).

namespace prefopt::cuda {

namespace detail {

inline constexpr int threads = 256;
/// Of a grid, whatever the device: the order in which losses are added up depends on the shape alone.
inline constexpr index most_blocks = 4096, most_long_blocks = 1024;

inline index block_count(index rows, index candidates) {
  if (candidates > longest_in_registers) return rows < most_long_blocks ? rows : most_long_blocks;
  const index teams = threads / (candidates <= 2 ? 1 : candidates <= 16 ? 4 : candidates <= 64 ? 16 : 32);
  const index wanted = (rows + teams - 1) / teams;
  return wanted < most_blocks ? wanted : most_blocks;
}

/// Σ x over the threads of a block, in an order that depends on nothing.
template <class T>
__device__ T block_sum(T x) {
  return block_team<threads>{}.sum(x);
}

/// What a kernel does with its rows.
enum class row_work { evaluate, observe };

/// Every team takes one row after another; `partial_losses[block]` receives the sum of w_b ℓ_b.
/// \param long_rows 2 N numbers for each block, if rows lie in memory
template <row_work Work, class Team, int Slots, class Objective, class Scalar>
__global__ void __launch_bounds__(threads) evaluate_rows(const __grid_constant__ Objective objective,
                                                         const __grid_constant__ row_inputs<Scalar> inputs,
                                                         Scalar* partial_losses, pack<Scalar, 1>* long_rows) {
  using T = pack<Scalar, 1>;
  constexpr index teams = threads / Team::size;
  const Team team;
  row_state<Scalar, Team::size, Slots> state;
  if constexpr (Slots == 0) {
    state.rewards.values = long_rows + 2 * inputs.candidates * blockIdx.x;
    state.strengths.values = state.rewards.values + inputs.candidates;
  }
  const index own = threadIdx.x / Team::size;
  T total(0);
  // Teams beyond the last row run along on it: what a warp asks, it asks together.
  for (index first = blockIdx.x * teams; first < inputs.rows; first += gridDim.x * teams) {
    const index b = first + own;
    const bool writes = b < inputs.rows;
    const index row = writes ? b : inputs.rows - 1;
    if constexpr (Work == row_work::observe) {
      observe_row<Slots>(objective, inputs, row, writes, team, state);
    } else {
      const T loss = run_row<Slots>(objective, inputs, row, writes, team, state);
      total = total + select(writes && team.lane() == 0, loss, T(0));
    }
  }
  if (partial_losses == nullptr) return;
  total = block_sum(total);
  if (threadIdx.x == 0) partial_losses[blockIdx.x] = total.lanes;
}

/// loss = scale · Σ partial losses, by one block.
template <class Scalar>
__global__ void __launch_bounds__(threads)
    add_up(const Scalar* partial_losses, index count, Scalar scale, Scalar* loss) {
  pack<Scalar, 1> total(0);
  for (index i = threadIdx.x; i < count; i += threads) total = total + partial_losses[i];
  total = block_sum(total);
  if (threadIdx.x == 0) *loss = scale * total.lanes;
}

template <row_work Work, class Team, int Slots, class Objective, class Scalar>
void launch(const Objective& objective, const row_inputs<Scalar>& inputs, Scalar* partial_losses,
            Scalar* long_rows, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(block_count(inputs.rows, inputs.candidates));
  evaluate_rows<Work, Team, Slots><<<blocks, threads, 0, stream>>>(
      objective, inputs, partial_losses, reinterpret_cast<pack<Scalar, 1>*>(long_rows));
  check(cudaGetLastError(), "prefopt::cuda::evaluate");
}

/// A thread for a pair, four for up to 16 candidates, sixteen for up to 64, a warp for up to 256, beyond that a block.
template <row_work Work, class Objective, class Scalar>
void launch_for_length(const Objective& objective, const row_inputs<Scalar>& inputs, Scalar* partial_losses,
                       Scalar* long_rows, cudaStream_t stream) {
  const auto run = [&]<class Team, int Slots>(const Team&, std::integral_constant<int, Slots>) {
    launch<Work, Team, Slots>(objective, inputs, partial_losses, long_rows, stream);
  };
  const index n = inputs.candidates;
  if (n <= 2) return run(single_thread{}, std::integral_constant<int, 2>{});
  if constexpr (!takes_pairs_only<Objective>) {
    if (n <= 16) return run(warp_team<4>{}, std::integral_constant<int, 4>{});
    if (n <= 64) return run(warp_team<16>{}, std::integral_constant<int, 4>{});
    if (n <= longest_in_registers) return run(warp_team<32>{}, std::integral_constant<int, 8>{});
    if constexpr (keeps_nothing<Objective>)
      run(block_team<threads>{}, std::integral_constant<int, 0>{});
    else
      prefopt::detail::fail("cuda::evaluate", "policy has ", n, " columns, expected at most ",
                            longest_in_registers,
                            " for an objective with an order, grades, pairs or a selection");
  }
}

}  // namespace detail

/// How many scalars of workspace `evaluate` needs for a batch of this shape: a few thousand; more only for rows of more
/// than 256 candidates (2 N a block).
inline std::size_t workspace_size(index rows, index candidates) {
  const index blocks = detail::block_count(rows, candidates);
  const index in_memory = candidates > detail::longest_in_registers ? 2 * candidates * blocks : 0;
  return static_cast<std::size_t>(blocks + in_memory);
}

/// What an objective observes of each example for its step over the batch (β-DPO, KTO, AOT, ...), the first of three steps:
/// `prefopt::cuda::decide` decides on the host, and `evaluate` takes what it decided.
///
///     prefopt::cuda::observe(objective, batch, seen, workspace, stream);   // [B, observations<Objective>], on the device
///     ... copy `seen` to the host ...
///     prefopt::cuda::decide(objective, seen_by_host, said_by_host, &state);
///     ... copy what it said to the device ...
///     prefopt::cuda::evaluate(objective, batch, gradient, {.decided = said}, workspace, stream);
///
/// \param observed [B, observations<Objective>], written
/// \param batch, workspace, stream as for `evaluate`
/// \throws invalid_argument and `device_error`, as `evaluate` does
template <device_objective Objective, class Scalar>
void observe(const Objective& objective, const std::type_identity_t<batch<Scalar>>& batch,
             const std::type_identity_t<tensor_ref<Scalar>>& observed, Scalar* workspace,
             cudaStream_t stream) {
  static_assert(observations<Objective> > 0,
                "prefopt::cuda::observe: this objective has no step over the batch");
  row_inputs<Scalar> inputs = detail::plan_inputs(objective, batch, {});
  inputs.observed = detail::step_table(observed, inputs.rows, observations<Objective>, "observed");
  if (inputs.rows == 0) return;
  detail::launch_for_length<detail::row_work::observe>(
      objective, inputs, static_cast<Scalar*>(nullptr),
      workspace + detail::block_count(inputs.rows, inputs.candidates), stream);
}

/// Loss and gradient of an objective over a batch in the device's memory.
///
///     prefopt::cuda::evaluate(prefopt::s_dpo({.beta = 1}), {.policy = p, .reference = r}, gradient,
///                             {.loss = loss}, workspace, stream);
///
/// \param objective a recipe or composition that is a `device_objective`; others do not compile
/// \param batch     as for `prefopt::evaluate`, of windows on the device's memory (`matrix_view`, any strides)
/// \param gradient  [B, N], receives d loss / d policy; may be the policy's own memory, but for vectors and for sums
///                  of objectives over more than 256 candidates; absent: nobody asks for it
/// \param options   reduction, accumulation, losses, and where the loss goes
/// \param workspace `workspace_size(B, N)` scalars, on the device; calls that overlap need one each
/// \throws invalid_argument for shapes, settings and inputs, as `prefopt::evaluate` does; `device_error` if a launch fails
///
/// Asynchronous: launches on `stream`, waits for nothing, allocates nothing. Values are not looked at from the host: a
/// score that is neither finite nor a mask is computed with, as IEEE arithmetic does, and the caller sees to it that β and
/// lengths are above 0 and orders are permutations. The result is the same on any stream, from call to call.
template <any_objective Objective, class Scalar>
void evaluate(const Objective& objective, const std::type_identity_t<batch<Scalar>>& batch,
              const std::type_identity_t<tensor_ref<Scalar>>& gradient,
              const std::type_identity_t<options<Scalar>>& options, Scalar* workspace, cudaStream_t stream) {
  static_assert(
      device_objective<Objective>,
      "prefopt::cuda::evaluate: this objective asks for something that a device does not have (a sort with a "
      "derivative, or a selection by plain code); evaluate it on the host");
  if constexpr (device_objective<Objective>) {
    static_assert(
        prefopt::detail::closed_forms<Objective,
                                      team_row<Scalar, single_thread, 2, detail::reading_of<Objective>>>,
        "prefopt::cuda::evaluate: this objective has no closed-form gradient (a loss without with_gradient, "
        "or a reward without chain); a device does not differentiate");
    const row_inputs<Scalar> inputs = detail::plan_rows(objective, batch, gradient, options);
    if (inputs.rows == 0) {
      if (options.loss != nullptr)
        detail::check(cudaMemsetAsync(options.loss, 0, sizeof(Scalar), stream), "prefopt::cuda::evaluate");
      return;
    }
    Scalar* const partial_losses = options.loss != nullptr ? workspace : nullptr;
    const index n = inputs.candidates, blocks = detail::block_count(inputs.rows, n);
    detail::launch_for_length<detail::row_work::evaluate>(objective, inputs, partial_losses,
                                                          workspace + blocks, stream);
    if (options.loss == nullptr) return;
    const auto scale = static_cast<Scalar>(detail::loss_scale<Scalar>(options.reduction, inputs.rows));
    detail::add_up<<<1, detail::threads, 0, stream>>>(partial_losses, blocks, scale, options.loss);
    detail::check(cudaGetLastError(), "prefopt::cuda::evaluate");
  }
}

}  // namespace prefopt::cuda
