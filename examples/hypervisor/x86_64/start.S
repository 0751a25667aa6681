/* SPDX-License-Identifier: Apache-2.0 */
/* Entry of the hypervisor in 64-bit mode (rom.S comes before), its exception vectors and descriptors. */
#include "pc.h"

    .section .text.start, "ax"
    .global _start
_start:
    leaq stack_top(%rip), %rsp
    /* The descriptor of the task state: its address in four pieces. */
    leaq host_task(%rip), %rax
    leaq host_gdt + HOST_TASK(%rip), %rbx
    movw %ax, 2(%rbx)
    shrq $16, %rax
    movb %al, 4(%rbx)
    movb %ah, 7(%rbx)
    shrq $16, %rax
    movl %eax, 8(%rbx)
    lgdt gdt_pointer(%rip)
    movl $HOST_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %eax, %fs
    movl %eax, %gs
    pushq $HOST_CODE
    leaq 0f(%rip), %rax
    pushq %rax
    lretq
0:  movl $HOST_TASK, %eax
    ltr %ax
    call hypervisor_main
0:  hlt
    jmp 0b

/* Nothing of the hypervisor itself is expected to fault: what happened is printed, and that is the end. */
    .text
    .balign 16
    .global exception_stubs
exception_stubs:
    .set vector, 0
    .rept EXCEPTIONS
    .balign EXCEPTION_STUB_SIZE
    pushq $vector
    jmp exception
    .set vector, vector + 1
    .endr
exception:
    movq %rsp, %rdi
    andq $-16, %rsp
    call pc_broken

    .data
    .balign 16
    .global host_gdt, host_task
host_gdt:
    .quad 0
    .quad 0x00af9b000000ffff        /* HOST_CODE */
    .quad 0x00cf93000000ffff        /* HOST_DATA */
    .quad 0x0000890000000000 + HOST_TASK_SIZE - 1, 0
host_gdt_end:
gdt_pointer:
    .word host_gdt_end - host_gdt - 1
    .quad host_gdt
    .balign 16
host_task:
    .skip HOST_TASK_SIZE

/* The guest's program, as the linker wrote it. */
    .section .rodata.guest, "a"
    .balign 8
    .global guest_image, guest_image_end
guest_image:
    .incbin GUEST_BINARY
guest_image_end:
