/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file guest.h
 * What the hypervisor and its guest agree upon: where things are, and how they talk.
 */
#ifndef GUEST_H
#define GUEST_H

/* The guest physical address space. All of it is there because libaxas put it there. */
#define GUEST_IMAGE 0x40000000 /* its program; may be read and executed */
#define GUEST_IMAGE_SIZE 0x10000
#define GUEST_STACK 0x44000000 /* comes when touched */
#define GUEST_STACK_SIZE 0x10000
#define GUEST_RAM 0x50000000 /* comes when touched */
#define GUEST_RAM_SIZE 0x1000000
#define GUEST_SHARED 0x60000000  /* a page of the hypervisor, which the guest may read */
#define GUEST_DEVICE 0x10000000  /* a page of registers of a real device, which the guest may read */
#define GUEST_CONSOLE 0x11000000 /* a device that the hypervisor plays */
#define GUEST_PAGE_SIZE 0x1000
#define GUEST_NOWHERE 0x70000000 /* nothing */

/* Registers of the console. */
#define GUEST_CONSOLE_DATA (GUEST_CONSOLE + 0x0)
#define GUEST_CONSOLE_STATUS (GUEST_CONSOLE + 0x4)
#define GUEST_CONSOLE_READY 0xc0501e

/* What a read finds. */
#define GUEST_DEVICE_ID 0x74726976 /* "virt", the first register of a virtio-mmio transport */
#define GUEST_SHARED_WORD 0x5ba5ed00
#define GUEST_FIRST_WORD 0x11111111
#define GUEST_SECOND_WORD 0x22222222

/* Places in GUEST_RAM, each in a leaf of its own even if leaves are 2 MiB. */
#define GUEST_FIRST (GUEST_RAM + 0x1000)
#define GUEST_SECOND (GUEST_RAM + 0x800000)
#define GUEST_TABLE_ROOT (GUEST_RAM + 0x400000) /* the guest's own page tables */
#define GUEST_TABLE_NEXT (GUEST_RAM + 0x600000)
#define GUEST_CODE_IN_RAM (GUEST_RAM + 0xc00000)

/* A guest virtual address that the guest maps to GUEST_SHARED with its own tables. */
#define GUEST_WINDOW 0x80000000

/* Calls to the hypervisor: a number and up to three arguments. */
#define GUEST_CALL_REPORT 1    /* what became of an access: enum guest_outcome, value */
#define GUEST_CALL_SEAL 2      /* make memory read-only: address, size */
#define GUEST_CALL_GIVE_BACK 3 /* take memory away: address, size */
#define GUEST_CALL_DONE 4

/* What became of an access. */
#define GUEST_READ 0      /* there is a value */
#define GUEST_DONE 1      /* a write, or a jump that came back */
#define GUEST_REFUSED 2   /* the hypervisor said no */
#define GUEST_OWN_FAULT 3 /* the guest's own tables said no */

#ifndef __ASSEMBLER__
#include <stdint.h>

struct guest_result {
    uint64_t outcome; /* GUEST_READ, ... */
    uint64_t value;   /* what was read */
};

/*
 * Implemented by each architecture. An access of the next three may be refused: the instruction before it
 * puts the address to go on at into a register that hypervisor and guest agree upon, and the outcome into
 * another.
 */
struct guest_result guest_load(uint64_t address);
struct guest_result guest_store(uint64_t address, uint32_t value);
struct guest_result guest_jump(uint64_t address);

uint64_t guest_call(uint64_t number, uint64_t first, uint64_t second);

/* Turns the guest's own translation on: everything below GUEST_WINDOW as it is, and the window through the
 * table at GUEST_TABLE_NEXT, which the guest has not touched yet. */
void guest_paging_on(void);
/* Makes the window show GUEST_SHARED, as far as the guest can say: for reading and writing. */
void guest_paging_open_window(void);
#endif

#endif
