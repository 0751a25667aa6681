/* SPDX-License-Identifier: Apache-2.0 */
/* The way into a guest of VMX and back. */
#include "vmx.h"

/* bool vmx_enter(struct vmx_registers *rdi, bool launched esi): false if the entry failed. */
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
    movq VMX_RAX(%rdi), %rax
    movq VMX_RBX(%rdi), %rbx
    movq VMX_RCX(%rdi), %rcx
    movq VMX_RDX(%rdi), %rdx
    movq VMX_RSI(%rdi), %rsi
    movq VMX_RBP(%rdi), %rbp
    movq VMX_R8(%rdi), %r8
    movq VMX_R9(%rdi), %r9
    movq VMX_R10(%rdi), %r10
    movq VMX_R11(%rdi), %r11
    movq VMX_R12(%rdi), %r12
    movq VMX_R13(%rdi), %r13
    movq VMX_R14(%rdi), %r14
    movq VMX_R15(%rdi), %r15
    movq VMX_RDI(%rdi), %rdi
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
    movq %rax, VMX_RAX(%rdi)
    movq %rbx, VMX_RBX(%rdi)
    movq %rcx, VMX_RCX(%rdi)
    movq %rdx, VMX_RDX(%rdi)
    movq %rsi, VMX_RSI(%rdi)
    movq %rbp, VMX_RBP(%rdi)
    movq %r8, VMX_R8(%rdi)
    movq %r9, VMX_R9(%rdi)
    movq %r10, VMX_R10(%rdi)
    movq %r11, VMX_R11(%rdi)
    movq %r12, VMX_R12(%rdi)
    movq %r13, VMX_R13(%rdi)
    movq %r14, VMX_R14(%rdi)
    movq %r15, VMX_R15(%rdi)
    popq VMX_RDI(%rdi)
    popq %rdi
    movl $1, %eax
2:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
