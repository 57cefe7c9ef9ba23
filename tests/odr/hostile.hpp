#pragma once

// Macros that other people's headers are known to leave behind: windows.h, complex.h, glog and test
// frameworks.

// libstdc++ takes these two back in its first header.
#define min(a, b) hostile macro
#define max(a, b) hostile macro

// What is under test is our own headers: the standard library and the ecosystems come before the rest.
#include <Eigen/Core>
#include <bits/stdc++.h>
#include <omp.h>
#if __has_include(<xtensor/containers/xtensor.hpp>)  // 0.26 and later
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xfixed.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#elif __has_include(<xtensor/xtensor.hpp>)
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#endif

#define small hostile macro
#define I hostile macro
#define CHECK(condition) hostile macro
#define LOG(severity) hostile macro

#include "every_header.hpp"
