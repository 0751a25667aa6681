# SPDX-License-Identifier: Apache-2.0
# The tiny hypervisor is not there for this CPU: boot code and machine are the test's own. The memory is where that of
# AArch64 is.
target_sources(metal PRIVATE
  "${metal}/arm/arch.c"
  "${metal}/arm/attributes.c"
  "${metal}/arm/home.S"
  "${metal}/arm/probe.c"
  "${metal}/arm/start.S"
  "${metal}/attributes.c"
  "${metal}/divide.c")
target_include_directories(metal PRIVATE "${metal}/arm")
axas_bare_metal(metal "${hypervisor}/aarch64/hypervisor.ld")
