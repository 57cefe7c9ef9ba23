#pragma once

#include <concepts>

#include <prefopt/host_device.hpp>
#include <prefopt/numeric.hpp>

/// \file
/// A team: the threads that share the row of one example. It says who a thread is, and hands numbers from thread to
/// thread; all of a team ask together. On a device the teams are those of `prefopt/cuda/teams.cuh`; on the host a single
/// thread is one, and the tests make others.

namespace prefopt::cuda {

/// What a row asks of its team.
///
///     size                number of threads, a power of two
///     lane()              which of them this is, 0 to size − 1
///     from(x, lane)       the x of another thread
///     sum(x), max(x)      over all threads, alike in each; optional where `from` is cheap
///     any(x)              whether x of some thread; optional
///     anywhere(x)         whether x of some thread that asks, where several teams have to ask together; optional
template <class Team>
concept team = requires(const Team& team, pack<float, 1> x) {
  { Team::size } -> std::convertible_to<int>;
  { team.lane() } -> std::convertible_to<int>;
  { team.from(x, 0) } -> std::same_as<pack<float, 1>>;
};

/// One thread for each row.
struct single_thread {
  static constexpr int size = 1;
  PREFOPT_HOST_DEVICE int lane() const { return 0; }
  PREFOPT_ANYWHERE auto from(auto x, int) const { return x; }
};

/// x of all threads combined, by an operation that does not care for the order of two: log2 size steps, in an order that
/// depends on the size alone.
PREFOPT_ANYWHERE auto combine_team(const auto& team, auto x, const auto& combine) {
  constexpr int size = std::remove_cvref_t<decltype(team)>::size;
  for (int distance = size / 2; distance > 0; distance /= 2)
    x = combine(x, team.from(x, team.lane() ^ distance));
  return x;
}

PREFOPT_ANYWHERE auto team_sum(const auto& team, auto x) {
  if constexpr (requires { team.sum(x); })
    return team.sum(x);
  else
    return combine_team(team, x, [](auto a, auto b) { return a + b; });
}
PREFOPT_ANYWHERE auto team_max(const auto& team, auto x) {
  if constexpr (requires { team.max(x); })
    return team.max(x);
  else
    return combine_team(team, x, [](auto a, auto b) { return prefopt::max(a, b); });
}

PREFOPT_ANYWHERE bool team_any(const auto& team, bool x) {
  if constexpr (requires { team.any(x); })
    return team.any(x);
  else
    return team_max(team, pack<float, 1>(x ? 1 : 0)).lanes > 0;
}

PREFOPT_ANYWHERE bool team_anywhere(const auto& team, bool x) {
  if constexpr (requires { team.anywhere(x); })
    return team.anywhere(x);
  else
    return team_any(team, x);
}

/// `combine` of the x of this thread and those before it (`step` 1) or behind it (`step` −1).
PREFOPT_ANYWHERE auto scan_team(const auto& team, auto x, int step, const auto& combine) {
  constexpr int size = std::remove_cvref_t<decltype(team)>::size;
  for (int distance = 1; distance < size; distance *= 2) {
    const int source = team.lane() - step * distance;
    const bool inside = source >= 0 && source < size;
    const auto other = team.from(x, inside ? source : team.lane());
    x = select(inside, combine(x, other), x);
  }
  return x;
}

}  // namespace prefopt::cuda
