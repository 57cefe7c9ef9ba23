#include "openblas.hpp"

#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <unistd.h>

namespace bench {
namespace {

/// A function of OpenBLAS's own, null under another BLAS.
template <class Function>
Function* openblas(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

/// The kernels that suit this processor, null if OpenBLAS knows better.
const char* better_kernels([[maybe_unused]] const char* chosen) {
#if defined(__x86_64__)
  if (std::strcmp(chosen, "Prescott") != 0) return nullptr;
  if (__builtin_cpu_supports("avx512f")) return "SkylakeX";
  if (__builtin_cpu_supports("avx2")) return "Haswell";
#endif
  return nullptr;
}

}  // namespace

std::string blas_name() {
  // The symbol that the dynamic linker finds first is the one that is called.
  if (const auto config = openblas<char*()>("openblas_get_config")) return config();
  void* const sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info where{};
  if (sgemm == nullptr || dladdr(sgemm, &where) == 0) return "unknown";
  return where.dli_fname;
}

void restart_with_fast_blas(char** argv) {
  const auto core_name = openblas<char*()>("openblas_get_corename");
  if (core_name == nullptr) return;
  const char* const better = better_kernels(core_name());
  if (better == nullptr || setenv("OPENBLAS_CORETYPE", better, /*overwrite=*/0) != 0) return;
  execv("/proc/self/exe", argv);  // comes back only if it fails: the kernels are then the slow ones
}

void use_one_blas_thread() {
  if (const auto set_threads = openblas<void(int)>("openblas_set_num_threads")) set_threads(1);
}

}  // namespace bench
