/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of AArch64 Stage-2 tables with the 16 KiB granule and FEAT_LPA2. Worked out by hand from the Arm
 * Architecture Reference Manual for A-profile (DDI 0487J): D8.2.8 (start levels, concatenated tables), D8.3
 * (descriptor formats), D8.4 (permissions), D8.6 (memory types), D19.2 (VTCR_EL2, VTTBR_EL2). Sections and
 * policy as in aarch64_stage2.c, but SH is not in a descriptor: page 0x3 + MemAttr 1111 0x3c + S2AP 11 0xc0 +
 * AF 0x400 = 0x4ff, a block 0x4fd, XN 10 is bit 54. Bits 49:14 hold address bits 49:14, and bits 9:8 hold
 * 51:50.
 */
#include "arm_faults.h"
#include "arm_id.h"
#include "stage2.h"

#define FORMAT "aarch64_stage2_16k_lpa2"
#define VTCR "vtcr_el2"
#define VTTBR "vttbr_el2"
#define WITHIN_PHYSICAL true
#define DIRTY_STATE true

static const struct stage2_level levels[] = {
    /* D8.2.8: level 0 resolves bits 51:47, 1 46:36, 2 35:25, 3 24:14 */
    {"level0", 0, 47, 5},
    {"level1", 1, 36, 11},
    {"level2", 2, 25, 11},
    {"level3", 3, 14, 11},
};

static const struct stage2_mode modes[] = {
    /* Up to 16 concatenated tables: 25 to 29 bits from level 3, to 40 from level 2, to 51 from level 1, which
     * needs a physical width above 40; level 0 is for those of 52 bits. T0SZ 39 is the highest, with
     * FEAT_TTST 48. */
    {"1level", "level3", "lpa2", 16, 25, 29, 29, 0, false},
    {"2level", "level2", "lpa2", 26, 26, 40, 40, 0, true},
    {"3level", "level1", "lpa2", 37, 37, 48, 51, 42, false},
    {"4level", "level0", "lpa2", 48, 48, 52, 52, 52, false},
};

static const struct golden_table tables[] = {
    {"level0", UINT64_C(0x40004000), UINT64_C(0x40004003)},
    {"level1", UINT64_C(0xfffffffffc000), UINT64_C(0x0003ffffffffc303)},
    {"level2", UINT64_C(0x4000000008000), UINT64_C(0x8103)},
};

static const struct golden_leaf leaves[] = {
    {"level3", "", RWX, UINT64_C(0x40004000), UINT64_C(0x400044ff)},
    {"level3", "", RW, UINT64_C(0x40008000), UINT64_C(0x00400000400084ff)},
    /* S2AP 01: 0x47f; 10: 0x4bf */
    {"level3", "", R, UINT64_C(0x4000c000), UINT64_C(0x004000004000c47f)},
    {"level3", "", RX, UINT64_C(0x40010000), UINT64_C(0x4001047f)},
    {"level3", "", W, UINT64_C(0x40014000), UINT64_C(0x00400000400144bf)},
    /* all address bits; bit 50 alone 0x100; bit 51 alone 0x200, XN 11; bit 48 alone, XN 01 */
    {"level3", "", RW, UINT64_C(0xfffffffffc000), UINT64_C(0x0043ffffffffc7ff)},
    {"level3", "", RW, UINT64_C(0x4000000018000), UINT64_C(0x00400000000185ff)},
    {"level3", "xnx", R | KX, UINT64_C(0x800000001c000), UINT64_C(0x006000000001c67f)},
    {"level3", "xnx", RW | UX, UINT64_C(0x1000000020000), UINT64_C(0x00210000000204ff)},
    /* MemAttr: nGnRE 0x4, nGnRnE 0, nGRE 0x8, GRE 0xc, Non-cacheable 0x14, write-through 0x28, forced
       write-back 0x18 */
    {"level3", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x09000000), UINT64_C(0x00400000090004c7)},
    {"level3", "", R | AXAS_MEM_DEVICE_NONPOSTED, UINT64_C(0x09004000), UINT64_C(0x0040000009004443)},
    {"level3", "", RW | AXAS_MEM_DEVICE_UNORDERED, UINT64_C(0x09008000), UINT64_C(0x00400000090084cb)},
    {"level3", "fwb", RW | AXAS_MEM_DEVICE_GATHERED, UINT64_C(0x0900c000), UINT64_C(0x004000000900c4cf)},
    {"level3", "", RW | AXAS_MEM_UNCACHED, UINT64_C(0x50000000), UINT64_C(0x00400000500004d7)},
    {"level3", "", RWX | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x40024000), UINT64_C(0x400244eb)},
    {"level3", "fwb", RWX, UINT64_C(0x40028000), UINT64_C(0x400284db)},
    /* 32 MiB, with AF clear where the CPU sets it 0x0fd; 64 GiB, with bits 51:49 and 36 */
    {"level2", "", RWX, UINT64_C(0x42000000), UINT64_C(0x420004fd)},
    {"level2", "", R, UINT64_C(0x44000000), UINT64_C(0x004000004400047d)},
    {"level2", "hardware_access_flag", RWX, UINT64_C(0x46000000), UINT64_C(0x460000fd)},
    {"level1", "", RWX, UINT64_C(0x1000000000), UINT64_C(0x10000004fd)},
    {"level1", "", RW, UINT64_C(0xe001000000000), UINT64_C(0x00420010000007fd)},
    /* D8.5.2, DBM 0x0008000000000000: a new leaf that may be written has S2AP[1] clear, and AF too */
    {"level3", "hardware_dirty_state", RWX, UINT64_C(0x40004000), UINT64_C(0x000800004000407f)},
    {"level3", "hardware_dirty_state", RW, UINT64_C(0x40008000), UINT64_C(0x004800004000807f)},
    {"level3", "hardware_dirty_state", W, UINT64_C(0x40014000), UINT64_C(0x004800004001403f)},
    {"level3", "hardware_dirty_state", R, UINT64_C(0x4000c000), UINT64_C(0x004000004000c07f)},
    {"level2", "hardware_dirty_state", RWX, UINT64_C(0x42000000), UINT64_C(0x000800004200007d)},
};

/* D8.5.2: with VTCR_EL2.HD the CPU sets S2AP[1] (0x80), and AF (0x400), where DBM allows it; bit 55 is this
 * library's. */
static const struct golden_state states[] = {
    {"level3", "hardware_dirty_state", UINT64_C(0x000800004000407f), RWX, false, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00080000400044ff), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x00480000400144bf), W, true, true},
    {"level2", "hardware_dirty_state", UINT64_C(0x00080000420004fd), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x004000004000c47f), R, true, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00c000004000c47f), R, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x0080000040004c3c), 0, true, true},
    {"level3", "", UINT64_C(0x400044ff), RWX, true, false},
};

static const struct stage2_held held[] = {
    {"level3", 0},
    {"level3", UINT64_C(0xfffffffffc000)},
    {"level2", UINT64_C(0xffffffe000000)},
    {"level1", UINT64_C(0xffff000000000)},
};

static const struct golden_rule illegal[] = {
    {"level3", "", 52, UINT64_C(0x400044fd), "bits 1:0 = 01 at level 3 is reserved (D8.3.1)"},
    {"level3", "", 48, UINT64_C(0x00480000400084ff), "DBM without hardware management of the dirty state"},
    {"level3", "hardware_dirty_state", 48, UINT64_C(0x00400000400084ff), "S2AP[1] without DBM: always dirty"},
    {"level0", "", 52, UINT64_C(0x4fd), "no block at level 0"},
    {"level1", "", 52, UINT64_C(0x18000004fd), "bit 35 of a level 1 block is RES0"},
    {"level1", "", 52, UINT64_C(0x10000204fd), "bit 17 of a level 1 block is RES0"},
    {"level2", "", 52, UINT64_C(0x430004fd), "bit 24 of a level 2 block is RES0"},
    {"level2", "", 52, UINT64_C(0x420014fd), "bit 12 of a level 2 block is RES0"},
    {"level3", "", 52, UINT64_C(0x400054ff), "bit 12 of a page is RES0"},
    {"level3", "", 52, UINT64_C(0x400064ff), "bit 13 of a page is RES0"},
    {"level1", "", 52, UINT64_C(0x40005003), "bit 12 of a table is RES0"},
    {"level2", "", 52, UINT64_C(0x40006003), "bit 13 of a table is RES0"},
    {"level3", "", 52, UINT64_C(0x00040000400044ff), "bit 50 of a page is RES0"},
    {"level3", "", 48, UINT64_C(0x400045ff), "address bit 50 with a physical width of 48"},
    {"level3", "", 48, UINT64_C(0x00010000400044ff), "address bit 48 with a physical width of 48"},
    {"level2", "", 48, UINT64_C(0x40004203), "table address bit 51 with a physical width of 48"},
};

static const struct golden_rule legal[] = {
    {"level3", "", 52, UINT64_C(0x400045ff), "address bit 50"},
    {"level2", "", 52, UINT64_C(0x40004203), "table address bit 51"},
    {"level1", "", 52, UINT64_C(0x10000004fd), "a block of 64 GiB"},
    {"level1", "", 52, UINT64_C(0x40004cff), "bits 11:10 and 7:2 of a table are ignored"},
};

static const struct golden_refusal refused[] = {
    {"", R | KX, "execution by privilege needs FEAT_XNX"},
    {"fwb", RW | AXAS_MEM_WRITE_THROUGH, "forced write-back has no write-through (D8.6.6)"},
};

static const struct stage2_root roots[] = {
    /* DS 0x100000000, RES1 0x80000000, TG0 10 0x8000, SH0 0x3000, ORGN0 0x400, IRGN0 0x100: 0x18000b500; PS
     * << 16, SL0 << 6, T0SZ */
    /* level 0 11: T0SZ 12, PS 6; T0SZ 16 */
    {"4level", "", 52, 52, 1, UINT64_C(0x40001000), UINT64_C(0x18006b5cc), UINT64_C(0x0001000040001000)},
    {"4level", "", 48, 52, 1, UINT64_C(0x40001000), UINT64_C(0x18006b5d0), UINT64_C(0x0001000040001000)},
    /* level 1 10: T0SZ 17; BADDR 5:2 hold the root's bits 51:48, 15 << 2 = 0x3c */
    {"3level", "", 47, 52, 3, UINT64_C(0xf000040004000), UINT64_C(0x18006b591), UINT64_C(0x000300004000403c)},
    /* T0SZ 13, 16 tables; T0SZ 16, PS 5; T0SZ 22, PS 3; T0SZ 20, PS 4 */
    {"3level", "", 51, 52, 0, UINT64_C(0x40040000), UINT64_C(0x18006b58d), UINT64_C(0x40040000)},
    {"3level", "", 48, 48, 0, UINT64_C(0x923456788000), UINT64_C(0x18005b590), UINT64_C(0x923456788000)},
    {"3level", "", 42, 42, 0, UINT64_C(0x40001000), UINT64_C(0x18003b596), UINT64_C(0x40001000)},
    {"3level", "", 44, 44, 0, UINT64_C(0x40001000), UINT64_C(0x18004b594), UINT64_C(0x40001000)},
    /* what has no code takes that of the next wider: T0SZ 15, PS 6, with four tables; T0SZ 17, PS 5 */
    {"3level", "", 49, 49, 0, UINT64_C(0x40010000), UINT64_C(0x18006b58f), UINT64_C(0x40010000)},
    {"3level", "", 47, 47, 0, UINT64_C(0x40004000), UINT64_C(0x18005b591), UINT64_C(0x40004000)},
    /* level 2 01: T0SZ 24, PS 2 */
    {"2level", "", 40, 40, 7, UINT64_C(0x40040000), UINT64_C(0x18002b558), UINT64_C(0x0007000040040000)},
    /* level 3 00: T0SZ 35, PS 1; T0SZ 39, PS 0 */
    {"1level", "", 29, 36, 0, UINT64_C(0x40040000), UINT64_C(0x18001b523), UINT64_C(0x40040000)},
    {"1level", "", 25, 32, 255, UINT64_C(0x40004000), UINT64_C(0x18000b527), UINT64_C(0x00ff000040004000)},
    /* FEAT_TTST: T0SZ 48 (0x30), four entries; T0SZ 40 (0x28); PS 2 */
    {"1level", "ttst", 16, 40, 1, UINT64_C(0x40004000), UINT64_C(0x18002b530), UINT64_C(0x0001000040004000)},
    {"1level", "ttst", 24, 40, 0, UINT64_C(0x40004000), UINT64_C(0x18002b528), UINT64_C(0x40004000)},
    /* VS 0x80000, HA 0x200000 */
    {"2level", "vmid16", 36, 40, 0xbeef, UINT64_C(0x40004000), UINT64_C(0x1800ab55c),
     UINT64_C(0xbeef000040004000)},
    {"2level", "hardware_access_flag", 36, 40, 1, UINT64_C(0x40004000), UINT64_C(0x18022b55c),
     UINT64_C(0x0001000040004000)},
    /* HD 0x400000, with HA */
    {"2level", "hardware_dirty_state", 36, 40, 1, UINT64_C(0x40004000), UINT64_C(0x18062b55c),
     UINT64_C(0x0001000040004000)},
};

static const struct stage2_bad_root bad_roots[] = {
    {"VMIDs have 8 bits without FEAT_VMID16", "2level", "", 36, 256, UINT64_C(0x40004000)},
    {"16 concatenated tables are aligned to 256 KiB", "3level", "", 51, 1, UINT64_C(0x40020000)},
    {"a root of 2048 entries is aligned to 16 KiB", "2level", "", 36, 1, UINT64_C(0x40002000)},
};

static const struct golden_bits entry_bits[] = {
    {"level0", "", AXAS_ENTRY_TABLE, UINT64_C(0x40004003), UINT64_C(0x07fbffffffffcffc), 0,
     UINT64_C(0x0003ffffffffc303)},
    {"level1", "", AXAS_ENTRY_TABLE, UINT64_C(0x40004003), UINT64_C(0x07fbffffffffcffc), 0,
     UINT64_C(0x0003ffffffffc303)},
    {"level2", "", AXAS_ENTRY_TABLE, UINT64_C(0x40004003), UINT64_C(0x07fbffffffffcffc), 0,
     UINT64_C(0x0003ffffffffc303)},
    {"level1", "", AXAS_ENTRY_LEAF, UINT64_C(0x10000004fd), UINT64_C(0x7f83fff000000700),
     UINT64_C(0x00600000000000fe), UINT64_C(0x07fbfff000010fff)},
    {"level2", "", AXAS_ENTRY_LEAF, UINT64_C(0x420004fd), UINT64_C(0x7f83fffffe000700),
     UINT64_C(0x00600000000000fe), UINT64_C(0x07fbfffffe010fff)},
    {"level3", "", AXAS_ENTRY_LEAF, UINT64_C(0x400044ff), UINT64_C(0x7f83ffffffffc700),
     UINT64_C(0x00600000000000fc), UINT64_C(0x07fbffffffffcfff)},
    {"level1", "", AXAS_ENTRY_HELD, UINT64_C(0x1000000c3c), UINT64_C(0xfffffff0000007c2), UINT64_C(0x3c),
     UINT64_C(0x0783fff000000f3d)},
    {"level2", "", AXAS_ENTRY_HELD, UINT64_C(0x42000c3c), UINT64_C(0xfffffffffe0007c2), UINT64_C(0x3c),
     UINT64_C(0x0783fffffe000f3d)},
    {"level3", "", AXAS_ENTRY_HELD, UINT64_C(0x40004c3c), UINT64_C(0xffffffffffffc7c2), UINT64_C(0x3c),
     UINT64_C(0x0783ffffffffcf3d)},
};

#include "stage2_tests.h"

Test(stage2, cache_maintenance_is_no_write)
{
    golden_check_cache_maintenance(golden_format(FORMAT));
}

Test(stage2, a_conflict_in_the_tlb_is_told)
{
    golden_check_tlb_conflict(golden_format(FORMAT));
}

Test(stage2, identification_registers_say_what_a_cpu_has)
{
    static const struct golden_cpu cpus[] = {
        {NEOVERSE_V1},
        {CORTEX_A710},
        {CORTEX_X925},
        {APPLE_M3_MAX},
        {SNAPDRAGON_8CX_3, .missing = "16 KiB"},
        {.what = "FEAT_LPA2 by the field of stage 2",
         .registers = {UINT64_C(0x0000000300101126), 0, 0},
         .features = "lpa2",
         .switched = "",
         .physical_bits = 52},
        {.what = "FEAT_LPA2 by the field of stage 1",
         .registers = {UINT64_C(0x0000000000201126), 0, 0},
         .features = "lpa2",
         .switched = "",
         .physical_bits = 52},
        {.what = "FEAT_LPA2 for stage 1 alone",
         .registers = {UINT64_C(0x0000000200201126), 0, 0},
         .features = "",
         .switched = "",
         .physical_bits = 52},
        {.what = "granule of 16 KiB for stage 1 alone",
         .registers = {UINT64_C(0x0000000100201126), 0, 0},
         .missing = "16 KiB",
         .features = "",
         .switched = "",
         .physical_bits = 52},
        {ALL_FIELDS_15_BUT_HAFDBS_1(" lpa2", 52)},
        {.what = "all fields 0",
         .registers = {0, 0, 0},
         .missing = "16 KiB",
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {UINT64_C(0x0000000e00f0000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
        {.what = "granule of 16 KiB, all else 0",
         .registers = {UINT64_C(0x00100000), 0, 0},
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {UINT64_C(0x0000000d00f0000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
    };
    arm_id_check("aarch64_stage2_16k_lpa2", "1level 2level 3level 4level", cpus, GOLDEN_COUNT(cpus));
    arm_id_check_widths("aarch64_stage2_16k_lpa2", 0, ARM_ID_WIDTHS_52);
}
