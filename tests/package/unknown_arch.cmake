# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
include("${SOURCE_DIR}/generated/formats.cmake")
list(JOIN AXAS_ARCHS ", " known)
run_to_fail("'pdp11'.* there are ${known}, and all"
  ${configure} -S "${SOURCE_DIR}" -B build -DAXAS_ARCH=pdp11)
