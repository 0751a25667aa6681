/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hart.h
 * What the width of the hart's registers decides. The tiny hypervisor is for RV64; tests/metal runs the same
 * code on RV32, too.
 */
#ifndef HART_H
#define HART_H

#if __riscv_xlen == 64
#include <axas/cpu/riscv64.h>
#define HART_FORMAT "riscv64_gstage"
#define HART_PHYSICAL_BITS 56
#define hart_invalidate axas_riscv64_invalidate
#define hart_barrier axas_riscv64_barrier
#define hart_publish axas_riscv64_publish
#define hart_fault_registers axas_riscv64_fault_registers
#define hart_capabilities axas_riscv64_capabilities
#else
#include <axas/cpu/riscv32.h>
#define HART_FORMAT "riscv32_gstage"
#define HART_PHYSICAL_BITS 34
#define hart_invalidate axas_riscv32_invalidate
#define hart_barrier axas_riscv32_barrier
#define hart_publish axas_riscv32_publish
#define hart_fault_registers axas_riscv32_fault_registers
#define hart_capabilities axas_riscv32_capabilities
#endif

#endif
