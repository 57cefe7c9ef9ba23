#include "limits.hpp"

#include <algorithm>
#include <array>
#include <utility>

#if defined(__SSE__)
#include <immintrin.h>
#endif

#include <benchmark/benchmark.h>

#include <prefopt/numeric.hpp>

namespace bench {
namespace {

using pack = prefopt::native_pack<float>;

/// Applies `f` to packs of an array of 16 KB, until `count` numbers are done.
template <class Function>
void in_l1(std::size_t count, Function f) {
  constexpr std::size_t packs = 16384 / sizeof(pack);
  static std::array<pack, packs> values = [] {
    std::array<pack, packs> filled;
    for (std::size_t i = 0; i < packs; ++i)
      filled[i] = pack(-6.0f * static_cast<float>(i) / static_cast<float>(packs) - 0.01f);
    return filled;
  }();
  static std::array<pack, packs> results;
  benchmark::DoNotOptimize(results.data());  // somebody may read them
  constexpr std::size_t lanes = sizeof(pack) / sizeof(float);
  for (std::size_t left = (count + lanes - 1) / lanes; left > 0;) {
    const std::size_t now = std::min(left, packs);
    for (std::size_t i = 0; i < now; ++i) results[i] = f(values[i]);
    benchmark::ClobberMemory();
    left -= now;
  }
}

// Enough independent sums to hide the latency of one, few enough to stay in registers (x86 has 32 of 512 bits
// or 16 of 256).
#if defined(__AVX512F__)
constexpr std::size_t width = 16, sums = 16;
#else
constexpr std::size_t width = 8, sums = 12;
#endif
using vector = float __attribute__((vector_size(width * sizeof(float))));

template <std::size_t... I>
void multiply_and_add_rounds(int rounds, std::index_sequence<I...>) {
  const volatile float factor = 0.999f, term = 0.001f;  // not known when this is compiled
  const vector a = vector{} + factor, b = vector{} + term;
  vector sum[sizeof...(I)] = {(vector{} + static_cast<float>(I))...};
  for (int round = 0; round < rounds; ++round) ((sum[I] = sum[I] * a + b), ...);
  float total = 0;
  ((total += sum[I][0]), ...);
  benchmark::DoNotOptimize(total);
}

constexpr std::size_t rows_ahead = 16;

void prefetch_row(const float* row, std::size_t row_width) {
  for (std::size_t i = 0; i < row_width; i += 16) __builtin_prefetch(row + i);
}

/// Past the caches where that can be said: nobody reads the row soon.
void write_row(const float* row, std::size_t row_width, float* out) {
#if defined(__AVX512F__)
  for (std::size_t i = 0; i < row_width; i += 16) _mm512_stream_ps(out + i, _mm512_loadu_ps(row + i));
#elif defined(__SSE__)
  for (std::size_t i = 0; i < row_width; i += 4) _mm_stream_ps(out + i, _mm_loadu_ps(row + i));
#else
  std::copy_n(row, row_width, out);
#endif
}

}  // namespace

void triad(const loss_batch& batch) {
  const float* __restrict policy = batch.policy;
  const float* __restrict reference = batch.reference;
  float* __restrict gradient = batch.gradient;
  for (std::size_t i = 0, size = batch.size(); i < size; ++i) gradient[i] = policy[i] + 0.5f * reference[i];
  benchmark::ClobberMemory();
}

void exp_in_l1(std::size_t count) {
  in_l1(count, [](pack x) { return exp(x); });
}

void softplus_in_l1(std::size_t count) {
  in_l1(count, [](pack x) { return prefopt::softplus(x); });
}

void reciprocal_in_l1(std::size_t count) {
  in_l1(count, [](pack x) { return reciprocal(x); });
}

void multiply_and_add(double flops) {
  constexpr double flops_a_round = 2.0 * width * sums;
  multiply_and_add_rounds(static_cast<int>(flops / flops_a_round), std::make_index_sequence<sums>());
}

void gather_rows(const float* table, const std::int32_t* ids, std::size_t count, std::size_t row_width,
                 float* out) {
  const auto row = [&](std::size_t i) { return table + static_cast<std::size_t>(ids[i]) * row_width; };
  for (std::size_t i = 0; i < count; ++i) {
    prefetch_row(row(std::min(i + rows_ahead, count - 1)), row_width);
    write_row(row(i), row_width, out + i * row_width);
  }
  benchmark::ClobberMemory();
}

}  // namespace bench
