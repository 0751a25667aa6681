/* SPDX-License-Identifier: Apache-2.0 */
/* Hyp mode on QEMU's "virt" machine: as much of arch.h as the program needs. Sections are of DDI 0406C.d. */
#include "arch.h"
#include "console.h"
#include "cp15.h"

#include <axas/cpu/arm.h>
#include <axas/formats/armv7_lpae_stage2.h>

#define BIT(n) (UINT32_C(1) << (n))

/* The machine. */
#define MEMORY_FIRST UINT32_C(0x40000000)
#define MEMORY_SIZE UINT32_C(0x10000000)
#define UART UINT32_C(0x09000000)
#define UART_DATA 0x00
#define UART_FLAGS 0x18
#define UART_FLAGS_FULL BIT(5)

extern char image_end[];

void arch_broken(void);
void arch_not_in_hyp_mode(void);

/* ---- console and exit ---- */

static volatile uint32_t *uart(unsigned offset)
{
    return (volatile uint32_t *)(uintptr_t)(UART + offset);
}

void arch_put(char character)
{
    while ((*uart(UART_FLAGS) & UART_FLAGS_FULL) != 0) {
    }
    *uart(UART_DATA) = (uint8_t)character;
}

/* Semihosting: SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit. */
_Noreturn void arch_exit(int status)
{
    const uint32_t block[2] = {0x20026, (uint32_t)status};
    register uint32_t operation __asm__("r0") = 0x20;
    register const uint32_t *parameters __asm__("r1") = block;
    for (;;) {
        __asm__ volatile("svc #0x123456" : "+r"(operation) : "r"(parameters) : "memory", "lr");
    }
}

void arch_broken(void)
{
    uint32_t at;
    __asm__ volatile("mrs %0, elr_hyp" : "=r"(at));
    print("The program itself got an exception: HSR 0x%lx, ELR_hyp 0x%lx, HDFAR 0x%lx.\n",
          (uint64_t)READ(HSR), (uint64_t)at, (uint64_t)READ(HDFAR));
    arch_exit(3);
}

void arch_not_in_hyp_mode(void)
{
    print("This program has to be started in Hyp mode (QEMU: -M virt,virtualization=on).\n");
    arch_exit(3);
}

/* ---- the program's own translation ---- */

/* B3.6. Hyp mode has one privilege level: AP[1] is SBO. */
#define BLOCK (UINT64_C(1) | BIT(6) | BIT(10))
#define BLOCK_DEVICE (BLOCK | UINT64_C(1) << 54)
#define BLOCK_NORMAL (BLOCK | UINT64_C(1) << 2 | UINT64_C(3) << 8)
#define ATTRIBUTES UINT32_C(0xff04) /* HMAIR0: index 0 Device, index 1 Normal write-back */

/* Without it all memory would be Strongly-ordered to the program, in which no lock has to work. */
static void own_translation_on(void)
{
    static uint64_t table[4] __attribute__((aligned(32)));
    table[0] = BLOCK_DEVICE;
    table[MEMORY_FIRST >> 30] = MEMORY_FIRST | BLOCK_NORMAL;
    WRITE(HMAIR0, ATTRIBUTES);
    /* T0SZ 0 (32 bits), walks write-back and inner shareable; bits 31 and 23 RES1. */
    WRITE(HTCR, BIT(8) | BIT(10) | UINT32_C(3) << 12 | BIT(23) | BIT(31));
    WRITE_64(HTTBR, (uintptr_t)table);
    BARRIER();
    WRITE(TLBIALLH, 0);
    BARRIER();
    WRITE(HSCTLR, UINT32_C(0x30c50838) | BIT(0) | BIT(2) | BIT(12)); /* RES1, CP15BEN, and M, C, I */
    BARRIER();
}

void arch_init(void)
{
    own_translation_on();
}

struct arch_memory arch_memory(void)
{
    return (struct arch_memory){.first = (uintptr_t)image_end, .end = MEMORY_FIRST + MEMORY_SIZE};
}

/* ---- what libaxas asks of the CPU ---- */

void arch_table_config(struct axas_table_config *config)
{
    static struct axas_capabilities cpu;
    config->format = axas_format_find("armv7_lpae_stage2");
    if (axas_arm_capabilities(config->format, &cpu) == AXAS_OK) {
        config->capabilities = &cpu;
    }
}

static void frame_publish(void *context, axas_hpa frame, uint64_t size, axas_attr attr)
{
    (void)context;
    axas_arm_publish((const void *)(uintptr_t)frame.raw, size, attr);
}

void arch_hal(struct axas_hal *hal)
{
    hal->invalidate = axas_arm_invalidate;
    hal->barrier = axas_arm_barrier;
    hal->frame_publish = frame_publish;
    hal->table_write_back = NULL; /* the only walker is a CPU, which snoops */
}

void arch_root_load(const struct axas_root *root)
{
    WRITE_64(VTTBR, root->register_value[AXAS_ARMV7_LPAE_STAGE2_ROOT_VTTBR]);
    WRITE(VTCR, root->register_value[AXAS_ARMV7_LPAE_STAGE2_ROOT_VTCR]);
    BARRIER();
    /* What the TLB holds under this VMID since the machine was switched on is unknown. */
    axas_arm_invalidate(
        NULL, &(struct axas_invalidation){
                  .root = root->root, .vmid = root->vmid, .scope = AXAS_INVALIDATE_ALL, .local = true});
}
