# SPDX-License-Identifier: Apache-2.0
# What the PC needs beyond the rest: the guest is 32-bit code, and the hypervisor is a ROM of 128 KiB.

target_compile_options(hypervisor_guest PRIVATE -m32)
target_link_options(hypervisor_guest PRIVATE -m32)

target_sources(hypervisor PRIVATE
  x86_64/pc.c
  x86_64/rom.S
  x86_64/vmx.c
  x86_64/vmx_enter.S)
add_custom_command(TARGET hypervisor POST_BUILD
  COMMAND "${CMAKE_OBJCOPY}" -O binary hypervisor.elf hypervisor.rom
  WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}"
  BYPRODUCTS hypervisor.rom
  VERBATIM)
