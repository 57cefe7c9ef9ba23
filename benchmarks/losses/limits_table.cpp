#include <cstddef>
#include <cstdio>
#include <string>

#include "limits.hpp"
#include "loss_batch.hpp"
#include "modes.hpp"
#include "race.hpp"

namespace bench {
namespace {

void print_triad(std::size_t rows, std::size_t columns) {
  loss_data data(rows, columns);
  const loss_batch batch = data.batch();
  race runners;
  runners.add("triad", [&] { triad(batch); });
  runners.run({.budget = 1});
  std::printf("triad, %zu x %zu\t%.3g\tGB/s\n", rows, columns,
              12e-9 * static_cast<double>(batch.size()) / runners.seconds("triad"));
}

}  // namespace

void print_limits() {
  print_triad(256, 16);
  print_triad(4096, 16);
  print_triad(65536, 16);
  print_triad(4096, 128);
  print_triad(1024, 4097);
  constexpr std::size_t count = 1 << 20;
  constexpr double flops = 1e9;
  race runners;
  runners.add("exp in L1", [] { exp_in_l1(count); });
  runners.add("softplus in L1", [] { softplus_in_l1(count); });
  runners.add("reciprocal in L1", [] { reciprocal_in_l1(count); });
  runners.add("multiply-adds", [] { multiply_and_add(flops); });
  runners.run({.budget = 3});
  for (const char* name : {"exp in L1", "softplus in L1", "reciprocal in L1"})
    std::printf("%s\t%.3g\tG/s\n", name, 1e-9 * count / runners.seconds(name));
  std::printf("multiply-adds\t%.3g\tGFLOP/s\n", 1e-9 * flops / runners.seconds("multiply-adds"));
}

}  // namespace bench
