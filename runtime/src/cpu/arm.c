/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/cpu/arm.h>

#include "identify.h"

/* Registers of coprocessor 15 (B3.17) as the operands of MRC and MCR, and of MRRC and MCRR for those of 64
 * bits. */
#define HSR "4, %0, c5, c2, 0"
#define HPFAR "4, %0, c6, c0, 4"
#define HDFAR "4, %0, c6, c0, 0"
#define HIFAR "4, %0, c6, c0, 2"
#define CTR "0, %0, c0, c0, 1"
#define ID_PFR1 "0, %0, c0, c1, 1"
#define ID_MMFR0 "0, %0, c0, c1, 4"
#define ID_MMFR3 "0, %0, c0, c1, 7"
#define VTTBR "6, %Q0, %R0, c2"
#define PAR "0, %Q0, %R0, c7"

#define TLBIALLIS "0, %0, c8, c3, 0"
#define TLBIALL "0, %0, c8, c7, 0"
#define DCCMVAC "0, %0, c7, c10, 1"
#define DCCIMVAC "0, %0, c7, c14, 1"
#define ICIALLUIS "0, %0, c7, c1, 0"
#define ATS1CPR "0, %0, c7, c8, 0"

#define READ(name)                                                   \
    __extension__({                                                  \
        uint32_t value_;                                             \
        __asm__ volatile("mrc p15, " name : "=r"(value_)::"memory"); \
        value_;                                                      \
    })
#define READ_64(name)                                                 \
    __extension__({                                                   \
        uint64_t value_;                                              \
        __asm__ volatile("mrrc p15, " name : "=r"(value_)::"memory"); \
        value_;                                                       \
    })
#define WRITE_64(name, value) __asm__ volatile("mcrr p15, " name ::"r"((uint64_t)(value)) : "memory")
#define DO(instruction) __asm__ volatile(instruction ::: "memory")
#define DO_WITH(operation, operand) \
    __asm__ volatile("mcr p15, " operation ::"r"((uint32_t)(operand)) : "memory")

#define VTTBR_VMID_SHIFT 48

/* HSR of an abort ("Use of the HSR", B3.13). */
#define HSR_CLASS(hsr) ((hsr) >> 26)
#define HSR_CLASS_DATA 0x24
#define HSR_S1PTW (UINT32_C(1) << 7)
#define HSR_STATUS_KIND UINT32_C(0x3c)
#define HSR_STATUS_PERMISSION UINT32_C(0x0c)

#define PAR_FAILED UINT64_C(1)

void axas_arm_barrier(void *context)
{
    (void)context;
    DO("dsb ishst");
}

void axas_arm_invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    const uint64_t wanted = what->root.raw | (uint64_t)what->vmid << VTTBR_VMID_SHIFT;
    const uint64_t loaded = READ_64(VTTBR);

    if (what->local) {
        DO("dsb nshst");
    } else {
        DO("dsb ishst");
    }
    if (loaded != wanted) {
        WRITE_64(VTTBR, wanted);
        DO("isb");
    }
    if (what->local) {
        DO_WITH(TLBIALL, 0);
        DO("dsb nsh");
    } else {
        DO_WITH(TLBIALLIS, 0);
        DO("dsb ish");
    }
    if (loaded != wanted) {
        WRITE_64(VTTBR, loaded);
    }
    DO("isb");
}

/* The smallest data cache line of any cache: CTR.DminLine counts it in words, as a power of two. */
static uint64_t data_line(void)
{
    return UINT64_C(4) << (READ(CTR) >> 16 & 0xf);
}

void axas_arm_table_write_back(void *context, const void *bytes, uint64_t size)
{
    (void)context;
    const uint64_t line = data_line();
    const uint64_t start = (uintptr_t)bytes, end = start + size;
    for (uint64_t at = start & ~(line - 1); at < end; at += line) {
        DO_WITH(DCCMVAC, at);
    }
    /* SY: a walker that does not snoop need not be in the inner shareable domain. */
    DO("dsb sy");
}

void axas_arm_publish(const void *bytes, uint64_t size, axas_attr attr)
{
    const uint64_t line = data_line();
    const uint64_t start = (uintptr_t)bytes, end = start + size;
    for (uint64_t at = start & ~(line - 1); at < end; at += line) {
        DO_WITH(DCCIMVAC, at);
    }
    DO("dsb sy");
    if ((attr & AXAS_EXEC) != 0) {
        /* All of it: the guest fetches by another virtual address, which ICIMVAU reaches in a PIPT cache
         * only. */
        DO_WITH(ICIALLUIS, 0);
        DO("dsb ish");
        DO("isb");
    }
}

void axas_arm_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    const uint32_t syndrome = READ(HSR), data = READ(HDFAR), fetched = READ(HIFAR);
    uint64_t translated = PAR_FAILED;

    if ((syndrome & HSR_S1PTW) == 0 && (syndrome & HSR_STATUS_KIND) == HSR_STATUS_PERMISSION) {
        const uint64_t guest_par = READ_64(PAR);
        DO_WITH(ATS1CPR, HSR_CLASS(syndrome) == HSR_CLASS_DATA ? data : fetched);
        DO("isb");
        translated = READ_64(PAR);
        WRITE_64(PAR, guest_par);
    }
    registers[0] = syndrome;
    registers[1] = READ(HPFAR);
    registers[2] = data;
    registers[3] = fetched;
    registers[4] = translated;
    for (unsigned i = 5; i < AXAS_MAX_FAULT_REGISTERS; i++) {
        registers[i] = 0;
    }
}

static uint64_t read_pfr1(void)
{
    return READ(ID_PFR1);
}

static uint64_t read_mmfr0(void)
{
    return READ(ID_MMFR0);
}

static uint64_t read_mmfr3(void)
{
    return READ(ID_MMFR3);
}

enum axas_status axas_arm_capabilities(const struct axas_format *format, struct axas_capabilities *found)
{
    static const struct axas_cpu_register known[] = {
        {"id_pfr1", read_pfr1}, {"id_mmfr0", read_mmfr0}, {"id_mmfr3", read_mmfr3}};
    return axas_cpu_identify(format, known, sizeof known / sizeof known[0], NULL, found);
}
