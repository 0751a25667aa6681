# SPDX-License-Identifier: Apache-2.0
# riscv32 without an operating system, by Clang and lld.
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(target riscv32-none-elf)
set(flags "-march=rv32imac -mabi=ilp32 -mcmodel=medany")
include("${CMAKE_CURRENT_LIST_DIR}/clang-none-elf.cmake")
