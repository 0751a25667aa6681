# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
run_to_fail("clang, which was not found .Debian package: clang"
  "${CMAKE_COMMAND}" -S "${SOURCE_DIR}" -B build -G "${GENERATOR}"
  --toolchain "${SOURCE_DIR}/cmake/toolchain-riscv64-none-elf.cmake"
  "-DCMAKE_IGNORE_PREFIX_PATH=/usr;/usr/local;/")
