/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses under the G-stage: data through HLV.D and HSV.D, which translate as the guest's do, and fetches by
 * a guest in VS-mode and in VU-mode. Sections are of the privileged specification, 20240411.
 *
 * Where QEMU 7.2 differs from it: a guest-physical address in the upper half of the space has to come
 * sign-extended (addresses are extended with zeros, 18.5.1), and is then reported so; accessed and dirty are
 * always set by the hart, though Svadu is not there. Both are evened out here. On RV32 it drops the
 * bits from 32 on of guest-physical and of physical addresses: they are kept below.
 */
#include "../probe.h"

#include "arch.h"
#include "csr.h"
#include "hart.h"
#include "vcpu.h"

#define BIT(n) (UINT64_C(1) << (n))

#define NO_TRAP UINTPTR_MAX
#define CAUSE_FETCH_ACCESS 1 /* nothing answers at the physical address */
#define CAUSE_LOAD_ACCESS 5
#define CAUSE_STORE_ACCESS 7
#define CAUSE_USER_CALL 8
#define CAUSE_GUEST_CALL 10
#define CAUSE_FETCH_GUEST_PAGE 20
#define CAUSE_LOAD_GUEST_PAGE 21
#define CAUSE_STORE_GUEST_PAGE 23

/* QEMU's "virt" has memory and devices below this, and nothing above. */
#if __riscv_xlen == 64
#define NOTHING_FROM BIT(40)
#else
#define NOTHING_FROM UINT64_C(0x90000000)
#endif

/* The stub: LUI A0, the frame's address; ECALL. */
#define STUB_OFFSET UINT64_C(0x800)
#define STUB_LUI_A0 UINT32_C(0x00000537)
#define STUB_ECALL UINT32_C(0x00000073)

/* The guest's own translation (18.2.11): the mode, and the root's page number. */
#if __riscv_xlen == 64
#define VSATP_ON (UINT64_C(8) << 60) /* Sv39 */
#define VSATP_PAGE_BITS 44
#else
#define VSATP_ON BIT(31) /* Sv32 */
#define VSATP_PAGE_BITS 22
#endif

uintptr_t access_load(uintptr_t gpa, uint64_t *value);
uintptr_t access_store(uintptr_t gpa, uint64_t value);

static struct vcpu guest;
static unsigned gpa_bits;

void probe_init(struct axas_table_config *cpu)
{
    cpu->features |= axas_feature_find(cpu->format, "hardware_ad");
#if __riscv_xlen == 32
    cpu->physical_bits = 32;
#endif
    arch_guest_init(axas_gpa_of(0));
}

void probe_mark(void *frame, axas_hpa hpa)
{
    uint64_t *word = frame;
    for (uint64_t offset = 0; offset < AXAS_FRAME_SIZE; offset += 8) {
        word[offset / 8] = hpa.raw + offset;
    }
    uint32_t *stub = (uint32_t *)frame + STUB_OFFSET / 4;
    stub[0] = STUB_LUI_A0 | (uint32_t)hpa.raw;
    stub[1] = STUB_ECALL;
}

uint64_t probe_stub_offset(void)
{
    return STUB_OFFSET;
}

struct probe_home probe_home(void)
{
    return (struct probe_home){.size = 0};
}

void probe_settle(axas_gpa gpa)
{
    (void)gpa;
}

void probe_load(const struct axas_root *root, uint64_t features)
{
    (void)features; /* the hart cannot do without any */
    gpa_bits = root->gpa_bits;
    arch_root_load(root);
}

/* Of an address in the space, what QEMU wants to see. */
static uint64_t as_qemu_wants(uint64_t gpa)
{
    return gpa >> gpa_bits == 0 && (gpa & BIT(gpa_bits - 1)) != 0 ? gpa | ~(BIT(gpa_bits) - 1) : gpa;
}

static void faulted(uint64_t gpa, struct probe_answer *answer)
{
    hart_fault_registers(answer->registers);
    if (as_qemu_wants(gpa) != gpa) {
        answer->registers[1] &= BIT(gpa_bits - 2) - 1; /* htval, without the low two bits */
        answer->registers[2] &= BIT(gpa_bits) - 1;     /* stval */
    }
    if (answer->registers[1] == 0) {
        /* Not given, or the first word of all. The guest has no translation of its own: its address is the
         * guest-physical one. */
        answer->registers[4] = BIT(63) | answer->registers[2] >> 12;
    }
}

static uintptr_t fetch(uint64_t gpa, bool user)
{
    guest.pc = (uintptr_t)gpa;
    guest.x[X_A0] = UINTPTR_MAX;
    if (user) {
        CSR_CLEAR(sstatus, SSTATUS_SPP);
    } else {
        CSR_SET(sstatus, SSTATUS_SPP);
    }
    guest_enter(&guest);
    return (uintptr_t)CSR_READ(scause);
}

bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer)
{
    const uint64_t address = as_qemu_wants(gpa.raw);
    const bool exec = access != AXAS_READ && access != AXAS_WRITE;
    uintptr_t cause;
    uint64_t found = 0;
    if (exec) {
        cause = fetch(address, access == AXAS_USER_EXEC);
    } else {
        CSR_SET(HSTATUS, HSTATUS_SPVP);
        cause = access == AXAS_READ ? access_load((uintptr_t)address, &found)
                                    : access_store((uintptr_t)address, value);
    }
    *answer = (struct probe_answer){.reached = true};
    switch (cause) {
    case NO_TRAP:
        answer->hpa_known = access == AXAS_READ;
        answer->hpa = found;
        break;
    case CAUSE_USER_CALL:
    case CAUSE_GUEST_CALL:
        if (!exec || (cause == CAUSE_USER_CALL) != (access == AXAS_USER_EXEC)) {
            answer->odd = "the guest ran at another level";
        }
        answer->hpa_known = true;
        answer->hpa = (uint32_t)guest.x[X_A0] | STUB_OFFSET;
        break;
    case CAUSE_FETCH_ACCESS:
    case CAUSE_LOAD_ACCESS:
    case CAUSE_STORE_ACCESS:
        break; /* it was translated, to where nothing is */
    case CAUSE_FETCH_GUEST_PAGE:
    case CAUSE_LOAD_GUEST_PAGE:
    case CAUSE_STORE_GUEST_PAGE:
        answer->reached = false;
        faulted(gpa.raw, answer);
        break;
    default:
        answer->odd = "the hart trapped for another reason";
        break;
    }
    return true;
}

bool probe_translate(axas_gpa gpa, axas_attr access, axas_hpa expected, struct probe_answer *answer)
{
    if (expected.raw < NOTHING_FROM) {
        return false;
    }
    return probe_access(gpa, access, 0, answer);
}

unsigned probe_gpa_bits(void)
{
#if __riscv_xlen == 64
    return 60; /* above, QEMU takes an address for a sign-extended one */
#else
    return 32;
#endif
}

void probe_forget(void)
{
    __asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory"); /* HFENCE.GVMA */
}

static void forget_guest_walks(void)
{
    __asm__ volatile(".insn r 0x73, 0, 0x11, x0, x0, x0" ::: "memory"); /* HFENCE.VVMA */
}

/* HLV.D translates by vsatp as well. */
bool probe_walk(axas_gpa table, struct probe_answer *answer)
{
    uint64_t value;
    if (table.raw >> 12 >> VSATP_PAGE_BITS != 0) {
        return false;
    }
    CSR_SET(HSTATUS, HSTATUS_SPVP);
    CSR_WRITE(VSATP, VSATP_ON | table.raw >> 12);
    forget_guest_walks();
    *answer = (struct probe_answer){.reached = access_load(0, &value) != CAUSE_LOAD_GUEST_PAGE};
    hart_fault_registers(answer->registers);
    if (answer->registers[1] == 0) {
        answer->registers[4] =
            BIT(63) | (CSR_READ(VSATP) & (BIT(VSATP_PAGE_BITS) - 1)); /* the guest's walk ends at its root */
    }
    CSR_WRITE(VSATP, 0);
    forget_guest_walks();
    return true;
}

/* QEMU's memory has no types: Svpbmt has no effect beyond what entries are accepted. */
void probe_own(const struct axas_table_config *cpu)
{
    (void)cpu;
}
