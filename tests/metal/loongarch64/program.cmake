# SPDX-License-Identifier: Apache-2.0
# No compiler here makes code for LoongArch. The library runs on this machine, and a few instructions, written as words,
# on the emulated one.
target_sources(metal PRIVATE
  "${metal}/loongarch64/arch.c"
  "${metal}/loongarch64/probe.c")
target_include_directories(metal PRIVATE "${metal}/loongarch64")
axas_warnings(metal)

find_program(AXAS_CLANG clang REQUIRED)
find_program(AXAS_LLD ld.lld REQUIRED)
set(cpu "${CMAKE_CURRENT_BINARY_DIR}/cpu")
add_custom_command(OUTPUT "${cpu}.bin"
  COMMAND "${AXAS_CLANG}" --target=x86_64-none-elf -c "${metal}/loongarch64/cpu.S" -o "${cpu}.o"
  COMMAND "${AXAS_LLD}" --oformat=binary -Ttext=0 "${cpu}.o" -o "${cpu}.bin"
  DEPENDS "${metal}/loongarch64/cpu.S" "${metal}/loongarch64/instructions.inc" "${metal}/loongarch64/mailbox.h"
  VERBATIM)
target_sources(metal PRIVATE "${cpu}.bin")
