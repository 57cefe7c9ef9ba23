#pragma once

#include "loss_batch.hpp"

/// \file
/// What a C++ programmer would write instead: plain loops, and Eigen's array expressions.

/// The loops as they stand, compiled with the flags of the other programs.
namespace plain {
bench::loss_call s_dpo, dpo, bpr, bce, plackett_luce, ranknet;
}

/// The same text under -Ofast, where the compiler calls the vector functions of libmvec: the honest peer.
namespace ofast {
bench::loss_call s_dpo, dpo, bpr, bce, plackett_luce, ranknet;
}

/// The same again with the widest vectors, which g++ does not always choose by itself.
namespace ofast_wide {
bench::loss_call s_dpo, dpo, bpr, bce, plackett_luce, ranknet;
}

namespace eigen {
bench::loss_call s_dpo;
}
