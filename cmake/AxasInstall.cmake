# SPDX-License-Identifier: Apache-2.0
# The package: find_package(axas) gives axas::axas and, where it was built, axas::hosted; pkg-config knows axas
# and axas-hosted. Both find everything relative to themselves, so the prefix may be moved.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/axas")
set(package_targets axas)
if(AXAS_HOSTED)
  list(APPEND package_targets axas_hosted)
endif()

install(TARGETS ${package_targets} EXPORT axasTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT axasTargets NAMESPACE axas:: DESTINATION "${package_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/axasConfig.cmake.in"
  "${CMAKE_CURRENT_BINARY_DIR}/axasConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/axasConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/axasConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/axasConfigVersion.cmake"
  DESTINATION "${package_dir}")

set(pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH pc_prefix "/${pc_dir}" "/")
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
get_target_property(pc_definitions axas INTERFACE_COMPILE_DEFINITIONS)
list(TRANSFORM pc_definitions PREPEND "-D")
list(JOIN pc_definitions " " pc_definitions)
configure_file("${CMAKE_CURRENT_LIST_DIR}/axas.pc.in" "${CMAKE_CURRENT_BINARY_DIR}/axas.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/axas.pc" DESTINATION "${pc_dir}")
if(AXAS_HOSTED)
  configure_file("${CMAKE_CURRENT_LIST_DIR}/axas-hosted.pc.in" "${CMAKE_CURRENT_BINARY_DIR}/axas-hosted.pc"
    @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/axas-hosted.pc" DESTINATION "${pc_dir}")
endif()

# The pages that the target "reference" writes go along where somebody built it.
if(PROJECT_IS_TOP_LEVEL)
  install(DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/reference" DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
endif()
