/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second stage of a VT-d IOMMU, in legacy mode: what arch.h and probe.h have for it. The accesses are
 * those of QEMU's device "edu", which copies between its own buffer and an address that it is told. Sections
 * are of the VT-d specification, and offsets of the device of QEMU's docs/specs/edu.
 */
#include "../probe.h"

#include "../machine.h"
#include "../report.h"

#include "arch.h"
#include "console.h"
#include "memory.h"
#include "pc.h"

#include <axas/cpu/x86_64.h>
#include <axas/formats/vtd_second_stage.h>

#define PAGE UINT64_C(4096)

/* ---- the PC ---- */

#define PORT_PCI_ADDRESS 0xcf8
#define PORT_PCI_DATA 0xcfc
#define PCI_ENABLE UINT32_C(0x80000000)
#define PCI_DEVICES 32u
#define PCI_COMMAND 0x04u
#define PCI_COMMAND_MEMORY BIT(1)
#define PCI_COMMAND_MASTER BIT(2)
#define PCI_BAR0 0x10u

#define EDU_ID UINT32_C(0x11e81234)
#define EDU_REGISTERS UINT64_C(0xfea00000) /* where nothing else is */
#define EDU_DMA_SOURCE 0x80u
#define EDU_DMA_DESTINATION 0x88u
#define EDU_DMA_COUNT 0x90u
#define EDU_DMA_COMMAND 0x98u
#define EDU_DMA_RUN BIT(0)
#define EDU_DMA_FROM_DEVICE BIT(1)
#define EDU_BUFFER UINT64_C(0x40000)

/* What a device writes there are interrupts, which the IOMMU does not translate (3.15). */
#define INTERRUPTS UINT64_C(0xfee00000)
#define INTERRUPTS_SIZE UINT64_C(0x100000)

/* Below it there may be devices, to which a read may mean something. */
#define DEVICES_END (UINT64_C(1) << 32)

static unsigned edu; /* number of the device on bus 0 */

static void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static uint32_t in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static uint32_t pci_read(unsigned device, unsigned offset)
{
    out32(PORT_PCI_ADDRESS, PCI_ENABLE | device << 11 | offset);
    return in32(PORT_PCI_DATA);
}

static void pci_write(unsigned device, unsigned offset, uint32_t value)
{
    out32(PORT_PCI_ADDRESS, PCI_ENABLE | device << 11 | offset);
    out32(PORT_PCI_DATA, value);
}

static uint64_t read64(uint64_t address)
{
    return *(volatile uint64_t *)(uintptr_t)address;
}

static void write64(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)(uintptr_t)address = value;
}

static uint32_t read32(uint64_t address)
{
    return *(volatile uint32_t *)(uintptr_t)address;
}

static void write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
}

static void edu_init(void)
{
    while (edu < PCI_DEVICES && pci_read(edu, 0) != EDU_ID) {
        edu++;
    }
    if (edu == PCI_DEVICES) {
        print("This PC has no device that can be told to access memory.\n");
        arch_exit(3);
    }
    pci_write(edu, PCI_BAR0, EDU_REGISTERS);
    pci_write(edu, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* Copies 8 bytes between an address as the device sees it and its buffer. */
static void edu_copy(bool from_device, uint64_t address)
{
    write64(EDU_REGISTERS + EDU_DMA_SOURCE, from_device ? EDU_BUFFER : address);
    write64(EDU_REGISTERS + EDU_DMA_DESTINATION, from_device ? address : EDU_BUFFER);
    write64(EDU_REGISTERS + EDU_DMA_COUNT, sizeof(uint64_t));
    write64(EDU_REGISTERS + EDU_DMA_COMMAND, EDU_DMA_RUN | (from_device ? EDU_DMA_FROM_DEVICE : 0));
    while ((read64(EDU_REGISTERS + EDU_DMA_COMMAND) & EDU_DMA_RUN) != 0) {
        /* It takes a tenth of a second, which passes by instructions, and asking costs more than those. */
        for (unsigned i = 0; i < 10000; i++) {
            __asm__ volatile("");
        }
    }
}

/* ---- the IOMMU ---- */

#define IOMMU UINT64_C(0xfed90000)
#define CAP (IOMMU + 0x08)    /* 11.4.2 */
#define ECAP (IOMMU + 0x10)   /* 11.4.3 */
#define GCMD (IOMMU + 0x18)   /* 11.4.4.1 */
#define GSTS (IOMMU + 0x1c)   /* 11.4.4.2 */
#define RTADDR (IOMMU + 0x20) /* 11.4.5 */
#define CCMD (IOMMU + 0x28)   /* 11.4.6.1 */
#define FSTS (IOMMU + 0x34)   /* 11.4.7.1 */

#define CAP_MGAW(cap) (((cap) >> 16 & 0x3f) + 1)
#define CAP_FRO(cap) (((cap) >> 24 & 0x3ff) * 16)
#define CAP_PSI BIT(39)
#define CAP_MAMV(cap) ((cap) >> 48 & 0x3f)
#define ECAP_C BIT(0)
#define ECAP_IRO(ecap) (((ecap) >> 8 & 0x3ff) * 16)

#define GCMD_TRANSLATE BIT(31)
#define GCMD_SET_ROOT BIT(30)
#define CCMD_INVALIDATE BIT(63)
#define CCMD_GLOBAL BIT(61)
#define IOTLB_INVALIDATE BIT(63)
#define IOTLB_GLOBAL (UINT64_C(1) << 60)
#define IOTLB_DOMAIN (UINT64_C(2) << 60)
#define IOTLB_PAGES (UINT64_C(3) << 60)
#define IOTLB_GRANTED(value) ((value) >> 57 & 3)
#define IVA_LEAVES_ONLY BIT(6)
#define FAULT_OVERFLOW BIT(0)
#define FRCD_FAULT BIT(63)

struct pair {
    uint64_t low, high;
};
static struct pair root_entries[256] __attribute__((aligned(4096)));
static struct pair context_entries[256] __attribute__((aligned(4096)));
static uint64_t cap, ecap;
static uint64_t landing[512] __attribute__((aligned(4096)));
static uint64_t settled; /* where `landing` is for the device */

static struct pair *context_entry(void)
{
    return &context_entries[edu << 3]; /* function 0 */
}

static void command(uint64_t bit)
{
    write32(GCMD, (uint32_t)((read32(GSTS) & GCMD_TRANSLATE) | bit));
    while ((read32(GSTS) & bit) == 0) {
    }
}

static void forget_contexts(void)
{
    write64(CCMD, CCMD_INVALIDATE | CCMD_GLOBAL);
    while ((read64(CCMD) & CCMD_INVALIDATE) != 0) {
    }
}

static void forget(uint64_t what)
{
    const uint64_t iotlb = IOMMU + ECAP_IRO(ecap) + 8;
    write64(iotlb, IOTLB_INVALIDATE | what);
    while ((read64(iotlb) & IOTLB_INVALIDATE) != 0) {
    }
    if (IOTLB_GRANTED(read64(iotlb)) == 0) {
        report_disagreement("the IOMMU refuses to invalidate");
    }
}

/* `domain` as the register has it. */
static void forget_pages(uint64_t domain, uint64_t gpa, uint64_t how)
{
    write64(IOMMU + ECAP_IRO(ecap), (gpa & ~(PAGE - 1)) | how);
    forget(IOTLB_PAGES | domain);
}

/* The smallest aligned power of two of pages around the range; the whole domain where that is too much. */
static void invalidate(void *context, const struct axas_invalidation *what)
{
    const uint64_t domain = (uint64_t)what->vmid << 32;
    (void)context;
    if (what->scope != AXAS_INVALIDATE_ALL && (cap & CAP_PSI) != 0) {
        const uint64_t differ = what->gpa.raw ^ (what->gpa.raw + what->size - 1);
        const unsigned order = differ < PAGE ? 0 : 52 - (unsigned)__builtin_clzll(differ);
        if (order <= CAP_MAMV(cap)) {
            forget_pages(domain, what->gpa.raw,
                         order | (what->scope == AXAS_INVALIDATE_LEAF ? IVA_LEAVES_ONLY : 0));
            return;
        }
    }
    forget(IOTLB_DOMAIN | domain);
}

/* Takes the fault record, if there is one. */
static bool take_fault(uint64_t registers[AXAS_MAX_FAULT_REGISTERS])
{
    const uint64_t record = IOMMU + CAP_FRO(cap);
    const uint64_t low = read64(record), high = read64(record + 8);
    if ((high & FRCD_FAULT) == 0) {
        return false;
    }
    registers[AXAS_VTD_SECOND_STAGE_FAULT_FRCD_LOW] = low;
    registers[AXAS_VTD_SECOND_STAGE_FAULT_FRCD_HIGH] = high;
    write32(record + 12, (uint32_t)(FRCD_FAULT >> 32)); /* writing 1 clears it */
    write32(FSTS, (uint32_t)FAULT_OVERFLOW);
    return true;
}

/* ---- arch.h ---- */

void arch_init(void)
{
    pc_init();
    edu_init();
    cap = read64(CAP);
    ecap = read64(ECAP);
    root_entries[0] = (struct pair){.low = (uintptr_t)context_entries | 1};
    write64(RTADDR, (uintptr_t)root_entries);
    command(GCMD_SET_ROOT);
    forget_contexts();
    forget(IOTLB_GLOBAL);
    command(GCMD_TRANSLATE);
}

void arch_table_config(struct axas_table_config *config)
{
    static struct axas_capabilities iommu;
    uint64_t registers[AXAS_MAX_ID_REGISTERS] = {0};
    registers[AXAS_VTD_SECOND_STAGE_ID_CAP] = cap;
    registers[AXAS_VTD_SECOND_STAGE_ID_ECAP] = ecap;
    /* QEMU's IOMMU has as wide host addresses as it has guest addresses, and a ROM finds no ACPI tables. */
    registers[AXAS_VTD_SECOND_STAGE_ID_DMAR_ADDRESS_WIDTH] = CAP_MGAW(cap) - 1;
    config->format = axas_format_find("vtd_second_stage");
    if (axas_capabilities_decode(config->format, registers, NULL, NULL, &iommu) == AXAS_OK) {
        config->capabilities = &iommu;
    }
}

void arch_hal(struct axas_hal *hal)
{
    hal->invalidate = invalidate;
    hal->barrier = NULL;
    hal->frame_publish = NULL;
    hal->table_write_back = (ecap & ECAP_C) != 0 ? NULL : axas_x86_64_table_write_back;
}

void arch_root_load(const struct axas_root *root)
{
    context_entry()->low = 0;
    forget_contexts();
    context_entry()->high = root->register_value[AXAS_VTD_SECOND_STAGE_ROOT_CONTEXT_HIGH];
    context_entry()->low = root->register_value[AXAS_VTD_SECOND_STAGE_ROOT_CONTEXT_LOW];
    axas_x86_64_table_write_back(NULL, context_entry(), sizeof(struct pair));
    forget_contexts();
    forget(IOTLB_GLOBAL);
}

/* ---- probe.h ---- */

void probe_init(struct axas_table_config *cpu)
{
    (void)cpu;
}

void probe_mark(void *frame, axas_hpa hpa)
{
    uint64_t *word = frame;
    for (uint64_t offset = 0; offset < PAGE; offset += 8) {
        word[offset / 8] = hpa.raw + offset;
    }
}

uint64_t probe_stub_offset(void)
{
    return 0x800; /* there are no instructions, so a mark like any other */
}

/* What the device has read comes back there. */
struct probe_home probe_home(void)
{
    return (struct probe_home){
        .hpa = {(uintptr_t)landing}, .size = sizeof landing, .attr = AXAS_READ | AXAS_WRITE};
}

void probe_settle(axas_gpa gpa)
{
    settled = gpa.raw;
}

void probe_load(const struct axas_root *root, uint64_t features)
{
    (void)features;
    arch_root_load(root);
}

/* Between the device's buffer and `landing`, which is mapped: this has to go through. */
static bool carry(bool from_device)
{
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
    edu_copy(from_device, settled);
    return !take_fault(registers);
}

bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer)
{
    const bool write = access == AXAS_WRITE;
    if ((!write && access != AXAS_READ) || gpa.raw - INTERRUPTS < INTERRUPTS_SIZE) {
        return false;
    }
    *answer = (struct probe_answer){.unknown = PAGE - 1};
    landing[0] = value;
    if (write && !carry(false)) {
        answer->odd = "the device cannot fetch what it is to write";
        return true;
    }
    edu_copy(write, gpa.raw);
    answer->reached = !take_fault(answer->registers);
    if (answer->reached && !write) {
        answer->hpa_known = carry(true);
        answer->hpa = landing[0];
        answer->odd = answer->hpa_known ? NULL : "the device cannot deliver what it has read";
    }
    /* QEMU 7.2 makes no record where its IOTLB holds the page without that right: a write is lost, a read
     * gives 0. */
    if (answer->reached && (write || answer->hpa == 0)) {
        forget_pages((context_entry()->high >> 8) << 32, gpa.raw, 0);
        edu_copy(write, gpa.raw);
        answer->reached = !take_fault(answer->registers);
    }
    return true;
}

bool probe_translate(axas_gpa gpa, axas_attr access, axas_hpa expected, struct probe_answer *answer)
{
    if (expected.raw < DEVICES_END || !probe_access(gpa, access, 0, answer)) {
        return false;
    }
    answer->hpa_known = false;
    return true;
}

/* The device uses the second stage alone. */
bool probe_walk(axas_gpa table, struct probe_answer *answer)
{
    (void)table;
    (void)answer;
    return false;
}

unsigned probe_gpa_bits(void)
{
    return 63;
}

void probe_forget(void)
{
    forget(IOTLB_GLOBAL);
}

#define LOW AXAS_VTD_SECOND_STAGE_ROOT_CONTEXT_LOW
#define HIGH AXAS_VTD_SECOND_STAGE_ROOT_CONTEXT_HIGH

/* Broken context entries (9.3): no access comes through, and for another reason than one of the second stage.
 */
static const struct {
    const char *rule;
    unsigned number;
    uint64_t clear, set;
} broken[] = {
    {"not present", LOW, BIT(0), 0},
    {"translation type 3, which is reserved", LOW, 0, 3 << 2},
    {"bit 4, which is reserved", LOW, 0, BIT(4)},
    {"a root beyond the host's addresses", LOW, 0, BIT(51)},
    {"a width of 30 bits", HIGH, 7, 0},
    {"a width of 64 bits", HIGH, 7, 4},
    {"a width of 57 bits, which the IOMMU lacks", HIGH, 7, 3},
    {"bit 24 of the second half, which is reserved", HIGH, 0, BIT(24)},
};

static void try_context_entries(const struct axas_root *root)
{
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct probe_answer answer;
        struct axas_root changed = *root;
        struct axas_fault fault;
        uint64_t *value = &changed.register_value[broken[i].number];
        *value = (*value & ~broken[i].clear) | broken[i].set;
        arch_root_load(&changed);
        edu_copy(false, settled);
        answer.reached = !take_fault(answer.registers);
        if (answer.reached) {
            print("broken context entry \"%s\": %s = 0x%lx\n", broken[i].rule,
                  root->register_name[broken[i].number], *value);
            report_disagreement("the device gets through a broken context entry");
        } else if (axas_fault_decode(axas_format_find("vtd_second_stage"), answer.registers, &fault) ==
                   AXAS_OK) {
            print("broken context entry \"%s\": 0x%lx\n", broken[i].rule, answer.registers[1]);
            report_disagreement("the fault of a context entry is decoded as one of the second stage");
        } else {
            refused++;
        }
    }
    print("  %u broken context entries refused by the IOMMU\n", refused);
}

void probe_own(const struct axas_table_config *cpu)
{
    static struct axas_hal hal;
    static struct axas_space space;
    struct axas_config config = {.table = *cpu, .readers = 1};
    struct axas_root root;
    machine_hal(&hal);
    config.table.hal = &hal;
    probe_settle(axas_gpa_of(0));
    if (axas_space_init(&space, &config) != AXAS_OK || axas_space_root(&space, 1, &root) != AXAS_OK ||
        axas_space_map_linear(&space, axas_gpa_of(0), axas_hpa_of((uintptr_t)landing), sizeof landing,
                              AXAS_READ | AXAS_WRITE) != AXAS_OK) {
        report_disagreement("the space for broken context entries cannot be made");
        return;
    }
    arch_root_load(&root);
    if (!carry(false) || !carry(true)) {
        report_disagreement("the IOMMU refuses the context entry that the library made");
    }
    try_context_entries(&root);
    axas_space_destroy(&space);
    machine_expect_no_frames();
}
