/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of AArch64 Stage-2 tables with the 4 KiB granule, worked out by hand from the Arm Architecture
 * Reference Manual for A-profile (DDI 0487J): D8.3 (descriptor formats and their attribute fields), D8.4
 * (permissions), D8.6 (memory types, forced write-back), D19.2 (VTCR_EL2, VTTBR_EL2, ESR_EL2, HPFAR_EL2,
 * PAR_EL1).
 *
 * A leaf: valid bit 0; bit 1 set in pages and clear in blocks; MemAttr bits 5:2; S2AP bits 7:6 (bit 6 reads,
 * bit 7 writes); SH bits 9:8 (inner shareable 11); AF bit 10; address bits 47:12; XN bits 54:53.
 * Policy of this project: normal memory is inner shareable (11); Device and Non-cacheable, where the CPU
 * ignores SH and takes outer shareable (D8.6.2), say so (10); AF is set in advance where the CPU does not.
 */
#include "arm_faults.h"
#include "arm_id.h"
#include "golden.h"

static const struct axas_format *stage2(void)
{
    return golden_format("aarch64_stage2");
}

Test(stage2, levels_are_numbered_as_in_the_manual)
{
    /* D8.2.8: level 0 resolves bits 47:39, 1 38:30, 2 29:21, 3 20:12. */
    static const struct {
        const char *name;
        int8_t number;
        uint8_t shift;
    } golden[] = {{"level0", 0, 39}, {"level1", 1, 30}, {"level2", 2, 21}, {"level3", 3, 12}};
    const struct axas_format *format = stage2();
    cr_assert_eq(format->level_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct axas_level *level = &format->levels[golden_level(format, golden[i].name)];
        cr_expect_eq(level->number, golden[i].number);
        cr_expect_eq(level->shift, golden[i].shift);
        cr_expect_eq(level->index_bits, 9);
        cr_expect_eq(level->empty & 1, 0, "an empty entry is invalid");
    }
    cr_expect_eq(format->root_tables_max, 16);
}

Test(stage2, modes_are_those_that_the_manual_allows)
{
    /* D8.2.8: from level 2 without concatenation 30 bits, with 16 tables 34; from level 1 39 and 43; from
     * level 0 48 bits, and then only where physical addresses are wider than 42 bits; from level 3, which is
     * FEAT_TTST's, 21 and 25. The guest's addresses may not be wider than the CPU's. */
    const struct axas_format *format = stage2();
    const struct axas_mode *one = golden_mode(format, "1level");
    const struct axas_mode *two = golden_mode(format, "2level");
    const struct axas_mode *three = golden_mode(format, "3level");
    const struct axas_mode *four = golden_mode(format, "4level");
    cr_expect_eq(format->mode_count, 4);
    cr_expect_eq(one->root_level, golden_level(format, "level3"));
    cr_expect_eq(one->level_count, 1);
    cr_expect_eq(one->gpa_bits_max, 25);
    cr_expect_eq(one->physical_bits_min, 0);
    cr_expect(one->within_physical);
    cr_expect_eq(two->root_level, golden_level(format, "level2"));
    cr_expect_eq(two->level_count, 2);
    cr_expect_eq(two->gpa_bits_max, 34);
    cr_expect_eq(two->physical_bits_min, 0);
    cr_expect(two->within_physical);
    cr_expect_eq(three->root_level, golden_level(format, "level1"));
    cr_expect_eq(three->level_count, 3);
    cr_expect_eq(three->gpa_bits_max, 43);
    cr_expect(three->within_physical);
    cr_expect_eq(four->root_level, golden_level(format, "level0"));
    cr_expect_eq(four->level_count, 4);
    cr_expect_eq(four->gpa_bits_max, 48);
    cr_expect_gt(four->physical_bits_min, 42);
    cr_expect_leq(four->physical_bits_min, 44);
    cr_expect(four->within_physical);
}

Test(stage2, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* D8.3.1: bits 1:0 are 11, address 47:12 */
        {"level0", UINT64_C(0x40001000), UINT64_C(0x40001003)},
        {"level1", UINT64_C(0xfffffffff000), UINT64_C(0xfffffffff003)},
        {"level2", UINT64_C(0x800000002000), UINT64_C(0x800000002003)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(stage2(), &golden[i]);
    }
}

Test(stage2, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* page 0x3 + MemAttr 1111 << 2 0x3c + S2AP 11 << 6 0xc0 + SH 11 << 8 0x300 + AF 0x400 = 0x7ff; XN 00
         */
        {"level3", "", RWX, UINT64_C(0x40000000), UINT64_C(0x400007ff)},
        /* the same, XN 10 << 53 = 0x0040000000000000 */
        {"level3", "", RW, UINT64_C(0x40001000), UINT64_C(0x00400000400017ff)},
        /* S2AP 01: 0x3 + 0x3c + 0x40 + 0x300 + 0x400 = 0x77f; XN 10 */
        {"level3", "", R, UINT64_C(0x40002000), UINT64_C(0x004000004000277f)},
        /* S2AP 01, XN 00 */
        {"level3", "", RX, UINT64_C(0x40003000), UINT64_C(0x4000377f)},
        /* S2AP 10, write-only: 0x3 + 0x3c + 0x80 + 0x300 + 0x400 = 0x7bf; XN 10 (D8.4.2) */
        {"level3", "", W, UINT64_C(0x40004000), UINT64_C(0x00400000400047bf)},
        /* highest address of 48 bits */
        {"level3", "", RW, UINT64_C(0xfffffffff000), UINT64_C(0x0040fffffffff7ff)},
        /* FEAT_XNX, XN 11 << 53 = 0x0060000000000000: executable at EL1, not at EL0 */
        {"level3", "xnx", R | KX, UINT64_C(0x40005000), UINT64_C(0x006000004000577f)},
        /* XN 01 << 53 = 0x0020000000000000: executable at EL0, not at EL1 */
        {"level3", "xnx", RW | UX, UINT64_C(0x40006000), UINT64_C(0x00200000400067ff)},
        /* with FEAT_XNX XN 00 and 10 mean what they meant */
        {"level3", "xnx", RWX, UINT64_C(0x40007000), UINT64_C(0x400077ff)},
        {"level3", "xnx", RW, UINT64_C(0x40008000), UINT64_C(0x00400000400087ff)},
        /* Device-nGnRE MemAttr 0001 << 2 = 0x4: 0x3 + 0x4 + 0xc0 + SH 0x200 + 0x400 = 0x6c7; XN 10 */
        {"level3", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x09000000), UINT64_C(0x00400000090006c7)},
        /* nGnRnE MemAttr 0000: 0x6c3; nGRE 0010 << 2 = 0x8: 0x6cb; GRE 0011 << 2 = 0xc: 0x6cf (D8.6.6) */
        {"level3", "", R | AXAS_MEM_DEVICE_NONPOSTED, UINT64_C(0x09002000), UINT64_C(0x0040000009002643)},
        {"level3", "", RW | AXAS_MEM_DEVICE_UNORDERED, UINT64_C(0x09003000), UINT64_C(0x00400000090036cb)},
        {"level3", "fwb", RW | AXAS_MEM_DEVICE_GATHERED, UINT64_C(0x09004000), UINT64_C(0x00400000090046cf)},
        /* Normal Non-cacheable 0101 << 2 = 0x14: 0x3 + 0x14 + 0xc0 + 0x200 + 0x400 = 0x6d7; XN 10 */
        {"level3", "", RW | AXAS_MEM_UNCACHED, UINT64_C(0x50000000), UINT64_C(0x00400000500006d7)},
        /* FEAT_S2FWB: Normal write-back 0110 << 2 = 0x18: 0x3 + 0x18 + 0xc0 + 0x300 + 0x400 = 0x7db */
        {"level3", "fwb", RWX, UINT64_C(0x40009000), UINT64_C(0x400097db)},
        /* FEAT_S2FWB: Device-nGnRE 0001 << 2, Non-cacheable 0101 << 2 as without */
        {"level3", "fwb", RW | AXAS_MEM_DEVICE, UINT64_C(0x09001000), UINT64_C(0x00400000090016c7)},
        {"level3", "fwb", RW | AXAS_MEM_UNCACHED, UINT64_C(0x50001000), UINT64_C(0x00400000500016d7)},
        /* 2 MiB block: bits 1:0 are 01, so 0x7ff - 0x2 = 0x7fd; address from bit 21 */
        {"level2", "", RWX, UINT64_C(0x40200000), UINT64_C(0x402007fd)},
        /* read-only, not executable: 0x77f - 0x2, XN 10 */
        {"level2", "", R, UINT64_C(0x40400000), UINT64_C(0x004000004040077d)},
        /* device block: 0x6c7 - 0x2, XN 10 */
        {"level2", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x08000000), UINT64_C(0x00400000080006c5)},
        /* 1 GiB block; address from bit 30 */
        {"level1", "", RWX, UINT64_C(0x40000000), UINT64_C(0x400007fd)},
        {"level1", "fwb xnx", R | UX, UINT64_C(0x80000000), UINT64_C(0x0020000080000759)},
        /*
         * D8.5.2, VTCR_EL2.HD: DBM 1 << 51 = 0x0008000000000000 lets a leaf be written, S2AP[1] stays clear
         * until it is, and AF as well: 0x3 + 0x3c + S2AP 01 0x40 + 0x300 = 0x37f; S2AP 00 0x33f
         */
        {"level3", "hardware_dirty_state", RWX, UINT64_C(0x40000000), UINT64_C(0x000800004000037f)},
        {"level3", "hardware_dirty_state", RW, UINT64_C(0x40001000), UINT64_C(0x004800004000137f)},
        {"level3", "hardware_dirty_state", W, UINT64_C(0x40004000), UINT64_C(0x004800004000433f)},
        {"level3", "hardware_dirty_state", R, UINT64_C(0x40002000), UINT64_C(0x004000004000237f)},
        {"level3", "hardware_dirty_state", RX, UINT64_C(0x40003000), UINT64_C(0x4000337f)},
        {"level3", "hardware_dirty_state xnx", RW | UX, UINT64_C(0x40006000), UINT64_C(0x002800004000637f)},
        {"level3", "hardware_dirty_state xnx", RW | KX, UINT64_C(0x40007000), UINT64_C(0x006800004000737f)},
        {"level3", "hardware_dirty_state", RW | AXAS_MEM_DEVICE, UINT64_C(0x09000000),
         UINT64_C(0x0048000009000247)},
        {"level2", "hardware_dirty_state", RWX, UINT64_C(0x40200000), UINT64_C(0x000800004020037d)},
        {"level1", "hardware_access_flag hardware_dirty_state fwb", RW, UINT64_C(0x80000000),
         UINT64_C(0x0048000080000359)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(stage2(), &golden[i]);
    }
}

Test(stage2, accessed_flag_is_bit_10)
{
    const struct axas_format *format = stage2();
    struct axas_leaf leaf;
    unsigned level = golden_level(format, "level3");
    cr_expect_eq(format->levels[level].accessed_mask, 0x400);
    cr_assert_eq(format->leaf_read(level, UINT64_C(0x00400000400017ff), 0, &leaf), AXAS_OK);
    cr_expect(leaf.accessed);
    uint64_t features = golden_features(format, "hardware_access_flag");
    cr_assert_eq(format->leaf_read(level, UINT64_C(0x00400000400013ff), features, &leaf), AXAS_OK);
    cr_expect_not(leaf.accessed);
    cr_expect_eq(leaf.attr, RW);

    /* FEAT_HAFDBS: the CPU sets AF, so a new leaf leaves it clear; 0x7ff - 0x400 = 0x3ff */
    struct axas_leaf_code code;
    cr_assert_eq(format->encode(RWX, features, &code), AXAS_OK);
    cr_expect_eq(format->leaf_make(level, UINT64_C(0x40000000), &code), UINT64_C(0x400003ff));
}

Test(stage2, dirty_state_is_bit_7_where_bit_51_allows_writes)
{
    static const struct golden_state golden[] = {
        /* D8.5.2: new; read; written, 0x37f + AF 0x400 + S2AP[1] 0x80 = 0x7ff */
        {"level3", "hardware_dirty_state", UINT64_C(0x000800004000037f), RWX, false, false},
        {"level3", "hardware_dirty_state", UINT64_C(0x000800004000077f), RWX, true, false},
        {"level3", "hardware_dirty_state", UINT64_C(0x00080000400007ff), RWX, true, true},
        {"level3", "hardware_dirty_state", UINT64_C(0x004800004000433f), W, false, false},
        {"level3", "hardware_dirty_state", UINT64_C(0x00480000400047bf), W, true, true},
        {"level3", "hardware_dirty_state xnx", UINT64_C(0x00280000400067ff), RW | UX, true, true},
        {"level2", "hardware_dirty_state", UINT64_C(0x00080000402007fd), RWX, true, true},
        /* bit 55, which the CPU ignores, is where this library keeps it: of a leaf that the host wrote, of
           one that may not be written any more, and of one without access */
        {"level3", "hardware_dirty_state", UINT64_C(0x008800004000077f), RWX, true, true},
        {"level3", "hardware_dirty_state", UINT64_C(0x004000004000277f), R, true, false},
        {"level3", "hardware_dirty_state", UINT64_C(0x00c000004000277f), R, true, true},
        {"level3", "hardware_dirty_state", UINT64_C(0x0080000040001f3c), 0, true, true},
        {"level3", "hardware_dirty_state", UINT64_C(0x40001f3c), 0, true, false},
        /* without the feature S2AP[1] is the permission and nothing else */
        {"level3", "", UINT64_C(0x400007ff), RWX, true, false},
        {"level3", "hardware_access_flag", UINT64_C(0x400007ff), RWX, true, false},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_state(stage2(), &golden[i]);
    }
    for (unsigned level = 1; level < 4; level++) {
        cr_expect_eq(stage2()->levels[level].written_mask, 0x80);
        cr_expect_eq(stage2()->levels[level].dirty_mask, UINT64_C(0x0080000000000000));
    }
}

Test(stage2, no_access_is_invalid_and_keeps_the_address)
{
    /* D8.3.1: bit 0 clear is invalid, whatever the rest holds. */
    golden_check_held(stage2(), "level3", "", UINT64_C(0x40001000), 1);
    golden_check_held(stage2(), "level3", "", UINT64_C(0), 1);
    golden_check_held(stage2(), "level2", "xnx fwb", UINT64_C(0xffffffe00000), 1);
    golden_check_held(stage2(), "level1", "", UINT64_C(0x8000000000), 1);
}

Test(stage2, descriptors_that_the_manual_reserves_are_told)
{
    static const struct golden_rule illegal[] = {
        {"level3", "", 40, UINT64_C(0x400007fd), "bits 1:0 = 01 at level 3 is reserved (D8.3.1)"},
        {"level0", "", 48, UINT64_C(0x7fd), "no block at level 0 with 48-bit descriptors"},
        {"level2", "", 40, UINT64_C(0x402017fd), "bit 12 of a level 2 block is RES0"},
        {"level2", "", 40, UINT64_C(0x403007fd), "bit 20 of a level 2 block is RES0"},
        {"level1", "", 40, UINT64_C(0x402007fd), "bit 21 of a level 1 block is RES0"},
        {"level1", "", 40, UINT64_C(0x600007fd), "bit 29 of a level 1 block is RES0"},
        {"level3", "", 48, UINT64_C(0x00010000400007ff), "bit 48 is RES0 without 52-bit addresses"},
        {"level3", "", 48, UINT64_C(0x00040000400007ff), "bit 50 is RES0 without 52-bit addresses"},
        {"level1", "", 48, UINT64_C(0x0001000040001003), "bit 48 of a table descriptor is RES0"},
        {"level3", "", 40, UINT64_C(0x100400007ff), "address bit 40 with a physical width of 40"},
        {"level2", "", 36, UINT64_C(0x1040001003), "table address bit 36 with a physical width of 36"},
        {"level3", "", 40, UINT64_C(0x400005ff), "SH 01 is reserved"},
        {"level3", "", 40, UINT64_C(0x00200000400007ff), "bit 53 is RES0 without FEAT_XNX"},
        {"level3", "", 40, UINT64_C(0x400007e3), "MemAttr 1000 is reserved"},
        {"level3", "", 40, UINT64_C(0x400007f3), "MemAttr 1100 is reserved"},
        {"level3", "", 40, UINT64_C(0x00480000400017ff),
         "DBM without hardware management of the dirty state"},
        {"level3", "hardware_access_flag", 40, UINT64_C(0x004800004000177f), "the same"},
        {"level3", "hardware_dirty_state", 40, UINT64_C(0x00400000400017ff),
         "S2AP[1] without DBM: always dirty"},
    };
    static const struct golden_rule legal[] = {
        {"level3", "", 40, UINT64_C(0x400007ff), "a page"},
        {"level2", "", 40, UINT64_C(0x402007fd), "a block"},
        {"level3", "", 40, UINT64_C(0xff400007ff), "address bit 39 with a physical width of 40"},
        {"level3", "xnx", 40, UINT64_C(0x00200000400007ff), "bit 53 with FEAT_XNX"},
        {"level3", "", 40, UINT64_C(0x01800000400007ff), "bits 58:55 are software's or ignored"},
        {"level1", "", 40, UINT64_C(0x40001003), "a table"},
        {"level1", "", 40, UINT64_C(0x40001fff), "bits 11:2 of a table descriptor are ignored"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(stage2(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(stage2(), &legal[i], true);
    }
}

Test(stage2, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", R | KX, "execution by privilege needs FEAT_XNX"},
        {"", R | UX, "the same"},
        {"fwb", RW | KX, "the same"},
        {"fwb", RW | AXAS_MEM_WRITE_THROUGH, "forced write-back has no write-through (D8.6.6)"},
        {"", R | AXAS_MEM_WRITE_PROTECTED, "no cache of the manual's evicts on a write"},
        {"", R | UINT32_C(0xf0), "no such memory type"},
        {"", R | UINT32_C(0x100), "no such attribute"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(stage2(), &golden[i]);
    }
}

Test(stage2, vtcr_and_vttbr_match_the_manual)
{
    /*
     * VTCR_EL2: T0SZ 5:0 = 64 - width; SL0 7:6, level 1 is 01 and level 0 is 10; IRGN0 9:8 and ORGN0 11:10
     * 01, write-back; SH0 13:12 11; TG0 15:14 00; PS 18:16 (32, 36, 40, 42, 44, 48 bits are 0 to 5); VS bit
     * 19, 16-bit VMIDs; HA bit 21, HD 22; bit 31 RES1. VTTBR_EL2: VMID 63:48, BADDR 47:1.
     */
    static const struct {
        const char *mode, *features;
        uint8_t gpa_bits, physical_bits;
        uint32_t vmid;
        uint64_t root, vtcr, vttbr;
    } golden[] = {
        /* T0SZ 24 0x18, SL0 0x40, IRGN 0x100, ORGN 0x400, SH 0x3000, PS 40 bits 0x20000, RES1 */
        {"3level", "", 40, 40, 1, UINT64_C(0x40002000), UINT64_C(0x80023558), UINT64_C(0x0001000040002000)},
        /* T0SZ 25 0x19, nothing concatenated: one page is alignment enough */
        {"3level", "", 39, 40, 0, UINT64_C(0x40001000), UINT64_C(0x80023559), UINT64_C(0x40001000)},
        /* level 2 00, T0SZ 32 0x20; 16 tables: T0SZ 30 0x1e; T0SZ 39 0x27, PS 32 bits */
        {"2level", "", 32, 36, 2, UINT64_C(0x40004000), UINT64_C(0x80013520), UINT64_C(0x0002000040004000)},
        {"2level", "", 34, 40, 0, UINT64_C(0x40010000), UINT64_C(0x8002351e), UINT64_C(0x40010000)},
        {"2level", "", 25, 32, 0, UINT64_C(0x40001000), UINT64_C(0x80003527), UINT64_C(0x40001000)},
        /* FEAT_TTST: T0SZ 42 (0x2a), 40 (0x28); level 3 11: T0SZ 48 (0x30), 43 (0x2b), 39 (0x27, 16 tables)
         */
        {"2level", "ttst", 22, 40, 0, UINT64_C(0x40001000), UINT64_C(0x8002352a), UINT64_C(0x40001000)},
        {"2level", "ttst", 24, 40, 0, UINT64_C(0x40001000), UINT64_C(0x80023528), UINT64_C(0x40001000)},
        {"1level", "ttst", 16, 32, 1, UINT64_C(0x40001000), UINT64_C(0x800035f0),
         UINT64_C(0x0001000040001000)},
        {"1level", "ttst", 21, 40, 0, UINT64_C(0x40001000), UINT64_C(0x800235eb), UINT64_C(0x40001000)},
        {"1level", "ttst", 25, 48, 0, UINT64_C(0x40010000), UINT64_C(0x800535e7), UINT64_C(0x40010000)},
        /* PS 36 bits 0x10000, T0SZ 28 0x1c */
        {"3level", "", 36, 36, 7, UINT64_C(0x40001000), UINT64_C(0x8001355c), UINT64_C(0x0007000040001000)},
        /* 16 tables: T0SZ 21 0x15, PS 44 bits 0x40000 */
        {"3level", "", 43, 44, 255, UINT64_C(0x40010000), UINT64_C(0x80043555), UINT64_C(0x00ff000040010000)},
        /* T0SZ 16 0x10, SL0 10 0x80, PS 48 bits 0x50000 */
        {"4level", "", 48, 48, 3, UINT64_C(0x923456789000), UINT64_C(0x80053590),
         UINT64_C(0x0003923456789000)},
        /* VS 0x80000 */
        {"3level", "vmid16", 40, 40, 0xbeef, UINT64_C(0x40002000), UINT64_C(0x800a3558),
         UINT64_C(0xbeef000040002000)},
        /* HA 0x200000 */
        {"3level", "hardware_access_flag", 40, 40, 1, UINT64_C(0x40002000), UINT64_C(0x80223558),
         UINT64_C(0x0001000040002000)},
        /* HD 0x400000, which needs HA (D8.5.2) */
        {"3level", "hardware_dirty_state", 40, 40, 1, UINT64_C(0x40002000), UINT64_C(0x80623558),
         UINT64_C(0x0001000040002000)},
        {"3level", "hardware_access_flag hardware_dirty_state", 40, 40, 1, UINT64_C(0x40002000),
         UINT64_C(0x80623558), UINT64_C(0x0001000040002000)},
    };
    const struct axas_format *format = stage2();
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        struct axas_root_request request = {
            .mode = golden_mode(format, golden[i].mode),
            .root = {golden[i].root},
            .vmid = golden[i].vmid,
            .gpa_bits = golden[i].gpa_bits,
            .physical_bits = golden[i].physical_bits,
            .features = golden_features(format, golden[i].features),
        };
        cr_assert_eq(format->root_encode(&request, values), AXAS_OK, "row %zu", i);
        uint64_t vtcr = golden_root_value(format, values, "vtcr_el2");
        uint64_t vttbr = golden_root_value(format, values, "vttbr_el2");
        cr_expect_eq(vtcr, golden[i].vtcr, "row %zu: VTCR_EL2 0x%" PRIx64 ", not 0x%" PRIx64, i, vtcr,
                     golden[i].vtcr);
        cr_expect_eq(vttbr, golden[i].vttbr, "row %zu: VTTBR_EL2 0x%" PRIx64, i, vttbr);
    }
}

Test(stage2, what_the_root_registers_cannot_say_is_refused)
{
    static const struct {
        const char *what, *features;
        uint8_t gpa_bits;
        uint32_t vmid;
        uint64_t root;
    } golden[] = {
        {"VMIDs have 8 bits without FEAT_VMID16", "", 40, 256, UINT64_C(0x40002000)},
        {"VMIDs have 16 bits with it", "vmid16", 40, 65536, UINT64_C(0x40002000)},
        {"two concatenated tables are aligned to 8 KiB", "", 40, 1, UINT64_C(0x40001000)},
        {"a root is aligned to 4 KiB", "", 39, 1, UINT64_C(0x40001800)},
    };
    const struct axas_format *format = stage2();
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        struct axas_root_request request = {
            .mode = golden_mode(format, "3level"),
            .root = {golden[i].root},
            .vmid = golden[i].vmid,
            .gpa_bits = golden[i].gpa_bits,
            .physical_bits = 40,
            .features = golden_features(format, golden[i].features),
        };
        memset(values, 0x5a, sizeof values);
        cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE, "%s", golden[i].what);
        cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "%s: untouched", golden[i].what);
    }
}

static const char *const fault_names[] = {"esr_el2", "hpfar_el2", "far_el2", "par_el1"};

Test(stage2, aborts_are_decoded)
{
    /*
     * ESR_EL2: EC 31:26 (0x24 data, 0x20 instruction abort from a lower level); S1PTW bit 7; WnR bit 6; FnV
     * bit 10; fault status 5:0: 0000LL address size, 0001LL translation, 0010LL access flag, 0011LL
     * permission; 101001 address size and 101011 translation at level -1. HPFAR_EL2 bits 43:4 are address
     * bits 51:12, so the address is HPFAR << 8.
     */
    static const struct golden_fault golden[] = {
        {"0x93c08007: read, translation, level 3",
         {0x93c08007, 0x500010, 0xffff000000001234},
         true,
         0x50001234,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0xffff000000001234},
        {"0x93c08006: level 2",
         {0x93c08006, 0x500010, 0x234},
         true,
         0x50001234,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         2,
         true,
         0x234},
        {"0x93c08005: level 1",
         {0x93c08005, 0x500010, 0x234},
         true,
         0x50001234,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         1,
         true,
         0x234},
        {"0x93c08004: level 0",
         {0x93c08004, 0xfffffffff0, 0xfff},
         true,
         0xffffffffffff,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         0,
         true,
         0xfff},
        {"0x93c08047: write",
         {0x93c08047, 0x500010, 0x8},
         true,
         0x50001008,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0x8},
        {"0x93c0802b: level -1, and HPFAR's highest bits",
         {0x93c0802b, 0xffffffffff0, 0xfff},
         true,
         0xfffffffffffff,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         -1,
         true,
         0xfff},
        {"0x93808069: write, address size, level -1",
         {0x93808069, 0x500010, 0x10},
         true,
         0x50001010,
         W,
         false,
         AXAS_CAUSE_ADDRESS_SIZE,
         -1,
         true,
         0x10},
        {"0x82000007: fetch",
         {0x82000007, 0x400000, 0xffff000010000040},
         true,
         0x40000040,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0xffff000010000040},
        {"0x9380800b: access flag, level 3",
         {0x9380800b, 0x500010, 0x10},
         true,
         0x50001010,
         R,
         false,
         AXAS_CAUSE_ACCESS_FLAG,
         3,
         true,
         0x10},
        {"0x93808000: address size, level 0",
         {0x93808000, 0x500010, 0x10},
         true,
         0x50001010,
         R,
         false,
         AXAS_CAUSE_ADDRESS_SIZE,
         0,
         true,
         0x10},
        /* the walk reads a table of the guest; FAR has the address that was being translated, so the low bits
         * of the guest physical address are not known */
        {"0x93808087: data access, S1PTW",
         {0x93808087, 0x600020, 0xffff00000000abcd},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0xffff00000000abcd},
        {"0x82000086: fetch, S1PTW: the walk reads",
         {0x82000086, 0x600020, 0xffff00000000abcc},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         2,
         true,
         0xffff00000000abcc},
        {"0x8200008f: fetch, S1PTW, permission: HPFAR is valid, and it was to set a flag",
         {0x8200008f, 0x600020, 0xabcc},
         true,
         0x60002000,
         W,
         true,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0xabcc},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(stage2(), fault_names, 3, &golden[i]);
    }
}

Test(stage2, a_permission_fault_does_not_take_its_address_from_hpfar)
{
    /* HPFAR_EL2 is UNKNOWN after a permission fault without S1PTW: poisoned here. */
    static const struct golden_fault unknown = {"0x93c2804f without PAR_EL1",
                                                {0x93c2804f, 0xdeadbeef0, 0x1238},
                                                false,
                                                0,
                                                W,
                                                false,
                                                AXAS_CAUSE_PERMISSION,
                                                3,
                                                true,
                                                0x1238};
    golden_check_fault(stage2(), fault_names, 3, &unknown);
    /* AT S1E1R: PAR_EL1 bit 0 F clear, address 51:12; attributes 63:56 and SH 8:7 are not part of it */
    static const struct golden_fault known[] = {
        {"0x93c2804f with PAR_EL1",
         {0x93c2804f, 0xdeadbeef0, 0x1238, UINT64_C(0xff00000070001b80)},
         true,
         0x70001238,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0x1238},
        {"0x9200000e: a fetch would be 0x20; this reads, level 2",
         {0x9200000e, 0xdeadbeef0, 0xfff, UINT64_C(0x0000fffffffffa00)},
         true,
         0xffffffffffff,
         R,
         false,
         AXAS_CAUSE_PERMISSION,
         2,
         true,
         0xfff},
        {"0x93c2804f, the highest bits of a physical address",
         {0x93c2804f, 0xdeadbeef0, 0x1238, UINT64_C(0xff0f000070001b80)},
         true,
         0xf000070001238,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0x1238},
        {"0x8200000f: fetch",
         {0x8200000f, 0xdeadbeef0, 0x40, UINT64_C(0x0000000040000b80)},
         true,
         0x40000040,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0x40},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(known); i++) {
        golden_check_fault(stage2(), fault_names, 4, &known[i]);
    }
    /* PAR_EL1.F set: the guest's own translation failed, and no address came out */
    static const struct golden_fault aborted = {"0x93c2804f with PAR_EL1.F",
                                                {0x93c2804f, 0xdeadbeef0, 0x1238, UINT64_C(0x809)},
                                                false,
                                                0,
                                                W,
                                                false,
                                                AXAS_CAUSE_PERMISSION,
                                                3,
                                                true,
                                                0x1238};
    golden_check_fault(stage2(), fault_names, 4, &aborted);
}

Test(stage2, cache_maintenance_is_no_write)
{
    golden_check_cache_maintenance(stage2());
}

Test(stage2, a_conflict_in_the_tlb_is_told)
{
    golden_check_tlb_conflict(stage2());
}

Test(stage2, an_external_abort_is_not_about_translation)
{
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
    /* DFSC 010000, FnV set: neither FAR nor HPFAR holds anything */
    const uint64_t given[] = {0x92000410, 0xdeadbeef0, 0xdead};
    struct axas_fault fault;
    golden_fault_registers(stage2(), fault_names, 3, given, registers);
    cr_assert_eq(axas_fault_decode(stage2(), registers, &fault), AXAS_OK);
    cr_expect_eq(fault.cause, AXAS_CAUSE_OTHER);
    cr_expect_not(fault.gpa_known);
    cr_expect_not(fault.gva_known);
}

Test(stage2, other_exceptions_are_no_second_stage_faults)
{
    static const struct {
        const char *what;
        uint64_t registers[3];
    } other[] = {
        {"EC 0x16, HVC", {0x5a000000, 0x500010, 0}},
        {"EC 0x01, WFI", {0x07e00000, 0x500010, 0}},
        {"EC 0x25, data abort of EL2 itself", {0x96000007, 0x500010, 0}},
        {"EC 0x21, instruction abort of EL2 itself", {0x86000007, 0x500010, 0}},
        {"EC 0x00", {0x00000007, 0x500010, 0}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(stage2(), fault_names, 3, other[i].registers, other[i].what);
    }
}

Test(stage2, every_bit_of_an_entry_is_accounted_for)
{
    /*
     * Figures D8-12, D8-14 and D8-15. Refused beside what is RES0, since this library never sets them: bit 63
     * of a leaf, Contiguous (52), nT (16) and FnXS (11), and DBM (51) where the CPU does not set S2AP[1].
     */
    static const struct golden_bits golden[] = {
        /* table: 58:51 and 11:2 are ignored */
        {"level0", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07f8fffffffffffc), UINT64_C(0),
         UINT64_C(0x0000fffffffff003)},
        {"level1", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07f8fffffffffffc), UINT64_C(0),
         UINT64_C(0x0000fffffffff003)},
        {"level2", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07f8fffffffffffc), UINT64_C(0),
         UINT64_C(0x0000fffffffff003)},
        /* block: 62:59 are ignored, 58:55 software's, 10 is AF; bit 1 would make it a table */
        {"level1", "", AXAS_ENTRY_LEAF, UINT64_C(0x400007fd), UINT64_C(0x7f80ffffc0000400),
         UINT64_C(0x00600000000003fe), UINT64_C(0x07f8ffffc0010fff)},
        {"level2", "", AXAS_ENTRY_LEAF, UINT64_C(0x402007fd), UINT64_C(0x7f80ffffffe00400),
         UINT64_C(0x00600000000003fe), UINT64_C(0x07f8ffffffe10fff)},
        /* page */
        {"level3", "", AXAS_ENTRY_LEAF, UINT64_C(0x400007ff), UINT64_C(0x7f80fffffffff400),
         UINT64_C(0x00600000000003fc), UINT64_C(0x07f8ffffffffffff)},
        /* one that may be written and was not: bit 7 is free as well, bit 51 a matter of access */
        {"level3", "hardware_dirty_state", AXAS_ENTRY_LEAF, UINT64_C(0x000800004000037f),
         UINT64_C(0x7f80fffffffff480), UINT64_C(0x006800000000037c), UINT64_C(0x07f8ffffffffffff)},
        /* invalid: the CPU ignores 63:1; bit 11 is how this library tells its own, and the address is kept */
        {"level1", "", AXAS_ENTRY_HELD, UINT64_C(0x40000f3c), UINT64_C(0xffffffffc00004c2), UINT64_C(0x33c),
         UINT64_C(0x0780ffffc0000f3d)},
        {"level2", "", AXAS_ENTRY_HELD, UINT64_C(0x40200f3c), UINT64_C(0xffffffffffe004c2), UINT64_C(0x33c),
         UINT64_C(0x0780ffffffe00f3d)},
        {"level3", "", AXAS_ENTRY_HELD, UINT64_C(0x40001f3c), UINT64_C(0xfffffffffffff4c2), UINT64_C(0x33c),
         UINT64_C(0x0780ffffffffff3d)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(stage2(), &golden[i]);
    }
}

Test(stage2, software_has_the_bits_that_the_manual_leaves_to_it)
{
    const struct axas_format *format = stage2();
    /* D8.3.2: 58:55 are reserved for software; 55 is kept for a dirty leaf. */
    static const char *const levels[] = {"level1", "level2", "level3"};
    for (unsigned i = 0; i < GOLDEN_COUNT(levels); i++) {
        cr_expect_eq(format->levels[golden_level(format, levels[i])].software_mask,
                     UINT64_C(0x0700000000000000));
    }
}

Test(stage2, changes_ask_for_what_the_manual_says)
{
    /*
     * D8.14.1: an entry that faults with a translation fault is not cached, others may be, those that refuse
     * an access too. D8.14.2: break-before-make where memory type or output address change, and where a block
     * becomes a table or a table a block, unless FEAT_BBM level 2 allows the latter two. D8.14.5: TLBI by
     * address for the last level; a table that goes takes the walk caches along. Inner Shareable: every CPU.
     */
    static const struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, true, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_CONTIGUOUS_OFF, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, true},
    };
    static const struct golden_change bbm2[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_CONTIGUOUS_OFF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, true},
    };
    golden_check_changes(stage2(), "", golden);
    golden_check_changes(stage2(), "fwb xnx hardware_access_flag vmid16", golden);
    golden_check_changes(stage2(), "bbm2", bbm2);
    golden_check_changes(stage2(), "bbm2 fwb xnx hardware_access_flag hardware_dirty_state vmid16", bbm2);
}

Test(stage2, the_cpu_writes_flags_where_the_manual_says)
{
    /* D8.5.1, D8.5.2: VTCR_EL2.HA, and HD with it. */
    golden_check_hardware_updates(stage2(), "hardware_access_flag hardware_dirty_state",
                                  "hardware_dirty_state", false);
}

Test(stage2, entries_and_the_default_mode)
{
    /* Eight bytes, least significant first. Policy of this project: a zeroed table is an empty one, and a
     * tree of which nothing is said has the mode that every CPU has. */
    const struct axas_format *format = stage2();
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian);
    for (unsigned level = 0; level < format->level_count; level++) {
        cr_expect_eq(format->levels[level].empty, 0);
    }
    for (unsigned i = 0; i < format->mode_count; i++) {
        const struct axas_mode *mode = &format->modes[i];
        cr_expect_eq(mode->is_default, strcmp(mode->name, "3level") == 0, "%s", mode->name);
    }
    /* D8.2.8: T0SZ, SL0 and up to 16 concatenated tables give start level 2 widths of 25 to 34 bits, start
     * level 1 31 to 43, and start level 0 those above 39; 32 suit a guest of 32 bits; a width of 40 suits the
     * smallest physical addresses of servers, and 48 is all there is. T0SZ is 39 at most, with FEAT_TTST 48:
     * start level 2 then has widths from 22 bits (two entries), and there is start level 3, of 16 to 25. */
    const struct axas_mode *one = golden_mode(format, "1level");
    const struct axas_mode *two = golden_mode(format, "2level");
    const struct axas_mode *three = golden_mode(format, "3level");
    const struct axas_mode *four = golden_mode(format, "4level");
    const uint64_t ttst = golden_features(format, "ttst");
    cr_expect_eq(one->gpa_bits_min, 16);
    cr_expect_eq(one->gpa_bits_preferred, 25);
    cr_expect_eq(one->with, ttst);
    cr_expect_eq(axas_mode_gpa_bits_min(one, ttst), 16);
    cr_expect_eq(axas_mode_gpa_bits_min(two, 0), 25);
    cr_expect_eq(axas_mode_gpa_bits_min(two, ttst), 22);
    cr_expect_eq(axas_mode_gpa_bits_min(three, ttst), 31);
    cr_expect_eq(two->gpa_bits_min, 25);
    cr_expect_eq(two->gpa_bits_preferred, 32);
    cr_expect_eq(three->gpa_bits_min, 31);
    cr_expect_eq(three->gpa_bits_preferred, 40);
    cr_expect_eq(four->gpa_bits_min, 40);
    cr_expect_eq(four->gpa_bits_preferred, 48);
}

Test(stage2, every_row_of_access_and_memory_has_an_entry)
{
    static const struct golden_leaf golden[] = {
        /* FEAT_XNX, XN 11, S2AP 11 */
        {"level3", "xnx", RW | KX, UINT64_C(0x4000a000), UINT64_C(0x006000004000a7ff)},
        /* write-through 1010 << 2 = 0x28: 0x3 + 0x28 + 0xc0 + 0x300 + 0x400 */
        {"level3", "", RWX | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x4000b000), UINT64_C(0x4000b7eb)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(stage2(), &golden[i]);
    }
}

Test(stage2, vtcr_tells_each_physical_width)
{
    /*
     * The rest of PS 18:16 (D19.2.149): 32 bits are 0, 42 are 3, and wider than 48 is 5 without FEAT_LPA2. A
     * descriptor's address that is wider than PS says is an address size fault (D8.1), so a width that has
     * no code takes the next wider one: 36 bits are 1, 40 2, 42 3, 44 4, 48 5. A CPU that has no more than
     * this has a width with a code (ID_AA64MMFR0_EL1.PARange, D19.2), hence that one at least.
     */
    static const struct {
        const char *mode;
        uint8_t gpa_bits, physical_bits;
        uint64_t root, vtcr;
    } golden[] = {
        /* T0SZ 32 0x20 */
        {"3level", 32, 32, UINT64_C(0x40001000), UINT64_C(0x80003560)},
        /* T0SZ 22 0x16, PS 0x30000 */
        {"3level", 42, 42, UINT64_C(0x40008000), UINT64_C(0x80033556)},
        {"4level", 48, 52, UINT64_C(0x40001000), UINT64_C(0x80053590)},
        /* T0SZ 64 less 32, 33, 35, 37, 39, 41, 43, 45, 47: 0x20, 0x1f, 0x1d, 0x1b, 0x19, 0x17, 0x15, 0x13,
           0x11 */
        {"3level", 32, 31, UINT64_C(0x40001000), UINT64_C(0x80003560)},
        {"3level", 33, 33, UINT64_C(0x40001000), UINT64_C(0x8001355f)},
        {"3level", 35, 35, UINT64_C(0x40001000), UINT64_C(0x8001355d)},
        {"3level", 37, 37, UINT64_C(0x40001000), UINT64_C(0x8002355b)},
        {"3level", 39, 39, UINT64_C(0x40001000), UINT64_C(0x80023559)},
        {"3level", 41, 41, UINT64_C(0x40004000), UINT64_C(0x80033557)},
        {"3level", 43, 43, UINT64_C(0x40010000), UINT64_C(0x80043555)},
        {"4level", 45, 45, UINT64_C(0x40001000), UINT64_C(0x80053593)},
        {"4level", 47, 47, UINT64_C(0x40001000), UINT64_C(0x80053591)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        struct axas_root_request request = {
            .mode = golden_mode(stage2(), golden[i].mode),
            .root = {golden[i].root},
            .gpa_bits = golden[i].gpa_bits,
            .physical_bits = golden[i].physical_bits,
        };
        cr_assert_eq(stage2()->root_encode(&request, values), AXAS_OK, "row %zu", i);
        cr_expect_eq(golden_root_value(stage2(), values, "vtcr_el2"), golden[i].vtcr, "row %zu: 0x%" PRIx64,
                     i, golden_root_value(stage2(), values, "vtcr_el2"));
        cr_expect_eq(golden_root_value(stage2(), values, "vttbr_el2"), golden[i].root, "row %zu", i);
    }
}

Test(stage2, what_a_bit_means_depends_on_the_others)
{
    static const struct golden_fault golden[] = {
        /* WnR is what the instruction does, not what its walk does (D19.2.40). A walk reads the guest's
         * table; what it may write there are flags (D8.5.1, D8.5.2), and that takes write permission of
         * stage 2. */
        {"0x938080c7: store, S1PTW: nothing is there for the walk to read",
         {0x938080c7, 0x600020, 0xabcd},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0xabcd},
        {"0x938080cb: store, S1PTW, access flag",
         {0x938080cb, 0x600020, 0xabcd},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_ACCESS_FLAG,
         3,
         true,
         0xabcd},
        {"0x938080cf: store, S1PTW, permission: the walk was to set a flag",
         {0x938080cf, 0x600020, 0xabcd},
         true,
         0x60002000,
         W,
         true,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0xabcd},
        {"0x9380808f: load, S1PTW, permission: so was this one's, whatever WnR says",
         {0x9380808f, 0x600020, 0xabcd},
         true,
         0x60002000,
         W,
         true,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         0xabcd},
        {"0x820000c6: fetch, S1PTW: bit 6 is RES0",
         {0x820000c6, 0x600020, 0xabcc},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         2,
         true,
         0xabcc},
        {"0x82000047: fetch: bit 6 is RES0",
         {0x82000047, 0x600020, 0xabcc},
         true,
         0x60002bcc,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0xabcc},
        {"0x93808047, HPFAR_EL2.NS: bit 63 is no address",
         {0x93808047, UINT64_C(0x8000000000600020), UINT64_MAX},
         true,
         0x60002fff,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         UINT64_MAX},
        /* DFSC 010000, 110001: no level, and HPFAR holds nothing */
        {"0x92000010: external abort",
         {0x92000010, 0xdeadbeef0, 0xabcc},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xabcc},
        {"0x93808087: S1PTW, the highest page",
         {0x93808087, 0xffffffffff0, 0xabcd},
         true,
         0xffffffffff000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0xabcd},
        {"0x92000028: granule protection, no level",
         {0x92000028, 0xdeadbeef0, 0xabcc},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xabcc},
        {"0x9200002a: reserved",
         {0x9200002a, 0xdeadbeef0, 0xabcc},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xabcc},
        {"0x92000021: alignment fault",
         {0x92000021, 0xdeadbeef0, 0xabcc},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xabcc},
        {"0x92000017: external abort on the walk at level 3: its status, not the level, says what it is",
         {0x92000017, 0xdeadbeef0, 0xabcc},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xabcc},
        {"0x93808007: the highest page, without S1PTW",
         {0x93808007, 0xffffffffff0, 0xabcd},
         true,
         0xffffffffffbcd,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0xabcd},
        {"0x92000031: unsupported atomic hardware update",
         {0x92000031, 0xdeadbeef0, 0xabcc},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xabcc},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(stage2(), fault_names, 3, &golden[i]);
    }
    static const struct golden_fault stale[] = {
        {"0x93808007: HPFAR_EL2 decides, whatever PAR_EL1 holds",
         {0x93808007, 0x500010, 0x8, UINT64_C(0xff00000070001b80)},
         true,
         0x50001008,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         0x8},
        {"0x9380802b: so it does at level -1",
         {0x9380802b, 0x500010, 0x8, UINT64_C(0xff00000070001b80)},
         true,
         0x50001008,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         -1,
         true,
         0x8},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(stale); i++) {
        golden_check_fault(stage2(), fault_names, 4, &stale[i]);
    }
    /* AT was not done: as if it had failed */
    cr_expect_eq(stage2()->fault_registers[golden_fault_index(stage2(), "par_el1")].initial, 1);
}

Test(stage2, the_last_level_has_no_blocks)
{
    /* D8.3.1: at level 3 bits 1:0 = 01 are reserved, and the CPU takes such a descriptor for an invalid one.
     */
    const struct axas_format *format = stage2();
    unsigned level = golden_level(format, "level3");
    cr_expect_eq(format->entry_kind(level, UINT64_C(0x400007fd)), AXAS_ENTRY_BAD);
    cr_expect_eq(format->entry_kind(level, UINT64_C(0x400007ff)), AXAS_ENTRY_LEAF);
}

Test(stage2, identification_registers_say_what_a_cpu_has)
{
    static const struct golden_cpu cpus[] = {
        {CORTEX_A53},
        {CORTEX_A72},
        {NEOVERSE_N1},
        {NEOVERSE_V1},
        {CORTEX_A710},
        {CORTEX_X925},
        {APPLE_M3_MAX},
        {SNAPDRAGON_8CX_3, .missing = "4 KiB"},
        {.what = "no granule of 4 KiB",
         .registers = {UINT64_C(0xf0100005), 0, 0},
         .missing = "4 KiB",
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48,
         .every_bit = true,
         .matters = {UINT64_C(0x00000e0080000005), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
        {.what = "granule of 4 KiB for stage 1 alone",
         .registers = {UINT64_C(0x0000010000100005), 0, 0},
         .missing = "4 KiB",
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48},
        {.what = "granule of 4 KiB for stage 2 alone",
         .registers = {UINT64_C(0x00000200f0100005), 0, 0},
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48},
        {.what = "all fields 0",
         .registers = {0, 0, 0},
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {UINT64_C(0x000001008000000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
        {ALL_FIELDS_15_BUT_HAFDBS_1("", 48)},
    };
    arm_id_check("aarch64_stage2", "1level 2level 3level 4level", cpus, GOLDEN_COUNT(cpus));
    arm_id_check_widths("aarch64_stage2", 0, ARM_ID_WIDTHS_48);
}
