/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's own tables: 32-bit paging, so one level reaches 4 MiB pages. */
#include "guest.h"

#define TABLE UINT32_C(0x03)
#define PAGE UINT32_C(0x03)
#define LARGE_PAGE UINT32_C(0x83)
#define LARGE_PAGE_SIZE UINT32_C(0x400000)

#define CR0_WP (UINT32_C(1) << 16)
#define CR0_PG (UINT32_C(1) << 31)
#define CR4_PSE (UINT32_C(1) << 4)

static volatile uint32_t *table(uint32_t address)
{
    return (volatile uint32_t *)(uintptr_t)address;
}

void guest_paging_on(void)
{
    volatile uint32_t *root = table(GUEST_TABLE_ROOT);
    for (uint32_t i = 0; i < GUEST_WINDOW / LARGE_PAGE_SIZE; i++) {
        root[i] = i * LARGE_PAGE_SIZE | LARGE_PAGE;
    }
    root[GUEST_WINDOW / LARGE_PAGE_SIZE] = GUEST_TABLE_NEXT | TABLE;

    uint32_t scratch;
    __asm__ volatile("movl %%cr4, %0\n"
                     "orl %1, %0\n"
                     "movl %0, %%cr4\n"
                     "movl %2, %%cr3\n"
                     "movl %%cr0, %0\n"
                     "orl %3, %0\n"
                     "movl %0, %%cr0"
                     : "=&r"(scratch)
                     : "i"(CR4_PSE), "r"(GUEST_TABLE_ROOT), "i"(CR0_PG | CR0_WP)
                     : "memory");
}

void guest_paging_open_window(void)
{
    table(GUEST_TABLE_NEXT)[0] = GUEST_SHARED | PAGE;
}
