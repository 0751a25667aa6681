/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's first instructions, and those that C cannot say: 32-bit code.
 *
 * An access that may be refused has EDX pointing to where to go on, and EAX holding GUEST_READ or GUEST_DONE:
 * whoever refuses it, the hypervisor or the guest's own handler, changes EAX and goes on at EDX. What is moved
 * is in ECX.
 */
#include "guest.h"

#define CODE 0x08
#define PAGE_FAULT 14

    .section .text.start, "ax"
    .global _start
_start:
    movl $GUEST_STACK + GUEST_STACK_SIZE - 16, %esp
    movl $0, (%esp)                 /* the first touch of the stack */
    lgdt gdt_pointer
    lidt idt_pointer
    call guest_main
0:  jmp 0b

/* The guest's own tables refused an access: an error code is on top of the stack, below it where it happened. */
page_fault:
    addl $4, %esp
    movl %edx, (%esp)
    movl $GUEST_OWN_FAULT, %eax
    iret

/* Marked as accessed, so that the CPU has nothing to write here. */
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff        /* CODE */
    .quad 0x00cf93000000ffff
gdt_end:
idt:
    .skip 8 * PAGE_FAULT
    .word page_fault - _start       /* low half of the address: the image lies on a multiple of 64 KiB */
    .word CODE, 0x8e00
    .word GUEST_IMAGE >> 16
idt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
idt_pointer:
    .word idt_end - idt - 1
    .long idt

/* struct guest_result is returned where the caller's hidden first argument says; addresses have 64 bits. */
#define RESULT 8
#define ADDRESS 12
#define VALUE 20

    .text
    .global guest_load
guest_load:
    pushl %ebx
    movl ADDRESS(%esp), %ebx
    movl $GUEST_READ, %eax
    xorl %ecx, %ecx
    movl $0f, %edx
    movl (%ebx), %ecx
0:  jmp give_result

    .global guest_store
guest_store:
    pushl %ebx
    movl ADDRESS(%esp), %ebx
    movl VALUE(%esp), %ecx
    movl $GUEST_DONE, %eax
    movl $0f, %edx
    movl %ecx, (%ebx)
0:  xorl %ecx, %ecx
    jmp give_result

    .global guest_jump
guest_jump:
    pushl %ebx
    movl ADDRESS(%esp), %ebx
    pushl %ebp
    movl %esp, %ebp
    movl $GUEST_DONE, %eax
    movl $0f, %edx
    call *%ebx
0:  leave
    xorl %ecx, %ecx
give_result:
    movl RESULT(%esp), %edx
    movl %eax, (%edx)
    movl $0, 4(%edx)
    movl %ecx, 8(%edx)
    movl $0, 12(%edx)
    movl %edx, %eax
    popl %ebx
    ret $4

    .global guest_call
guest_call:
    pushl %ebx
    movl 8(%esp), %eax
    movl 16(%esp), %ebx
    movl 24(%esp), %ecx
    vmcall
    xorl %edx, %edx
    popl %ebx
    ret
