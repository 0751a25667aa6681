/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of AArch64 Stage-2 tables with the 4 KiB granule and FEAT_LPA2. Worked out by hand from the Arm
 * Architecture Reference Manual for A-profile (DDI 0487J): D8.2.8 (start levels, concatenated tables), D8.3
 * (descriptor formats), D8.4 (permissions), D8.6 (memory types), D19.2 (VTCR_EL2, VTTBR_EL2). Sections and
 * policy as in aarch64_stage2.c, but SH is not in a descriptor: page 0x3 + MemAttr 1111 0x3c + S2AP 11 0xc0 +
 * AF 0x400 = 0x4ff, a block 0x4fd, XN 10 is bit 54. Bits 49:12 hold address bits 49:12, and bits 9:8 hold
 * 51:50.
 */
#include "arm_faults.h"
#include "arm_id.h"
#include "stage2.h"

#define FORMAT "aarch64_stage2_lpa2"
#define VTCR "vtcr_el2"
#define VTTBR "vttbr_el2"
#define WITHIN_PHYSICAL true
#define DIRTY_STATE true

static const struct stage2_level levels[] = {
    /* D8.2.8: level -1 resolves bits 51:48, 0 47:39, 1 38:30, 2 29:21, 3 20:12 */
    {"level_minus1", -1, 48, 4}, {"level0", 0, 39, 9}, {"level1", 1, 30, 9},
    {"level2", 2, 21, 9},        {"level3", 3, 12, 9},
};

static const struct stage2_mode modes[] = {
    /* Up to 16 concatenated tables: 25 to 34 bits from level 2, to 43 from level 1, to 52 from level 0, which
     * needs a physical width above 42; level -1 is for more than 48. T0SZ 39 is the highest, with FEAT_TTST
     * 48, which also has level 3: 16 to 25 bits. */
    {"1level", "level3", "ttst lpa2", 16, 16, 25, 25, 0, false},
    {"2level", "level2", "lpa2", 22, 25, 32, 34, 0, false},
    {"3level", "level1", "lpa2", 31, 31, 40, 43, 0, true},
    {"4level", "level0", "lpa2", 40, 40, 48, 52, 44, false},
    {"5level", "level_minus1", "lpa2", 49, 49, 52, 52, 52, false},
};

static const struct golden_table tables[] = {
    {"level_minus1", UINT64_C(0x40001000), UINT64_C(0x40001003)},
    {"level0", UINT64_C(0xffffffffff000), UINT64_C(0x0003fffffffff303)},
    {"level1", UINT64_C(0x4000000002000), UINT64_C(0x2103)},
    {"level2", UINT64_C(0x8000000003000), UINT64_C(0x3203)},
};

static const struct golden_leaf leaves[] = {
    {"level3", "", RWX, UINT64_C(0x40000000), UINT64_C(0x400004ff)},
    {"level3", "", RW, UINT64_C(0x40001000), UINT64_C(0x00400000400014ff)},
    /* S2AP 01: 0x47f; 10: 0x4bf */
    {"level3", "", R, UINT64_C(0x40002000), UINT64_C(0x004000004000247f)},
    {"level3", "", RX, UINT64_C(0x40003000), UINT64_C(0x4000347f)},
    {"level3", "", W, UINT64_C(0x40004000), UINT64_C(0x00400000400044bf)},
    /* all address bits; bit 50 alone 0x100; bit 51 alone 0x200, XN 11; bit 48 alone, XN 01 */
    {"level3", "", RW, UINT64_C(0xffffffffff000), UINT64_C(0x0043fffffffff7ff)},
    {"level3", "", RW, UINT64_C(0x4000000005000), UINT64_C(0x00400000000055ff)},
    {"level3", "xnx", R | KX, UINT64_C(0x8000000006000), UINT64_C(0x006000000000667f)},
    {"level3", "xnx", RW | UX, UINT64_C(0x1000000007000), UINT64_C(0x00210000000074ff)},
    /* MemAttr: nGnRE 0x4, nGnRnE 0, nGRE 0x8, GRE 0xc, Non-cacheable 0x14, write-through 0x28, forced
       write-back 0x18 */
    {"level3", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x09000000), UINT64_C(0x00400000090004c7)},
    {"level3", "", R | AXAS_MEM_DEVICE_NONPOSTED, UINT64_C(0x09001000), UINT64_C(0x0040000009001443)},
    {"level3", "", RW | AXAS_MEM_DEVICE_UNORDERED, UINT64_C(0x09002000), UINT64_C(0x00400000090024cb)},
    {"level3", "fwb", RW | AXAS_MEM_DEVICE_GATHERED, UINT64_C(0x09003000), UINT64_C(0x00400000090034cf)},
    {"level3", "", RW | AXAS_MEM_UNCACHED, UINT64_C(0x50000000), UINT64_C(0x00400000500004d7)},
    {"level3", "", RWX | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x40008000), UINT64_C(0x400084eb)},
    {"level3", "fwb", RWX, UINT64_C(0x40009000), UINT64_C(0x400094db)},
    /* 2 MiB, with AF clear where the CPU sets it 0x0fd; 1 GiB, XN 11, 0x4d9; 512 GiB, with bits 51:49 and 39
     */
    {"level2", "", RWX, UINT64_C(0x40200000), UINT64_C(0x402004fd)},
    {"level2", "", R, UINT64_C(0x40400000), UINT64_C(0x004000004040047d)},
    {"level2", "hardware_access_flag", RWX, UINT64_C(0x40600000), UINT64_C(0x406000fd)},
    {"level1", "", RWX, UINT64_C(0x40000000), UINT64_C(0x400004fd)},
    {"level1", "fwb xnx", RW | KX, UINT64_C(0x80000000), UINT64_C(0x00600000800004d9)},
    {"level0", "", RWX, UINT64_C(0x8000000000), UINT64_C(0x80000004fd)},
    {"level0", "", RW, UINT64_C(0xe008000000000), UINT64_C(0x00420080000007fd)},
    /* D8.5.2, DBM 0x0008000000000000: a new leaf that may be written has S2AP[1] clear, and AF too */
    {"level3", "hardware_dirty_state", RWX, UINT64_C(0x40000000), UINT64_C(0x000800004000007f)},
    {"level3", "hardware_dirty_state", RW, UINT64_C(0x40001000), UINT64_C(0x004800004000107f)},
    {"level3", "hardware_dirty_state", W, UINT64_C(0x40004000), UINT64_C(0x004800004000403f)},
    {"level3", "hardware_dirty_state", R, UINT64_C(0x40002000), UINT64_C(0x004000004000207f)},
    {"level2", "hardware_dirty_state", RWX, UINT64_C(0x40200000), UINT64_C(0x000800004020007d)},
};

/* D8.5.2: with VTCR_EL2.HD the CPU sets S2AP[1] (0x80), and AF (0x400), where DBM allows it; bit 55 is this
 * library's. */
static const struct golden_state states[] = {
    {"level3", "hardware_dirty_state", UINT64_C(0x000800004000007f), RWX, false, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00080000400004ff), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x00480000400044bf), W, true, true},
    {"level2", "hardware_dirty_state", UINT64_C(0x00080000402004fd), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x004000004000247f), R, true, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00c000004000247f), R, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x0080000040001c3c), 0, true, true},
    {"level3", "", UINT64_C(0x400004ff), RWX, true, false},
};

static const struct stage2_held held[] = {
    {"level3", 0},
    {"level3", UINT64_C(0xffffffffff000)},
    {"level2", UINT64_C(0xfffffffe00000)},
    {"level1", UINT64_C(0xfffffc0000000)},
    {"level0", UINT64_C(0xfff8000000000)},
};

static const struct golden_rule illegal[] = {
    {"level3", "", 52, UINT64_C(0x400004fd), "bits 1:0 = 01 at level 3 is reserved (D8.3.1)"},
    {"level3", "", 48, UINT64_C(0x00480000400014ff), "DBM without hardware management of the dirty state"},
    {"level3", "hardware_dirty_state", 48, UINT64_C(0x00400000400014ff), "S2AP[1] without DBM: always dirty"},
    {"level_minus1", "", 52, UINT64_C(0x4fd), "no block at level -1"},
    {"level0", "", 52, UINT64_C(0xc0000004fd), "bit 38 of a level 0 block is RES0"},
    {"level0", "", 52, UINT64_C(0x80000204fd), "bit 17 of a level 0 block is RES0"},
    {"level1", "", 52, UINT64_C(0x600004fd), "bit 29 of a level 1 block is RES0"},
    {"level1", "", 52, UINT64_C(0x400204fd), "bit 17 of a level 1 block is RES0"},
    {"level2", "", 52, UINT64_C(0x403004fd), "bit 20 of a level 2 block is RES0"},
    {"level2", "", 52, UINT64_C(0x402014fd), "bit 12 of a level 2 block is RES0"},
    {"level3", "", 52, UINT64_C(0x00040000400004ff), "bit 50 of a page is RES0"},
    {"level1", "", 52, UINT64_C(0x0004000040001003), "bit 50 of a table is RES0"},
    {"level3", "", 48, UINT64_C(0x400005ff), "address bit 50 with a physical width of 48"},
    {"level3", "", 48, UINT64_C(0x00010000400004ff), "address bit 48 with a physical width of 48"},
    {"level2", "", 48, UINT64_C(0x40001203), "table address bit 51 with a physical width of 48"},
    {"level3", "", 52, UINT64_C(0x400004e3), "MemAttr 1000 is reserved"},
    {"level3", "", 52, UINT64_C(0x00200000400004ff), "bit 53 is RES0 without FEAT_XNX"},
};

static const struct golden_rule legal[] = {
    {"level3", "", 52, UINT64_C(0x400005ff), "address bit 50"},
    {"level2", "", 52, UINT64_C(0x40001203), "table address bit 51"},
    {"level0", "", 52, UINT64_C(0x80000004fd), "a block of 512 GiB"},
    {"level1", "", 52, UINT64_C(0x40001cff), "bits 11:10 and 7:2 of a table are ignored"},
};

static const struct golden_refusal refused[] = {
    {"", R | KX, "execution by privilege needs FEAT_XNX"},
    {"fwb", RW | AXAS_MEM_WRITE_THROUGH, "forced write-back has no write-through (D8.6.6)"},
    {"", R | AXAS_MEM_WRITE_PROTECTED, "no cache of the manual's evicts on a write"},
};

static const struct stage2_root roots[] = {
    /* DS 0x100000000, RES1 0x80000000, SH0 0x3000, ORGN0 0x400, IRGN0 0x100: 0x180003500; PS << 16, SL0 << 6,
       T0SZ */
    /* level -1: SL2 0x200000000, SL0 00, T0SZ 12, PS 6; BADDR 5:2 hold the root's bits 51:48, 8 << 2 = 0x20
     */
    {"5level", "", 52, 52, 1, UINT64_C(0x8000000001000), UINT64_C(0x38006350c), UINT64_C(0x0001000000001020)},
    /* T0SZ 15 */
    {"5level", "", 49, 52, 1, UINT64_C(0x40001000), UINT64_C(0x38006350f), UINT64_C(0x0001000040001000)},
    /* level 0 10: T0SZ 12, 16 tables; T0SZ 16, PS 5; T0SZ 20, PS 4 */
    {"4level", "", 52, 52, 7, UINT64_C(0x40010000), UINT64_C(0x18006358c), UINT64_C(0x0007000040010000)},
    {"4level", "", 48, 48, 3, UINT64_C(0x923456789000), UINT64_C(0x180053590), UINT64_C(0x0003923456789000)},
    {"4level", "", 44, 44, 0, UINT64_C(0x40001000), UINT64_C(0x180043594), UINT64_C(0x40001000)},
    /* what has no code takes that of the next wider: 49 to 51 PS 6, T0SZ 15, 14, 13; 33 PS 1, T0SZ 31 */
    {"4level", "", 49, 49, 0, UINT64_C(0x40002000), UINT64_C(0x18006358f), UINT64_C(0x40002000)},
    {"4level", "", 50, 50, 0, UINT64_C(0x40004000), UINT64_C(0x18006358e), UINT64_C(0x40004000)},
    {"4level", "", 51, 51, 0, UINT64_C(0x40008000), UINT64_C(0x18006358d), UINT64_C(0x40008000)},
    {"3level", "", 33, 33, 0, UINT64_C(0x40001000), UINT64_C(0x18001355f), UINT64_C(0x40001000)},
    /* level 1 01: T0SZ 24, PS 2; T0SZ 22, PS 3 */
    {"3level", "", 40, 40, 255, UINT64_C(0x40002000), UINT64_C(0x180023558), UINT64_C(0x00ff000040002000)},
    {"3level", "", 42, 42, 0, UINT64_C(0x40008000), UINT64_C(0x180033556), UINT64_C(0x40008000)},
    /* level 2 00: T0SZ 30, PS 1, 16 tables; T0SZ 39, PS 0 */
    {"2level", "", 34, 36, 0, UINT64_C(0x40010000), UINT64_C(0x18001351e), UINT64_C(0x40010000)},
    {"2level", "", 25, 32, 0, UINT64_C(0x40001000), UINT64_C(0x180003527), UINT64_C(0x40001000)},
    /* FEAT_TTST: T0SZ 42 (0x2a), two entries; level 3 11: T0SZ 48 (0x30), PS 0; T0SZ 39, PS 6, 16 tables */
    {"2level", "ttst", 22, 32, 0, UINT64_C(0x40001000), UINT64_C(0x18000352a), UINT64_C(0x40001000)},
    {"1level", "ttst", 16, 32, 2, UINT64_C(0x40001000), UINT64_C(0x1800035f0), UINT64_C(0x0002000040001000)},
    {"1level", "ttst", 25, 52, 0, UINT64_C(0x40010000), UINT64_C(0x1800635e7), UINT64_C(0x40010000)},
    /* VS 0x80000, HA 0x200000 */
    {"3level", "vmid16", 40, 40, 0xbeef, UINT64_C(0x40002000), UINT64_C(0x1800a3558),
     UINT64_C(0xbeef000040002000)},
    {"3level", "hardware_access_flag", 40, 40, 1, UINT64_C(0x40002000), UINT64_C(0x180223558),
     UINT64_C(0x0001000040002000)},
    /* HD 0x400000, with HA */
    {"3level", "hardware_dirty_state", 40, 40, 1, UINT64_C(0x40002000), UINT64_C(0x180623558),
     UINT64_C(0x0001000040002000)},
};

static const struct stage2_bad_root bad_roots[] = {
    {"VMIDs have 8 bits without FEAT_VMID16", "3level", "", 40, 256, UINT64_C(0x40002000)},
    {"16 concatenated tables are aligned to 64 KiB", "4level", "", 52, 1, UINT64_C(0x40008000)},
    {"two concatenated tables are aligned to 8 KiB", "3level", "", 40, 1, UINT64_C(0x40001000)},
};

static const struct golden_bits entry_bits[] = {
    {"level_minus1", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07fbfffffffffffc), 0,
     UINT64_C(0x0003fffffffff303)},
    {"level0", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07fbfffffffffffc), 0,
     UINT64_C(0x0003fffffffff303)},
    {"level1", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07fbfffffffffffc), 0,
     UINT64_C(0x0003fffffffff303)},
    {"level2", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07fbfffffffffffc), 0,
     UINT64_C(0x0003fffffffff303)},
    {"level0", "", AXAS_ENTRY_LEAF, UINT64_C(0x80000004fd), UINT64_C(0x7f83ff8000000700),
     UINT64_C(0x00600000000000fe), UINT64_C(0x07fbff8000010fff)},
    {"level1", "", AXAS_ENTRY_LEAF, UINT64_C(0x400004fd), UINT64_C(0x7f83ffffc0000700),
     UINT64_C(0x00600000000000fe), UINT64_C(0x07fbffffc0010fff)},
    {"level2", "", AXAS_ENTRY_LEAF, UINT64_C(0x402004fd), UINT64_C(0x7f83ffffffe00700),
     UINT64_C(0x00600000000000fe), UINT64_C(0x07fbffffffe10fff)},
    {"level3", "", AXAS_ENTRY_LEAF, UINT64_C(0x400004ff), UINT64_C(0x7f83fffffffff700),
     UINT64_C(0x00600000000000fc), UINT64_C(0x07fbffffffffffff)},
    {"level0", "", AXAS_ENTRY_HELD, UINT64_C(0x8000000c3c), UINT64_C(0xffffff80000007c2), UINT64_C(0x3c),
     UINT64_C(0x0783ff8000000f3d)},
    {"level1", "", AXAS_ENTRY_HELD, UINT64_C(0x40000c3c), UINT64_C(0xffffffffc00007c2), UINT64_C(0x3c),
     UINT64_C(0x0783ffffc0000f3d)},
    {"level2", "", AXAS_ENTRY_HELD, UINT64_C(0x40200c3c), UINT64_C(0xffffffffffe007c2), UINT64_C(0x3c),
     UINT64_C(0x0783ffffffe00f3d)},
    {"level3", "", AXAS_ENTRY_HELD, UINT64_C(0x40001c3c), UINT64_C(0xfffffffffffff7c2), UINT64_C(0x3c),
     UINT64_C(0x0783ffffffffff3d)},
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
        {SNAPDRAGON_8CX_3, .missing = "4 KiB"},
        {.what = "FEAT_LPA2 by the field of stage 2",
         .registers = {UINT64_C(0x0000030000101126), 0, 0},
         .features = "lpa2",
         .switched = "",
         .physical_bits = 52},
        {.what = "FEAT_LPA2 by the field of stage 1",
         .registers = {UINT64_C(0x0000000010101126), 0, 0},
         .features = "lpa2",
         .switched = "",
         .physical_bits = 52},
        {.what = "FEAT_LPA2 for stage 1 alone",
         .registers = {UINT64_C(0x0000020010101126), 0, 0},
         .features = "",
         .switched = "",
         .physical_bits = 52},
        {.what = "granule of 4 KiB for stage 1 alone",
         .registers = {UINT64_C(0x0000010010101126), 0, 0},
         .missing = "4 KiB",
         .features = "",
         .switched = "",
         .physical_bits = 52},
        {ALL_FIELDS_15_BUT_HAFDBS_1(" lpa2", 52)},
        {.what = "all fields 0",
         .registers = {0, 0, 0},
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {UINT64_C(0x00000d00f000000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
        {.what = "no granule of 4 KiB",
         .registers = {UINT64_C(0xf0000000), 0, 0},
         .missing = "4 KiB",
         .features = "",
         .switched = "",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {UINT64_C(0x00000e008000000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
    };
    arm_id_check("aarch64_stage2_lpa2", "1level 2level 3level 4level 5level", cpus, GOLDEN_COUNT(cpus));
    arm_id_check_widths("aarch64_stage2_lpa2", 0, ARM_ID_WIDTHS_52);
}
