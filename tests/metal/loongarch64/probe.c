/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses at privilege level 0 of a CPU without virtualization: its virtual addresses stand for
 * guest-physical ones, in tables that have the same form. Sections are of the LoongArch Reference Manual,
 * volume 1 (1.10).
 *
 * Whatever an access came to, the TLB then has what the CPU made of the tables (LDDIR, LDPTE, TLBFILL), and
 * where that leads to is held against what was reached. In two cases QEMU 7.2 goes wrong after that, and the
 * TLB's word is all there is: a fetch that NX or PLV refuses never ends, since QEMU fetches the instruction
 * for BADI; and its own pages are of 16 KiB, so that bits 13:12 of the address of a smaller page are not
 * used.
 */
#include "../probe.h"

#include "arch.h"
#include "cpu.h"
#include "machine.h"

/* ESTAT (7.4.6). */
#define ECODE_SHIFT 16
#define ECODE(estat) ((estat) >> ECODE_SHIFT & 0x3f)
#define ECODE_PIL 1 /* and the others of translation, up to */
#define ECODE_PNX 6
#define ECODE_PPI 7
#define ECODE_ADE 8 /* nothing answers at the physical address */

/* TLBIDX and TLBELO (7.5.1, 7.5.3). */
#define TLBIDX_PS(index) ((unsigned)((index) >> 24 & 0x3f))
#define TLBIDX_NE (UINT64_C(1) << 31)
#define TLBELO_V UINT64_C(1)
#define TLBELO_ADDRESS UINT64_C(0xfffffffff000)
#define TLBELO_NX (UINT64_C(1) << 62)

#define QEMU_PAGE_SHIFT 14

/* QEMU's "virt" has memory and devices below this, and nothing above. */
#define NOTHING_FROM (UINT64_C(1) << 32)

/* The stub: LU12I.W, ORI and JIRL: the frame's address to A2, and back. */
#define STUB_OFFSET UINT64_C(0x800)
#define STUB_LU12I_A2(address) (UINT32_C(0x14000000) | (uint32_t)((address) >> 12 & 0xfffff) << 5 | 6)
#define STUB_BACK UINT32_C(0x4c000020)

static unsigned gpa_bits;

void probe_init(struct axas_table_config *cpu)
{
    (void)cpu;
}

void probe_mark(void *frame, axas_hpa hpa)
{
    uint64_t *word = frame;
    for (uint64_t offset = 0; offset < AXAS_FRAME_SIZE; offset += 8) {
        word[offset / 8] = hpa.raw + offset;
    }
    uint32_t *stub = (uint32_t *)frame + STUB_OFFSET / 4;
    stub[0] = STUB_LU12I_A2(hpa.raw);
    stub[1] = STUB_BACK;
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
    (void)features;
    gpa_bits = root->gpa_bits;
    arch_root_load(root);
}

/* What the TLB has for the address (7.5.1, 7.5.3): one page of a pair. */
struct translation {
    bool found, valid, nx;
    unsigned shift;
    uint64_t hpa;
};

static struct translation translation_of(uint64_t gpa)
{
    const uint64_t index = cpu_mailbox->tlb[0];
    const unsigned shift = TLBIDX_PS(index);
    const uint64_t entry = cpu_mailbox->tlb[1 + (gpa >> shift & 1)], offset = (UINT64_C(1) << shift) - 1;
    return (struct translation){.found = (index & TLBIDX_NE) == 0,
                                .valid = (entry & TLBELO_V) != 0,
                                .nx = (entry & TLBELO_NX) != 0,
                                .shift = shift,
                                .hpa = (entry & TLBELO_ADDRESS) | (gpa & offset)};
}

/* Where QEMU goes. */
static uint64_t misled(const struct translation *to, uint64_t gpa)
{
    const uint64_t offset = to->shift < QEMU_PAGE_SHIFT ? (UINT64_C(1) << QEMU_PAGE_SHIFT) - 1 : 0;
    return (to->hpa & ~offset) | (gpa & offset);
}

static void refuse(uint64_t code, uint64_t badv, struct probe_answer *answer)
{
    answer->reached = false;
    answer->registers[0] = code << ECODE_SHIFT;
    answer->registers[1] = badv;
}

/* One access as it is. `value` is what a write stores. */
static void make(uint64_t gpa, axas_attr access, uint64_t value, struct probe_answer *answer)
{
    const uint64_t operation = access == AXAS_READ ? CPU_LOAD : access == AXAS_WRITE ? CPU_STORE : CPU_FETCH;
    const uint64_t estat = cpu_do(operation, gpa, value), code = ECODE(estat);
    const struct translation to = translation_of(gpa);
    *answer = (struct probe_answer){.reached = true, .hpa_known = true, .hpa = to.hpa};
    if (!to.found) {
        answer->odd = "the TLB has nothing for the address";
    } else if (code >= ECODE_PIL && code <= ECODE_PPI) {
        refuse(code, cpu_mailbox->badv, answer);
    } else if (estat != 0 && code != ECODE_ADE) {
        answer->odd = "the CPU got another exception";
    }
}

/* What was read has to be where the TLB says. */
static void compare(uint64_t gpa, uint64_t mark, struct probe_answer *answer)
{
    const struct translation to = translation_of(gpa);
    if (answer->reached && machine_marked(misled(&to, gpa)) && mark != misled(&to, gpa)) {
        answer->odd = "the access reached another address than the TLB says";
    }
}

/* A store where QEMU's pages are too large: what is there is stored again, and the value where it belongs. */
static void store_misled(uint64_t gpa, uint64_t value, struct probe_answer *answer)
{
    const struct translation to = translation_of(gpa);
    if (to.shift >= QEMU_PAGE_SHIFT || !machine_marked(to.hpa)) {
        make(gpa, AXAS_WRITE, value, answer);
        return;
    }
    make(gpa, AXAS_WRITE, *(const uint64_t *)(uintptr_t)misled(&to, gpa), answer);
    if (answer->reached && answer->odd == NULL) {
        *(uint64_t *)(uintptr_t)to.hpa = value;
    }
}

/* After a load, whose answer it is for levels: a fetch that is refused never ends. */
static void fetch(uint64_t gpa, struct probe_answer *answer)
{
    const struct translation to = translation_of(gpa);
    if (ECODE(answer->registers[0]) == ECODE_PPI) {
        return;
    }
    if (to.valid && to.nx) {
        refuse(ECODE_PNX, gpa, answer);
    } else if (!to.valid || machine_marked(misled(&to, gpa))) {
        make(gpa, AXAS_KERNEL_EXEC, 0, answer);
        compare(gpa, (uint32_t)cpu_mailbox->value | STUB_OFFSET, answer);
    } else {
        *answer = (struct probe_answer){.reached = true, .hpa_known = true, .hpa = to.hpa};
    }
}

bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer)
{
    /* LDDIR looks at no bit above the topmost directory's, and no entry tells a guest's levels apart. */
    if (gpa.raw >> gpa_bits != 0 || access == AXAS_USER_EXEC) {
        return false;
    }
    make(gpa.raw, AXAS_READ, 0, answer);
    if (access == AXAS_READ) {
        compare(gpa.raw, cpu_mailbox->value, answer);
    } else if (answer->odd == NULL && access == AXAS_WRITE) {
        store_misled(gpa.raw, value, answer);
    } else if (answer->odd == NULL && access == AXAS_KERNEL_EXEC) {
        fetch(gpa.raw, answer);
    }
    return true;
}

bool probe_translate(axas_gpa gpa, axas_attr access, axas_hpa expected, struct probe_answer *answer)
{
    return expected.raw >= NOTHING_FROM && probe_access(gpa, access, 0, answer);
}

bool probe_walk(axas_gpa table, struct probe_answer *answer)
{
    (void)table;
    (void)answer;
    return false; /* there is no guest with tables of its own */
}

void probe_own(const struct axas_table_config *cpu)
{
    (void)cpu;
}

unsigned probe_gpa_bits(void)
{
    return 48;
}

void probe_forget(void)
{
    cpu_do(CPU_FORGET_ALL, 0, 0);
}
