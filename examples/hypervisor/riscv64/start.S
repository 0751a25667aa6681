/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the hypervisor, which the machine starts in M-mode, and the way into the guest and back. */
#include "csr.h"
#include "vcpu.h"

/* The same code for both widths of registers; the tiny hypervisor itself is for RV64. */
#if __riscv_xlen == 64
#define LOAD ld
#define STORE sd
#define ENVCFG_TOP MENVCFG
#define ENVCFG_TOP_AT 0
#else
#define LOAD lw
#define STORE sw
#define ENVCFG_TOP MENVCFGH
#define ENVCFG_TOP_AT 32
#endif

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
    li t0, 1 << (ENVCFG_PBMTE_BIT - ENVCFG_TOP_AT) /* as far as the hart has it */
    csrs ENVCFG_TOP, t0
    li t0, 1 << (ENVCFG_ADUE_BIT - ENVCFG_TOP_AT)
    csrs ENVCFG_TOP, t0
    csrr t0, ENVCFG_TOP
    la t1, machine_environment
    STORE t0, (ENVCFG_TOP_AT / 8)(t1)
    la t1, machine_tree             /* the firmware's convention: a1 */
    STORE a1, 0(t1)
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
    addi sp, sp, -14 * XLEN_BYTES
    STORE ra, 0(sp)
    STORE s0, 1 * XLEN_BYTES(sp)
    STORE s1, 2 * XLEN_BYTES(sp)
    STORE s2, 3 * XLEN_BYTES(sp)
    STORE s3, 4 * XLEN_BYTES(sp)
    STORE s4, 5 * XLEN_BYTES(sp)
    STORE s5, 6 * XLEN_BYTES(sp)
    STORE s6, 7 * XLEN_BYTES(sp)
    STORE s7, 8 * XLEN_BYTES(sp)
    STORE s8, 9 * XLEN_BYTES(sp)
    STORE s9, 10 * XLEN_BYTES(sp)
    STORE s10, 11 * XLEN_BYTES(sp)
    STORE s11, 12 * XLEN_BYTES(sp)
    la t0, host_stack
    STORE sp, 0(t0)
    la t0, guest_stopped
    csrw stvec, t0
    csrw sscratch, a0
    LOAD t0, VCPU_PC(a0)
    csrw sepc, t0
    li t0, HSTATUS_SPV
    csrs HSTATUS, t0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    LOAD x\n, (VCPU_X + \n * XLEN_BYTES)(a0)
    .endr
    LOAD a0, (VCPU_X + X_A0 * XLEN_BYTES)(a0)
    sret

    .balign 4
guest_stopped:
    csrrw a0, sscratch, a0          /* a0 is x10 */
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    STORE x\n, (VCPU_X + \n * XLEN_BYTES)(a0)
    .endr
    csrr t0, sscratch
    STORE t0, (VCPU_X + X_A0 * XLEN_BYTES)(a0)
    csrr t0, sepc
    STORE t0, VCPU_PC(a0)
    la t0, broken
    csrw stvec, t0
    la t0, host_stack
    LOAD sp, 0(t0)
    LOAD ra, 0(sp)
    LOAD s0, 1 * XLEN_BYTES(sp)
    LOAD s1, 2 * XLEN_BYTES(sp)
    LOAD s2, 3 * XLEN_BYTES(sp)
    LOAD s3, 4 * XLEN_BYTES(sp)
    LOAD s4, 5 * XLEN_BYTES(sp)
    LOAD s5, 6 * XLEN_BYTES(sp)
    LOAD s6, 7 * XLEN_BYTES(sp)
    LOAD s7, 8 * XLEN_BYTES(sp)
    LOAD s8, 9 * XLEN_BYTES(sp)
    LOAD s9, 10 * XLEN_BYTES(sp)
    LOAD s10, 11 * XLEN_BYTES(sp)
    LOAD s11, 12 * XLEN_BYTES(sp)
    addi sp, sp, 14 * XLEN_BYTES
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
