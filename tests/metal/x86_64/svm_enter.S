/* SPDX-License-Identifier: Apache-2.0 */
/* The way into a guest of SVM and back. */
#include "registers.h"

/* void svm_enter(struct registers *rdi, struct vmcb *rsi) */
    .text
    .global svm_enter
svm_enter:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdi
    movq %rsi, %rax
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
    vmrun %rax
    pushq %rdi
    movq 8(%rsp), %rdi
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
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
