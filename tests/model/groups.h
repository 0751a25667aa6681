/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file groups.h
 * Which leaves may be one in a TLB, written by hand from the manuals; nothing here is read from a
 * specification.
 */
#ifndef TESTS_GROUPS_H
#define TESTS_GROUPS_H

#include <axas/format.h>

#include <string.h>

/** The contiguous groups of one level of a format. */
struct group_fact {
    const char *format;
    int number;       /**< of the level, as the manual counts */
    unsigned leaves;  /**< in a group */
    uint64_t mark;    /**< this bit is set in each leaf of a group, and in no other leaf */
    uint64_t unmark;  /**< and these are set in leaves of no group alone */
    uint64_t instead; /**< address bits that hold `pattern` in place of the leaf's own */
    uint64_t pattern;
    const char *with; /**< the feature that allows groups */
};

#define GROUPS_ARM_BIT (UINT64_C(1) << 52)
#define GROUPS_NAPOT_N (UINT64_C(1) << 63)
#define GROUPS_NAPOT_LOW (UINT64_C(0xf) << 10)
#define GROUPS_NAPOT_64K (UINT64_C(0x8) << 10)

static const struct group_fact group_facts[] = {
    /* Arm DDI 0487, D8.7.1, table D8-104; with FEAT_LPA2 the bit is RES0 where blocks are new. */
    {"aarch64_stage2", 1, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2", 2, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2", 3, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_lpa2", 1, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_lpa2", 2, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_lpa2", 3, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_16k", 2, 32, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_16k", 3, 128, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_16k_lpa2", 2, 32, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_16k_lpa2", 3, 128, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_64k", 2, 32, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    {"aarch64_stage2_64k", 3, 32, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_bit"},
    /* DDI 0406C, B3.6.2. */
    {"armv7_lpae_stage2", 1, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_hint"},
    {"armv7_lpae_stage2", 2, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_hint"},
    {"armv7_lpae_stage2", 3, 16, GROUPS_ARM_BIT, 0, 0, 0, "contiguous_hint"},
    /* RISC-V privileged architecture, Svnapot: pte.ppn[0] = x xxxx 1000 at level 0, 64 KiB. */
    {"riscv64_gstage", 0, 16, GROUPS_NAPOT_N, 0, GROUPS_NAPOT_LOW, GROUPS_NAPOT_64K, "svnapot"},
    {"riscv_iommu_second_stage", 0, 16, GROUPS_NAPOT_N, 0, GROUPS_NAPOT_LOW, GROUPS_NAPOT_64K, "svnapot"},
    /* "Pages and blocks in contiguous groups, of which those of pages hold a size": blocks by bit 52, pages
     * by bits 52:51, 10 in a group and 01 in none, with 01 in bits 15:14. */
    {"ok_split_address", 2, 8, GROUPS_ARM_BIT, 0, 0, 0, "bundles"},
    {"ok_split_address", 3, 4, GROUPS_ARM_BIT, GROUPS_ARM_BIT >> 1, 0xc000, 0x4000, "bundles"},
};

/** What the manual says of groups at that level; NULL if nothing. */
static inline const struct group_fact *groups_at(const struct axas_format *format, unsigned level)
{
    /* Asked for each leaf: the names are compared once for a format. */
    static _Thread_local const struct axas_format *known;
    static _Thread_local const struct group_fact *facts[AXAS_MAX_LEVELS];
    if (known != format) {
        known = format;
        memset(facts, 0, sizeof facts);
        for (size_t i = 0; i < sizeof group_facts / sizeof *group_facts; i++) {
            for (unsigned k = 0; k < format->level_count && strcmp(group_facts[i].format, format->name) == 0;
                 k++) {
                if (group_facts[i].number == format->levels[k].number) {
                    facts[k] = &group_facts[i];
                }
            }
        }
    }
    return facts[level];
}

/** Bytes of the group that this entry is a leaf of; 0 if it is of none. */
static inline uint64_t group_of(const struct axas_format *format, unsigned level, uint64_t entry)
{
    const struct group_fact *fact = groups_at(format, level);
    bool marked =
        fact != NULL && (entry & fact->mark) != 0 && format->entry_kind(level, entry) == AXAS_ENTRY_LEAF;
    return marked ? (uint64_t)fact->leaves << format->levels[level].shift : 0;
}

/** The host address behind a leaf or held leaf that begins at gpa. */
static inline uint64_t group_hpa(const struct axas_format *format, unsigned level, uint64_t entry,
                                 uint64_t gpa)
{
    uint64_t size = group_of(format, level, entry), hpa = format->entry_hpa(level, entry);
    return size != 0 && groups_at(format, level)->instead != 0 ? hpa + (gpa & (size - 1u)) : hpa;
}

#endif
