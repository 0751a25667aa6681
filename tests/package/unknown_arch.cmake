# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run_to_fail("'pdp11'.* there are aarch64, loongarch64, riscv32, riscv64, x86_64, and all"
  ${configure} -S "${SOURCE_DIR}" -B build -DAXAS_ARCH=pdp11)
