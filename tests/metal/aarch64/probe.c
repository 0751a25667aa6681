/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses at EL1 and EL0 under Stage-2. Sections are of DDI 0487J.a. */
#include "../probe.h"

#include "arch.h"
#include "home.h"
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

#define HCR_FWB BIT(46)
#define MDCR_TDE BIT(8) /* debug exceptions of lower levels go to EL2 (D19.3.17) */

#define PSTATE_EL1H UINT64_C(0x3c5)
#define PSTATE_EL0T UINT64_C(0x3c0)

#define ESR_CLASS(esr) ((esr) >> 26 & 0x3f)
#define ESR_CLASS_FETCH 0x20
#define ESR_CLASS_DATA 0x24
#define ESR_CLASS_BRK 0x3c
#define ESR_BRK_COMMENT(esr) ((esr)&0xffff)
#define ESR_STATUS(esr) ((esr)&0x3f)
#define ESR_STATUS_KIND(status) ((status) >> 2)
#define ESR_STATUS_PERMISSION 3
#define ESR_S1PTW BIT(7)

/* The guest's own translation: TTBR0 alone, three levels, walks write-back and inner shareable (D19.2.143).
 */
#define TCR_39_BITS (UINT64_C(25) | BIT(8) | BIT(10) | UINT64_C(3) << 12 | BIT(23) | UINT64_C(5) << 32)
#define SCTLR_M BIT(0)

#define PAR_FAILED BIT(0)
#define PAR_STATUS(par) ((par) >> 1 & 0x3f)
#define PAR_STAGE_2 BIT(9)
#define PAR_ADDRESS(par) ((par)&UINT64_C(0xffffffffff000)) /* 51:12 */

/* The stub: MOVZ X0, #high; BRK #low, with the halves of a frame number of 32 bits. */
#define STUB_OFFSET UINT64_C(0x800)
#define STUB_MOVZ_X0 UINT32_C(0xd2800000)
#define STUB_BRK UINT32_C(0xd4200000)

extern const char home_page[];

static struct vcpu guest;
static uint64_t home;
static uint8_t physical_bits;
static uint64_t fwb; /* the feature */
static uint64_t page;

void probe_init(struct axas_table_config *cpu)
{
    physical_bits = cpu->physical_bits;
    page = UINT64_C(1) << cpu->format->levels[cpu->format->level_count - 1u].shift;
    fwb = axas_feature_find(cpu->format, "fwb");
    cpu->features |= axas_feature_find(cpu->format, "contiguous_bit");
    arch_guest_init(axas_gpa_of(0));
    WRITE("mdcr_el2", READ("mdcr_el2") | MDCR_TDE);
}

void probe_mark(void *frame, axas_hpa hpa)
{
    uint64_t *word = frame;
    for (uint64_t offset = 0; offset < AXAS_FRAME_SIZE; offset += 8) {
        word[offset / 8] = hpa.raw + offset;
    }
    const uint32_t number = (uint32_t)(hpa.raw >> 12);
    uint32_t *stub = (uint32_t *)frame + STUB_OFFSET / 4;
    stub[0] = STUB_MOVZ_X0 | (number >> 16) << 5;
    stub[1] = STUB_BRK | (number & 0xffff) << 5;
}

uint64_t probe_stub_offset(void)
{
    return STUB_OFFSET;
}

struct probe_home probe_home(void)
{
    return (struct probe_home){.hpa = {(uintptr_t)home_page},
                               .size = page, /* and no more: 16 bits of addresses are 16 of them */
                               .attr = AXAS_READ | AXAS_KERNEL_EXEC | AXAS_USER_EXEC};
}

void probe_settle(axas_gpa gpa)
{
    home = gpa.raw;
    WRITE("vbar_el1", home + HOME_VECTORS);
}

void probe_load(const struct axas_root *root, uint64_t features)
{
    const bool forced = (features & fwb) != 0;
    WRITE("hcr_el2", (READ("hcr_el2") & ~HCR_FWB) | (forced ? HCR_FWB : 0));
    arch_root_load(root);
}

static uint64_t translate(uint64_t gpa, bool write)
{
    if (write) {
        __asm__ volatile("at s12e1w, %0\nisb" ::"r"(gpa) : "memory");
    } else {
        __asm__ volatile("at s12e1r, %0\nisb" ::"r"(gpa) : "memory");
    }
    return READ("par_el1");
}

static void faulted(uint64_t esr, struct probe_answer *answer)
{
    if (ESR_STATUS_KIND(ESR_STATUS(esr)) == ESR_STATUS_PERMISSION && (esr & ESR_S1PTW) == 0) {
        /* The architecture promises nothing about HPFAR_EL2 now. QEMU fills it; do as other CPUs may. */
        WRITE("hpfar_el2", UINT64_C(0xbadbadbad0));
    }
    axas_aarch64_fault_registers(answer->registers);
}

/* What AT says has to be what the access showed. */
static void compare(uint64_t gpa, bool write, uint64_t esr, struct probe_answer *answer)
{
    const uint64_t par = translate(gpa, write);
    if (!answer->reached) {
        if ((par & PAR_FAILED) == 0) {
            answer->odd = "the access faults and AT finds an address";
        } else if (PAR_STATUS(par) != ESR_STATUS(esr) || (par & PAR_STAGE_2) == 0) {
            answer->odd = "AT reports another fault than the access";
        }
        return;
    }
    if ((par & PAR_FAILED) != 0) {
        answer->odd = "the access goes through and AT reports a fault";
        return;
    }
    const uint64_t hpa = PAR_ADDRESS(par) | (gpa & 0xfff);
    if (answer->hpa_known && answer->hpa != hpa) {
        answer->odd = "the access reached another address than AT says";
    }
    answer->hpa_known = true;
    answer->hpa = hpa;
}

bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer)
{
    const bool write = access == AXAS_WRITE, data = write || access == AXAS_READ;
    guest.pstate = access == AXAS_USER_EXEC ? PSTATE_EL0T : PSTATE_EL1H;
    guest.pc = !data ? gpa.raw : home + (write ? HOME_STORE : HOME_LOAD);
    guest.x[0] = UINT64_MAX;
    guest.x[1] = gpa.raw;
    guest.x[2] = value;
    guest_enter(&guest);

    const uint64_t esr = READ("esr_el2");
    *answer = (struct probe_answer){.reached = false};
    switch (ESR_CLASS(esr)) {
    case ESR_CLASS_BRK:
        answer->reached = true;
        if (ESR_BRK_COMMENT(esr) == HOME_EXCEPTION && guest.x[0] == UINT64_MAX) {
            answer->odd = "the guest got an exception of its own";
        } else if (!data) {
            answer->hpa_known = true;
            answer->hpa = (guest.x[0] << 16 | ESR_BRK_COMMENT(esr)) << 12 | STUB_OFFSET;
        } else if (!write) {
            answer->hpa_known = true;
            answer->hpa = guest.x[0];
        }
        break;
    case ESR_CLASS_FETCH:
    case ESR_CLASS_DATA:
        if ((ESR_CLASS(esr) == ESR_CLASS_DATA) != data) {
            answer->odd = "the guest's home does not run, or data are fetched as instructions";
        }
        faulted(esr, answer);
        break;
    default:
        answer->odd = "the guest stopped for another reason";
        break;
    }
    if (data && answer->odd == NULL) {
        compare(gpa.raw, write, esr, answer);
    }
    return true;
}

bool probe_translate(axas_gpa gpa, axas_attr access, axas_hpa expected, struct probe_answer *answer)
{
    (void)expected;
    if (access != AXAS_READ && access != AXAS_WRITE) {
        return false;
    }
    const uint64_t par = translate(gpa.raw, access == AXAS_WRITE);
    *answer = (struct probe_answer){.reached = (par & PAR_FAILED) == 0};
    if (answer->reached) {
        answer->hpa_known = true;
        answer->hpa = PAR_ADDRESS(par) | (gpa.raw & 0xfff);
    } else {
        answer->odd = "AT reports a fault";
    }
    return true;
}

/* QEMU 7.2 has start level -1 for 52 bits alone, and no start level 0 with the 16 KiB granule (D8.2.8 has
 * both). */
bool probe_has(const struct axas_format *format, const struct axas_mode *mode, uint8_t width)
{
    const int level = format->levels[mode->root_level].number;
    const bool granule16 = format->levels[format->level_count - 1u].shift == 14;
    return (level != -1 || width == 52) && (level != 0 || !granule16);
}

/* With its own translation off, a guest that uses a wider address gets an exception of its own (D8.2.3). */
unsigned probe_gpa_bits(void)
{
    return physical_bits;
}

void probe_forget(void)
{
    __asm__ volatile("dsb ish\ntlbi alle1is\ndsb ish\nisb" ::: "memory");
}

bool probe_walk(axas_gpa table, struct probe_answer *answer)
{
    const uint64_t control = READ("sctlr_el1");
    if (table.raw >> 48 != 0) {
        return false; /* more than TTBR0 says without 52-bit addresses */
    }
    WRITE("ttbr0_el1", table.raw);
    WRITE("tcr_el1", TCR_39_BITS);
    WRITE("sctlr_el1", control | SCTLR_M);
    probe_forget();
    guest.pstate = PSTATE_EL1H;
    guest.pc = 0;
    guest_enter(&guest);
    const uint64_t esr = READ("esr_el2");
    WRITE("sctlr_el1", control);
    *answer = (struct probe_answer){.reached = ESR_CLASS(esr) != ESR_CLASS_FETCH};
    axas_aarch64_fault_registers(answer->registers);
    probe_forget();
    return true;
}
