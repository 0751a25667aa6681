# SPDX-License-Identifier: Apache-2.0
# 32-bit Arm without an operating system, by Clang and lld: ARMv7-A with the Large Physical Address and
# Virtualization Extensions.
set(CMAKE_SYSTEM_PROCESSOR arm)
set(target armv7-none-eabi)
# -meabi gnu: memcpy and memset by these names, as GCC has them. Soft: no registers but the general ones.
set(flags "-mcpu=cortex-a15 -mfloat-abi=soft -meabi gnu")
include("${CMAKE_CURRENT_LIST_DIR}/clang-none-elf.cmake")
