/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a virtual CPU, and where start.S finds its parts. */
#ifndef VCPU_H
#define VCPU_H

#define XLEN_BYTES (__riscv_xlen / 8)
#define VCPU_X 0 /* x0, which is not used, to x31 */
#define VCPU_PC (32 * XLEN_BYTES)
#define VCPU_SIZE (33 * XLEN_BYTES)

/* Registers as the calling convention names them. */
#define X_A0 10
#define X_A2 12

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct vcpu {
    uintptr_t x[32];
    uintptr_t pc;
};
_Static_assert(offsetof(struct vcpu, x) == VCPU_X, "start.S");
_Static_assert(offsetof(struct vcpu, pc) == VCPU_PC, "start.S");
_Static_assert(sizeof(struct vcpu) == VCPU_SIZE, "start.S");

/** Runs the guest until it stops: start.S. At which level is in sstatus.SPP. */
void guest_enter(struct vcpu *cpu);
#endif

#endif
