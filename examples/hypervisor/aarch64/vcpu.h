/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a virtual CPU, and where start.S finds its parts. */
#ifndef VCPU_H
#define VCPU_H

#define VCPU_X 0         /* x0 to x30 */
#define VCPU_PC (31 * 8) /* ELR_EL2 and SPSR_EL2, read and written as a pair */
#define VCPU_SIZE (33 * 8)

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct vcpu {
    uint64_t x[31];
    uint64_t pc, pstate;
};
_Static_assert(offsetof(struct vcpu, x) == VCPU_X, "start.S");
_Static_assert(offsetof(struct vcpu, pc) == VCPU_PC, "start.S");
_Static_assert(sizeof(struct vcpu) == VCPU_SIZE, "start.S");

/** Runs the guest until it stops: start.S. */
void guest_enter(struct vcpu *cpu);
#endif

#endif
