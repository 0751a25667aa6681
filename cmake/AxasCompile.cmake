# SPDX-License-Identifier: Apache-2.0
# How the library is compiled: which CPU for, with which warnings, freestanding, sanitized.

include(CheckCCompilerFlag)
include(CheckCSourceCompiles)

# Sets `result` to the CPU that the compiler makes code for, by the name that src/cpu uses, or to "other".
function(axas_detect_cpu result)
  set(cpu other)
  set(CMAKE_REQUIRED_QUIET ON)
  check_c_source_compiles("
    #ifndef __x86_64__
    #error other
    #endif
    int main(void) { return 0; }" AXAS_CPU_IS_X86_64)
  check_c_source_compiles("
    #ifndef __aarch64__
    #error other
    #endif
    int main(void) { return 0; }" AXAS_CPU_IS_AARCH64)
  check_c_source_compiles("
    #if !defined(__riscv) || __riscv_xlen != 64
    #error other
    #endif
    int main(void) { return 0; }" AXAS_CPU_IS_RISCV64)
  check_c_source_compiles("
    #if !defined(__riscv) || __riscv_xlen != 32
    #error other
    #endif
    int main(void) { return 0; }" AXAS_CPU_IS_RISCV32)
  check_c_source_compiles("
    #if !defined(__arm__) || __ARM_ARCH < 7 || __ARM_ARCH_PROFILE != 'A'
    #error other
    #endif
    int main(void) { return 0; }" AXAS_CPU_IS_ARM)
  foreach(name IN ITEMS x86_64 aarch64 riscv64 riscv32 arm)
    string(TOUPPER ${name} upper)
    if(AXAS_CPU_IS_${upper})
      set(cpu ${name})
    endif()
  endforeach()
  set(${result} ${cpu} PARENT_SCOPE)
endfunction()

# C11 and every warning that finds a mistake.
function(axas_warnings target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wcast-qual
    -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>)
  if(AXAS_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# The runtime and the walkers. A frame changes what it holds: a table, a record, a link in a list of spare
# frames; so the compiler may not conclude from types what overlaps.
function(axas_frames target)
  target_compile_options(${target} PRIVATE -fno-strict-aliasing)
endfunction()

# Code that runs without an operating system: no libc, no registers but the general ones, nothing below the
# stack pointer, anywhere in the address space, before the MMU allows unaligned access.
function(axas_freestanding target)
  set(CMAKE_REQUIRED_QUIET ON)
  target_compile_options(${target} PRIVATE -ffreestanding)
  if(AXAS_CPU STREQUAL "x86_64")
    target_compile_options(${target} PRIVATE -mgeneral-regs-only -mno-red-zone)
  elseif(AXAS_CPU STREQUAL "aarch64")
    target_compile_options(${target} PRIVATE -mgeneral-regs-only -mstrict-align)
    check_c_compiler_flag(-mno-outline-atomics AXAS_HAS_OUTLINE_ATOMICS) # compilers older than the habit lack it
    if(AXAS_HAS_OUTLINE_ATOMICS)
      target_compile_options(${target} PRIVATE -mno-outline-atomics)
    endif()
  elseif(AXAS_CPU STREQUAL "arm")
    target_compile_options(${target} PRIVATE -mno-unaligned-access)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU") # with Clang the toolchain file's -mfloat-abi=soft does it
      target_compile_options(${target} PRIVATE -mgeneral-regs-only)
    endif()
  elseif(AXAS_CPU MATCHES "^riscv")
    target_compile_options(${target} PRIVATE -mcmodel=medany)
  endif()
endfunction()

# axas_with_formats(target PUBLIC|PRIVATE format...): the formats that axas_formats[] of this target holds.
function(axas_with_formats target scope)
  foreach(format IN LISTS ARGN)
    string(TOUPPER "AXAS_WITH_${format}" definition)
    target_compile_definitions(${target} ${scope} ${definition}=1)
  endforeach()
endfunction()

# Turns the sanitizers on for everything in and below the calling directory. A report ends the program.
macro(axas_sanitize sanitizers)
  if(NOT "${sanitizers}" STREQUAL "")
    add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${sanitizers})
  endif()
endmacro()
