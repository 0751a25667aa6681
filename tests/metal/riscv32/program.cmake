# SPDX-License-Identifier: Apache-2.0
# The code of RV64, on a hart of 32 bits.
target_sources(metal PRIVATE
  "${hypervisor}/riscv64/arch.c"
  "${hypervisor}/riscv64/start.S"
  "${metal}/riscv64/probe.c"
  "${metal}/riscv64/access.S"
  "${metal}/divide.c")
target_include_directories(metal PRIVATE "${hypervisor}/riscv64")
axas_bare_metal(metal "${hypervisor}/riscv64/hypervisor.ld")
