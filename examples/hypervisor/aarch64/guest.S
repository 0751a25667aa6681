/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's first instructions, and those that C cannot say.
 *
 * An access that may be refused has x2 pointing to where to go on, and x0 holding GUEST_READ or GUEST_DONE:
 * whoever refuses it, the hypervisor or the guest's own vector, changes x0 and goes on at x2.
 */
#include "guest.h"

    .section .text.start, "ax"
    .global _start
_start:
    adr x0, vectors
    msr vbar_el1, x0
    isb
    ldr x0, =GUEST_STACK + GUEST_STACK_SIZE
    mov sp, x0
    stp xzr, xzr, [sp, #-16]!       /* the first touch of the stack */
    bl guest_main
0:  b 0b

    .text
    .global guest_load
guest_load:
    mov x3, x0
    mov x0, #GUEST_READ
    mov x1, #0
    adr x2, 1f
    ldr w1, [x3]
1:  ret

    .global guest_store
guest_store:
    mov x3, x0
    mov x0, #GUEST_DONE
    adr x2, 1f
    str w1, [x3]
1:  mov x1, #0
    ret

    .global guest_jump
guest_jump:
    stp x29, x30, [sp, #-16]!
    mov x3, x0
    mov x0, #GUEST_DONE
    mov x1, #0
    adr x2, 1f
    blr x3
1:  ldp x29, x30, [sp], #16
    ret

    .global guest_call
guest_call:
    hvc #0
    ret

/* Only a synchronous exception of EL1 itself is expected: the guest's own tables refused an access. */
    .balign 2048
vectors:
    .rept 4
    .balign 128
0:  b 0b
    .endr
    .balign 128
    mov x0, #GUEST_OWN_FAULT
    msr elr_el1, x2
    eret
    .rept 11
    .balign 128
0:  b 0b
    .endr
