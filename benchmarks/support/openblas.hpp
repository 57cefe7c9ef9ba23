#pragma once

#include <string>

/// \file
/// The BLAS that peers call. Nothing here needs it to be there: under another BLAS, or none, nothing happens.

namespace bench {

/// The BLAS that matrix products of this program really call, as its library names itself.
std::string blas_name();

/// OpenBLAS chooses its kernels when it is loaded, by a list of processors it knows, and takes its slowest ones
/// for those it does not (on a virtual machine, say): a third of the speed. If that is so, starts the program
/// again with the right ones named in OPENBLAS_CORETYPE, unless the variable is set already.
void restart_with_fast_blas(char** argv);

void use_one_blas_thread();

}  // namespace bench
