/* SPDX-License-Identifier: Apache-2.0 */
/* The AArch64 part: EL2 on QEMU's "virt" machine. Sections are of DDI 0487J.a. */
#include "../arch.h"
#include "../console.h"
#include "../guest/guest.h"
#include "vcpu.h"

#include <axas/cpu/aarch64.h>

#define READ(name)                                                  \
    __extension__({                                                 \
        uint64_t value_;                                            \
        __asm__ volatile("mrs %0, " name : "=r"(value_)::"memory"); \
        value_;                                                     \
    })
#define WRITE(name, value) __asm__ volatile("msr " name ", %0" ::"r"((uint64_t)(value)) : "memory")

#define BIT(n) (UINT64_C(1) << (n))
#define FIELD(value, shift) ((value) >> (shift)&0xf)

/* The machine. */
#define MEMORY_FIRST UINT64_C(0x40000000)
#define MEMORY_SIZE UINT64_C(0x10000000)
#define UART UINT64_C(0x09000000)
#define UART_DATA 0x00
#define UART_FLAGS 0x18
#define UART_FLAGS_FULL BIT(5)
#define VIRTIO_MMIO UINT64_C(0x0a000000)

extern char image_end[];

static struct vcpu vcpu;

void arch_broken(void);
void arch_not_at_el2(void);

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

/* Semihosting: SYS_EXIT with ADP_Stopped_ApplicationExit. */
_Noreturn void arch_exit(int status)
{
    const uint64_t block[2] = {0x20026, (uint64_t)status};
    register uint64_t operation __asm__("x0") = 0x18;
    register const uint64_t *parameters __asm__("x1") = block;
    for (;;) {
        __asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(parameters) : "memory");
    }
}

void arch_broken(void)
{
    print("The hypervisor itself got an exception: ESR_EL2 0x%lx, ELR_EL2 0x%lx, FAR_EL2 0x%lx.\n",
          READ("esr_el2"), READ("elr_el2"), READ("far_el2"));
    arch_exit(3);
}

void arch_not_at_el2(void)
{
    print("This hypervisor has to be started at EL2 (QEMU: -M virt,virtualization=on).\n");
    arch_exit(3);
}

/* ---- the hypervisor's own translation ---- */

/* D8.3. The EL2 regime has one privilege level: AP[1] is RES1. */
#define TABLE UINT64_C(3)
#define BLOCK (UINT64_C(1) | BIT(6) | BIT(10))
#define BLOCK_DEVICE (BLOCK | BIT(54))
#define BLOCK_NORMAL (BLOCK | UINT64_C(1) << 2 | UINT64_C(3) << 8)
#define MAIR UINT64_C(0xff04) /* index 0 Device-nGnRE, index 1 Normal write-back */
#define BLOCK_SIZE UINT64_C(0x200000)

static uint64_t host_level1[512] __attribute__((aligned(4096)));
static uint64_t host_level2[512] __attribute__((aligned(4096)));

/* ID_AA64MMFR0_EL1.PARange, capped. */
static unsigned physical_range(unsigned most)
{
    const uint64_t range = FIELD(READ("id_aa64mmfr0_el1"), 0);
    return range > most ? most : (unsigned)range;
}
#define RANGE_48 5 /* what 4 KiB pages reach without FEAT_LPA2 */

/* Without it all memory would be Device memory to the hypervisor, on which no lock works. */
static void own_translation_on(void)
{
    host_level1[0] = BLOCK_DEVICE;
    host_level1[MEMORY_FIRST >> 30] = (uint64_t)(uintptr_t)host_level2 | TABLE;
    for (uint64_t offset = 0; offset < MEMORY_SIZE; offset += BLOCK_SIZE) {
        host_level2[offset / BLOCK_SIZE] = (MEMORY_FIRST + offset) | BLOCK_NORMAL;
    }
    WRITE("mair_el2", MAIR);
    /* T0SZ 25 (39 bits), walks write-back and inner shareable, 4 KiB granule; bits 31 and 23 RES1. */
    WRITE("tcr_el2", 25 | BIT(8) | BIT(10) | UINT64_C(3) << 12 | (uint64_t)physical_range(RANGE_48) << 16 |
                         BIT(23) | BIT(31));
    WRITE("ttbr0_el2", (uintptr_t)host_level1);
    __asm__ volatile("dsb sy\ntlbi alle2\ndsb sy\nic iallu\ndsb sy\nisb" ::: "memory");
    WRITE("sctlr_el2", UINT64_C(0x30c50830) | BIT(0) | BIT(2) | BIT(12)); /* RES1 and M, C, I */
    __asm__ volatile("isb" ::: "memory");
}

void arch_init(void)
{
    own_translation_on();
}

struct arch_memory arch_memory(void)
{
    return (struct arch_memory){.first = (uintptr_t)image_end, .end = MEMORY_FIRST + MEMORY_SIZE};
}

axas_hpa arch_device(void)
{
    return axas_hpa_of(VIRTIO_MMIO);
}

/* ---- what libaxas asks of the CPU ---- */

static bool has_forced_write_back(void)
{
    return FIELD(READ("id_aa64mmfr2_el1"), 40) >= 1;
}

void arch_table_config(struct axas_table_config *config)
{
    static struct axas_capabilities cpu;
    if (config->format == NULL) {
        config->format = axas_format_find("aarch64_stage2");
    }
    if (axas_aarch64_capabilities(config->format, &cpu) != AXAS_OK) {
        return;
    }
    config->capabilities = &cpu;
    config->features = cpu.features | cpu.switched; /* arch_guest_init sets HCR_EL2.FWB */
    config->gpa_bits = cpu.physical_bits < 40 ? cpu.physical_bits : 40;
}

static void frame_publish(void *context, axas_hpa frame, uint64_t size, axas_attr attr)
{
    (void)context;
    axas_aarch64_publish((const void *)(uintptr_t)frame.raw, size, attr);
}

void arch_hal(struct axas_hal *hal)
{
    hal->invalidate = axas_aarch64_invalidate;
    hal->barrier = axas_aarch64_barrier;
    hal->frame_publish = frame_publish;
    hal->table_write_back = NULL; /* the only walker is a CPU, which snoops */
}

static bool same(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

void arch_root_load(const struct axas_root *root)
{
    for (unsigned i = 0; i < root->register_count; i++) {
        if (same(root->register_name[i], "vttbr_el2")) {
            WRITE("vttbr_el2", root->register_value[i]);
        } else if (same(root->register_name[i], "vtcr_el2")) {
            WRITE("vtcr_el2", root->register_value[i]);
        }
    }
    __asm__ volatile("isb" ::: "memory");
    /* What the TLB holds under this VMID since the machine was switched on is unknown. */
    axas_aarch64_invalidate(
        NULL, &(struct axas_invalidation){
                  .root = root->root, .vmid = root->vmid, .scope = AXAS_INVALIDATE_ALL, .local = true});
}

/* ---- the guest ---- */

#define HCR_VM BIT(0)
#define HCR_SWIO BIT(1)
#define HCR_INTERRUPTS (BIT(3) | BIT(4) | BIT(5)) /* FMO, IMO, AMO: the hypervisor's */
#define HCR_RW BIT(31)                            /* EL1 is AArch64 */
#define HCR_FWB BIT(46)

#define PSTATE_EL1H UINT64_C(0x3c5) /* EL1 with its own stack pointer, D, A, I, F masked */

#define ESR_CLASS(esr) ((esr) >> 26 & 0x3f)
#define ESR_CLASS_HVC 0x16
#define ESR_CLASS_FETCH 0x20
#define ESR_CLASS_DATA 0x24
#define ESR_STATUS_KIND(esr) ((esr) >> 2 & 0xf)
#define ESR_STATUS_PERMISSION 3
#define ESR_S1PTW BIT(7)

void arch_guest_init(axas_gpa entry)
{
    vcpu = (struct vcpu){.pc = entry.raw, .pstate = PSTATE_EL1H};
    WRITE("sctlr_el1", 0x30d00800); /* RES1; translation and caches off, as after a reset */
    WRITE("cptr_el2", 0x33ff);      /* RES1; no trap of floating point, which nobody uses */
    WRITE("vpidr_el2", READ("midr_el1"));
    WRITE("vmpidr_el2", READ("mpidr_el1"));
    WRITE("hcr_el2", HCR_VM | HCR_SWIO | HCR_INTERRUPTS | HCR_RW | (has_forced_write_back() ? HCR_FWB : 0));
    __asm__ volatile("isb" ::: "memory");
}

void arch_guest_run(struct arch_exit *stop)
{
    guest_enter(&vcpu);

    const uint64_t esr = READ("esr_el2");
    switch (ESR_CLASS(esr)) {
    case ESR_CLASS_HVC:
        stop->kind = ARCH_EXIT_CALL;
        for (unsigned i = 0; i < 4; i++) {
            stop->call[i] = vcpu.x[i];
        }
        break;
    case ESR_CLASS_FETCH:
    case ESR_CLASS_DATA:
        stop->kind = ARCH_EXIT_FAULT;
        if (ESR_STATUS_KIND(esr) == ESR_STATUS_PERMISSION && (esr & ESR_S1PTW) == 0) {
            /* The architecture promises nothing about HPFAR_EL2 now. QEMU fills it; do as other CPUs may. */
            WRITE("hpfar_el2", UINT64_C(0xbadbadbad0));
        }
        axas_aarch64_fault_registers(stop->registers);
        break;
    default:
        stop->kind = ARCH_EXIT_OTHER;
        break;
    }
}

void arch_guest_answer(uint64_t value)
{
    vcpu.x[0] = value; /* the program counter is behind the HVC already */
}

void arch_guest_refuse(void)
{
    vcpu.x[0] = GUEST_REFUSED;
    vcpu.pc = vcpu.x[2];
}

/* The instruction syndrome of a data abort (D19.2.40): valid, size, register, write. */
#define ISS_VALID BIT(24)
#define ISS_SIZE(esr) ((esr) >> 22 & 3)
#define ISS_REGISTER(esr) ((esr) >> 16 & 31)
#define ISS_WRITE BIT(6)

bool arch_guest_access(struct arch_access *access)
{
    const uint64_t esr = READ("esr_el2");
    if (ESR_CLASS(esr) != ESR_CLASS_DATA || (esr & ISS_VALID) == 0) {
        return false;
    }
    const unsigned width = 1u << ISS_SIZE(esr), number = (unsigned)ISS_REGISTER(esr);
    const uint64_t all = number == 31 ? 0 : vcpu.x[number];
    access->write = (esr & ISS_WRITE) != 0;
    access->width = width;
    access->value = width == 8 ? all : all & (BIT(8 * width) - 1);
    return true;
}

void arch_guest_complete(uint64_t value)
{
    const uint64_t esr = READ("esr_el2");
    const unsigned number = (unsigned)ISS_REGISTER(esr);
    if ((esr & ISS_WRITE) == 0 && number != 31) {
        vcpu.x[number] = value;
    }
    vcpu.pc += 4;
}

void arch_guest_describe(void)
{
    print("ESR_EL2 0x%lx, FAR_EL2 0x%lx, HPFAR_EL2 0x%lx; guest at 0x%lx, PSTATE 0x%lx, x0 0x%lx, x2 0x%lx\n",
          READ("esr_el2"), READ("far_el2"), READ("hpfar_el2"), vcpu.pc, vcpu.pstate, vcpu.x[0], vcpu.x[2]);
}
