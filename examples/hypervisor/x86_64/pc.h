/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pc.h
 * The hypervisor's own side of the CPU, whoever makes it: descriptors, exceptions, special registers.
 */
#ifndef PC_H
#define PC_H

/* Selectors of host_gdt. */
#define HOST_CODE 0x08
#define HOST_DATA 0x10
#define HOST_TASK 0x18
#define HOST_TASK_SIZE 104
#define HOST_GDT_LIMIT 39

#define EXCEPTIONS 32
#define EXCEPTION_STUB_SIZE 16

#ifndef __ASSEMBLER__
#include <stdint.h>

#define BIT(n) (UINT64_C(1) << (n))

#define MSR_EFER 0xc0000080u
#define EFER_LME BIT(8)
#define EFER_LMA BIT(10)
#define EFER_NXE BIT(11)

extern char host_gdt[], host_task[];

/** Where the exceptions go; the rest of the CPU is as the ROM left it. */
void pc_init(void);

/** The linear address of the table that pc_init loads. */
uint64_t pc_idt(void);

/** CPUID 8000_0008: width of physical addresses. */
uint8_t pc_physical_bits(void);

struct pc_cpuid {
    uint32_t a, b, c, d;
};

static inline struct pc_cpuid pc_cpuid(uint32_t leaf)
{
    struct pc_cpuid id;
    __asm__ volatile("cpuid" : "=a"(id.a), "=b"(id.b), "=c"(id.c), "=d"(id.d) : "a"(leaf), "c"(0));
    return id;
}

static inline uint64_t read_msr(uint32_t number)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return low | (uint64_t)high << 32;
}

static inline void write_msr(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

#define READ_CR(n)                                                       \
    __extension__({                                                      \
        uint64_t value_;                                                 \
        __asm__ volatile("mov %%cr" #n ", %0" : "=r"(value_)::"memory"); \
        value_;                                                          \
    })
#define WRITE_CR(n, value) __asm__ volatile("mov %0, %%cr" #n ::"r"((uint64_t)(value)) : "memory")

#endif

#endif
