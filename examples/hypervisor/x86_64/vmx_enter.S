/* SPDX-License-Identifier: Apache-2.0 */
/* The way into a guest of VMX and back. */
#include "registers.h"
#include "vmx.h"

/* bool vmx_enter(struct registers *rdi, bool launched esi): false if the entry failed. */
    .text
    .global vmx_enter
vmx_enter:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdi
    movl $VMCS_HOST_RSP, %eax
    vmwrite %rsp, %rax
    movl $VMCS_HOST_RIP, %eax
    leaq guest_stopped(%rip), %rcx
    vmwrite %rcx, %rax
    testl %esi, %esi                /* the moves below leave the flags alone */
    movq REGISTERS_RAX(%rdi), %rax
    movq REGISTERS_RBX(%rdi), %rbx
    movq REGISTERS_RCX(%rdi), %rcx
    movq REGISTERS_RDX(%rdi), %rdx
    movq REGISTERS_RSI(%rdi), %rsi
    movq REGISTERS_RBP(%rdi), %rbp
    movq REGISTERS_R8(%rdi), %r8
    movq REGISTERS_R9(%rdi), %r9
    movq REGISTERS_R10(%rdi), %r10
    movq REGISTERS_R11(%rdi), %r11
    movq REGISTERS_R12(%rdi), %r12
    movq REGISTERS_R13(%rdi), %r13
    movq REGISTERS_R14(%rdi), %r14
    movq REGISTERS_R15(%rdi), %r15
    movq REGISTERS_RDI(%rdi), %rdi
    jnz 0f
    vmlaunch
    jmp 1f
0:  vmresume
1:  popq %rdi                       /* refused: no register has changed */
    xorl %eax, %eax
    jmp 2f

guest_stopped:
    pushq %rdi
    movq 8(%rsp), %rdi
    movq %rax, REGISTERS_RAX(%rdi)
    movq %rbx, REGISTERS_RBX(%rdi)
    movq %rcx, REGISTERS_RCX(%rdi)
    movq %rdx, REGISTERS_RDX(%rdi)
    movq %rsi, REGISTERS_RSI(%rdi)
    movq %rbp, REGISTERS_RBP(%rdi)
    movq %r8, REGISTERS_R8(%rdi)
    movq %r9, REGISTERS_R9(%rdi)
    movq %r10, REGISTERS_R10(%rdi)
    movq %r11, REGISTERS_R11(%rdi)
    movq %r12, REGISTERS_R12(%rdi)
    movq %r13, REGISTERS_R13(%rdi)
    movq %r14, REGISTERS_R14(%rdi)
    movq %r15, REGISTERS_R15(%rdi)
    popq REGISTERS_RDI(%rdi)
    popq %rdi
    movl $1, %eax
2:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
