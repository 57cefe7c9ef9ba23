#pragma once

#include <cstdint>
#include <string>

#include "ratio_options.hpp"
#include "report.hpp"

namespace bench {

/// Prints a line `id value` for each figure: prefopt beside its peers, which take turns, on one thread. A value is the
/// median over the rounds of the ratio in a round; `id skipped` where a peer's library is missing. Throws `broken_claim`
/// if a draw is not allowed, or a peer finds other items.
void print_sampler_ratios(const ratio_options& options);

/// Prints a table, tab-separated: time and memory of some samplers against the catalogue's size, the number of negatives
/// and threads; B = 256, d = 64, histories of 50.
void print_sampler_scaling();

void uniform_ratios(report& out);
void popularity_ratios(report& out, const std::string& id, std::int32_t items);
void top_ratios(report& out, const std::string& id, std::int64_t items);

}  // namespace bench
