# SPDX-License-Identifier: Apache-2.0
# x86_64 without an operating system, by Clang and lld.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(target x86_64-none-elf)
set(flags "")
include("${CMAKE_CURRENT_LIST_DIR}/clang-none-elf.cmake")
# For this target the driver would link by calling GCC; for a system that has one way to link, it calls lld.
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " --target=x86_64-linux-gnu")
