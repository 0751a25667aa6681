/* SPDX-License-Identifier: Apache-2.0 */
/* The RISC-V part: HS-mode on QEMU's "virt" machine. Sections are of the privileged specification, 20240411.
 */
#include "../arch.h"
#include "../console.h"
#include "../guest/guest.h"
#include "../memory.h"
#include "csr.h"
#include "hart.h"
#include "vcpu.h"

#define BIT(n) (UINT64_C(1) << (n))

/* The machine. */
#define MEMORY_FIRST UINT64_C(0x80000000)
#define MEMORY_SIZE UINT64_C(0x10000000)
#define UART UINT64_C(0x10000000)
#define UART_STATUS 5
#define UART_STATUS_EMPTY 0x20
#define VIRTIO_MMIO UINT64_C(0x10001000)
#define FINISHER UINT64_C(0x100000)
#define FINISHER_PASS UINT32_C(0x5555)
#define FINISHER_FAIL UINT32_C(0x3333)

extern char image_end[];

/** menvcfg as the hart took it, and where the device tree is: start.S, which runs in M-mode. */
extern uint64_t machine_environment;
extern uintptr_t machine_tree;
uint64_t machine_environment;
uintptr_t machine_tree;

static bool has_svpbmt, has_svnapot;

static struct vcpu vcpu;

void arch_broken(void);

/* ---- console and exit ---- */

static volatile uint8_t *uart(unsigned offset)
{
    return (volatile uint8_t *)(uintptr_t)(UART + offset);
}

void arch_put(char character)
{
    while ((*uart(UART_STATUS) & UART_STATUS_EMPTY) == 0) {
    }
    *uart(0) = (uint8_t)character;
}

_Noreturn void arch_exit(int status)
{
    volatile uint32_t *finisher = (volatile uint32_t *)(uintptr_t)FINISHER;
    for (;;) {
        *finisher = status == 0 ? FINISHER_PASS : FINISHER_FAIL | (uint32_t)status << 16;
    }
}

void arch_broken(void)
{
    print("The hypervisor itself got an exception: scause 0x%lx, sepc 0x%lx, stval 0x%lx.\n",
          CSR_READ(scause), CSR_READ(sepc), CSR_READ(stval));
    arch_exit(3);
}

/* Whether the device tree names that extension among the hart's (riscv,isa). That is said in no register:
 * QEMU takes menvcfg.PBMTE on a hart without Svpbmt, too. */
static bool tree_names(const char *extension, unsigned length)
{
    const char *tree = (const char *)machine_tree;
    const unsigned size = __builtin_bswap32(*(const uint32_t *)(machine_tree + 4));
    for (unsigned at = 0; at + length <= size; at++) {
        if (memcmp(tree + at, extension, length) == 0) {
            return true;
        }
    }
    return false;
}

void arch_init(void)
{
    CSR_WRITE(satp, 0); /* physical addresses */
    CSR_WRITE(sie, 0);
    /* Now, since the memory where the tree is will be given out. */
    has_svpbmt = tree_names("_svpbmt", 7);
    has_svnapot = tree_names("_svnapot", 8);
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

void arch_table_config(struct axas_table_config *config)
{
    static struct axas_capabilities cpu;
    const uint64_t environment =
        has_svpbmt ? machine_environment : machine_environment & ~BIT(ENVCFG_PBMTE_BIT);
    config->format = axas_format_find(HART_FORMAT);
    config->physical_bits = HART_PHYSICAL_BITS; /* which no register says */
    if (hart_capabilities(config->format, environment, &cpu) == AXAS_OK) {
        config->capabilities = &cpu;
        cpu.features |= has_svnapot ? axas_feature_find(config->format, "svnapot") : 0; /* in no register */
    }
}

static void frame_publish(void *context, axas_hpa frame, uint64_t size, axas_attr attr)
{
    (void)context;
    (void)frame;
    (void)size;
    hart_publish(attr);
}

void arch_hal(struct axas_hal *hal)
{
    hal->invalidate = hart_invalidate; /* there is one hart */
    hal->barrier = hart_barrier;
    hal->frame_publish = frame_publish;
    hal->table_write_back = NULL; /* harts walk coherently */
}

void arch_root_load(const struct axas_root *root)
{
    CSR_WRITE(HGATP, root->register_value[0]); /* the only one */
    hart_invalidate(NULL,
                    &(struct axas_invalidation){
                        .root = root->root, .vmid = root->vmid, .scope = AXAS_INVALIDATE_ALL, .local = true});
}

/* ---- the guest ---- */

#define CAUSE_GUEST_CALL 10
#define CAUSE_FETCH_GUEST_PAGE 20
#define CAUSE_LOAD_GUEST_PAGE 21
#define CAUSE_STORE_GUEST_PAGE 23
#define OWN_PAGE_FAULTS (BIT(12) | BIT(13) | BIT(15))

void arch_guest_init(axas_gpa entry)
{
    vcpu = (struct vcpu){.pc = (uintptr_t)entry.raw};
    CSR_WRITE(HEDELEG, OWN_PAGE_FAULTS);
    CSR_WRITE(HIDELEG, 0);
    CSR_WRITE(VSATP, 0);
    CSR_WRITE(VSSTATUS, 0);
}

void arch_guest_run(struct arch_exit *stop)
{
    CSR_SET(sstatus, SSTATUS_SPP);
    guest_enter(&vcpu);
    switch (CSR_READ(scause)) {
    case CAUSE_GUEST_CALL:
        stop->kind = ARCH_EXIT_CALL;
        for (unsigned i = 0; i < 4; i++) {
            stop->call[i] = vcpu.x[X_A0 + i];
        }
        break;
    case CAUSE_FETCH_GUEST_PAGE:
    case CAUSE_LOAD_GUEST_PAGE:
    case CAUSE_STORE_GUEST_PAGE:
        stop->kind = ARCH_EXIT_FAULT;
        hart_fault_registers(stop->registers);
        break;
    default:
        stop->kind = ARCH_EXIT_OTHER;
        break;
    }
}

void arch_guest_answer(uint64_t value)
{
    vcpu.x[X_A0] = (uintptr_t)value;
    vcpu.pc += 4; /* behind the ECALL */
}

void arch_guest_refuse(void)
{
    vcpu.x[X_A0] = GUEST_REFUSED;
    vcpu.pc = vcpu.x[X_A2];
}

/* Two bytes at the guest's virtual address, as a fetch would find them: HLVX.HU (18.3.1). */
static uint32_t guest_half(uintptr_t address)
{
    uintptr_t half;
    __asm__ volatile(".insn r 0x73, 4, 0x32, %0, %1, x3" : "=r"(half) : "r"(address) : "memory");
    return (uint32_t)half;
}

/* LB to LWU and SB to SD, as the guest makes them (the compressed ones are left out). */
#define OPCODE(instruction) ((instruction)&0x7f)
#define OPCODE_LOAD 0x03
#define OPCODE_STORE 0x23
#define WIDTH(instruction) (1u << ((instruction) >> 12 & 3))
#define IS_UNSIGNED(instruction) (((instruction) >> 14 & 1) != 0)
#define TARGET(instruction) ((instruction) >> 7 & 31)
#define SOURCE(instruction) ((instruction) >> 20 & 31)

static uint32_t guest_instruction(void)
{
    return guest_half(vcpu.pc) | guest_half(vcpu.pc + 2) << 16;
}

bool arch_guest_access(struct arch_access *access)
{
    const uint32_t instruction = guest_instruction();
    if (OPCODE(instruction) != OPCODE_LOAD && OPCODE(instruction) != OPCODE_STORE) {
        return false;
    }
    const unsigned width = WIDTH(instruction);
    const uint64_t all = vcpu.x[SOURCE(instruction)];
    access->write = OPCODE(instruction) == OPCODE_STORE;
    access->width = width;
    access->value = width == 8 ? all : all & (BIT(8 * width) - 1);
    return true;
}

static uint64_t sign_extended(uint64_t value, unsigned width)
{
    const unsigned unused = 64 - 8 * width;
    return (uint64_t)((int64_t)(value << unused) >> unused);
}

void arch_guest_complete(uint64_t value)
{
    const uint32_t instruction = guest_instruction();
    const unsigned target = TARGET(instruction);
    if (OPCODE(instruction) == OPCODE_LOAD && target != 0) {
        vcpu.x[target] =
            (uintptr_t)(IS_UNSIGNED(instruction) ? value : sign_extended(value, WIDTH(instruction)));
    }
    vcpu.pc += 4;
}

void arch_guest_describe(void)
{
    print("scause 0x%lx, stval 0x%lx, htinst 0x%lx; guest at 0x%lx, a0 0x%lx, a2 0x%lx\n", CSR_READ(scause),
          CSR_READ(stval), CSR_READ(HTINST), (uint64_t)vcpu.pc, (uint64_t)vcpu.x[X_A0],
          (uint64_t)vcpu.x[X_A2]);
}
