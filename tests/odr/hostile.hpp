#pragma once

// Macros that other people's headers are known to leave behind: windows.h, complex.h, glog and test
// frameworks. The standard library and the ecosystems come first: what we test is our own headers.
#include <Eigen/Core>
#include <bits/stdc++.h>
#include <omp.h>

#define min(a, b) hostile macro
#define max(a, b) hostile macro
#define small hostile macro
#define I hostile macro
#define CHECK(condition) hostile macro
#define LOG(severity) hostile macro

#include "every_header.hpp"
