/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/cpu/x86_64.h>

#include "identify.h"

/* INVEPT types, 31.3. */
#define INVEPT_SINGLE_CONTEXT UINT64_C(1)
#define INVEPT_ALL_CONTEXT UINT64_C(2)

/* Encodings of VMCS fields, appendix B. */
#define VMCS_GUEST_PHYSICAL_ADDRESS UINT64_C(0x2400)
#define VMCS_SECONDARY_CONTROLS UINT64_C(0x401e)
#define VMCS_EXIT_REASON UINT64_C(0x4402)
#define VMCS_EXIT_QUALIFICATION UINT64_C(0x6400)
#define VMCS_GUEST_LINEAR_ADDRESS UINT64_C(0x640a)

struct invept_descriptor {
    uint64_t eptp;
    uint64_t reserved;
};

/* VMfail sets CF or ZF: "above" is neither. */
static bool invept(uint64_t type, uint64_t eptp)
{
    const struct invept_descriptor descriptor = {.eptp = eptp, .reserved = 0};
    bool done;
    __asm__ volatile("invept %1, %2" : "=@cca"(done) : "m"(descriptor), "r"(type) : "memory");
    return done;
}

bool axas_x86_64_invept(uint64_t eptp)
{
    return invept(INVEPT_SINGLE_CONTEXT, eptp);
}

void axas_x86_64_invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    (void)what;
    const bool done = invept(INVEPT_ALL_CONTEXT, 0);
    (void)done;
    AXAS_ASSERT(done);
}

static uint64_t vmread(uint64_t field)
{
    uint64_t value = 0;
    __asm__ volatile("vmread %1, %0" : "+r"(value) : "r"(field) : "cc");
    return value;
}

void axas_x86_64_fault_registers(uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    registers[0] = vmread(VMCS_EXIT_REASON);
    registers[1] = vmread(VMCS_EXIT_QUALIFICATION);
    registers[2] = vmread(VMCS_GUEST_PHYSICAL_ADDRESS);
    registers[3] = vmread(VMCS_GUEST_LINEAR_ADDRESS);
    registers[4] = vmread(VMCS_SECONDARY_CONTROLS);
    for (unsigned i = 5; i < AXAS_MAX_FAULT_REGISTERS; i++) {
        registers[i] = 0;
    }
}

/* No 64-bit CPU has shorter lines. */
#define CACHE_LINE UINT64_C(64)

void axas_x86_64_table_write_back(void *context, const void *bytes, uint64_t size)
{
    const uint64_t first = (uintptr_t)bytes, end = first + size;
    (void)context;
    for (uint64_t line = first & ~(CACHE_LINE - 1); line < end; line += CACHE_LINE) {
        __asm__ volatile("clflush (%0)" ::"r"(line) : "memory");
    }
    __asm__ volatile("mfence" ::: "memory");
}

struct cpuid {
    uint32_t a, b, c, d;
};

/* All 0 where the CPU does not have the leaf. */
static struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid id = {.a = leaf & UINT32_C(0x80000000)};
    __asm__ volatile("cpuid" : "+a"(id.a), "=b"(id.b), "=c"(id.c), "=d"(id.d) : "c"(0));
    if (id.a < leaf || (id.a ^ leaf) >> 31 != 0) {
        return (struct cpuid){0};
    }
    id.a = leaf;
    __asm__ volatile("cpuid" : "+a"(id.a), "=b"(id.b), "=c"(id.c), "=d"(id.d) : "c"(0));
    return id;
}

static uint64_t read_msr(uint32_t number)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return low | (uint64_t)high << 32;
}

/* Of an appendix A capability MSR with controls: the upper half has those that may be 1. */
#define MAY_BE_1(msr, bit) (((msr) >> (32 + (bit)) & 1) != 0)

#define CPUID_1_C_VMX (UINT32_C(1) << 5)
#define MSR_PROCBASED_CTLS UINT32_C(0x482)
#define MSR_PROCBASED_CTLS2 UINT32_C(0x48b)
#define MSR_EPT_VPID_CAP UINT32_C(0x48c)
#define PROCBASED_SECONDARY 31
#define PROCBASED2_EPT 1
#define PROCBASED2_VPID 5

/* A.3.3: there where the secondary controls may be turned on. */
static uint64_t read_procbased_ctls2(void)
{
    const bool there =
        (cpuid(1).c & CPUID_1_C_VMX) != 0 && MAY_BE_1(read_msr(MSR_PROCBASED_CTLS), PROCBASED_SECONDARY);
    return there ? read_msr(MSR_PROCBASED_CTLS2) : 0;
}

/* A.10: there where EPT or VPIDs may be turned on. */
static uint64_t read_ept_vpid_cap(void)
{
    const uint64_t controls = read_procbased_ctls2();
    return MAY_BE_1(controls, PROCBASED2_EPT) || MAY_BE_1(controls, PROCBASED2_VPID)
               ? read_msr(MSR_EPT_VPID_CAP)
               : 0;
}

static uint64_t read_00000001_edx(void)
{
    return cpuid(1).d;
}

static uint64_t read_00000007_ecx(void)
{
    return cpuid(7).c;
}

static uint64_t read_80000001_ecx(void)
{
    return cpuid(UINT32_C(0x80000001)).c;
}

static uint64_t read_80000001_edx(void)
{
    return cpuid(UINT32_C(0x80000001)).d;
}

#define BITS_WITHOUT_LEAF 36

static uint64_t read_80000008_eax(void)
{
    const uint32_t widths = cpuid(UINT32_C(0x80000008)).a;
    return widths != 0 ? widths : BITS_WITHOUT_LEAF;
}

/* Reserved on CPUs without SVM, which say so in another leaf. */
static uint64_t read_8000000a_edx(void)
{
    return cpuid(UINT32_C(0x8000000a)).d;
}

static uint64_t read_cr4(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

enum axas_status axas_x86_64_capabilities(const struct axas_format *format, struct axas_capabilities *found)
{
    static const struct axas_cpu_register known[] = {
        {"ia32_vmx_procbased_ctls2", read_procbased_ctls2},
        {"ia32_vmx_ept_vpid_cap", read_ept_vpid_cap},
        {"cpuid_00000001_edx", read_00000001_edx},
        {"cpuid_00000007_ecx", read_00000007_ecx},
        {"cpuid_80000001_ecx", read_80000001_ecx},
        {"cpuid_80000001_edx", read_80000001_edx},
        {"cpuid_80000008_eax", read_80000008_eax},
        {"cpuid_8000000a_edx", read_8000000a_edx},
        {"cr4", read_cr4},
    };
    return axas_cpu_identify(format, known, sizeof known / sizeof known[0], NULL, found);
}
