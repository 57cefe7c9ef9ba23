#pragma once

#include <bit>
#include <cstdint>

#include <prefopt/detail/transpose.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// Stores that go past the caches: for results larger than any of them, where an ordinary store would first read
/// the line that it is about to overwrite.

namespace prefopt::detail {

/// Writes a pack to a place aligned to its size. Another thread may see it late: `end_stream` comes in between.
template <class Scalar, int Width>
void stream_pack(const pack<Scalar, Width>& x, Scalar* to) {
#if defined(__clang__)
  if constexpr (Width > 1)
    __builtin_nontemporal_store(x.lanes, reinterpret_cast<typename pack<Scalar, Width>::native*>(to));
  else
    store_pack(x, to);
#elif defined(__GNUC__) && defined(__SSE__)
  constexpr int bytes = Width * static_cast<int>(sizeof(Scalar));
  typedef float words __attribute__((vector_size(bytes < 16 ? 16 : bytes)));
  auto* const place = reinterpret_cast<float*>(to);
#if defined(__AVX512F__)
  if constexpr (bytes == 64) return __builtin_ia32_movntps512(place, std::bit_cast<words>(x.lanes));
#endif
#if defined(__AVX__)
  if constexpr (bytes == 32) return __builtin_ia32_movntps256(place, std::bit_cast<words>(x.lanes));
#endif
  if constexpr (bytes == 16)
    __builtin_ia32_movntps(place, std::bit_cast<words>(x.lanes));
  else
    store_pack(x, to);
#else
  store_pack(x, to);
#endif
}

/// What was streamed before is visible wherever what is stored after is.
inline void end_stream() {
#if defined(__SSE__)
  __builtin_ia32_sfence();
#endif
}

enum class row_store { write, add, stream };

/// Streams what no cache would hold anyway, where packs lie on their own boundaries.
template <class T>
row_store choose_row_store(const matrix_view<scalar_t<T>>& rows, bool add) {
  constexpr index smallest_stream = 1 << 20;  // numbers
  const auto address = reinterpret_cast<std::uintptr_t>(rows.data);
  const bool aligned =
      address % sizeof(T) == 0 && rows.row_stride % lane_count<T> == 0 && rows.column_stride == 1;
  if (add) return row_store::add;
  return aligned && rows.size() >= smallest_stream ? row_store::stream : row_store::write;
}

}  // namespace prefopt::detail
