# Tests, examples and benchmarks: their flags, their dependencies and the functions that declare them.

include(CMakeDependentOption)

find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(xtensor QUIET)  # a cross compiler may go without
if(NOT TARGET xtensor)
  set_property(TARGET prefopt_xtensor PROPERTY VERIFY_INTERFACE_HEADER_SETS OFF)
endif()
# Its headers take a quarter of a minute each: the tests include them all.
set_property(TARGET prefopt_libtorch PROPERTY VERIFY_INTERFACE_HEADER_SETS OFF)
if(PREFOPT_BUILD_TESTS)
  find_package(doctest REQUIRED)
endif()
if(PREFOPT_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# CUDA where a compiler is found. Without other wishes its code is for the data centres' last generations; the tests of
# prefopt::cuda need a device to run, their build does not.
include(CheckLanguage)
check_language(CUDA)
cmake_dependent_option(PREFOPT_BUILD_CUDA "Build the CUDA tests, example and benchmark" ON CMAKE_CUDA_COMPILER OFF)
if(PREFOPT_BUILD_CUDA)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90)
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit 12 REQUIRED)
  add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>")  # CMake 3.25 does not know that nvcc can
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
# Directory options also reach the targets that verify the headers one by one. psabi is a remark about the ABI of vectors
# wider than the machine's: the tests use such packs, and pass them within one compiler only.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wno-psabi>")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms about its own AVX-512 intrinsics (GCC bug 105593) and `"text" + std::string` (105651).
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wno-uninitialized;-Wno-maybe-uninitialized;-Wno-restrict>")
endif()

# prefopt_add_subdirectories(): every folder here that holds a CMakeLists.txt.
function(prefopt_add_subdirectories)
  file(GLOB lists CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt")
  foreach(list IN LISTS lists)
    cmake_path(GET list PARENT_PATH folder)
    add_subdirectory("${folder}")
  endforeach()
endfunction()

# prefopt_find_libtorch(): find_package(Torch), which sets a hundred variables, and flags: call it in folders that are all about
# LibTorch. Sets prefopt_has_libtorch to whether the compiler takes its headers, too: clang does not take those of 1.13 as C++20.
# A LibTorch with CUDA has wishes for nvcc (architectures, relaxed constexpr); ours stay as they are.
macro(prefopt_find_libtorch)
  set(prefopt_cuda_flags "${CMAKE_CUDA_FLAGS}")
  set(prefopt_cuda_architectures "${CMAKE_CUDA_ARCHITECTURES}")
  set(TORCH_CUDA_ARCH_LIST 9.0)  # or it looks for a device, in every folder
  find_package(Torch QUIET)
  set(CMAKE_CUDA_FLAGS "${prefopt_cuda_flags}")
  set(CMAKE_CUDA_ARCHITECTURES "${prefopt_cuda_architectures}")
  set(CMAKE_CUDA_STANDARD_REQUIRED OFF)  # CMake 3.25, see above
  set(prefopt_has_libtorch ${Torch_FOUND})
  if(Torch_FOUND AND Torch_VERSION VERSION_LESS 2 AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(prefopt_has_libtorch FALSE)
  endif()
  if(NOT prefopt_has_libtorch)
    message(STATUS "No LibTorch for this compiler: nothing is built in ${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
endmacro()

# prefopt_add_test(<name> SOURCES <file>... [LIBRARIES <target>...] [LABELS <label>...])
#
# A doctest program that ctest runs as <name>. LABELS numeric, engine and samplers choose what the presets asan and clang
# run, threads what tsan does; `tests_<label>` builds them. objectives are many instantiations of the engine that is
# tested elsewhere, optimised no more than their running time asks for. A test that cannot run (no PREFOPT_DATA) prints a line
# that starts with `[skipped]` and succeeds: ctest then counts the program as skipped.
function(prefopt_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "" "SOURCES;LIBRARIES;LABELS")
  add_executable(${name} ${test_SOURCES})
  target_link_libraries(${name} PRIVATE prefopt::prefopt prefopt_test_main ${test_LIBRARIES})
  target_compile_definitions(${name} PRIVATE PREFOPT_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
  target_compile_options(${name} PRIVATE -UNDEBUG)
  if(objectives IN_LIST test_LABELS)
    target_compile_options(${name} PRIVATE "$<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>")
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${test_LABELS}"
    SKIP_REGULAR_EXPRESSION "\\[skipped\\].*Status: SUCCESS"
    TIMEOUT 600)
  foreach(label IN LISTS test_LABELS)
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()

# prefopt_add_golden_check(<name> CHECKS <folder> [LIBRARIES <target>...] LABELS <label>... [FLOAT])
#
# The program of tests/golden_check with the `check_case.hpp` of a folder, and the tests <name>_double and, with FLOAT,
# <name>_float, which run it on tests/golden.
function(prefopt_add_golden_check name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FLOAT" "CHECKS" "LIBRARIES;LABELS")
  find_package(CLI11 REQUIRED)
  find_package(nlohmann_json REQUIRED)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/golden_check/*.cpp")
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests" "${arg_CHECKS}")
  target_link_libraries(${name} PRIVATE prefopt::prefopt ${arg_LIBRARIES} CLI11::CLI11 nlohmann_json::nlohmann_json)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)  # every objective, more than once
  set(flags_of_double "")
  set(flags_of_float --float)
  set(numbers double)
  if(arg_FLOAT)
    list(APPEND numbers float)
  endif()
  foreach(number IN LISTS numbers)
    add_test(NAME ${name}_${number} COMMAND ${name} "${PROJECT_SOURCE_DIR}/tests/golden" ${flags_of_${number}})
    set_tests_properties(${name}_${number} PROPERTIES LABELS "${arg_LABELS}" PASS_REGULAR_EXPRESSION
                         "cases passed [1-9][0-9]*, failed 0\n")
  endforeach()
endfunction()

# prefopt_add_example(<name> SOURCES <file>... [LIBRARIES <target>...]): runs in ctest, asserts what it shows.
function(prefopt_add_example name)
  cmake_parse_arguments(PARSE_ARGV 1 example "" "" "SOURCES;LIBRARIES")
  add_executable(${name} ${example_SOURCES})
  target_link_libraries(${name} PRIVATE prefopt::prefopt ${example_LIBRARIES})
  target_compile_options(${name} PRIVATE -UNDEBUG)
  if(PREFOPT_BUILD_TESTS)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS examples)
  endif()
endfunction()

# prefopt_add_benchmark(<name> SOURCES <file>... [LIBRARIES <target>...]): a Google Benchmark program.
function(prefopt_add_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 benchmark "" "" "SOURCES;LIBRARIES")
  add_executable(${name} ${benchmark_SOURCES})
  target_link_libraries(${name} PRIVATE prefopt::prefopt benchmark::benchmark ${benchmark_LIBRARIES})
endfunction()
