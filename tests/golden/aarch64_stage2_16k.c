/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of AArch64 Stage-2 tables with the 16 KiB granule. Worked out by hand from the Arm Architecture
 * Reference Manual for A-profile (DDI 0487J): D8.2.8 (start levels, concatenated tables), D8.3 (descriptor
 * formats), D8.4 (permissions), D8.6 (memory types), D19.2 (VTCR_EL2, VTTBR_EL2). Sections and policy as in
 * aarch64_stage2.c, whose low bits a leaf shares: page 0x3 + MemAttr 1111 0x3c + S2AP 11 0xc0 + SH 11 0x300 +
 * AF 0x400 = 0x7ff, a block 0x7fd, XN 10 is bit 54. Addresses begin at bit 14: bits 13:12 are RES0.
 */
#include "arm_faults.h"
#include "arm_id.h"
#include "stage2.h"

#define FORMAT "aarch64_stage2_16k"
#define VTCR "vtcr_el2"
#define VTTBR "vttbr_el2"
#define WITHIN_PHYSICAL true
#define DIRTY_STATE true

static const struct stage2_level levels[] = {
    /* D8.2.8: level 1 resolves bits 46:36 (its root one more), 2 35:25, 3 24:14 */
    {"level1", 1, 36, 11},
    {"level2", 2, 25, 11},
    {"level3", 3, 14, 11},
};

static const struct stage2_mode modes[] = {
    /* Up to 16 concatenated tables: 25 to 29 bits from level 3, to 40 from level 2; two at level 1 make 48,
     * which needs a physical width above 40. T0SZ 39 is the highest, with FEAT_TTST 48. */
    {"1level", "level3", "", 16, 25, 29, 29, 0, false},
    {"2level", "level2", "", 26, 26, 40, 40, 0, true},
    {"3level", "level1", "", 37, 37, 48, 48, 42, false},
};

static const struct golden_table tables[] = {
    {"level1", UINT64_C(0x40004000), UINT64_C(0x40004003)},
    {"level1", UINT64_C(0xffffffffc000), UINT64_C(0xffffffffc003)},
    {"level2", UINT64_C(0x800000008000), UINT64_C(0x800000008003)},
};

static const struct golden_leaf leaves[] = {
    {"level3", "", RWX, UINT64_C(0x40004000), UINT64_C(0x400047ff)},
    {"level3", "", RW, UINT64_C(0x40008000), UINT64_C(0x00400000400087ff)},
    /* S2AP 01: 0x77f; 10: 0x7bf */
    {"level3", "", R, UINT64_C(0x4000c000), UINT64_C(0x004000004000c77f)},
    {"level3", "", RX, UINT64_C(0x40010000), UINT64_C(0x4001077f)},
    {"level3", "", W, UINT64_C(0x40014000), UINT64_C(0x00400000400147bf)},
    {"level3", "", RW, UINT64_C(0xffffffffc000), UINT64_C(0x0040ffffffffc7ff)},
    /* XN 11 and 01 */
    {"level3", "xnx", R | KX, UINT64_C(0x40018000), UINT64_C(0x006000004001877f)},
    {"level3", "xnx", RW | UX, UINT64_C(0x4001c000), UINT64_C(0x002000004001c7ff)},
    /* nGnRE 0x4 and SH 10: 0x6c7; forced write-back 0x18: 0x7db */
    {"level3", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x09000000), UINT64_C(0x00400000090006c7)},
    {"level3", "fwb", RWX, UINT64_C(0x40020000), UINT64_C(0x400207db)},
    /* 32 MiB blocks: 0x7fd, 0x77d; AF clear where the CPU sets it: 0x3fd; Non-cacheable 0x14, SH 10: 0x6d5 */
    {"level2", "", RWX, UINT64_C(0x42000000), UINT64_C(0x420007fd)},
    {"level2", "", R, UINT64_C(0x44000000), UINT64_C(0x004000004400077d)},
    {"level2", "hardware_access_flag", RWX, UINT64_C(0x46000000), UINT64_C(0x460003fd)},
    {"level2", "", RW | AXAS_MEM_UNCACHED, UINT64_C(0xfffffe000000), UINT64_C(0x0040fffffe0006d5)},
    /* D8.5.2, DBM 0x0008000000000000: a new leaf that may be written has S2AP[1] clear, and AF too */
    {"level3", "hardware_dirty_state", RWX, UINT64_C(0x40004000), UINT64_C(0x000800004000437f)},
    {"level3", "hardware_dirty_state", RW, UINT64_C(0x40008000), UINT64_C(0x004800004000837f)},
    {"level3", "hardware_dirty_state", W, UINT64_C(0x40014000), UINT64_C(0x004800004001433f)},
    {"level3", "hardware_dirty_state", R, UINT64_C(0x4000c000), UINT64_C(0x004000004000c37f)},
    {"level2", "hardware_dirty_state", RWX, UINT64_C(0x42000000), UINT64_C(0x000800004200037d)},
};

/* D8.5.2: with VTCR_EL2.HD the CPU sets S2AP[1] (0x80), and AF (0x400), where DBM allows it; bit 55 is this
 * library's. */
static const struct golden_state states[] = {
    {"level3", "hardware_dirty_state", UINT64_C(0x000800004000437f), RWX, false, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00080000400047ff), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x00480000400147bf), W, true, true},
    {"level2", "hardware_dirty_state", UINT64_C(0x00080000420007fd), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x004000004000c77f), R, true, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00c000004000c77f), R, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x0080000040004f3c), 0, true, true},
    {"level3", "", UINT64_C(0x400047ff), RWX, true, false},
};

static const struct stage2_held held[] = {
    {"level3", 0},
    {"level3", UINT64_C(0xffffffffc000)},
    {"level2", UINT64_C(0xfffffe000000)},
};

static const struct golden_rule illegal[] = {
    {"level3", "", 48, UINT64_C(0x400047fd), "bits 1:0 = 01 at level 3 is reserved (D8.3.1)"},
    {"level1", "", 48, UINT64_C(0x7fd), "no block at level 1 without FEAT_LPA2"},
    {"level3", "", 48, UINT64_C(0x00480000400087ff), "DBM without hardware management of the dirty state"},
    {"level3", "hardware_dirty_state", 48, UINT64_C(0x00400000400087ff), "S2AP[1] without DBM: always dirty"},
    {"level3", "", 48, UINT64_C(0x400057ff), "bit 12 of a page is RES0"},
    {"level3", "", 48, UINT64_C(0x400067ff), "bit 13 of a page is RES0"},
    {"level1", "", 48, UINT64_C(0x40005003), "bit 12 of a table is RES0"},
    {"level2", "", 48, UINT64_C(0x40006003), "bit 13 of a table is RES0"},
    {"level2", "", 48, UINT64_C(0x430007fd), "bit 24 of a level 2 block is RES0"},
    {"level2", "", 48, UINT64_C(0x420207fd), "bit 17 of a level 2 block is RES0"},
    {"level2", "", 48, UINT64_C(0x420017fd), "bit 12 of a level 2 block is RES0"},
    {"level3", "", 48, UINT64_C(0x00010000400047ff), "bit 48 is RES0"},
    {"level3", "", 40, UINT64_C(0x100400047ff), "address bit 40 with a physical width of 40"},
};

static const struct golden_rule legal[] = {
    {"level3", "", 40, UINT64_C(0xff400047ff), "address bit 39 with a physical width of 40"},
    {"level2", "", 40, UINT64_C(0x420007fd), "a block"},
    {"level1", "", 40, UINT64_C(0x40004fff), "bits 11:2 of a table are ignored"},
};

static const struct golden_refusal refused[] = {
    {"", R | KX, "execution by privilege needs FEAT_XNX"},
    {"fwb", RW | AXAS_MEM_WRITE_THROUGH, "forced write-back has no write-through (D8.6.6)"},
};

static const struct stage2_root roots[] = {
    /* RES1 0x80000000, TG0 10 0x8000, SH0 0x3000, ORGN0 0x400, IRGN0 0x100: 0x8000b500; PS << 16, SL0 << 6,
       T0SZ */
    /* level 2 01: T0SZ 24, PS 2; 16 tables of 16 KiB: the root is aligned to 256 KiB */
    {"2level", "", 40, 40, 1, UINT64_C(0x40040000), UINT64_C(0x8002b558), UINT64_C(0x0001000040040000)},
    /* T0SZ 28, PS 1 */
    {"2level", "", 36, 36, 7, UINT64_C(0x40004000), UINT64_C(0x8001b55c), UINT64_C(0x0007000040004000)},
    /* level 1 10: T0SZ 16, PS 5 */
    {"3level", "", 48, 48, 3, UINT64_C(0x923456788000), UINT64_C(0x8005b590), UINT64_C(0x0003923456788000)},
    /* wider than 48 is 5 without FEAT_LPA2 */
    {"3level", "", 48, 52, 0, UINT64_C(0x40008000), UINT64_C(0x8005b590), UINT64_C(0x40008000)},
    /* T0SZ 22, PS 3; T0SZ 20, PS 4: a root of 64 entries, and of 256 */
    {"3level", "", 42, 42, 0, UINT64_C(0x40001000), UINT64_C(0x8003b596), UINT64_C(0x40001000)},
    {"3level", "", 44, 44, 255, UINT64_C(0x40001000), UINT64_C(0x8004b594), UINT64_C(0x00ff000040001000)},
    /* what has no code takes that of the next wider: T0SZ 17, PS 5; T0SZ 25, PS 2, with eight tables */
    {"3level", "", 47, 47, 0, UINT64_C(0x40004000), UINT64_C(0x8005b591), UINT64_C(0x40004000)},
    {"2level", "", 39, 39, 0, UINT64_C(0x40020000), UINT64_C(0x8002b559), UINT64_C(0x40020000)},
    /* level 3 00: T0SZ 35; T0SZ 39, PS 0 */
    {"1level", "", 29, 40, 0, UINT64_C(0x40040000), UINT64_C(0x8002b523), UINT64_C(0x40040000)},
    {"1level", "", 25, 32, 0, UINT64_C(0x40004000), UINT64_C(0x8000b527), UINT64_C(0x40004000)},
    /* FEAT_TTST: T0SZ 48 (0x30), four entries; T0SZ 40 (0x28); PS 2 */
    {"1level", "ttst", 16, 40, 1, UINT64_C(0x40004000), UINT64_C(0x8002b530), UINT64_C(0x0001000040004000)},
    {"1level", "ttst", 24, 40, 0, UINT64_C(0x40004000), UINT64_C(0x8002b528), UINT64_C(0x40004000)},
    /* VS 0x80000, HA 0x200000 */
    {"2level", "vmid16", 36, 40, 0xbeef, UINT64_C(0x40004000), UINT64_C(0x800ab55c),
     UINT64_C(0xbeef000040004000)},
    {"2level", "hardware_access_flag", 36, 40, 1, UINT64_C(0x40004000), UINT64_C(0x8022b55c),
     UINT64_C(0x0001000040004000)},
    /* HD 0x400000, with HA */
    {"2level", "hardware_dirty_state", 36, 40, 1, UINT64_C(0x40004000), UINT64_C(0x8062b55c),
     UINT64_C(0x0001000040004000)},
};

static const struct stage2_bad_root bad_roots[] = {
    {"VMIDs have 8 bits without FEAT_VMID16", "2level", "", 36, 256, UINT64_C(0x40004000)},
    {"16 concatenated tables are aligned to 256 KiB", "2level", "", 40, 1, UINT64_C(0x40020000)},
    {"a root of 2048 entries is aligned to 16 KiB", "2level", "", 36, 1, UINT64_C(0x40002000)},
};

static const struct golden_bits entry_bits[] = {
    {"level1", "", AXAS_ENTRY_TABLE, UINT64_C(0x40004003), UINT64_C(0x07f8ffffffffcffc), 0,
     UINT64_C(0x0000ffffffffc003)},
    {"level2", "", AXAS_ENTRY_TABLE, UINT64_C(0x40004003), UINT64_C(0x07f8ffffffffcffc), 0,
     UINT64_C(0x0000ffffffffc003)},
    {"level2", "", AXAS_ENTRY_LEAF, UINT64_C(0x420007fd), UINT64_C(0x7f80fffffe000400),
     UINT64_C(0x00600000000003fe), UINT64_C(0x07f8fffffe010fff)},
    {"level3", "", AXAS_ENTRY_LEAF, UINT64_C(0x400047ff), UINT64_C(0x7f80ffffffffc400),
     UINT64_C(0x00600000000003fc), UINT64_C(0x07f8ffffffffcfff)},
    {"level2", "", AXAS_ENTRY_HELD, UINT64_C(0x42000f3c), UINT64_C(0xfffffffffe0004c2), UINT64_C(0x33c),
     UINT64_C(0x0780fffffe000f3d)},
    {"level3", "", AXAS_ENTRY_HELD, UINT64_C(0x40004f3c), UINT64_C(0xffffffffffffc4c2), UINT64_C(0x33c),
     UINT64_C(0x0780ffffffffcf3d)},
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
        {CORTEX_A53, .missing = "16 KiB"},
        {NEOVERSE_N1},
        {NEOVERSE_V1},
        {CORTEX_A710},
        {CORTEX_X925},
        {APPLE_M3_MAX},
        {SNAPDRAGON_8CX_3, .missing = "16 KiB"},
        {.what = "granule of 16 KiB for stage 1 alone",
         .registers = {UINT64_C(0x0000000100100005), 0, 0},
         .missing = "16 KiB",
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48},
        {.what = "granule of 16 KiB for stage 2 alone",
         .registers = {UINT64_C(0x0000000200000005), 0, 0},
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48},
        {ALL_FIELDS_15_BUT_HAFDBS_1("", 48)},
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
         .matters = {UINT64_C(0x000000010010000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
    };
    arm_id_check("aarch64_stage2_16k", "1level 2level 3level", cpus, GOLDEN_COUNT(cpus));
    arm_id_check_widths("aarch64_stage2_16k", 0, ARM_ID_WIDTHS_48);
}
