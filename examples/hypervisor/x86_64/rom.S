/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's firmware: the last page below 4 GiB. From reset to 64-bit mode with the first 4 GiB mapped
 * as they are, the image copied to where it was linked (hypervisor.ld), and on to _start.
 *
 * It is also the device that the guest is shown (arch_device): a PC has none whose first register says who it is.
 */
#include "../guest/guest.h"

#define CODE32 0x08
#define DATA 0x10
#define CODE64 0x18

#define PORT_A20 0x92
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define CR0_PG_NE_ET_MP_PE 0x80000033
#define CR4_PAE 0x20
#define CR4_LA57 0x1000

#define PRESENT_WRITABLE 3
#define LARGE_PAGE 0x83

    .section .rom, "ax"
    .balign 4096
rom:
    .long GUEST_DEVICE_ID
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff        /* CODE32 */
    .quad 0x00cf93000000ffff        /* DATA */
    .quad 0x00af9b000000ffff        /* CODE64 */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

/* The segment starts 64 KiB below 4 GiB, this page is its last. */
    .code16
start16:
    cli
    movb $2, %al
    outb %al, $PORT_A20
    lgdtl %cs:(0xf000 + gdt_pointer - rom)
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $start32

    .code32
start32:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    cld
    movl $image_rom, %esi
    movl $image, %edi
    movl $image_words, %ecx
    rep movsl
    movl $bss, %edi
    xorl %eax, %eax
    movl $bss_words, %ecx
    rep stosl

    /* One table of 512 GiB, one of 1 GiB each, four of 2 MiB leaves. */
    movl $host_tables, %ebx
    leal 0x1000 + PRESENT_WRITABLE(%ebx), %eax
    movl %eax, (%ebx)
    movl $4, %ecx
    leal 0x1000(%ebx), %edi
0:  addl $0x1000, %eax
    movl %eax, (%edi)
    addl $8, %edi
    loop 0b
    leal 0x2000(%ebx), %edi
    movl $LARGE_PAGE, %eax
    movl $4 * 512, %ecx
0:  movl %eax, (%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 0b

#ifdef ROM_LA57 /* for a CPU that has them, five levels: one more table, of 256 TiB each */
    leal PRESENT_WRITABLE(%ebx), %eax
    addl $6 * 0x1000, %ebx
    movl %eax, (%ebx)
#define CR4_WANTED (CR4_PAE | CR4_LA57)
#else
#define CR4_WANTED CR4_PAE
#endif
    movl %cr4, %eax
    orl $CR4_WANTED, %eax
    movl %eax, %cr4
    movl %ebx, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl $CR0_PG_NE_ET_MP_PE, %eax
    movl %eax, %cr0
    ljmpl $CODE64, $_start

    .org 0xff0, 0x90
    .code16
    jmp start16
    .org 0x1000, 0

    .bss
    .balign 4096
host_tables:
    .skip 7 * 4096
