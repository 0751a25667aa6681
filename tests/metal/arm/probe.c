/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses of a guest of 32 bits under Stage-2. Its own table, of blocks of 1 GiB, has its home in the first
 * one and what a probe is for in the second: so it reaches guest-physical addresses of 40 bits. Fetches below
 * 4 GiB are made without a translation of its own. Sections are of DDI 0406C.d.
 */
#include "../probe.h"

#include "arch.h"
#include "cp15.h"
#include "home.h"
#include "vcpu.h"

#include <axas/cpu/arm.h>

#define BIT(n) (UINT32_C(1) << (n))

#define HCR_VM BIT(0)
#define HCR_SWIO BIT(1)
#define HCR_INTERRUPTS (BIT(3) | BIT(4) | BIT(5)) /* FMO, IMO, AMO: the program's */

/* A, I and F masked; Supervisor mode and User mode (B1.3.1). */
#define PSR_SUPERVISOR UINT32_C(0x1d3)
#define PSR_USER UINT32_C(0x1d0)
#define PSR_MODE(psr) ((psr)&0x1f)

#define HSR_CLASS(hsr) ((hsr) >> 26)
#define HSR_CLASS_CALL 0x12
#define HSR_CLASS_FETCH 0x20
#define HSR_CLASS_DATA 0x24
#define HSR_CALL_NUMBER(hsr) ((hsr)&0xffff)
#define HSR_STATUS(hsr) ((hsr)&0x3f)
#define HSR_STATUS_KIND(status) ((status) >> 2)
#define HSR_STATUS_PERMISSION 3
#define HSR_S1PTW BIT(7)

/* The guest's own translation: long descriptors, 32 bits, TTBR0 alone, walks write-back and inner shareable
 * (B4.1.153). */
#define TTBCR_LONG (BIT(31) | BIT(23) | BIT(8) | BIT(10) | UINT32_C(3) << 12)
#define SCTLR_OFF UINT32_C(0x00c50078)                   /* as after a reset (B4.1.130) */
#define SCTLR_ON (SCTLR_OFF | BIT(0) | BIT(2) | BIT(12)) /* M, C, I */
/* A block of 1 GiB: for both levels, write-back by index 0 of MAIR0, inner shareable (B3.6.2). */
#define BLOCK (UINT64_C(1) | BIT(6) | UINT64_C(3) << 8 | BIT(10))
#define BLOCK_SHIFT 30
#define BLOCK_OFFSET(gpa) ((uint32_t)(gpa) & (BIT(BLOCK_SHIFT) - 1))
#define WINDOW BIT(BLOCK_SHIFT) /* where the second block begins */

#define PAR_FAILED BIT(0)
#define PAR_STATUS(par) ((par) >> 1 & 0x3f)
#define PAR_STAGE_2 BIT(9)
#define PAR_ADDRESS(par) ((par)&UINT64_C(0xfffffff000)) /* 39:12 */

/* The stub: MOVW R0, MOVT R0, the frame's address; SVC. */
#define STUB_OFFSET UINT32_C(0x800)
#define STUB_MOVW_R0 UINT32_C(0xe3000000)
#define STUB_MOVT_R0 UINT32_C(0xe3400000)
#define STUB_SVC UINT32_C(0xef000000)
#define STUB_HALF(half) (((half)&0xf000) << 4 | ((half)&0xfff))

extern char home_page[];

static struct vcpu guest;
static uint64_t home;
static uint64_t window; /* which block is seen there, plus 1 */
static bool own_translation;

void probe_init(struct axas_table_config *cpu)
{
    cpu->features |= axas_feature_find(cpu->format, "contiguous_hint");
    WRITE(MAIR0, 0xff);
    WRITE(TTBCR, TTBCR_LONG);
    WRITE(SCTLR, SCTLR_OFF);
    WRITE(HCR, HCR_VM | HCR_SWIO | HCR_INTERRUPTS);
    BARRIER();
}

void probe_mark(void *frame, axas_hpa hpa)
{
    uint64_t *word = frame;
    for (uint64_t offset = 0; offset < AXAS_FRAME_SIZE; offset += 8) {
        word[offset / 8] = hpa.raw + offset;
    }
    const uint32_t address = (uint32_t)hpa.raw;
    uint32_t *stub = (uint32_t *)frame + STUB_OFFSET / 4;
    stub[0] = STUB_MOVW_R0 | STUB_HALF(address & 0xffff);
    stub[1] = STUB_MOVT_R0 | STUB_HALF(address >> 16);
    stub[2] = STUB_SVC;
}

uint64_t probe_stub_offset(void)
{
    return STUB_OFFSET;
}

struct probe_home probe_home(void)
{
    return (struct probe_home){
        .hpa = {(uintptr_t)home_page}, .size = HOME_SIZE, .attr = AXAS_READ | AXAS_EXEC};
}

static void show(unsigned block, uint64_t gpa)
{
    volatile uint64_t *table = (volatile uint64_t *)(void *)(home_page + HOME_TABLE);
    table[block] = (gpa & ~(uint64_t)(BIT(BLOCK_SHIFT) - 1)) | BLOCK;
    probe_forget();
}

static void translate_by(uint64_t table)
{
    WRITE_64(TTBR0, table);
    WRITE(SCTLR, SCTLR_ON);
    WRITE(VBAR, BLOCK_OFFSET(home) + HOME_VECTORS);
    own_translation = true;
    probe_forget();
}

static void translate_nothing(void)
{
    WRITE(SCTLR, SCTLR_OFF);
    WRITE(VBAR, home + HOME_VECTORS);
    own_translation = false;
    probe_forget();
}

void probe_settle(axas_gpa gpa)
{
    home = gpa.raw;
    show(0, home);
    translate_by(home + HOME_TABLE);
}

/* The guest's address for a guest-physical one. */
static uint32_t seen_at(uint64_t gpa)
{
    if (!own_translation) {
        translate_by(home + HOME_TABLE);
    }
    if (window != (gpa >> BLOCK_SHIFT) + 1) {
        window = (gpa >> BLOCK_SHIFT) + 1;
        show(1, gpa);
    }
    return WINDOW | BLOCK_OFFSET(gpa);
}

void probe_load(const struct axas_root *root, uint64_t features)
{
    (void)features; /* the CPU cannot do without any */
    arch_root_load(root);
}

static uint64_t translate(uint64_t gpa, bool write)
{
    if (write) {
        WRITE(ATS12NSOPW, seen_at(gpa));
    } else {
        WRITE(ATS12NSOPR, seen_at(gpa));
    }
    BARRIER();
    return READ_64(PAR);
}

static void faulted(uint32_t hsr, struct probe_answer *answer)
{
    if (HSR_STATUS_KIND(HSR_STATUS(hsr)) == HSR_STATUS_PERMISSION && (hsr & HSR_S1PTW) == 0) {
        /* HPFAR is UNKNOWN now ("Use of the HSR", B3.13). QEMU fills it; do as other CPUs may. */
        WRITE(HPFAR, UINT32_C(0xbadbad00));
    }
    axas_arm_fault_registers(answer->registers);
}

/* What a translation by both stages says has to be what the access showed. */
static void compare(uint64_t gpa, bool write, uint32_t hsr, struct probe_answer *answer)
{
    const uint64_t par = translate(gpa, write);
    if (!answer->reached) {
        if ((par & PAR_FAILED) == 0) {
            answer->odd = "the access faults and ATS12NSOPx finds an address";
        } else if (PAR_STATUS(par) != HSR_STATUS(hsr) || (par & PAR_STAGE_2) == 0) {
            answer->odd = "ATS12NSOPx reports another fault than the access";
        }
        return;
    }
    if ((par & PAR_FAILED) != 0) {
        answer->odd = "the access goes through and ATS12NSOPx reports a fault";
        return;
    }
    const uint64_t hpa = PAR_ADDRESS(par) | (gpa & 0xfff);
    if (answer->hpa_known && answer->hpa != hpa) {
        answer->odd = "the access reached another address than ATS12NSOPx says";
    }
    answer->hpa_known = true;
    answer->hpa = hpa;
}

/* The mode in which the guest made its SVC. */
static uint32_t calling_mode(void)
{
    uint32_t psr;
    __asm__ volatile("mrs %0, spsr_svc" : "=r"(psr)::"memory");
    return PSR_MODE(psr);
}

static void called(uint32_t number, axas_attr access, struct probe_answer *answer)
{
    const bool data = access == AXAS_READ || access == AXAS_WRITE;
    answer->reached = true;
    if (number != (data ? HOME_DONE : HOME_STUB)) {
        answer->odd = "the guest got an exception of its own";
    } else if (access == AXAS_READ) {
        answer->hpa_known = true;
        answer->hpa = guest.r[2] | (uint64_t)guest.r[3] << 32;
    } else if (!data) {
        answer->hpa_known = true;
        answer->hpa = guest.r[0] | STUB_OFFSET;
        if (calling_mode() != PSR_MODE(access == AXAS_USER_EXEC ? PSR_USER : PSR_SUPERVISOR)) {
            answer->odd = "the guest ran at another level";
        }
    }
}

bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer)
{
    const bool write = access == AXAS_WRITE, data = write || access == AXAS_READ;
    const bool as_it_is = !data && (gpa.raw | home) >> 32 == 0;
    if (as_it_is && own_translation) {
        translate_nothing();
    }
    const uint32_t address = as_it_is ? (uint32_t)gpa.raw : seen_at(gpa.raw);
    guest.psr = access == AXAS_USER_EXEC ? PSR_USER : PSR_SUPERVISOR;
    guest.pc = !data ? address : BLOCK_OFFSET(home) + (write ? HOME_STORE : HOME_LOAD);
    guest.r[0] = UINT32_MAX;
    guest.r[1] = address;
    guest.r[2] = (uint32_t)value;
    guest.r[3] = (uint32_t)(value >> 32);
    guest_enter(&guest);

    const uint32_t hsr = READ(HSR);
    *answer = (struct probe_answer){.reached = false};
    switch (HSR_CLASS(hsr)) {
    case HSR_CLASS_CALL:
        called(HSR_CALL_NUMBER(hsr), access, answer);
        break;
    case HSR_CLASS_FETCH:
    case HSR_CLASS_DATA:
        if ((HSR_CLASS(hsr) == HSR_CLASS_DATA) != data) {
            answer->odd = "the guest's home does not run, or data are fetched as instructions";
        }
        faulted(hsr, answer);
        break;
    default:
        answer->odd = "the guest stopped for another reason";
        break;
    }
    if (data && answer->odd == NULL) {
        compare(gpa.raw, write, hsr, answer);
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
        answer->odd = "ATS12NSOPx reports a fault";
    }
    return true;
}

unsigned probe_gpa_bits(void)
{
    return 40;
}

void probe_forget(void)
{
    BARRIER();
    WRITE(TLBIALLNSNH, 0);
    BARRIER();
}

bool probe_walk(axas_gpa table, struct probe_answer *answer)
{
    translate_by(table.raw);
    guest.psr = PSR_SUPERVISOR;
    guest.pc = 0;
    guest_enter(&guest);
    *answer = (struct probe_answer){.reached = HSR_CLASS(READ(HSR)) != HSR_CLASS_FETCH};
    axas_arm_fault_registers(answer->registers);
    translate_by(home + HOME_TABLE);
    return true;
}
