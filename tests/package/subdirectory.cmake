# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run(${configure} -S "${CMAKE_CURRENT_LIST_DIR}/subdirectory" -B build "-DAXAS_SOURCE_DIR=${SOURCE_DIR}")
run("${CMAKE_COMMAND}" --build build)
run(build/consumer)
