/* SPDX-License-Identifier: Apache-2.0 */
/* LoongArch64 tables with pages of 16 KiB, worked out by hand: loongarch64.h says from what. */
#include "loongarch64.h"

static const struct axas_format *pages(void)
{
    return golden_format("loongarch64_stage2_16k");
}

Test(loongarch64_16k, levels_and_modes_match_the_manual)
{
    /* Eight bytes an entry, 2048 of them in a table of 16 KiB. Empty: as with 4 KiB. */
    static const struct {
        const char *name;
        int8_t number;
        uint8_t shift;
        uint64_t empty;
    } levels[] = {{"dir3", 3, 36, 0x40}, {"dir1", 1, 25, 0x40}, {"pt", 0, 14, 0}};
    const struct axas_format *format = pages();
    cr_assert_eq(format->level_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        unsigned at = golden_level(format, levels[i].name);
        const struct axas_level *level = &format->levels[at];
        cr_expect_eq(level->number, levels[i].number);
        cr_expect_eq(level->shift, levels[i].shift);
        cr_expect_eq(level->index_bits, 11);
        cr_expect_eq(level->empty, levels[i].empty);
        cr_expect_eq(format->entry_kind(at, levels[i].empty), AXAS_ENTRY_EMPTY);
        cr_expect_eq(format->entry_kind(at, 0), i < 2 ? AXAS_ENTRY_TABLE : AXAS_ENTRY_EMPTY);
        cr_expect_eq(level->software_mask, i == 0 ? 0 : 0x200, "bit 9 is no field of 5.4.5");
    }
    const struct axas_mode *two = golden_mode(format, "2level"), *three = golden_mode(format, "3level");
    cr_expect_eq(format->mode_count, 2);
    cr_expect(three->is_default && !two->is_default);
    cr_expect_eq(two->root_level, golden_level(format, "dir1"));
    cr_expect_eq(three->root_level, golden_level(format, "dir3"));
    cr_expect(two->gpa_bits_min == 36 && two->gpa_bits_max == 36 && !two->within_physical);
    cr_expect(three->gpa_bits_min == 47 && three->gpa_bits_max == 47 && !three->within_physical);
    cr_expect_eq(format->output_bits, 48);
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_eq(format->root_tables_max, 1);
    cr_expect_not(format->big_endian);
}

Test(loongarch64_16k, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        {"dir3", UINT64_C(0x80004000), UINT64_C(0x80004000)},
        {"dir1", UINT64_C(0x1234568000), UINT64_C(0x1234568000)},
        {"dir1", UINT64_C(0xffffffffc000), UINT64_C(0xffffffffc000)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(pages(), &golden[i]);
    }
}

Test(loongarch64_16k, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* V 1 D 2 CC 0x10 P 0x80 W 0x100 = 0x193 */
        {"pt", "", RWX, UINT64_C(0x80000000), UINT64_C(0x80000193)},
        /* NX 1 << 62 */
        {"pt", "", RW, UINT64_C(0x80004000), UINT64_C(0x4000000080004193)},
        /* without W and D: 0x91 */
        {"pt", "", R, UINT64_C(0x80008000), UINT64_C(0x4000000080008091)},
        {"pt", "page_walker", RX, UINT64_C(0xffffffffc000), UINT64_C(0xffffffffc091)},
        /* NR 1 << 61 */
        {"pt", "", X, UINT64_C(0x8000c000), UINT64_C(0x200000008000c091)},
        {"pt", "", W, UINT64_C(0x80010000), UINT64_C(0x6000000080010193)},
        {"pt", "", W | X, UINT64_C(0x80014000), UINT64_C(0x2000000080014193)},
        /* SUC is 0: 0x183 */
        {"pt", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x10010000), UINT64_C(0x4000000010010183)},
        /* WUC is 2 << 4: 0x1a3 */
        {"pt", "", RW | AXAS_MEM_WRITE_COMBINING, UINT64_C(0x90004000), UINT64_C(0x40000000900041a3)},
        /* 32 MiB: H 0x40, 0x1d3 */
        {"dir1", "", RWX, UINT64_C(0x82000000), UINT64_C(0x820001d3)},
        /* 0xd1 */
        {"dir1", "", R, UINT64_C(0x40000000), UINT64_C(0x40000000400000d1)},
        {"dir1", "", RX, UINT64_C(0xfffffe000000), UINT64_C(0xfffffe0000d1)},
        /* SUC: 0x1c3 */
        {"dir1", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x102000000), UINT64_C(0x40000001020001c3)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(pages(), &golden[i]);
    }
}

Test(loongarch64_16k, no_access_is_invalid_and_keeps_the_address)
{
    golden_check_held(pages(), "pt", "", UINT64_C(0x80004000), 0x81);
    golden_check_held(pages(), "pt", "page_walker", 0, 0x81);
    golden_check_held(pages(), "dir1", "", UINT64_C(0xfffffe000000), 0x81);
}

Test(loongarch64_16k, entries_that_are_not_in_order_are_told)
{
    static const struct golden_rule illegal[] = {
        {"dir1", "", 48, UINT64_C(0x80001000), "a table that is not aligned to 16 KiB"},
        {"dir3", "", 48, UINT64_C(0x80002000), "the same"},
        {"dir1", "", 48, UINT64_C(0x80004091), "V, P and MAT in a pointer"},
        {"dir3", "", 48, UINT64_C(0x80000001d3), "a huge page of 64 GiB"},
        {"dir1", "", 48, UINT64_C(0x830001d3), "a misaligned huge page of 32 MiB"},
        {"dir1", "", 48, UINT64_C(0x820021d3), "the same, bit 13"},
        {"dir1", "", 48, UINT64_C(0x820011d3), "a global huge page"},
        {"pt", "", 48, UINT64_C(0x80001193), "a misaligned page"},
        {"pt", "", 48, UINT64_C(0x80002193), "the same"},
        {"pt", "", 48, UINT64_C(0x800001d3), "a global page"},
        {"pt", "", 48, UINT64_C(0x80000113), "P clear"},
        {"pt", "", 48, UINT64_C(0x8000019f), "PLV 3"},
        {"pt", "", 48, UINT64_C(0x800001b3), "MAT 3 is reserved (5.3)"},
        {"pt", "", 48, UINT64_C(0x80000093), "D without W"},
        {"pt", "", 48, UINT64_C(0x80000191), "W without D"},
        {"pt", "", 47, UINT64_C(0x800000000193), "address bit 47 with a physical width of 47"},
    };
    static const struct golden_rule legal[] = {
        {"pt", "", 48, UINT64_C(0x80000193), "RWX"},
        {"pt", "", 48, UINT64_C(0x1000000080000b93), "bits 60, 11 and 9 are ignored (5.4.5)"},
        {"dir1", "", 48, UINT64_C(0x820001d3), "32 MiB"},
        {"dir1", "", 48, UINT64_C(0x80004000), "a pointer"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(pages(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(pages(), &legal[i], true);
    }
}

Test(loongarch64_16k, every_bit_of_an_entry_is_accounted_for)
{
    static const struct golden_bits golden[] = {
        {"dir3", "", AXAS_ENTRY_TABLE, UINT64_C(0x80004000), UINT64_C(0xffffffffc000), 0,
         UINT64_C(0xffffffffc040)},
        {"dir1", "", AXAS_ENTRY_TABLE, UINT64_C(0x80004000), UINT64_C(0xffffffffc000), 0,
         UINT64_C(0xffffffffc040)},
        {"dir1", "", AXAS_ENTRY_LEAF, UINT64_C(0x820001d3), UINT64_C(0x1ffffffffe000a00),
         UINT64_C(0x6000000000000132), UINT64_C(0xe000fffffe0017ff)},
        {"pt", "", AXAS_ENTRY_LEAF, UINT64_C(0x80000193), UINT64_C(0x1fffffffffffca00),
         UINT64_C(0x6000000000000132), UINT64_C(0xe000ffffffffc7ff)},
        {"dir1", "", AXAS_ENTRY_HELD, UINT64_C(0x82000450), UINT64_C(0xfffffffffe001b0e), 0x30,
         UINT64_C(0xfffffe0006f1)},
        {"pt", "", AXAS_ENTRY_HELD, UINT64_C(0x80004410), UINT64_C(0xffffffffffffcb4e), 0x30,
         UINT64_C(0xffffffffc6b1)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(pages(), &golden[i]);
    }
}

Test(loongarch64_16k, root_registers_match_the_manual)
{
    static const struct loongarch_root golden[] = {
        /* PWCL: 14, 11 << 5, 25 << 10, 11 << 15; PWCH: 36, 11 << 6; STLBPS: 14; GID 1 << 16 */
        {"3level", 47, "", 1, UINT64_C(0x80004000), AXAS_OK, UINT64_C(0x80004000), 0x5e56e, 0x2e4, 0xe,
         0x10000},
        /* without Dir1; PWCH: 25, 11 << 6 */
        {"2level", 36, "", 0xff, UINT64_C(0xffffffffc000), AXAS_OK, UINT64_C(0xffffffffc000), 0x16e, 0x2d9,
         0xe, 0xff0000},
        /* HPTW_En 1 << 24 */
        {"3level", 47, "page_walker", 2, UINT64_C(0x4000), AXAS_OK, 0x4000, 0x5e56e, 0x10002e4, 0xe, 0x20000},
        {"2level", 36, "page_walker", 1, UINT64_C(0x4000), AXAS_OK, 0x4000, 0x16e, 0x10002d9, 0xe, 0x10000},
        {"3level", 47, "", 0, UINT64_C(0x80004000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0},
        {"3level", 47, "", 0x100, UINT64_C(0x80004000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0},
        {"3level", 47, "", 1, UINT64_C(0x80001000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0},
        {"3level", 47, "", 1, UINT64_C(0x80002000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0},
        {"3level", 47, "", 1, UINT64_C(0x1000000000000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        loongarch_check_root(pages(), &golden[i]);
    }
}

Test(loongarch64_16k, what_both_page_sizes_share)
{
    loongarch_check_refusals(pages());
    loongarch_check_changes(pages());
    loongarch_check_faults(pages());
}

Test(loongarch64_16k, identification_registers_say_what_a_cpu_has)
{
    loongarch64_check_cpus("loongarch64_stage2_16k", "2level 3level");
}
