/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the hypervisor, which the machine starts in M-mode, and the way into the guest and back. */
#include "csr.h"
#include "vcpu.h"

    .option norelax                 /* lld cannot */

    .section .text.start, "ax"
    .global _start
_start:
    csrr t0, mhartid
0:  bnez t0, 0b                     /* one hart is enough */
    la t0, broken
    csrw mtvec, t0
    csrw stvec, t0
    li t0, -1                       /* all memory is S-mode's */
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    li t0, -1                       /* and all exceptions that can be */
    csrw medeleg, t0
    li t0, 1 << ENVCFG_PBMTE_BIT    /* as far as the hart has it */
    csrs MENVCFG, t0
    li t0, 1 << ENVCFG_ADUE_BIT
    csrs MENVCFG, t0
    csrr t0, MENVCFG
    la t1, machine_environment
    sd t0, 0(t1)
    la t1, machine_tree             /* the firmware's convention: a1 */
    sd a1, 0(t1)
    li t0, 3 << 11                  /* mstatus.MPP = S */
    csrc mstatus, t0
    li t0, 1 << 11
    csrs mstatus, t0
    la t0, supervisor
    csrw mepc, t0
    mret
supervisor:
    la sp, stack_top
    call hypervisor_main
    j broken

    .balign 4
broken:
    la sp, stack_top
    call arch_broken

/* void guest_enter(struct vcpu *a0): returns when the guest stops. */
    .balign 4
    .global guest_enter
guest_enter:
    addi sp, sp, -112
    sd ra, 0(sp)
    sd s0, 8(sp)
    sd s1, 16(sp)
    sd s2, 24(sp)
    sd s3, 32(sp)
    sd s4, 40(sp)
    sd s5, 48(sp)
    sd s6, 56(sp)
    sd s7, 64(sp)
    sd s8, 72(sp)
    sd s9, 80(sp)
    sd s10, 88(sp)
    sd s11, 96(sp)
    la t0, host_stack
    sd sp, 0(t0)
    la t0, guest_stopped
    csrw stvec, t0
    csrw sscratch, a0
    ld t0, VCPU_PC(a0)
    csrw sepc, t0
    li t0, HSTATUS_SPV
    csrs HSTATUS, t0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld x\n, (VCPU_X + \n * 8)(a0)
    .endr
    ld a0, (VCPU_X + X_A0 * 8)(a0)
    sret

    .balign 4
guest_stopped:
    csrrw a0, sscratch, a0          /* a0 is x10 */
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd x\n, (VCPU_X + \n * 8)(a0)
    .endr
    csrr t0, sscratch
    sd t0, (VCPU_X + X_A0 * 8)(a0)
    csrr t0, sepc
    sd t0, VCPU_PC(a0)
    la t0, broken
    csrw stvec, t0
    la t0, host_stack
    ld sp, 0(t0)
    ld ra, 0(sp)
    ld s0, 8(sp)
    ld s1, 16(sp)
    ld s2, 24(sp)
    ld s3, 32(sp)
    ld s4, 40(sp)
    ld s5, 48(sp)
    ld s6, 56(sp)
    ld s7, 64(sp)
    ld s8, 72(sp)
    ld s9, 80(sp)
    ld s10, 88(sp)
    ld s11, 96(sp)
    addi sp, sp, 112
    ret

    .section .bss
    .balign 8
host_stack:
    .space 8

/* The guest's program. */
    .section .rodata.guest, "a"
    .global guest_image, guest_image_end
    .balign 8
guest_image:
    .incbin GUEST_BINARY
guest_image_end:
