/* SPDX-License-Identifier: Apache-2.0 */
/* LoongArch64 tables with pages of 4 KiB, worked out by hand: loongarch64.h says from what. */
#include "loongarch64.h"

static const struct axas_format *pages(void)
{
    return golden_format("loongarch64_stage2");
}

Test(loongarch64, levels_and_modes_match_the_manual)
{
    /* Eight bytes an entry, 512 of them in a table. An entry of a directory that is 0 leads to the first page
     * of the host (4.2.5.1), and a huge page without V (0x40) nowhere. */
    static const struct {
        const char *name;
        int8_t number;
        uint8_t shift;
        uint64_t empty;
    } levels[] = {{"dir3", 3, 39, 0x40}, {"dir2", 2, 30, 0x40}, {"dir1", 1, 21, 0x40}, {"pt", 0, 12, 0}};
    const struct axas_format *format = pages();
    cr_assert_eq(format->level_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        unsigned at = golden_level(format, levels[i].name);
        const struct axas_level *level = &format->levels[at];
        cr_expect_eq(level->number, levels[i].number);
        cr_expect_eq(level->shift, levels[i].shift);
        cr_expect_eq(level->index_bits, 9);
        cr_expect_eq(level->empty, levels[i].empty);
        cr_expect_eq(format->entry_kind(at, levels[i].empty), AXAS_ENTRY_EMPTY);
        cr_expect_eq(format->entry_kind(at, 0), i < 3 ? AXAS_ENTRY_TABLE : AXAS_ENTRY_EMPTY);
        cr_expect_eq(level->software_mask, i == 0 ? 0 : 0x200, "bit 9 is no field of 5.4.5");
    }
    const struct axas_mode *three = golden_mode(format, "3level"), *four = golden_mode(format, "4level");
    cr_expect_eq(format->mode_count, 2);
    cr_expect(four->is_default && !three->is_default);
    cr_expect_eq(three->root_level, golden_level(format, "dir2"));
    cr_expect_eq(four->root_level, golden_level(format, "dir3"));
    cr_expect(three->gpa_bits_min == 39 && three->gpa_bits_max == 39 && !three->within_physical);
    cr_expect(four->gpa_bits_min == 47 && four->gpa_bits_max == 47 && !four->within_physical);
    cr_expect_eq(format->output_bits, 48);
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_eq(format->root_tables_max, 1);
    cr_expect_not(format->big_endian);
}

Test(loongarch64, table_entries_match_the_manual)
{
    /* 4.2.5.1: the physical address of the table, and no flag */
    static const struct golden_table golden[] = {
        {"dir3", UINT64_C(0x80001000), UINT64_C(0x80001000)},
        {"dir2", UINT64_C(0x1234567000), UINT64_C(0x1234567000)},
        {"dir1", UINT64_C(0xfffffffff000), UINT64_C(0xfffffffff000)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(pages(), &golden[i]);
    }
}

Test(loongarch64, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* V 1 D 2 CC 0x10 P 0x80 W 0x100 = 0x193 */
        {"pt", "", RWX, UINT64_C(0x80000000), UINT64_C(0x80000193)},
        /* NX 1 << 62 */
        {"pt", "", RW, UINT64_C(0x80001000), UINT64_C(0x4000000080001193)},
        /* without W and D: 0x91 */
        {"pt", "", R, UINT64_C(0x80002000), UINT64_C(0x4000000080002091)},
        {"pt", "", RX, UINT64_C(0x80003000), UINT64_C(0x80003091)},
        /* NR 1 << 61 */
        {"pt", "", X, UINT64_C(0x80004000), UINT64_C(0x2000000080004091)},
        {"pt", "", W, UINT64_C(0x80005000), UINT64_C(0x6000000080005193)},
        {"pt", "", W | X, UINT64_C(0x80006000), UINT64_C(0x2000000080006193)},
        /* highest address of 48 bits */
        {"pt", "page_walker", RWX, UINT64_C(0xfffffffff000), UINT64_C(0xfffffffff193)},
        /* SUC is 0: 0x183 */
        {"pt", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x10000000), UINT64_C(0x4000000010000183)},
        /* WUC is 2 << 4: 0x1a3 */
        {"pt", "", RW | AXAS_MEM_WRITE_COMBINING, UINT64_C(0x90000000), UINT64_C(0x40000000900001a3)},
        /* 2 MiB: H 0x40, 0x1d3 */
        {"dir1", "", RWX, UINT64_C(0x80200000), UINT64_C(0x802001d3)},
        /* 0xd1 */
        {"dir1", "", R, UINT64_C(0x40000000), UINT64_C(0x40000000400000d1)},
        /* SUC: 0x1c3 */
        {"dir1", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x100000000), UINT64_C(0x40000001000001c3)},
        /* 1 GiB */
        {"dir2", "huge_dir2", RX, UINT64_C(0xc0000000), UINT64_C(0xc00000d1)},
        {"dir2", "huge_dir2", W, UINT64_C(0xffffc0000000), UINT64_C(0x6000ffffc00001d3)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(pages(), &golden[i]);
    }
}

Test(loongarch64, no_access_is_invalid_and_keeps_the_address)
{
    /* neither V nor P, with which a walker would set V */
    golden_check_held(pages(), "pt", "", UINT64_C(0x80001000), 0x81);
    golden_check_held(pages(), "pt", "page_walker", 0, 0x81);
    golden_check_held(pages(), "dir1", "", UINT64_C(0xffffffe00000), 0x81);
    golden_check_held(pages(), "dir2", "huge_dir2", UINT64_C(0x40000000), 0x81);
}

Test(loongarch64, entries_that_are_not_in_order_are_told)
{
    static const struct golden_rule illegal[] = {
        {"dir1", "", 48, UINT64_C(0x80001001), "V in a pointer: LDDIR takes it for a bit of the address"},
        {"dir1", "", 48, UINT64_C(0x80001091), "V, P and MAT in a pointer"},
        {"dir3", "", 48, UINT64_C(0x80001080), "P in a pointer"},
        {"dir2", "", 48, UINT64_C(0x1000080001000), "address bit 48 in a pointer"},
        {"dir3", "", 48, UINT64_C(0x80000001d3), "a huge page of 512 GiB"},
        {"dir2", "", 48, UINT64_C(0xc00001d3), "a huge page of 1 GiB without huge_dir2"},
        {"dir2", "huge_dir2", 48, UINT64_C(0xe00001d3), "a misaligned one"},
        {"dir1", "", 48, UINT64_C(0x803001d3), "a misaligned huge page of 2 MiB"},
        {"dir1", "", 48, UINT64_C(0x802021d3), "the same, bit 13"},
        {"dir1", "", 48, UINT64_C(0x802011d3), "a global huge page"},
        {"pt", "", 48, UINT64_C(0x800001d3), "a global page"},
        {"pt", "", 48, UINT64_C(0x80000113), "P clear"},
        {"pt", "", 48, UINT64_C(0x8000019f), "PLV 3"},
        {"pt", "", 48, UINT64_C(0x8000000080000193), "RPLV"},
        {"pt", "", 48, UINT64_C(0x800001b3), "MAT 3 is reserved (5.3)"},
        {"pt", "", 48, UINT64_C(0x80000093), "D without W"},
        {"pt", "", 48, UINT64_C(0x80000191), "W without D"},
        {"pt", "", 48, UINT64_C(0x6000000080000091), "neither read, write nor execute"},
        {"pt", "", 47, UINT64_C(0x800000000193), "address bit 47 with a physical width of 47"},
        {"dir1", "", 40, UINT64_C(0x10000000000), "table address bit 40 with a physical width of 40"},
    };
    static const struct golden_rule legal[] = {
        {"pt", "", 48, UINT64_C(0x80000193), "RWX"},
        {"pt", "", 47, UINT64_C(0x400000000193), "address bit 46 with a physical width of 47"},
        {"pt", "", 48, UINT64_C(0x1000000080000b93), "bits 60, 11 and 9 are ignored (5.4.5)"},
        {"dir1", "", 48, UINT64_C(0x802001d3), "2 MiB"},
        {"dir2", "huge_dir2", 48, UINT64_C(0xc00001d3), "1 GiB"},
        {"dir1", "", 48, UINT64_C(0x80001000), "a pointer"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(pages(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(pages(), &legal[i], true);
    }
}

Test(loongarch64, every_bit_of_an_entry_is_accounted_for)
{
    static const struct golden_bits golden[] = {
        /* pointer: an address, and H */
        {"dir3", "", AXAS_ENTRY_TABLE, UINT64_C(0x80001000), UINT64_C(0xfffffffff000), 0,
         UINT64_C(0xfffffffff040)},
        {"dir2", "", AXAS_ENTRY_TABLE, UINT64_C(0x80001000), UINT64_C(0xfffffffff000), 0,
         UINT64_C(0xfffffffff040)},
        {"dir1", "", AXAS_ENTRY_TABLE, UINT64_C(0x80001000), UINT64_C(0xfffffffff000), 0,
         UINT64_C(0xfffffffff040)},
        /* page: NX, NR, W, MAT and D are codes; 60:48, 11 and 9 are nobody's */
        {"dir2", "huge_dir2", AXAS_ENTRY_LEAF, UINT64_C(0xc00001d3), UINT64_C(0x1fffffffc0000a00),
         UINT64_C(0x6000000000000132), UINT64_C(0xe000ffffc00017ff)},
        {"dir1", "", AXAS_ENTRY_LEAF, UINT64_C(0x802001d3), UINT64_C(0x1fffffffffe00a00),
         UINT64_C(0x6000000000000132), UINT64_C(0xe000ffffffe017ff)},
        {"pt", "", AXAS_ENTRY_LEAF, UINT64_C(0x80000193), UINT64_C(0x1ffffffffffffa00),
         UINT64_C(0x6000000000000132), UINT64_C(0xe000fffffffff7ff)},
        /* V clear, bit 10 and the address kept; P stays clear */
        {"dir2", "huge_dir2", AXAS_ENTRY_HELD, UINT64_C(0xc0000450), UINT64_C(0xffffffffc0001b0e), 0x30,
         UINT64_C(0xffffc00006f1)},
        {"dir1", "", AXAS_ENTRY_HELD, UINT64_C(0x80200450), UINT64_C(0xffffffffffe01b0e), 0x30,
         UINT64_C(0xffffffe006f1)},
        {"pt", "", AXAS_ENTRY_HELD, UINT64_C(0x80001410), UINT64_C(0xfffffffffffffb4e), 0x30,
         UINT64_C(0xfffffffff6b1)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(pages(), &golden[i]);
    }
}

Test(loongarch64, root_registers_match_the_manual)
{
    static const struct loongarch_root golden[] = {
        /* PWCL: 12, 9 << 5, 21 << 10, 9 << 15, 30 << 20, 9 << 25; PWCH: 39, 9 << 6; STLBPS: 12; GID 1 << 16
         */
        {"4level", 47, "", 1, UINT64_C(0x80001000), AXAS_OK, UINT64_C(0x80001000), 0x13e4d52c, 0x267, 0xc,
         0x10000},
        /* without Dir2; PWCH: 30, 9 << 6 */
        {"3level", 39, "", 0xff, UINT64_C(0xfffffffff000), AXAS_OK, UINT64_C(0xfffffffff000), 0x4d52c, 0x25e,
         0xc, 0xff0000},
        /* HPTW_En 1 << 24 */
        {"4level", 47, "page_walker", 2, UINT64_C(0x1000), AXAS_OK, 0x1000, 0x13e4d52c, 0x1000267, 0xc,
         0x20000},
        {"3level", 39, "page_walker", 1, UINT64_C(0x1000), AXAS_OK, 0x1000, 0x4d52c, 0x100025e, 0xc, 0x10000},
        {"4level", 47, "", 0, UINT64_C(0x80001000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0}, /* 0 is the host's GID */
        {"4level", 47, "", 0x100, UINT64_C(0x80001000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0}, /* a GID has 8 bits */
        {"4level", 47, "", 1, UINT64_C(0x80001800), AXAS_ERR_RANGE, 0, 0, 0, 0, 0},     /* no whole page */
        {"4level", 47, "", 1, UINT64_C(0x1000000000000), AXAS_ERR_RANGE, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        loongarch_check_root(pages(), &golden[i]);
    }
}

Test(loongarch64, what_both_page_sizes_share)
{
    loongarch_check_refusals(pages());
    loongarch_check_changes(pages());
    loongarch_check_faults(pages());
}

Test(loongarch64, identification_registers_say_what_a_cpu_has)
{
    loongarch64_check_cpus("loongarch64_stage2", "3level 4level");
}
