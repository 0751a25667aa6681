# SPDX-License-Identifier: Apache-2.0
# aarch64 without an operating system, by Clang and lld.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(target aarch64-none-elf)
set(flags "")
include("${CMAKE_CURRENT_LIST_DIR}/clang-none-elf.cmake")
