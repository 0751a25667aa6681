# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run(${configure} -S "${CMAKE_CURRENT_LIST_DIR}/find_package" -B build "-DCMAKE_PREFIX_PATH=${PREFIX}")
run("${CMAKE_COMMAND}" --build build)
run(build/consumer)
