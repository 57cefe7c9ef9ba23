#pragma once

/// \file
/// For which instructions a translation unit is compiled, as a part of its names.
///
/// Lanes depend on the compiler's flags, and with them the layout and the code of all that works in lanes. The translation
/// units of a program may differ in their flags (a `.cu` file always does: nvcc's packs have one lane), and what two of
/// them define under one name has to be the same. So it has not one name: `prefopt::detail`, `prefopt::samplers` and
/// `prefopt::noise` are members of an inline namespace of the instructions. That is said here alone; `namespace
/// prefopt::detail {` elsewhere reopens what it finds. A header that opens one of them first includes this; where it does
/// not, they are ambiguous.
///
/// What a program hands around has one name for all flags: tensors, batches, objectives, options, results, draw keys.

namespace prefopt {

#if defined(__CUDACC__)
inline namespace nvcc {
#elif defined(__AVX512F__)
inline namespace avx512 {
#elif defined(__AVX2__)
inline namespace avx2 {
#elif defined(__AVX__)
inline namespace avx {
#elif defined(__SSE2__)
inline namespace sse2 {
#else
inline namespace plain {
#endif

namespace detail {}
namespace noise {}
namespace samplers {}

}  // inline namespace
}  // namespace prefopt
