/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mailbox.h
 * What the program on the emulated CPU (cpu.S) and the one on this machine (probe.c) know of each other:
 * where things are in the memory that both see, and one request at a time.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#define MEMORY_FIRST 0x90000000 /* of QEMU's "virt", the larger part */
#define CPU_EXCEPTION 0x1000    /* offsets in cpu.S */
#define CPU_REFILL_4K_3LEVEL 0x2000
#define CPU_REFILL_4K_4LEVEL 0x3000
#define CPU_REFILL_16K_2LEVEL 0x4000
#define CPU_REFILL_16K_3LEVEL 0x5000
#define MAILBOX 0x8000
#define IMAGE_SIZE 0x10000

/* struct mailbox, by offset. */
#define MAILBOX_REQUEST 0
#define MAILBOX_OPERATION 8
#define MAILBOX_ADDRESS 16
#define MAILBOX_VALUE 24
#define MAILBOX_ESTAT 32
#define MAILBOX_BADV 40
#define MAILBOX_ANSWER 48
#define MAILBOX_TLB 56
#define MAILBOX_ROOT 80

/* Operations, by where cpu.S has them. */
#define CPU_LOAD 0x400
#define CPU_STORE 0x440
#define CPU_FETCH 0x480
#define CPU_ROOT 0x4c0
#define CPU_FORGET_ALL 0x540
#define CPU_FORGET_GUEST 0x580
#define CPU_FORGET_PAGE 0x5c0
#define CPU_IDENTIFY 0x600

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct mailbox {
    uint64_t request; /* counts up; what follows is for the new one */
    uint64_t operation;
    uint64_t address, value;
    uint64_t estat, badv; /* the answer: ESTAT is 0 where all went well */
    uint64_t answer;      /* the request that is done */
    uint64_t tlb[3];      /* TLBIDX, TLBELO0, TLBELO1: what the TLB then has for the address */
    uint64_t root[7];     /* for PGDL, PWCL, PWCH, STLBPS, TLBREHI, ASID, TLBRENTRY */
};
_Static_assert(offsetof(struct mailbox, request) == MAILBOX_REQUEST, "cpu.S");
_Static_assert(offsetof(struct mailbox, operation) == MAILBOX_OPERATION, "cpu.S");
_Static_assert(offsetof(struct mailbox, address) == MAILBOX_ADDRESS, "cpu.S");
_Static_assert(offsetof(struct mailbox, value) == MAILBOX_VALUE, "cpu.S");
_Static_assert(offsetof(struct mailbox, estat) == MAILBOX_ESTAT, "cpu.S");
_Static_assert(offsetof(struct mailbox, badv) == MAILBOX_BADV, "cpu.S");
_Static_assert(offsetof(struct mailbox, answer) == MAILBOX_ANSWER, "cpu.S");
_Static_assert(offsetof(struct mailbox, tlb) == MAILBOX_TLB, "cpu.S");
_Static_assert(offsetof(struct mailbox, root) == MAILBOX_ROOT, "cpu.S");
#endif

#endif
