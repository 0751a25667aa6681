/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's own stage-1 tables: 39-bit addresses, 4 KiB granule, so two levels reach 2 MiB blocks. */
#include "guest.h"

#define TABLE UINT64_C(3)
#define BLOCK UINT64_C(1)
#define ATTR_INDEX(index) ((uint64_t)(index) << 2)
#define INNER_SHAREABLE (UINT64_C(3) << 8)
#define ACCESSED (UINT64_C(1) << 10)

/* MAIR_EL1: index 0 is Device-nGnRE, index 1 Normal write-back. */
#define MAIR UINT64_C(0xff04)
#define DEVICE (BLOCK | ATTR_INDEX(0) | ACCESSED)
#define NORMAL (BLOCK | ATTR_INDEX(1) | INNER_SHAREABLE | ACCESSED)

/* TCR_EL1: T0SZ 25, walks write-back and inner shareable, no TTBR1, 48-bit output. */
#define TCR                                                                                        \
    (UINT64_C(25) | UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12 | UINT64_C(1) << 23 | \
     UINT64_C(5) << 32)
#define SCTLR_M UINT64_C(1)

#define GIB UINT64_C(0x40000000)

static volatile uint64_t *table(uint64_t address)
{
    return (volatile uint64_t *)(uintptr_t)address;
}

void guest_paging_on(void)
{
    volatile uint64_t *root = table(GUEST_TABLE_ROOT);
    root[0] = 0 * GIB | DEVICE;
    root[1] = 1 * GIB | NORMAL;
    root[GUEST_WINDOW / GIB] = GUEST_TABLE_NEXT | TABLE;

    uint64_t control;
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
    __asm__ volatile("msr mair_el1, %0\n"
                     "msr tcr_el1, %1\n"
                     "msr ttbr0_el1, %2\n"
                     "dsb ish\n"
                     "tlbi vmalle1\n"
                     "dsb nsh\n"
                     "isb\n"
                     "msr sctlr_el1, %3\n"
                     "isb" ::"r"(MAIR),
                     "r"(TCR), "r"((uint64_t)GUEST_TABLE_ROOT), "r"(control | SCTLR_M)
                     : "memory");
}

void guest_paging_open_window(void)
{
    table(GUEST_TABLE_NEXT)[0] = GUEST_SHARED | NORMAL;
    __asm__ volatile("dsb ishst\nisb" ::: "memory");
}
