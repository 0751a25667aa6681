/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the program, its exception vectors, and the way into the guest and back. */
#include "vcpu.h"

    .arch_extension virt
    .arm

    .section .text.start, "ax"
    .global _start
_start:
    ldr sp, =stack_top
    mrs r0, cpsr
    and r0, r0, #0x1f
    cmp r0, #0x1a                   /* Hyp mode */
    bne wrong_mode
    ldr r0, =vectors
    mcr p15, 4, r0, c12, c0, 0      /* HVBAR */
    isb
    bl hypervisor_main
wrong_mode:
    bl arch_not_in_hyp_mode

    .text
    .balign 32
vectors:
    b broken                        /* not used */
    b broken                        /* of the program itself: undefined instructions, calls, aborts */
    b broken
    b broken
    b broken
    b guest_stopped                 /* the guest */
    b broken                        /* interrupts */
    b broken
broken:
    bl arch_broken

/* void guest_enter(struct vcpu *r0): returns when the guest stops. Hyp mode has the link register of the guest's User
 * mode, which the guest does without. */
    .global guest_enter
guest_enter:
    push {r4-r11, lr}
    mcr p15, 4, r0, c13, c0, 2      /* HTPIDR */
    ldr r1, [r0, #VCPU_PC]
    ldr r2, [r0, #VCPU_PSR]
    msr elr_hyp, r1
    msr spsr_cxsf, r2
    add r0, r0, #VCPU_R
    ldm r0, {r0-r12}
    eret

guest_stopped:
    push {r0}
    mrc p15, 4, r0, c13, c0, 2
    add r0, r0, #VCPU_R + 4
    stm r0, {r1-r12}
    pop {r1}
    str r1, [r0, #-4]!
    mrs r1, elr_hyp
    mrs r2, spsr
    str r1, [r0, #VCPU_PC - VCPU_R]
    str r2, [r0, #VCPU_PSR - VCPU_R]
    pop {r4-r11, pc}

/* Compilers for Arm call this for a division of 64 bits: quotient in r0 and r1, remainder in r2 and r3. */
    .global __aeabi_uldivmod
__aeabi_uldivmod:
    push {r11, lr}
    sub sp, sp, #16
    add r12, sp, #8
    str r12, [sp]                   /* where the remainder goes */
    bl __udivmoddi4
    ldrd r2, r3, [sp, #8]
    add sp, sp, #16
    pop {r11, pc}
