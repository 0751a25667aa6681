# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run_to_fail("AXAS_TESTS is on, but .*libcriterion-dev"
  ${configure} -S "${SOURCE_DIR}" -B build -DAXAS_TESTS=ON -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF
  -DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF)
