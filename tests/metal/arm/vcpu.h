/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a virtual CPU, and where start.S finds its parts. */
#ifndef VCPU_H
#define VCPU_H

#define VCPU_PC 0 /* ELR_hyp and SPSR_hyp */
#define VCPU_PSR 4
#define VCPU_R 8 /* r0 to r12 */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct vcpu {
    uint32_t pc, psr;
    uint32_t r[13];
};
_Static_assert(offsetof(struct vcpu, pc) == VCPU_PC, "start.S");
_Static_assert(offsetof(struct vcpu, psr) == VCPU_PSR, "start.S");
_Static_assert(offsetof(struct vcpu, r) == VCPU_R, "start.S");

/** Runs the guest until it stops: start.S. */
void guest_enter(struct vcpu *cpu);
#endif

#endif
