/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/cpu/aarch64.h>

#include "identify.h"
#include "range.h"

#define READ(name)                                        \
    __extension__({                                       \
        uint64_t value_;                                  \
        __asm__ volatile("mrs %0, " name : "=r"(value_)); \
        value_;                                           \
    })
#define WRITE(name, value) __asm__ volatile("msr " name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define DO(instruction) __asm__ volatile(instruction ::: "memory")
#define DO_WITH(instruction, operand) __asm__ volatile(instruction ", %0" ::"r"(operand) : "memory")

/* VTTBR_EL2, D19.2.151. An 8-bit VMID has the low half of the field. Bits 5:2 hold the root's bits 51:48. */
#define VTTBR_VMID_SHIFT 48
#define VTTBR_ROOT(root) (((root) & ((UINT64_C(1) << 48) - 1)) | ((root) >> 48 & 0xf) << 2)
#define VTTBR_CNP UINT64_C(1)

/* CTR_EL0, D19.2.35. */
#define CTR_DIC (UINT64_C(1) << 29)

/* ESR_EL2 of an abort, D19.2.40. */
#define ESR_S1PTW (UINT64_C(1) << 7)
#define ESR_STATUS_KIND UINT64_C(0x3c)
#define ESR_STATUS_PERMISSION UINT64_C(0x0c)

#define PAR_FAILED UINT64_C(1)

void axas_aarch64_barrier(void *context)
{
    (void)context;
    DO("dsb ishst");
}

/* TLBI IPAS2E1 takes bits 51:12 of the address in bits 39:0 of its operand (C5.5). */
static void forget_leaves_everywhere(uint64_t gpa, uint64_t leaf, uint64_t count)
{
    for (; count > 0; count--, gpa += leaf) {
        DO_WITH("tlbi ipas2e1is", gpa >> 12);
    }
    DO("dsb ish");
    DO("tlbi vmalle1is");
}

static void forget_leaves_here(uint64_t gpa, uint64_t leaf, uint64_t count)
{
    for (; count > 0; count--, gpa += leaf) {
        DO_WITH("tlbi ipas2e1", gpa >> 12);
    }
    DO("dsb nsh");
    DO("tlbi vmalle1");
}

void axas_aarch64_invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    const uint64_t wanted = VTTBR_ROOT(what->root.raw) | (uint64_t)what->vmid << VTTBR_VMID_SHIFT;
    const uint64_t loaded = READ("vttbr_el2");
    const bool other = ((loaded ^ wanted) & ~VTTBR_CNP) != 0;
    uint64_t first = 0;
    const uint64_t leaves = axas_cpu_leaves(what, &first);

    if (what->local) {
        DO("dsb nshst");
    } else {
        DO("dsb ishst");
    }
    if (other) {
        WRITE("vttbr_el2", wanted);
        DO("isb");
    }
    if (what->local) {
        if (leaves != 0) {
            forget_leaves_here(first, what->leaf_size, leaves);
        } else {
            DO("tlbi vmalls12e1");
        }
        DO("dsb nsh");
    } else {
        if (leaves != 0) {
            forget_leaves_everywhere(first, what->leaf_size, leaves);
        } else {
            DO("tlbi vmalls12e1is");
        }
        DO("dsb ish");
    }
    if (other) {
        WRITE("vttbr_el2", loaded);
    }
    DO("isb");
}

/* The smallest data cache line of any cache: CTR_EL0.DminLine counts it in words, as a power of two. */
static uint64_t data_line(void)
{
    return UINT64_C(4) << (READ("ctr_el0") >> 16 & 0xf);
}

void axas_aarch64_table_write_back(void *context, const void *bytes, uint64_t size)
{
    (void)context;
    const uint64_t line = data_line();
    const uint64_t start = (uint64_t)(uintptr_t)bytes, end = start + size;
    for (uint64_t at = start & ~(line - 1); at < end; at += line) {
        DO_WITH("dc cvac", at);
    }
    /* SY: a walker that does not snoop need not be in the inner shareable domain. */
    DO("dsb sy");
}

void axas_aarch64_publish(const void *bytes, uint64_t size, axas_attr attr)
{
    const uint64_t line = data_line();
    const uint64_t start = (uint64_t)(uintptr_t)bytes, end = start + size;
    for (uint64_t at = start & ~(line - 1); at < end; at += line) {
        DO_WITH("dc civac", at);
    }
    DO("dsb sy");
    if ((attr & AXAS_EXEC) != 0 && (READ("ctr_el0") & CTR_DIC) == 0) {
        /* All of it: the guest fetches by another virtual address, which IC IVAU reaches in a PIPT cache
         * only. */
        DO("ic ialluis");
        DO("dsb ish");
        DO("isb");
    }
}

void axas_aarch64_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    const uint64_t syndrome = READ("esr_el2");
    const uint64_t address = READ("far_el2");
    uint64_t translated = PAR_FAILED;

    if ((syndrome & ESR_S1PTW) == 0 && (syndrome & ESR_STATUS_KIND) == ESR_STATUS_PERMISSION) {
        const uint64_t guest_par = READ("par_el1");
        DO_WITH("at s1e1r", address);
        DO("isb");
        translated = READ("par_el1");
        WRITE("par_el1", guest_par);
    }
    registers[0] = syndrome;
    registers[1] = READ("hpfar_el2");
    registers[2] = address;
    registers[3] = translated;
    for (unsigned i = 4; i < AXAS_MAX_FAULT_REGISTERS; i++) {
        registers[i] = 0;
    }
}

static uint64_t read_mmfr0(void)
{
    return READ("id_aa64mmfr0_el1");
}

static uint64_t read_mmfr1(void)
{
    return READ("id_aa64mmfr1_el1");
}

static uint64_t read_mmfr2(void)
{
    return READ("s3_0_c0_c7_2"); /* its name is younger than ARMv8.0 */
}

enum axas_status axas_aarch64_capabilities(const struct axas_format *format, struct axas_capabilities *found)
{
    static const struct axas_cpu_register known[] = {
        {"id_aa64mmfr0_el1", read_mmfr0}, {"id_aa64mmfr1_el1", read_mmfr1}, {"id_aa64mmfr2_el1", read_mmfr2}};
    return axas_cpu_identify(format, known, sizeof known / sizeof known[0], NULL, found);
}
