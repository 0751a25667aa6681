# SPDX-License-Identifier: Apache-2.0
target_sources(metal PRIVATE
  "${hypervisor}/x86_64/arch.c"
  "${hypervisor}/x86_64/pc.c"
  "${hypervisor}/x86_64/rom.S"
  "${hypervisor}/x86_64/start.S"
  "${hypervisor}/x86_64/vmx.c"
  "${hypervisor}/x86_64/vmx_enter.S"
  "${metal}/x86_64/ept.c"
  "${metal}/x86_64/home.S"
  "${metal}/x86_64/probe.c")
target_include_directories(metal PRIVATE "${metal}/x86_64" "${hypervisor}/x86_64")
axas_bare_metal(metal "${hypervisor}/x86_64/hypervisor.ld")
axas_pc_rom(metal)
