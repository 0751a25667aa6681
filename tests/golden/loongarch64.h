/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file loongarch64.h
 * What the LoongArch64 formats have in common, worked out by hand from the LoongArch Reference Manual, volume
 * 1 (1.10): 4.2.5 (LDDIR, LDPTE), 5.3 (memory access types), 5.4 (TLB, tables), 7.4.6 (ESTAT), 7.5 (PGDL,
 * PWCL, PWCH, STLBPS); and for what the manual of virtualization would say, from what Linux KVM relies on
 * (arch/loongarch/kvm).
 *
 * A page: V bit 0, D 1, PLV 3:2, MAT 5:4, G 6, P 7, W 8, address 47:12, NR 61, NX 62, RPLV 63. In a directory
 * bit 6 is H, which tells a huge page from a table's address, and G is bit 12. Policy of this project: D is
 * set in advance where W is, held entries have bit 10.
 */
#ifndef AXAS_TESTS_GOLDEN_LOONGARCH64_H
#define AXAS_TESTS_GOLDEN_LOONGARCH64_H

#include "golden.h"

/** A root and what the registers then hold. */
struct loongarch_root {
    const char *mode;
    uint8_t gpa_bits;
    const char *features;
    uint32_t vmid;
    uint64_t root;
    enum axas_status status;
    uint64_t pgdl, pwcl, pwch, stlbps, gstat;
};

static inline void loongarch_check_root(const struct axas_format *format, const struct loongarch_root *golden)
{
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    const struct axas_root_request request = {
        .mode = golden_mode(format, golden->mode),
        .root = {golden->root},
        .vmid = golden->vmid,
        .gpa_bits = golden->gpa_bits,
        .physical_bits = 48,
        .features = golden_features(format, golden->features),
    };
    memset(values, 0x5a, sizeof values);
    cr_expect_eq(format->root_encode(&request, values), golden->status, "%s, root 0x%" PRIx64, golden->mode,
                 golden->root);
    if (golden->status != AXAS_OK) {
        cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "untouched");
        return;
    }
    cr_expect_eq(golden_root_value(format, values, "pgdl"), golden->pgdl);
    cr_expect_eq(golden_root_value(format, values, "pwcl"), golden->pwcl, "%s: 0x%" PRIx64, golden->mode,
                 golden_root_value(format, values, "pwcl"));
    cr_expect_eq(golden_root_value(format, values, "pwch"), golden->pwch, "%s: 0x%" PRIx64, golden->mode,
                 golden_root_value(format, values, "pwch"));
    cr_expect_eq(golden_root_value(format, values, "stlbps"), golden->stlbps);
    cr_expect_eq(golden_root_value(format, values, "gstat"), golden->gstat);
}

static inline void loongarch_check_refusals(const struct axas_format *format)
{
    static const struct golden_refusal golden[] = {
        {"", R | KX, "entries do not tell a guest's privilege levels apart"},
        {"", R | UX, "the same"},
        {"", RW | AXAS_MEM_UNCACHED, "MAT has SUC, CC and WUC"},
        {"", RW | AXAS_MEM_WRITE_THROUGH, "the same"},
        {"", R | UINT32_C(0x100), "no such attribute"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(format, &golden[i]);
    }
}

static inline void loongarch_check_changes(const struct axas_format *format)
{
    /*
     * 5.4.2: an entry of the TLB is there even if its page is not valid, so that making one needs an INVTLB
     * on the CPU that goes on with it, as does going back after a fault. Any other change: on every
     * CPU. 5.4.1: two entries must not match, so that small pages go before a large one takes their place.
     */
    static const struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_LEAF, true},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, true, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, true},
    };
    golden_check_changes(format, "", golden);
    golden_check_changes(format, "page_walker", golden);
    golden_check_hardware_updates(format, "", "", false); /* all is set in advance */
}

static inline void loongarch_check_faults(const struct axas_format *format)
{
    /* 7.4.6: Ecode is bits 21:16 of ESTAT, EsubCode 30:22, pending interrupts 12:0. KVM: BADV is the guest's
     * physical address. */
    static const char *const names[] = {"estat", "badv"};
    static const struct {
        const char *what;
        uint64_t registers[2];
        axas_attr access;
        enum axas_fault_cause cause;
    } golden[] = {
        {"PIL, 1", {0x10000, 0x80001234}, R, AXAS_CAUSE_TRANSLATION},
        {"PIS, 2", {0x20000, 0x80001237}, W, AXAS_CAUSE_TRANSLATION},
        {"PIF, 3", {0x30000, 0x80001000}, X, AXAS_CAUSE_TRANSLATION},
        {"PME, 4: a store where D is 0", {0x40000, 0xfff}, W, AXAS_CAUSE_PERMISSION},
        {"PNR, 5", {0x50000, 0}, R, AXAS_CAUSE_PERMISSION},
        {"PNX, 6", {0x60000, UINT64_C(0x7fffffffffff)}, X, AXAS_CAUSE_PERMISSION},
        {"PPI, 7", {0x70000, UINT64_C(0xffffffffffffffff)}, 0, AXAS_CAUSE_PERMISSION},
        {"PIS with interrupts", {0x21fff, 0x10}, W, AXAS_CAUSE_TRANSLATION},
        {"PIL, what is above Ecode", {0x7fc10000, 0x10}, R, AXAS_CAUSE_TRANSLATION},
    };
    static const struct {
        const char *what;
        uint64_t registers[2];
    } other[] = {
        {"0, an interrupt", {0x800, 0x80001234}},
        {"8, ADEF", {0x80000, 0x80001234}},
        {"8, ADEM", {0x480000, 0x80001234}},
        {"9, ALE", {0x90000, 0x80001234}},
        {"0x11, an extension is off", {0x110000, 0x1000}},
        {"0x17, HVC", {0x170000, 0x80001234}},
        {"0x21", {0x210000, 0x80001234}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        struct golden_fault fault = {
            .what = golden[i].what,
            .gpa_known = true,
            .gpa = golden[i].registers[1],
            .access = golden[i].access,
            .cause = golden[i].cause,
            .level = AXAS_LEVEL_UNKNOWN,
        };
        memcpy(fault.registers, golden[i].registers, sizeof golden[i].registers);
        golden_check_fault(format, names, 2, &fault);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(format, names, 2, other[i].registers, other[i].what);
    }
}

/** CPUCFG (2.2.10.5): word 1 has PALEN less 1 in 11:4; word 2 has LVZ in bit 10 and HPTW in 24. */
static inline void loongarch64_check_cpus(const char *format, const char *modes)
{
    static const char *const names[] = {"cpucfg1", "cpucfg2"};
    const struct golden_cpu cpus[] = {
        {.what = "word 1 of a 3A5000: 48 bits",
         .registers = {0x03f2f2fe, 0x0060c447},
         .features = "",
         .switched = "",
         .modes = modes,
         .physical_bits = 48},
        {.what = "the same with a page walker",
         .registers = {0x03f2f2fe, 0x0160c447},
         .features = "page_walker",
         .switched = "",
         .modes = modes,
         .physical_bits = 48},
        {.what = "a guest's view: no virtualization",
         .registers = {0x03f2f2fe, 0x0060c047},
         .missing = "virtualization",
         .features = "",
         .switched = "",
         .modes = modes,
         .physical_bits = 48},
        {.what = "LVZ, and all else 0",
         .registers = {0, 0x400},
         .features = "",
         .switched = "",
         .modes = modes,
         .physical_bits = 1,
         .every_bit = true,
         .matters = {0xff0, 0x1000400}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(cpus); i++) {
        golden_check_cpu(golden_format(format), names, 2, NULL, NULL, &cpus[i]);
    }
}

#endif
