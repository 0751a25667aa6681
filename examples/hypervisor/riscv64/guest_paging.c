/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's own tables: Sv39, so two levels reach 2 MiB leaves. */
#include "guest.h"

#define VALID UINT64_C(1)
#define MEMORY (VALID | UINT64_C(0xce)) /* read, write, execute; accessed and dirty */
#define ENTRY(address, bits) ((uint64_t)(address) >> 12 << 10 | (bits))

#define SATP_SV39 (UINT64_C(8) << 60)
#define GIB UINT64_C(0x40000000)

static volatile uint64_t *table(uint64_t address)
{
    return (volatile uint64_t *)(uintptr_t)address;
}

void guest_paging_on(void)
{
    volatile uint64_t *root = table(GUEST_TABLE_ROOT);
    root[0] = ENTRY(0 * GIB, MEMORY);
    root[1] = ENTRY(1 * GIB, MEMORY);
    root[GUEST_WINDOW / GIB] = ENTRY(GUEST_TABLE_NEXT, VALID);
    __asm__ volatile("csrw satp, %0\n"
                     "sfence.vma" ::"r"(SATP_SV39 | (uint64_t)GUEST_TABLE_ROOT >> 12)
                     : "memory");
}

void guest_paging_open_window(void)
{
    table(GUEST_TABLE_NEXT)[0] = ENTRY(GUEST_SHARED, MEMORY);
    __asm__ volatile("sfence.vma" ::: "memory");
}
