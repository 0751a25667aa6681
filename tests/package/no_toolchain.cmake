# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
string(REPLACE ":" ";" everywhere "$ENV{PATH}")
file(WRITE "${WORK_DIR}/hide.cmake"
  "set(CMAKE_IGNORE_PATH \"${everywhere};/usr/local/bin;/usr/bin;/bin\" CACHE STRING \"\")\n")
run_to_fail("needs clang, which was not found .Debian package: clang"
  "${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}" -S "${SOURCE_DIR}" -B build
  --toolchain "${SOURCE_DIR}/cmake/toolchain-riscv64-none-elf.cmake" -C hide.cmake)
