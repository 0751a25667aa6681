/* SPDX-License-Identifier: Apache-2.0 */
/* The part of arch.h that has nothing to do with how guests run: one PC, in Bochs or in QEMU. */
#include "pc.h"

#include "../arch.h"
#include "../console.h"

#define PORT_CONSOLE 0xe9      /* both emulators print what is written here */
#define PORT_EXIT_QEMU 0xf4    /* isa-debug-exit */
#define PORT_EXIT_BOCHS 0x8900 /* wants a word, letter by letter */

#define MEMORY_END UINT64_C(0x4000000) /* the emulators are started with 64 MiB */
#define ROM_LAST_PAGE UINT64_C(0xfffff000)

#define GATE_INTERRUPT UINT64_C(0x8e)

extern char exception_stubs[], image_end[];

struct gate {
    uint64_t low, high;
};
static struct gate gates[EXCEPTIONS] __attribute__((aligned(16)));

/* What exception_stubs and the CPU push; some exceptions have an error code before the rest. */
struct exception {
    uint64_t vector, stack[4];
};
void pc_broken(const struct exception *exception);

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

void arch_put(char character)
{
    out(PORT_CONSOLE, (uint8_t)character);
}

/* Bochs always ends with the same status, so whoever started it reads the last line. */
_Noreturn void arch_exit(int status)
{
    print("exit status %u\n", (unsigned)status);
    for (const char *word = "Shutdown"; *word != '\0'; word++) {
        out(PORT_EXIT_BOCHS, (uint8_t)*word);
    }
    out(PORT_EXIT_QEMU, (uint8_t)status);
    for (;;) {
        __asm__ volatile("cli\nhlt");
    }
}

void pc_broken(const struct exception *exception)
{
    print("The hypervisor itself got exception %lu: CR2 0x%lx, stack", exception->vector, READ_CR(2));
    for (unsigned i = 0; i < 4; i++) {
        print(" 0x%lx", exception->stack[i]);
    }
    print(".\n");
    arch_exit(3);
}

void pc_init(void)
{
    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        const uint64_t stub = (uint64_t)(uintptr_t)exception_stubs + (uint64_t)i * EXCEPTION_STUB_SIZE;
        gates[i].low = (stub & 0xffff) | HOST_CODE << 16 | GATE_INTERRUPT << 40 | (stub >> 16 & 0xffff) << 48;
        gates[i].high = stub >> 32;
    }
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof gates - 1, pc_idt()};
    __asm__ volatile("lidt %0" ::"m"(pointer));
}

uint64_t pc_idt(void)
{
    return (uintptr_t)gates;
}

uint8_t pc_physical_bits(void)
{
    return (uint8_t)pc_cpuid(0x80000008).a;
}

struct arch_memory arch_memory(void)
{
    return (struct arch_memory){.first = (uintptr_t)image_end, .end = MEMORY_END};
}

axas_hpa arch_device(void)
{
    return axas_hpa_of(ROM_LAST_PAGE);
}
