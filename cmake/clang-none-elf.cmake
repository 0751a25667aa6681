# SPDX-License-Identifier: Apache-2.0
# What the toolchain files for bare metal share: Clang makes code for every CPU, lld links it, and nothing of an
# operating system is there. The including file has set `target` to Clang's name of the machine and `flags`.

function(axas_toolchain_program variable package)
  find_program(${variable} NAMES ${ARGN})
  if(NOT ${variable})
    list(GET ARGN 0 name)
    message(FATAL_ERROR "The bare-metal toolchain needs ${name}, which was not found (Debian package: ${package}).")
  endif()
endfunction()

axas_toolchain_program(AXAS_CLANG clang clang)
axas_toolchain_program(AXAS_LLD lld ld.lld)
axas_toolchain_program(AXAS_LLVM_AR llvm llvm-ar)
axas_toolchain_program(AXAS_LLVM_NM llvm llvm-nm)
axas_toolchain_program(AXAS_LLVM_OBJCOPY llvm llvm-objcopy)

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER "${AXAS_CLANG}")
set(CMAKE_C_COMPILER_TARGET ${target})
set(CMAKE_ASM_COMPILER "${AXAS_CLANG}")
set(CMAKE_ASM_COMPILER_TARGET ${target})
set(CMAKE_AR "${AXAS_LLVM_AR}" CACHE FILEPATH "Archiver")
set(CMAKE_RANLIB "${AXAS_LLVM_AR}" CACHE FILEPATH "Not needed: the archiver writes the index")
set(CMAKE_C_ARCHIVE_FINISH "")
set(CMAKE_NM "${AXAS_LLVM_NM}" CACHE FILEPATH "Lists symbols")
set(CMAKE_OBJCOPY "${AXAS_LLVM_OBJCOPY}" CACHE FILEPATH "Copies objects")

set(CMAKE_C_FLAGS_INIT "${flags}")
set(CMAKE_ASM_FLAGS_INIT "${flags}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-fuse-ld=lld -nostdlib -static")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE NEVER)
