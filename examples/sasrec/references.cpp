#include "references.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <prefopt/eigen.hpp>
#include <prefopt/references/moving_average.hpp>
#include <prefopt/references/periodic_sync.hpp>

namespace sasrec {
namespace {

/// Calls `visit` with the reference of that name, if it is one that moves.
template <class Visit>
void with_moving(const reference_settings& settings, const Visit& visit) {
  if (settings.name == "periodic_sync")
    visit(prefopt::references::periodic_sync{.mixup = settings.mixup, .every = settings.every});
  else if (settings.name == "moving_average")
    visit(prefopt::references::moving_average{.decay = settings.decay});
}

}  // namespace

std::vector<std::string> reference_names() { return {"frozen", "none", "periodic_sync", "moving_average"}; }

void check_reference(const reference_settings& settings) {
  const std::vector<std::string> known = reference_names();
  if (std::find(known.begin(), known.end(), settings.name) == known.end())
    throw std::invalid_argument(
        fmt::format("reference is '{}', expected one of {}", settings.name, fmt::join(known, ", ")));
  with_moving(settings, [](const auto& how) { how.check(); });
}

void follow(model& reference, const model& policy, const reference_settings& settings, std::uint64_t steps) {
  with_moving(settings, [&](const auto& how) {
    prefopt::references::sync_state state{.steps = steps - 1};
    const double share = how.advance(state);
    if (share == 0) return;
    const std::vector<matrix*> to = parameters_of(reference);
    const std::vector<const matrix*> from = parameters_of(policy);
    for (std::size_t i = 0; i < to.size(); ++i) prefopt::references::mix<float>(*to[i], *from[i], share);
  });
}

}  // namespace sasrec
