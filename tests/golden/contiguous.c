/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contiguous groups: what map writes, as entries worked out by hand, and what hardware does with one entry
 * for all of a group.
 *
 * Arm DDI 0487, D8.7.1, table D8-104, and DDI 0406C, B3.6.2: bit 52 (0x0010000000000000) in each of a number
 * of leaves, aligned to all of them. A page is otherwise 0x3 + MemAttr 1111 0x3c + S2AP 11 0xc0 + SH 11 0x300
 * + AF 0x400 = 0x7ff, a block 0x7fd, and XN 10 is bit 54; with FEAT_LPA2 SH is not there: 0x4ff.
 *
 * RISC-V privileged architecture, Svnapot: N is bit 63, and of the PPN, from bit 10 on, the lowest four bits
 * are 1000 for 64 KiB. A leaf is otherwise V 0x1 + R 0x2 + W 0x4 + X 0x8 + U 0x10 + A 0x40 + D 0x80 = 0xdf.
 */
#include "golden.h"

#include <axas/hosted.h>
#include <axas/table.h>

struct golden_group {
    const char *format, *mode, *features, *level;
    unsigned leaves;
    uint64_t gpa, hpa; /**< of the group */
    axas_attr attr;
    uint64_t first, step;   /**< its first entry, and by how much each is more than the one before */
    uint64_t before, after; /**< the entries on both sides of it, mapped with it */
};

static const struct golden_group groups[] = {
    {"aarch64_stage2", "3level", "contiguous_bit", "level3", 16, 0x40010000, 0x80010000, RW,
     UINT64_C(0x00500000800107ff), 0x1000, UINT64_C(0x004000008000f7ff), UINT64_C(0x00400000800207ff)},
    /* 32 MiB of blocks */
    {"aarch64_stage2", "3level", "contiguous_bit", "level2", 16, 0x42000000, 0x82000000, RWX,
     UINT64_C(0x00100000820007fd), 0x200000, 0x81e007fd, 0x840007fd},
    /* 16 GiB */
    {"aarch64_stage2", "3level", "contiguous_bit", "level1", 16, UINT64_C(0x400000000), UINT64_C(0x800000000),
     RWX, UINT64_C(0x00100008000007fd), 0x40000000, UINT64_C(0x7c00007fd), UINT64_C(0xc000007fd)},
    {"aarch64_stage2_lpa2", "3level", "contiguous_bit lpa2", "level3", 16, 0x40010000, 0x80010000, RWX,
     UINT64_C(0x00100000800104ff), 0x1000, 0x8000f4ff, 0x800204ff},
    {"aarch64_stage2_lpa2", "3level", "contiguous_bit lpa2", "level2", 16, 0x42000000, 0x82000000, RWX,
     UINT64_C(0x00100000820004fd), 0x200000, 0x81e004fd, 0x840004fd},
    {"aarch64_stage2_lpa2", "3level", "contiguous_bit lpa2", "level1", 16, UINT64_C(0x400000000),
     UINT64_C(0x800000000), RWX, UINT64_C(0x00100008000004fd), 0x40000000, UINT64_C(0x7c00004fd),
     UINT64_C(0xc000004fd)},
    /* 128 pages of 16 KiB; 32 blocks of 32 MiB */
    {"aarch64_stage2_16k", "2level", "contiguous_bit", "level3", 128, 0x40200000, 0x80200000, RWX,
     UINT64_C(0x00100000802007ff), 0x4000, 0x801fc7ff, 0x804007ff},
    {"aarch64_stage2_16k", "2level", "contiguous_bit", "level2", 32, 0x40000000, 0x80000000, RWX,
     UINT64_C(0x00100000800007fd), 0x2000000, 0x7e0007fd, 0xc00007fd},
    {"aarch64_stage2_16k_lpa2", "2level", "contiguous_bit lpa2", "level3", 128, 0x40200000, 0x80200000, RWX,
     UINT64_C(0x00100000802004ff), 0x4000, 0x801fc4ff, 0x804004ff},
    {"aarch64_stage2_16k_lpa2", "2level", "contiguous_bit lpa2", "level2", 32, 0x40000000, 0x80000000, RWX,
     UINT64_C(0x00100000800004fd), 0x2000000, 0x7e0004fd, 0xc00004fd},
    /* 32 pages of 64 KiB; 32 blocks of 512 MiB */
    {"aarch64_stage2_64k", "2level", "contiguous_bit", "level3", 32, 0x40200000, 0x80200000, RWX,
     UINT64_C(0x00100000802007ff), 0x10000, 0x801f07ff, 0x804007ff},
    {"aarch64_stage2_64k", "2level", "contiguous_bit", "level2", 32, UINT64_C(0x400000000),
     UINT64_C(0x800000000), RWX, UINT64_C(0x00100008000007fd), 0x20000000, UINT64_C(0x7e00007fd),
     UINT64_C(0xc000007fd)},
    {"armv7_lpae_stage2", "3level", "contiguous_hint", "level3", 16, 0x40010000, 0x80010000, RWX,
     UINT64_C(0x00100000800107ff), 0x1000, 0x8000f7ff, 0x800207ff},
    {"armv7_lpae_stage2", "3level", "contiguous_hint", "level2", 16, 0x42000000, 0x82000000, RWX,
     UINT64_C(0x00100000820007fd), 0x200000, 0x81e007fd, 0x840007fd},
    {"armv7_lpae_stage2", "3level", "contiguous_hint", "level1", 16, UINT64_C(0x400000000),
     UINT64_C(0x800000000), RWX, UINT64_C(0x00100008000007fd), 0x40000000, UINT64_C(0x7c00007fd),
     UINT64_C(0xc000007fd)},
    /* PPN 0x80010, its lowest bits 1000: 0x80018 << 10 = 0x20006000, the same in all; PPN 0x8000f and 0x80020
     */
    {"riscv64_gstage", "sv39x4", "svnapot", "vpn0", 16, 0x40010000, 0x80010000, RWX,
     UINT64_C(0x80000000200060df), 0, 0x20003cdf, 0x200080df},
    {"riscv_iommu_second_stage", "sv39x4", "svnapot sv39x4", "vpn0", 16, 0x40010000, 0x80010000, RWX,
     UINT64_C(0x80000000200060df), 0, 0x20003cdf, 0x200080df},
    /* "bundle" is bit 52, "loose" bit 51, which pages of a group do not have; otherwise as with FEAT_LPA2.
     * Pages hold 01 in bits 15:14 for 64 KiB. */
    {"ok_split_address", "2level", "bundles", "level3", 4, 0x40010000, 0x80010000, RWX,
     UINT64_C(0x00100000800144ff), 0, UINT64_C(0x000800008000c4ff), UINT64_C(0x00080000800204ff)},
    {"ok_split_address", "2level", "bundles", "level2", 8, 0x40000000, 0x80000000, RWX,
     UINT64_C(0x00180000800004fd), 0x2000000, UINT64_C(0x000800007e0004fd), UINT64_C(0x00080000900004fd)},
};

/* The rows of formats that this build leaves out are skipped. */
static bool built(const char *format)
{
    return axas_format_find(format) != NULL;
}

struct rig {
    struct axas_hosted *arena;
    struct axas_table table;
    const struct golden_group *golden;
    uint64_t span, size;
};

static void rig_open(struct rig *rig, const struct golden_group *golden, const char *features)
{
    const struct axas_format *format = golden_format(golden->format);
    const struct axas_hosted_config hosted = {0};
    memset(rig, 0, sizeof *rig);
    rig->arena = axas_hosted_create(&hosted);
    cr_assert_not_null(rig->arena);
    const struct axas_table_config config = {.hal = axas_hosted_hal(rig->arena),
                                             .format = format,
                                             .mode = golden_mode(format, golden->mode),
                                             .features = golden_features(format, features)};
    cr_assert_eq(axas_table_init(&rig->table, &config), AXAS_OK);
    rig->golden = golden;
    rig->span = UINT64_C(1) << format->levels[golden_level(format, golden->level)].shift;
    rig->size = golden->leaves * rig->span;
    /* the group, and a leaf on each side of it */
    cr_assert_eq(axas_table_map(&rig->table, axas_gpa_of(golden->gpa - rig->span),
                                axas_hpa_of(golden->hpa - rig->span), rig->size + 2 * rig->span,
                                golden->attr),
                 AXAS_OK);
}

static void rig_close(struct rig *rig)
{
    axas_table_destroy(&rig->table, NULL, NULL);
    cr_expect_eq(axas_hosted_destroy(rig->arena), 0);
}

/* The entry that translates gpa, in memory. */
static uint64_t *entry_at(const struct rig *rig, uint64_t gpa)
{
    const struct axas_format *format = rig->table.format;
    uint64_t hpa = rig->table.root_hpa.raw;
    for (unsigned level = rig->table.root_level;; level++) {
        const struct axas_level *at = &format->levels[level];
        uint64_t index = gpa >> at->shift;
        if (level != rig->table.root_level) {
            index &= (UINT64_C(1) << at->index_bits) - 1u;
        }
        uint64_t *slot = (uint64_t *)axas_hal_virt(rig->table.hal, axas_hpa_of(hpa)) + index;
        if (format->entry_kind(level, *slot) != AXAS_ENTRY_TABLE) {
            return slot;
        }
        hpa = format->entry_hpa(level, *slot);
    }
}

static void expect_entry(const struct rig *rig, uint64_t gpa, uint64_t expected)
{
    cr_expect_eq(*entry_at(rig, gpa), expected,
                 "%s %s: the entry for 0x%" PRIx64 " is 0x%016" PRIx64 ", not 0x%016" PRIx64,
                 rig->golden->format, rig->golden->level, gpa, *entry_at(rig, gpa), expected);
}

static uint64_t gpa_at(const struct rig *rig, unsigned leaf)
{
    return rig->golden->gpa + leaf * rig->span;
}

/* What leaf i would hold by itself: as the one before the group, each a leaf further. */
static uint64_t single(const struct rig *rig, unsigned i)
{
    const struct golden_group *golden = rig->golden;
    uint64_t step = (golden->after - golden->before) / (golden->leaves + 1u);
    return golden->before + (i + 1u) * step;
}

/* A level at which a format has groups has a row above, and says how large they are. */
Test(contiguous, every_level_with_groups_is_told)
{
    for (size_t f = 0; axas_formats[f] != NULL; f++) {
        for (unsigned level = 0; level < axas_formats[f]->level_count; level++) {
            const struct axas_level *at = &axas_formats[f]->levels[level];
            if (strcmp(axas_formats[f]->arch, "example") == 0) {
                continue; /* made up, and several are like the one above */
            }
            uint64_t size = 0;
            for (size_t g = 0; g < GOLDEN_COUNT(groups); g++) {
                if (strcmp(groups[g].format, axas_formats[f]->name) == 0 &&
                    strcmp(groups[g].level, at->name) == 0) {
                    size = groups[g].leaves * (UINT64_C(1) << at->shift);
                    cr_expect_eq(at->group_with & ~golden_features(axas_formats[f], groups[g].features), 0,
                                 "%s %s", axas_formats[f]->name, at->name);
                }
            }
            cr_expect_eq(at->group_size, size, "%s %s: groups of 0x%" PRIx64 " bytes, not 0x%" PRIx64,
                         axas_formats[f]->name, at->name, at->group_size, size);
        }
    }
}

Test(contiguous, map_marks_whole_groups)
{
    for (size_t g = 0; g < GOLDEN_COUNT(groups); g++) {
        if (!built(groups[g].format)) {
            continue;
        }
        struct rig rig;
        rig_open(&rig, &groups[g], groups[g].features);
        expect_entry(&rig, groups[g].gpa - rig.span, groups[g].before);
        for (unsigned i = 0; i < groups[g].leaves; i++) {
            struct axas_leaf leaf;
            axas_hpa hpa;
            expect_entry(&rig, gpa_at(&rig, i), groups[g].first + i * groups[g].step);
            cr_assert_eq(axas_table_query(&rig.table, axas_gpa_of(gpa_at(&rig, i) + 5), &leaf), AXAS_OK);
            cr_expect_eq(leaf.hpa.raw, groups[g].hpa + i * rig.span);
            cr_expect_eq(leaf.gpa.raw, gpa_at(&rig, i));
            cr_expect_eq(leaf.size, rig.span);
            cr_expect_eq(leaf.group, rig.size);
            cr_expect_eq(leaf.attr, groups[g].attr);
            cr_expect_eq(leaf.entry, single(&rig, i));
            cr_assert_eq(axas_table_translate(&rig.table, axas_gpa_of(gpa_at(&rig, i) + 5), &hpa), AXAS_OK);
            cr_expect_eq(hpa.raw, groups[g].hpa + i * rig.span + 5);
        }
        expect_entry(&rig, gpa_at(&rig, groups[g].leaves), groups[g].after);
        rig_close(&rig);
    }
}

/* Nobody asked for it, or not all of it was mapped, or to memory that is not aligned. */
Test(contiguous, other_leaves_have_no_mark)
{
    for (size_t g = 0; g < GOLDEN_COUNT(groups); g++) {
        if (!built(groups[g].format)) {
            continue;
        }
        struct rig rig;
        const char *other = strstr(groups[g].features, "lpa2") != NULL     ? "lpa2"
                            : strstr(groups[g].features, "sv39x4") != NULL ? "sv39x4"
                                                                           : "";
        rig_open(&rig, &groups[g], other);
        for (unsigned i = 0; i < groups[g].leaves; i++) {
            expect_entry(&rig, gpa_at(&rig, i), single(&rig, i));
        }
        rig_close(&rig);

        rig_open(&rig, &groups[g], groups[g].features);
        struct axas_gather gather;
        axas_gather_init(&gather, NULL, NULL);
        cr_assert_eq(axas_table_unmap(&rig.table, axas_gpa_of(groups[g].gpa - rig.span),
                                      rig.size + 2 * rig.span, &gather),
                     AXAS_OK);
        axas_gather_flush(&rig.table, &gather);
        axas_gather_free(&rig.table, &gather);
        cr_assert_eq(axas_table_map(&rig.table, axas_gpa_of(groups[g].gpa), axas_hpa_of(groups[g].hpa),
                                    rig.size - rig.span, groups[g].attr),
                     AXAS_OK);
        expect_entry(&rig, groups[g].gpa, single(&rig, 0));
        expect_entry(&rig, gpa_at(&rig, groups[g].leaves - 2u), single(&rig, groups[g].leaves - 2u));
        rig_close(&rig);
    }
}

/* A part that changes leaves single entries behind, and what is only neighbour to it stays together. */
Test(contiguous, a_part_that_changes_takes_the_group_apart)
{
    for (size_t g = 0; g < GOLDEN_COUNT(groups); g++) {
        if (!built(groups[g].format)) {
            continue;
        }
        struct rig rig;
        struct axas_gather gather;
        rig_open(&rig, &groups[g], groups[g].features);
        axas_gather_init(&gather, NULL, NULL);
        cr_assert_eq(axas_table_unmap(&rig.table, axas_gpa_of(groups[g].gpa - rig.span), rig.span, &gather),
                     AXAS_OK);
        expect_entry(&rig, groups[g].gpa, groups[g].first);
        cr_assert_eq(axas_table_unmap(&rig.table, axas_gpa_of(gpa_at(&rig, 3)), rig.span, &gather), AXAS_OK);
        for (unsigned i = 0; i < groups[g].leaves; i++) {
            expect_entry(&rig, gpa_at(&rig, i), i == 3 ? 0 : single(&rig, i));
        }
        axas_gather_flush(&rig.table, &gather);
        axas_gather_free(&rig.table, &gather);
        rig_close(&rig);
    }
}

/* A change of the whole keeps it together. */
Test(contiguous, a_whole_group_changes_together)
{
    for (size_t g = 0; g < GOLDEN_COUNT(groups); g++) {
        if (!built(groups[g].format)) {
            continue;
        }
        struct rig rig;
        struct axas_gather gather;
        /* Arm: S2AP 01, so 0x80 less, and XN 10, where it was not. RISC-V: W and X, 0xc less. */
        bool riscv = strncmp(groups[g].format, "riscv", 5) == 0;
        uint64_t less = riscv ? 0xc : 0x80, xn = riscv ? 0 : UINT64_C(0x0040000000000000);
        rig_open(&rig, &groups[g], groups[g].features);
        axas_gather_init(&gather, NULL, NULL);
        cr_assert_eq(axas_table_protect(&rig.table, axas_gpa_of(groups[g].gpa), rig.size, R, &gather),
                     AXAS_OK);
        for (unsigned i = 0; i < groups[g].leaves; i++) {
            expect_entry(&rig, gpa_at(&rig, i), ((groups[g].first + i * groups[g].step) | xn) - less);
        }
        expect_entry(&rig, gpa_at(&rig, groups[g].leaves), groups[g].after);
        axas_gather_flush(&rig.table, &gather);
        axas_gather_free(&rig.table, &gather);
        rig_close(&rig);
    }
}

/* D8.5.5 (RGPHKF, INFFSV) and Svnapot: the hardware sets a flag in one entry for all, and each page has it.
 */
Test(contiguous, flags_of_one_leaf_are_those_of_all)
{
    static const struct {
        size_t group;
        const char *features;
        uint64_t clear, set;
    } golden[] = {
        {0, "contiguous_bit hardware_access_flag", 0x400, 0x400},
        {7, "contiguous_bit hardware_access_flag", 0x400, 0x400},
        {15, "svnapot hardware_ad", 0xc0, 0xc0},
    };
    for (size_t n = 0; n < GOLDEN_COUNT(golden); n++) {
        struct rig rig;
        struct axas_leaf leaf;
        struct axas_gather gather;
        const struct golden_group *group = &groups[golden[n].group];
        if (!built(group->format)) {
            continue;
        }
        rig_open(&rig, group, golden[n].features);
        cr_assert_eq(axas_table_query(&rig.table, axas_gpa_of(gpa_at(&rig, 2)), &leaf), AXAS_OK);
        cr_expect_not(leaf.accessed);
        *entry_at(&rig, gpa_at(&rig, 7)) |= golden[n].set;
        cr_assert_eq(axas_table_query(&rig.table, axas_gpa_of(gpa_at(&rig, 2)), &leaf), AXAS_OK);
        cr_expect(leaf.accessed);
        cr_expect_eq(leaf.dirty, (golden[n].set & 0x80) != 0);
        expect_entry(&rig, gpa_at(&rig, 2), (group->first + 2 * group->step) & ~golden[n].clear);
        axas_gather_init(&gather, NULL, NULL);
        cr_assert_eq(axas_table_unmap(&rig.table, axas_gpa_of(gpa_at(&rig, 7)), rig.span, &gather), AXAS_OK);
        expect_entry(&rig, gpa_at(&rig, 2), single(&rig, 2));
        axas_gather_flush(&rig.table, &gather);
        axas_gather_free(&rig.table, &gather);
        rig_close(&rig);
    }
}

/* Entries that the manual reserves, or that a CPU without the feature does. */
Test(contiguous, marks_that_the_manual_does_not_know_are_told)
{
    static const struct {
        const char *format;
        struct golden_rule rule;
        bool valid;
    } golden[] = {
        {"aarch64_stage2",
         {"level3", "contiguous_bit", 48, UINT64_C(0x00500000800107ff), "a page of a group"},
         true},
        {"aarch64_stage2",
         {"level3", "", 48, UINT64_C(0x00500000800107ff), "groups were not asked for"},
         false},
        {"aarch64_stage2_lpa2",
         {"level0", "contiguous_bit lpa2", 52, UINT64_C(0x00100080000004fd), "RES0 at level 0 (D8.7.1)"},
         false},
        {"aarch64_stage2_16k_lpa2",
         {"level1", "contiguous_bit lpa2", 52, UINT64_C(0x00100010000004fd), "RES0 at level 1 (D8.7.1)"},
         false},
        {"aarch64_stage2_64k",
         {"level1", "contiguous_bit lpa", 52, UINT64_C(0x00100400000007fd), "RES0 at level 1 (D8.7.1)"},
         false},
        {"riscv64_gstage", {"vpn0", "svnapot", 56, UINT64_C(0x80000000200060df), "64 KiB"}, true},
        {"riscv64_gstage",
         {"vpn0", "", 56, UINT64_C(0x80000000200060df), "N is reserved without Svnapot"},
         false},
        {"riscv64_gstage",
         {"vpn0", "svnapot", 56, UINT64_C(0x80000000200040df), "PPN 0000 is reserved"},
         false},
        {"riscv64_gstage",
         {"vpn0", "svnapot", 56, UINT64_C(0x80000000200050df), "PPN 0100 is reserved"},
         false},
        {"riscv64_gstage",
         {"vpn0", "svnapot", 56, UINT64_C(0x80000000200064df), "PPN 1001 is reserved"},
         false},
        {"riscv64_gstage",
         {"vpn1", "svnapot", 56, UINT64_C(0x80000000200000df), "level 1 has no groups"},
         false},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        if (built(golden[i].format)) {
            golden_check_rule(golden_format(golden[i].format), &golden[i].rule, golden[i].valid);
        }
    }
}
