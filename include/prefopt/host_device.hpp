#pragma once

/// \file
/// What stands before every function that a CUDA kernel calls as well: the numbers, the columns and the parts of
/// objectives. All of it is empty for every compiler but CUDA's.
///
/// `PREFOPT_ANYWHERE`     a function that runs wherever what it calls does: parts, which meet rows of the host and of the
///                        device. A part of the user's own needs it only to run in `prefopt/cuda.cuh`; lambdas inherit it
///                        from the function around them.
/// `PREFOPT_HOST_DEVICE`  the same behind `template <...>`, where nvcc takes no pragma; `PREFOPT_UNCHECKED` then stands
///                        on a line before, if the function calls what may be the host's alone.
///
/// Macros, because nvcc compiles nothing for the device that does not say so: no pragma says it for many functions at
/// once, and `--expt-relaxed-constexpr` would be a flag that every user has to know about.

#if defined(__CUDACC__)
#define PREFOPT_HOST_DEVICE __host__ __device__
#define PREFOPT_UNCHECKED _Pragma("nv_exec_check_disable")
#else
#define PREFOPT_HOST_DEVICE
#define PREFOPT_UNCHECKED
#endif
#define PREFOPT_ANYWHERE PREFOPT_UNCHECKED PREFOPT_HOST_DEVICE
