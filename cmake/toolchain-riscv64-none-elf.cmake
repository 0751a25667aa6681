# SPDX-License-Identifier: Apache-2.0
# riscv64 without an operating system, by Clang and lld.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(target riscv64-none-elf)
set(flags "-march=rv64imac -mabi=lp64 -mcmodel=medany")
include("${CMAKE_CURRENT_LIST_DIR}/clang-none-elf.cmake")
