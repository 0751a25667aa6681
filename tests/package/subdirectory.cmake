# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
set(consumer ${configure} -S "${CMAKE_CURRENT_LIST_DIR}/subdirectory" "-DAXAS_SOURCE_DIR=${SOURCE_DIR}")
run(${consumer} -B build)
run("${CMAKE_COMMAND}" --build build)
run(build/consumer)

run(${consumer} -B site -DSITE=ON -DAXAS_HOSTED=OFF)
run("${CMAKE_COMMAND}" --build site)
run(site/consumer)
