#pragma once

namespace bench {

/// `bench_sasrec --ratios`: how many training sequences a second the Eigen SASRec does for one of examples/sasrec_libtorch, with
/// the loss of the paper (BCE, one negative), batches of 128 and one thread each, in the same rounds; a line `id value`
/// for each shape, `id skipped` where there is no LibTorch.
void print_sasrec_ratios(char** argv);

}  // namespace bench
