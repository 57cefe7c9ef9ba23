#pragma once

#include <prefopt/cuda/team.hpp>

/// \file
/// The teams of a device.

namespace prefopt::cuda {

/// `Size` neighbours in a warp, of which there are 32 / Size. All of the warp ask together, whatever row each has.
template <int Size>
struct warp_team {
  static_assert(Size == 2 || Size == 4 || Size == 8 || Size == 16 || Size == 32);
  static constexpr int size = Size;

  __device__ int lane() const { return static_cast<int>(threadIdx.x % Size); }
  template <class Scalar>
  __device__ pack<Scalar, 1> from(pack<Scalar, 1> x, int lane) const {
    return __shfl_sync(0xffffffff, x.lanes, lane, Size);
  }
  __device__ bool any(bool x) const {
    constexpr unsigned whole = 0xffffffff, first_team = whole >> (32 - Size);
    return (__ballot_sync(whole, x) & first_team << (threadIdx.x % 32 - threadIdx.x % Size)) != 0;
  }
  __device__ bool anywhere(bool x) const { return __any_sync(0xffffffff, x) != 0; }
};

/// A whole block of `Size` threads, a multiple of 32.
template <int Size>
struct block_team {
  static constexpr int size = Size;

  __device__ int lane() const { return static_cast<int>(threadIdx.x); }
  template <class Scalar>
  __device__ pack<Scalar, 1> from(pack<Scalar, 1> x, int lane) const {
    __shared__ Scalar value;
    if (this->lane() == lane) value = x.lanes;
    return shared(value);
  }
  template <class Scalar>
  __device__ pack<Scalar, 1> sum(pack<Scalar, 1> x) const {
    return combine(x, [](auto a, auto b) { return a + b; });
  }
  template <class Scalar>
  __device__ pack<Scalar, 1> max(pack<Scalar, 1> x) const {
    return combine(x, [](auto a, auto b) { return prefopt::max(a, b); });
  }
  __device__ bool any(bool x) const { return __syncthreads_or(x) != 0; }

 private:
  static constexpr int warps = Size / 32;

  /// Warp by warp, then over the warps: every warp does the same once more, so that all have the result.
  template <class Scalar, class Combine>
  __device__ pack<Scalar, 1> combine(pack<Scalar, 1> x, const Combine& combine) const {
    __shared__ Scalar of_warps[warps];
    x = combine_team(warp_team<32>{}, x, combine);
    if (lane() % 32 == 0) of_warps[lane() / 32] = x.lanes;
    __syncthreads();
    pack<Scalar, 1> all = of_warps[0];
    for (int warp = 1; warp < warps; ++warp) all = combine(all, pack<Scalar, 1>(of_warps[warp]));
    __syncthreads();
    return all;
  }
  /// What one thread wrote, read by all; the place is free again afterwards.
  template <class Scalar>
  __device__ static Scalar shared(const Scalar& value) {
    __syncthreads();
    const Scalar read = value;
    __syncthreads();
    return read;
  }
};

}  // namespace prefopt::cuda
