# SPDX-License-Identifier: Apache-2.0
# What the PC needs beyond the rest: the guest is 32-bit code, and the hypervisor is a ROM of 256 KiB.

# axas_pc_rom(target): beside the program the ROM to start a PC with.
function(axas_pc_rom target)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND "${CMAKE_OBJCOPY}" -O binary $<TARGET_FILE:${target}> ${target}.rom
    BYPRODUCTS ${target}.rom
    VERBATIM)
endfunction()

target_compile_options(hypervisor_guest PRIVATE -m32)
target_link_options(hypervisor_guest PRIVATE -m32)

target_sources(hypervisor PRIVATE
  x86_64/pc.c
  x86_64/rom.S
  x86_64/vmx.c
  x86_64/vmx_enter.S)
axas_pc_rom(hypervisor)
