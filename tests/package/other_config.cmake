# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# The installed library has the default configuration. Who compiles with another one cannot link.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run(${configure} -S "${CMAKE_CURRENT_LIST_DIR}/find_package" -B build "-DCMAKE_PREFIX_PATH=${PREFIX}"
  "-DCMAKE_C_FLAGS=-DAXAS_CONFIG_HEADER='\"${CMAKE_CURRENT_LIST_DIR}/other_config.h\"'")
run_to_fail("axas_config_is_another_site" "${CMAKE_COMMAND}" --build build)
