/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of the emulated CPU: it makes accesses that are asked for in the mailbox, at privilege level 0. It is at
 * the beginning of memory, which is also seen through a direct mapping window at WINDOW. Sections are of the LoongArch
 * Reference Manual, volume 1 (1.10).
 */
#include "instructions.inc"
#include "mailbox.h"

#define WINDOW 0x9000000000000000
#define HUGE 0x40

    .text
    .global _start
_start:
    li_d T0, (WINDOW | 0x11)        /* coherent cached, for level 0 (7.5.15) */
    csrwr T0, DMW0
    li_d T0, (WINDOW | MEMORY_FIRST + CPU_EXCEPTION)
    csrwr T0, EENTRY
    li_d S0, (WINDOW | MEMORY_FIRST + MAILBOX)
    li_d S2, (WINDOW | MEMORY_FIRST)
    or_d S1, ZERO, ZERO
    addi_d T0, S2, (mapped - _start)
    jirl ZERO, T0
mapped:
    li_d T0, 0xb0                   /* CRMD: PG, not DA (7.4.1) */
    csrwr T0, CRMD

next:
    ld_d T0, S0, MAILBOX_REQUEST
    beq T0, S1, next
    or_d S1, T0, ZERO
    dbar
    ld_d A1, S0, MAILBOX_ADDRESS
    ld_d A2, S0, MAILBOX_VALUE
    ld_d T0, S0, MAILBOX_OPERATION
    add_d T0, T0, S2
    jirl ZERO, T0
went_well:
    or_d T0, ZERO, ZERO
answer:
    st_d T0, S0, MAILBOX_ESTAT
    st_d A2, S0, MAILBOX_VALUE
    csrrd T1, ASID
    csrwr A1, TLBEHI
    tlbsrch
    tlbrd
    csrwr T1, ASID
    csrrd T0, TLBIDX
    st_d T0, S0, (MAILBOX_TLB + 0)
    csrrd T0, TLBELO0
    st_d T0, S0, (MAILBOX_TLB + 8)
    csrrd T0, TLBELO1
    st_d T0, S0, (MAILBOX_TLB + 16)
    dbar
    st_d S1, S0, MAILBOX_ANSWER
    jump next

    /* QEMU keeps what an access found, and lets loads go through by it whatever NR says, and 4 pages of 4 KiB by any of
     * them; it forgets when the address space is another one. */
    .macro forget_shortcuts
    csrrd T0, ASID
    xori T1, T0, 0x3ff
    csrwr T1, ASID
    csrwr T0, ASID
    .endm

    .org _start + CPU_LOAD
    forget_shortcuts
    ld_d A2, A1, 0
    jump went_well

    .org _start + CPU_STORE
    forget_shortcuts
    st_d A2, A1, 0
    jump went_well

    .org _start + CPU_FETCH
    forget_shortcuts
    jirl RA, A1
    jump went_well

    .org _start + CPU_ROOT
    ld_d T0, S0, (MAILBOX_ROOT + 0)
    csrwr T0, PGDL
    ld_d T0, S0, (MAILBOX_ROOT + 8)
    csrwr T0, PWCL
    ld_d T0, S0, (MAILBOX_ROOT + 16)
    csrwr T0, PWCH
    ld_d T0, S0, (MAILBOX_ROOT + 24)
    csrwr T0, STLBPS
    ld_d T0, S0, (MAILBOX_ROOT + 32)
    csrwr T0, TLBREHI
    ld_d T0, S0, (MAILBOX_ROOT + 40)
    csrwr T0, ASID
    ld_d T0, S0, (MAILBOX_ROOT + 48)
    csrwr T0, TLBRENTRY
    jump went_well

    .org _start + CPU_FORGET_ALL
    invtlb 0, ZERO, ZERO
    jump went_well

    .org _start + CPU_FORGET_GUEST
    invtlb 4, A2, ZERO              /* of an ASID */
    jump went_well

    .org _start + CPU_FORGET_PAGE
    invtlb 5, A2, A1                /* of an ASID, and an address */
    jump went_well

    .org _start + CPU_IDENTIFY
    cpucfg A2, A1
    jump went_well

    .org _start + CPU_EXCEPTION
    csrrd T0, BADV
    st_d T0, S0, MAILBOX_BADV
    csrrd T0, ESTAT
    jump answer

    /*
     * A TLB refill runs with physical addresses, and interrupts nothing but an access: T0 to T4 are free. It is that of
     * Linux (LDDIR, LDPTE), for each shape of the tree. These drop bits 63:48 of what they load (QEMU 7.2): NR, NX and
     * RPLV (63:61) are looked up once more.
     */
    .macro refill_begin
    csrrd T0, PGD
    csrrd T3, TLBRBADV
    .endm

    .macro load_entry rd, shift, width
    bstrpick_d T1, T3, (\shift + \width - 1), \shift
    slli_d T1, T1, 3
    or_d T1, T1, T0
    ld_d \rd, T1, 0
    .endm

    .macro directory level, shift, width
    andi T1, T0, HUGE
    bne T1, ZERO, 1f
    load_entry T2, \shift, \width
    lddir T0, T0, \level
1:
    .endm

    .macro put_back csr, entry
    srli_d \entry, \entry, 61
    slli_d \entry, \entry, 61
    csrrd T1, \csr
    or_d T1, T1, \entry
    csrwr T1, \csr
    .endm

    .macro refill_end shift, width
    ldpte T0, 0
    ldpte T0, 1
    or_d T4, T2, ZERO
    andi T1, T0, HUGE
    bne T1, ZERO, 1f
    bstrpick_d T4, T3, (\shift + \width - 1), (\shift + 1)
    slli_d T4, T4, 4
    or_d T4, T4, T0
    ld_d T2, T4, 0
    ld_d T4, T4, 8
1:
    put_back TLBRELO0, T2
    put_back TLBRELO1, T4
    tlbfill
    ertn
    .endm

    .org _start + CPU_REFILL_4K_3LEVEL
    refill_begin
    directory 3, 30, 9
    directory 1, 21, 9
    refill_end 12, 9

    .org _start + CPU_REFILL_4K_4LEVEL
    refill_begin
    directory 3, 39, 9
    directory 2, 30, 9
    directory 1, 21, 9
    refill_end 12, 9

    .org _start + CPU_REFILL_16K_2LEVEL
    refill_begin
    directory 3, 25, 11
    refill_end 14, 11

    .org _start + CPU_REFILL_16K_3LEVEL
    refill_begin
    directory 3, 36, 11
    directory 1, 25, 11
    refill_end 14, 11
    .org _start + MAILBOX
