# SPDX-License-Identifier: Apache-2.0
target_sources(metal PRIVATE
  "${hypervisor}/aarch64/arch.c"
  "${hypervisor}/aarch64/start.S"
  "${metal}/aarch64/attributes.c"
  "${metal}/aarch64/probe.c"
  "${metal}/aarch64/home.S"
  "${metal}/attributes.c")
target_include_directories(metal PRIVATE "${metal}/aarch64" "${hypervisor}/aarch64")
axas_bare_metal(metal "${hypervisor}/aarch64/hypervisor.ld")
