# cmake -DCOMPILER=... -DPKG_CONFIG=... -DPREFIX=... -DWORK=... -P pkg_config.cmake
#
# Builds and runs the consumers as a Makefile would, with the flags that pkg-config prints.

set(ENV{PKG_CONFIG_PATH} "${PREFIX}/share/pkgconfig")
file(MAKE_DIRECTORY "${WORK}")

function(build_and_run program package)
  execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs ${package}
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  execute_process(COMMAND "${COMPILER}" -std=c++20 "${CMAKE_CURRENT_LIST_DIR}/${program}.cpp" ${flags} -o "${WORK}/${program}"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${WORK}/${program}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

build_and_run(core prefopt)
build_and_run(with_eigen prefopt-eigen)
build_and_run(with_xtensor prefopt-xtensor)
