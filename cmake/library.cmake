# The library: prefopt::prefopt needs the standard library alone; each component adds one ecosystem's header
# and that ecosystem's target. A component names its dependency without searching for it: whoever links
# prefopt::eigen has found Eigen (the installed package does so for `COMPONENTS eigen`).

set(prefopt_include_dir "${PROJECT_SOURCE_DIR}/include")

# prefopt_add_component(<name> HEADER <file under include/prefopt> [PARTS <pattern of its other files there>] DEPENDS <target>)
function(prefopt_add_component name)
  cmake_parse_arguments(PARSE_ARGV 1 component "" "HEADER;PARTS;DEPENDS" "")
  set(parts "")
  if(component_PARTS)
    file(GLOB parts CONFIGURE_DEPENDS "${prefopt_include_dir}/prefopt/${component_PARTS}")
  endif()
  add_library(prefopt_${name} INTERFACE)
  add_library(prefopt::${name} ALIAS prefopt_${name})
  set_target_properties(prefopt_${name} PROPERTIES EXPORT_NAME ${name})
  target_sources(prefopt_${name} INTERFACE
    FILE_SET HEADERS BASE_DIRS "${prefopt_include_dir}"
    FILES "${prefopt_include_dir}/prefopt/${component_HEADER}" ${parts})
  target_link_libraries(prefopt_${name} INTERFACE prefopt::prefopt ${component_DEPENDS})
endfunction()

add_library(prefopt_prefopt INTERFACE)
add_library(prefopt::prefopt ALIAS prefopt_prefopt)
set_target_properties(prefopt_prefopt PROPERTIES EXPORT_NAME prefopt)
target_compile_features(prefopt_prefopt INTERFACE cxx_std_20)

set(prefopt_components cuda eigen libtorch openmp xtensor)
# For sources in the language CUDA; what else they need, nvcc brings along.
prefopt_add_component(cuda HEADER cuda.cuh PARTS "cuda/*.cuh" DEPENDS CUDA::toolkit)
set_target_properties(prefopt_cuda PROPERTIES VERIFY_INTERFACE_HEADER_SETS OFF)  # it knows C and C++ alone
prefopt_add_component(eigen HEADER eigen.hpp DEPENDS Eigen3::Eigen)
prefopt_add_component(libtorch HEADER libtorch.hpp PARTS "libtorch/*.*" DEPENDS torch)
prefopt_add_component(openmp HEADER openmp.hpp DEPENDS OpenMP::OpenMP_CXX)
prefopt_add_component(xtensor HEADER xtensor.hpp DEPENDS xtensor)

# A new objective is one new file, so the headers are found and not listed.
file(GLOB_RECURSE prefopt_core_headers CONFIGURE_DEPENDS "${prefopt_include_dir}/prefopt/*.hpp")
foreach(component IN LISTS prefopt_components)
  get_target_property(component_headers prefopt_${component} HEADER_SET)
  list(REMOVE_ITEM prefopt_core_headers ${component_headers})
endforeach()
target_sources(prefopt_prefopt INTERFACE
  FILE_SET HEADERS BASE_DIRS "${prefopt_include_dir}" FILES ${prefopt_core_headers})
