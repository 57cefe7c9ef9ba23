#include <prefopt/cuda.cuh>  // first: it knows what nvcc remarks on

#include "draws.cpp"
