# Headers, the CMake package and the pkg-config files. All of it is text and the same on every architecture.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(prefopt_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/prefopt")
set(prefopt_pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

# One export per target: the package loads a component's targets only when it is asked for the component.
foreach(target IN ITEMS prefopt ${prefopt_components})
  install(TARGETS prefopt_${target} EXPORT prefopt-${target} FILE_SET HEADERS)
  install(EXPORT prefopt-${target} NAMESPACE prefopt:: DESTINATION "${prefopt_package_dir}"
          FILE prefopt-${target}-targets.cmake)
endforeach()

list(JOIN prefopt_components ", " prefopt_component_list)
configure_package_config_file(cmake/prefopt-config.cmake.in prefopt-config.cmake
  INSTALL_DESTINATION "${prefopt_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(prefopt-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/prefopt-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/prefopt-config-version.cmake"
  DESTINATION "${prefopt_package_dir}")

# Relative to the .pc file, so that the installed tree can be moved.
file(RELATIVE_PATH prefopt_pkgconfig_to_include
  "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
foreach(package IN ITEMS prefopt prefopt-eigen prefopt-xtensor)
  configure_file(cmake/${package}.pc.in ${package}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${package}.pc" DESTINATION "${prefopt_pkgconfig_dir}")
endforeach()

install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
