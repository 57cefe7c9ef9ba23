# No kernel over float computes in double. Settings are double: that they are loaded, counted or rounded to float is allowed.
#   cmake -DPTX=<file> -P no_double.cmake
cmake_minimum_required(VERSION 3.25)

file(STRINGS "${PTX}" entries REGEX "\\.entry")
list(LENGTH entries kernels)
if(kernels EQUAL 0)
  message(FATAL_ERROR "${PTX} has no kernels")
endif()
file(STRINGS "${PTX}" lines REGEX "\\.f64[ \t]")
list(FILTER lines EXCLUDE REGEX "^[ \t]*(\\.reg|ld\\.param|mov|cvt\\.rn\\.f32\\.f64|cvt\\.rn\\.f64\\.s64)")
if(lines)
  list(JOIN lines "\n" lines)
  message(FATAL_ERROR "of ${kernels} kernels over float, some compute in double:\n${lines}")
endif()
message(STATUS "${kernels} kernels, none computes in double")
