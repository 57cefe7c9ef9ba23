#pragma once

/// S-DPO out of LibTorch's own operations under autograd, forward and backward, on the device: the median milliseconds
/// of a step over [rows, candidates] floats.
double composed_autograd_milliseconds(long rows, long candidates, double beta);
