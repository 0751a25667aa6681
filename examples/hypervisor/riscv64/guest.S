/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's first instructions, and those that C cannot say.
 *
 * An access that may be refused has a2 pointing to where to go on, and a0 holding GUEST_READ or GUEST_DONE:
 * whoever refuses it, the hypervisor or the guest's own vector, changes a0 and goes on at a2.
 */
#include "guest.h"

    .option norvc                   /* the hypervisor understands accesses of four bytes only */
    .option norelax                 /* lld cannot */

    .section .text.start, "ax"
    .global _start
_start:
    la t0, vector
    csrw stvec, t0
    li sp, GUEST_STACK + GUEST_STACK_SIZE
    addi sp, sp, -16
    sd zero, 0(sp)                  /* the first touch of the stack */
    call guest_main
0:  j 0b

    .text
    .global guest_load
guest_load:
    mv a3, a0
    li a0, GUEST_READ
    li a1, 0
    la a2, 1f
    lwu a1, 0(a3)
1:  ret

    .global guest_store
guest_store:
    mv a3, a0
    li a0, GUEST_DONE
    la a2, 1f
    sw a1, 0(a3)
1:  li a1, 0
    ret

    .global guest_jump
guest_jump:
    addi sp, sp, -16
    sd ra, 0(sp)
    mv a3, a0
    li a0, GUEST_DONE
    li a1, 0
    la a2, 1f
    jalr a3
1:  ld ra, 0(sp)
    addi sp, sp, 16
    ret

    .global guest_call
guest_call:
    ecall
    ret

/* Only one exception of the guest's own is expected: its tables refused an access. */
    .balign 4
vector:
    li a0, GUEST_OWN_FAULT
    csrw sepc, a2
    sret
