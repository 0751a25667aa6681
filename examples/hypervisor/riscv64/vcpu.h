/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a virtual CPU, and where start.S finds its parts. */
#ifndef VCPU_H
#define VCPU_H

#define VCPU_X 0 /* x0, which is not used, to x31 */
#define VCPU_PC (32 * 8)
#define VCPU_SIZE (33 * 8)

/* Registers as the calling convention names them. */
#define X_A0 10
#define X_A2 12

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct vcpu {
    uint64_t x[32];
    uint64_t pc;
};
_Static_assert(offsetof(struct vcpu, x) == VCPU_X, "start.S");
_Static_assert(offsetof(struct vcpu, pc) == VCPU_PC, "start.S");
_Static_assert(sizeof(struct vcpu) == VCPU_SIZE, "start.S");

/** Runs the guest until it stops: start.S. At which level is in sstatus.SPP. */
void guest_enter(struct vcpu *cpu);
#endif

#endif
