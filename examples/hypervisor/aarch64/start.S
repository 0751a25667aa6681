/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the hypervisor, its exception vectors, and the way into the guest and back. */
#include "vcpu.h"

    .section .text.start, "ax"
    .global _start
_start:
    ldr x0, =stack_top
    mov sp, x0
    mrs x0, CurrentEL
    cmp x0, #2 << 2
    b.ne wrong_level
    ldr x0, =vectors
    msr vbar_el2, x0
    isb
    bl hypervisor_main
wrong_level:
    bl arch_not_at_el2

    .text
    .balign 2048
vectors:
    .rept 8                         /* the hypervisor itself */
    .balign 128
    b broken
    .endr
    .balign 128
    b guest_stopped                 /* the guest, synchronous */
    .rept 7
    .balign 128
    b broken
    .endr
broken:
    b arch_broken

/* void guest_enter(struct vcpu *x0): returns when the guest stops. */
    .global guest_enter
guest_enter:
    stp x29, x30, [sp, #-96]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    msr tpidr_el2, x0
    ldp x1, x2, [x0, #VCPU_PC]
    msr elr_el2, x1
    msr spsr_el2, x2
    ldp x2, x3, [x0, #VCPU_X + 2 * 8]
    ldp x4, x5, [x0, #VCPU_X + 4 * 8]
    ldp x6, x7, [x0, #VCPU_X + 6 * 8]
    ldp x8, x9, [x0, #VCPU_X + 8 * 8]
    ldp x10, x11, [x0, #VCPU_X + 10 * 8]
    ldp x12, x13, [x0, #VCPU_X + 12 * 8]
    ldp x14, x15, [x0, #VCPU_X + 14 * 8]
    ldp x16, x17, [x0, #VCPU_X + 16 * 8]
    ldp x18, x19, [x0, #VCPU_X + 18 * 8]
    ldp x20, x21, [x0, #VCPU_X + 20 * 8]
    ldp x22, x23, [x0, #VCPU_X + 22 * 8]
    ldp x24, x25, [x0, #VCPU_X + 24 * 8]
    ldp x26, x27, [x0, #VCPU_X + 26 * 8]
    ldp x28, x29, [x0, #VCPU_X + 28 * 8]
    ldr x30, [x0, #VCPU_X + 30 * 8]
    ldp x0, x1, [x0, #VCPU_X]
    eret

guest_stopped:
    stp x0, x1, [sp, #-16]!
    mrs x0, tpidr_el2
    stp x2, x3, [x0, #VCPU_X + 2 * 8]
    stp x4, x5, [x0, #VCPU_X + 4 * 8]
    stp x6, x7, [x0, #VCPU_X + 6 * 8]
    stp x8, x9, [x0, #VCPU_X + 8 * 8]
    stp x10, x11, [x0, #VCPU_X + 10 * 8]
    stp x12, x13, [x0, #VCPU_X + 12 * 8]
    stp x14, x15, [x0, #VCPU_X + 14 * 8]
    stp x16, x17, [x0, #VCPU_X + 16 * 8]
    stp x18, x19, [x0, #VCPU_X + 18 * 8]
    stp x20, x21, [x0, #VCPU_X + 20 * 8]
    stp x22, x23, [x0, #VCPU_X + 22 * 8]
    stp x24, x25, [x0, #VCPU_X + 24 * 8]
    stp x26, x27, [x0, #VCPU_X + 26 * 8]
    stp x28, x29, [x0, #VCPU_X + 28 * 8]
    str x30, [x0, #VCPU_X + 30 * 8]
    ldp x2, x3, [sp], #16
    stp x2, x3, [x0, #VCPU_X]
    mrs x1, elr_el2
    mrs x2, spsr_el2
    stp x1, x2, [x0, #VCPU_PC]
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp x29, x30, [sp], #96
    ret

/* The guest's program, as the linker wrote it. */
    .section .rodata.guest, "a"
    .balign 8
    .global guest_image, guest_image_end
guest_image:
    .incbin GUEST_BINARY
guest_image_end:
