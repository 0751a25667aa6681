/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/cpu/x86_64.h>

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
