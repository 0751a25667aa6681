/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of AArch64 Stage-2 tables with the 64 KiB granule. Worked out by hand from the Arm Architecture
 * Reference Manual for A-profile (DDI 0487J): D8.2.8 (start levels, concatenated tables), D8.3 (descriptor
 * formats), D8.4 (permissions), D8.6 (memory types), D19.2 (VTCR_EL2, VTTBR_EL2). Sections and policy as in
 * aarch64_stage2.c, whose low bits a leaf shares: page 0x3 + MemAttr 1111 0x3c + S2AP 11 0xc0 + SH 11 0x300 +
 * AF 0x400 = 0x7ff, a block 0x7fd, XN 10 is bit 54. Bits 47:16 hold address bits 47:16, and bits 15:12 hold
 * 51:48, which are RES0 where the CPU has no addresses of 52 bits.
 */
#include "arm_faults.h"
#include "arm_id.h"
#include "stage2.h"

#define FORMAT "aarch64_stage2_64k"
#define VTCR "vtcr_el2"
#define VTTBR "vttbr_el2"
#define WITHIN_PHYSICAL true
#define DIRTY_STATE true

static const struct stage2_level levels[] = {
    /* D8.2.8: level 1 resolves bits 51:42, 2 41:29, 3 28:16 */
    {"level1", 1, 42, 10},
    {"level2", 2, 29, 13},
    {"level3", 3, 16, 13},
};

static const struct stage2_mode modes[] = {
    /* Up to 16 concatenated tables: 25 to 33 bits from level 3, to 46 from level 2; level 1 needs a physical
     * width above 42. T0SZ 39 is the highest, with FEAT_TTST 47. */
    {"1level", "level3", "", 17, 25, 33, 33, 0, false},
    {"2level", "level2", "", 30, 30, 40, 46, 0, true},
    {"3level", "level1", "", 43, 43, 48, 52, 44, false},
};

static const struct golden_table tables[] = {
    {"level1", UINT64_C(0x40010000), UINT64_C(0x40010003)},
    {"level1", UINT64_C(0xf000040010000), UINT64_C(0x4001f003)},
    {"level2", UINT64_C(0xfffffffff0000), UINT64_C(0xfffffffff003)},
};

static const struct golden_leaf leaves[] = {
    {"level3", "", RWX, UINT64_C(0x40010000), UINT64_C(0x400107ff)},
    {"level3", "", RW, UINT64_C(0x40020000), UINT64_C(0x00400000400207ff)},
    /* S2AP 01: 0x77f; 10: 0x7bf */
    {"level3", "", R, UINT64_C(0x40030000), UINT64_C(0x004000004003077f)},
    {"level3", "", W, UINT64_C(0x40040000), UINT64_C(0x00400000400407bf)},
    /* address bits 51:48 = 9: 0x9000 + 0x77f */
    {"level3", "", RX, UINT64_C(0x9000040050000), UINT64_C(0x4005977f)},
    {"level3", "", RW, UINT64_C(0xfffffffff0000), UINT64_C(0x0040fffffffff7ff)},
    /* XN 11 and 01 */
    {"level3", "xnx", R | KX, UINT64_C(0x40060000), UINT64_C(0x006000004006077f)},
    {"level3", "xnx", RW | UX, UINT64_C(0x40070000), UINT64_C(0x00200000400707ff)},
    /* nGnRE 0x4 and SH 10: 0x6c7; forced write-back 0x18: 0x7db; AF clear where the CPU sets it: 0x3ff */
    {"level3", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x09000000), UINT64_C(0x00400000090006c7)},
    {"level3", "fwb", RWX, UINT64_C(0x40080000), UINT64_C(0x400807db)},
    {"level3", "hardware_access_flag", RWX, UINT64_C(0x40090000), UINT64_C(0x400903ff)},
    /* 512 MiB blocks: 0x7fd; 0x77d + 0x1000 for address bit 48 */
    {"level2", "", RWX, UINT64_C(0x40000000), UINT64_C(0x400007fd)},
    {"level2", "", R, UINT64_C(0x1000060000000), UINT64_C(0x004000006000177d)},
    /* 4 TiB blocks with FEAT_LPA; 0x1 + 0x18 + 0x40 + 0x300 + 0x400 = 0x759, 51:48 = 12, XN 01 */
    {"level1", "lpa", RWX, UINT64_C(0x40000000000), UINT64_C(0x400000007fd)},
    {"level1", "lpa fwb xnx", R | UX, UINT64_C(0xc080000000000), UINT64_C(0x002008000000c759)},
    /* D8.5.2, DBM 0x0008000000000000: a new leaf that may be written has S2AP[1] clear, and AF too */
    {"level3", "hardware_dirty_state", RWX, UINT64_C(0x40010000), UINT64_C(0x000800004001037f)},
    {"level3", "hardware_dirty_state", RW, UINT64_C(0x40020000), UINT64_C(0x004800004002037f)},
    {"level3", "hardware_dirty_state", W, UINT64_C(0x40040000), UINT64_C(0x004800004004033f)},
    {"level3", "hardware_dirty_state", R, UINT64_C(0x40030000), UINT64_C(0x004000004003037f)},
    {"level2", "hardware_dirty_state", RWX, UINT64_C(0x40000000), UINT64_C(0x000800004000037d)},
};

/* D8.5.2: with VTCR_EL2.HD the CPU sets S2AP[1] (0x80), and AF (0x400), where DBM allows it; bit 55 is this
 * library's. */
static const struct golden_state states[] = {
    {"level3", "hardware_dirty_state", UINT64_C(0x000800004001037f), RWX, false, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00080000400107ff), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x00480000400407bf), W, true, true},
    {"level2", "hardware_dirty_state", UINT64_C(0x00080000400007fd), RWX, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x004000004003077f), R, true, false},
    {"level3", "hardware_dirty_state", UINT64_C(0x00c000004003077f), R, true, true},
    {"level3", "hardware_dirty_state", UINT64_C(0x0080000040010f3c), 0, true, true},
    {"level3", "", UINT64_C(0x400107ff), RWX, true, false},
};

static const struct stage2_held held[] = {
    {"level3", 0},
    {"level3", UINT64_C(0xfffffffff0000)},
    {"level2", UINT64_C(0xfffffe0000000)},
    {"level1", UINT64_C(0xffc0000000000)},
};

static const struct golden_rule illegal[] = {
    {"level3", "", 52, UINT64_C(0x400107fd), "bits 1:0 = 01 at level 3 is reserved (D8.3.1)"},
    {"level3", "", 48, UINT64_C(0x00480000400207ff), "DBM without hardware management of the dirty state"},
    {"level3", "hardware_dirty_state", 48, UINT64_C(0x00400000400207ff), "S2AP[1] without DBM: always dirty"},
    {"level1", "", 52, UINT64_C(0x400000007fd), "a block at level 1 needs FEAT_LPA"},
    {"level3", "", 48, UINT64_C(0x400117ff), "bits 15:12 of a page are RES0 without 52-bit addresses"},
    {"level1", "", 48, UINT64_C(0x40018003), "bits 15:12 of a table are RES0 without 52-bit addresses"},
    {"level2", "", 48, UINT64_C(0x400047fd), "bits 15:12 of a block are RES0 without 52-bit addresses"},
    {"level2", "", 52, UINT64_C(0x500007fd), "bit 28 of a level 2 block is RES0"},
    {"level2", "", 52, UINT64_C(0x400207fd), "bit 17 of a level 2 block is RES0"},
    {"level1", "lpa", 52, UINT64_C(0x600000007fd), "bit 41 of a level 1 block is RES0"},
    {"level1", "lpa", 52, UINT64_C(0x400000207fd), "bit 17 of a level 1 block is RES0"},
    {"level3", "", 52, UINT64_C(0x00010000400107ff), "bit 48 is RES0"},
    {"level3", "", 40, UINT64_C(0x100400107ff), "address bit 40 with a physical width of 40"},
};

static const struct golden_rule legal[] = {
    {"level3", "", 52, UINT64_C(0x400117ff), "address bit 48 with 52-bit addresses"},
    {"level1", "", 52, UINT64_C(0x40018003), "address bit 51 with 52-bit addresses"},
    {"level1", "lpa", 52, UINT64_C(0x4000000c7fd), "a block of 4 TiB"},
    {"level2", "", 40, UINT64_C(0x400007fd), "a block"},
    {"level1", "", 40, UINT64_C(0x40010fff), "bits 11:2 of a table are ignored"},
};

static const struct golden_refusal refused[] = {
    {"", R | KX, "execution by privilege needs FEAT_XNX"},
    {"fwb", RW | AXAS_MEM_WRITE_THROUGH, "forced write-back has no write-through (D8.6.6)"},
};

static const struct stage2_root roots[] = {
    /* RES1 0x80000000, TG0 01 0x4000, SH0 0x3000, ORGN0 0x400, IRGN0 0x100: 0x80007500; PS << 16, SL0 << 6,
       T0SZ */
    /* level 2 01: T0SZ 24, PS 2: 2048 entries */
    {"2level", "", 40, 40, 1, UINT64_C(0x40004000), UINT64_C(0x80027558), UINT64_C(0x0001000040004000)},
    /* T0SZ 18, PS 5: 16 tables of 64 KiB, aligned to 1 MiB */
    {"2level", "", 46, 48, 7, UINT64_C(0x40100000), UINT64_C(0x80057552), UINT64_C(0x0007000040100000)},
    /* T0SZ 22, PS 3 */
    {"2level", "", 42, 42, 0, UINT64_C(0x40010000), UINT64_C(0x80037556), UINT64_C(0x40010000)},
    /* level 1 10: T0SZ 20, PS 4; T0SZ 16, PS 5 */
    {"3level", "", 44, 44, 0, UINT64_C(0x40001000), UINT64_C(0x80047594), UINT64_C(0x40001000)},
    {"3level", "", 48, 48, 0, UINT64_C(0x923456789000), UINT64_C(0x80057590), UINT64_C(0x923456789000)},
    /* T0SZ 12, PS 6: BADDR 5:2 hold the root's bits 51:48, 15 << 2 = 0x3c */
    {"3level", "", 52, 52, 3, UINT64_C(0xf000040002000), UINT64_C(0x8006758c), UINT64_C(0x000300004000203c)},
    /* what has no code takes that of the next wider: 49 to 51 PS 6, T0SZ 15, 14, 13; 47 PS 5, T0SZ 17; 39 PS
       2 */
    {"3level", "", 49, 49, 0, UINT64_C(0x40001000), UINT64_C(0x8006758f), UINT64_C(0x40001000)},
    {"3level", "", 50, 50, 0, UINT64_C(0x40001000), UINT64_C(0x8006758e), UINT64_C(0x40001000)},
    {"3level", "", 51, 51, 0, UINT64_C(0x40001000), UINT64_C(0x8006758d), UINT64_C(0x40001000)},
    {"3level", "", 47, 47, 0, UINT64_C(0x40001000), UINT64_C(0x80057591), UINT64_C(0x40001000)},
    {"2level", "", 39, 39, 0, UINT64_C(0x40002000), UINT64_C(0x80027559), UINT64_C(0x40002000)},
    /* level 3 00: T0SZ 31, PS 1; T0SZ 39, PS 0 */
    {"1level", "", 33, 36, 0, UINT64_C(0x40100000), UINT64_C(0x8001751f), UINT64_C(0x40100000)},
    {"1level", "", 25, 32, 255, UINT64_C(0x40001000), UINT64_C(0x80007527), UINT64_C(0x00ff000040001000)},
    /* FEAT_TTST: T0SZ 47 (0x2f), two entries; T0SZ 40 (0x28); PS 2 */
    {"1level", "ttst", 17, 40, 1, UINT64_C(0x40001000), UINT64_C(0x8002752f), UINT64_C(0x0001000040001000)},
    {"1level", "ttst", 24, 40, 0, UINT64_C(0x40001000), UINT64_C(0x80027528), UINT64_C(0x40001000)},
    /* VS 0x80000, HA 0x200000 */
    {"2level", "vmid16", 40, 40, 0xbeef, UINT64_C(0x40004000), UINT64_C(0x800a7558),
     UINT64_C(0xbeef000040004000)},
    {"2level", "hardware_access_flag", 40, 40, 1, UINT64_C(0x40004000), UINT64_C(0x80227558),
     UINT64_C(0x0001000040004000)},
    /* HD 0x400000, with HA */
    {"2level", "hardware_dirty_state", 40, 40, 1, UINT64_C(0x40004000), UINT64_C(0x80627558),
     UINT64_C(0x0001000040004000)},
};

static const struct stage2_bad_root bad_roots[] = {
    {"VMIDs have 8 bits without FEAT_VMID16", "2level", "", 40, 256, UINT64_C(0x40004000)},
    {"16 concatenated tables are aligned to 1 MiB", "2level", "", 46, 1, UINT64_C(0x40080000)},
    {"a root of 2048 entries is aligned to 16 KiB", "2level", "", 40, 1, UINT64_C(0x40002000)},
};

static const struct golden_bits entry_bits[] = {
    {"level1", "", AXAS_ENTRY_TABLE, UINT64_C(0x40010003), UINT64_C(0x07f8fffffffffffc), 0,
     UINT64_C(0x0000fffffffff003)},
    {"level2", "", AXAS_ENTRY_TABLE, UINT64_C(0x40010003), UINT64_C(0x07f8fffffffffffc), 0,
     UINT64_C(0x0000fffffffff003)},
    {"level1", "lpa", AXAS_ENTRY_LEAF, UINT64_C(0x400000007fd), UINT64_C(0x7f80fc000000f400),
     UINT64_C(0x00600000000003fe), UINT64_C(0x07f8fc000001ffff)},
    {"level2", "", AXAS_ENTRY_LEAF, UINT64_C(0x400007fd), UINT64_C(0x7f80ffffe000f400),
     UINT64_C(0x00600000000003fe), UINT64_C(0x07f8ffffe001ffff)},
    {"level3", "", AXAS_ENTRY_LEAF, UINT64_C(0x400107ff), UINT64_C(0x7f80fffffffff400),
     UINT64_C(0x00600000000003fc), UINT64_C(0x07f8ffffffffffff)},
    {"level1", "", AXAS_ENTRY_HELD, UINT64_C(0x40000000f3c), UINT64_C(0xfffffc000000f4c2), UINT64_C(0x33c),
     UINT64_C(0x0780fc000000ff3d)},
    {"level2", "", AXAS_ENTRY_HELD, UINT64_C(0x40000f3c), UINT64_C(0xffffffffe000f4c2), UINT64_C(0x33c),
     UINT64_C(0x0780ffffe000ff3d)},
    {"level3", "", AXAS_ENTRY_HELD, UINT64_C(0x40010f3c), UINT64_C(0xfffffffffffff4c2), UINT64_C(0x33c),
     UINT64_C(0x0780ffffffffff3d)},
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
        {CORTEX_A53},
        {NEOVERSE_V1},
        {CORTEX_A710},
        {CORTEX_X925},
        {APPLE_M3_MAX, .missing = "64 KiB"},
        {SNAPDRAGON_8CX_3, .missing = "64 KiB"},
        {.what = "FEAT_LPA",
         .registers = {UINT64_C(0x00101126), UINT64_C(0x10212122), 0},
         .features = "lpa xnx hardware_access_flag hardware_dirty_state vmid16",
         .switched = "",
         .physical_bits = 52},
        {.what = "no granule of 64 KiB",
         .registers = {UINT64_C(0x0f100005), 0, 0},
         .missing = "64 KiB",
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48,
         .every_bit = true,
         .matters = {UINT64_C(0x000000e00800000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
        {.what = "granule of 64 KiB for stage 1 alone",
         .registers = {UINT64_C(0x0000001000100005), 0, 0},
         .missing = "64 KiB",
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48},
        {.what = "granule of 64 KiB for stage 2 alone",
         .registers = {UINT64_C(0x000000200f100005), 0, 0},
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 48},
        {ALL_FIELDS_15_BUT_HAFDBS_1(" lpa", 52)},
        {.what = "all fields 0",
         .registers = {0, 0, 0},
         .features = ARM_ID_OLD,
         .switched = "",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {UINT64_C(0x000000100800000f), ARM_ID_MATTERS_1, ARM_ID_MATTERS_2}},
    };
    arm_id_check("aarch64_stage2_64k", "1level 2level 3level", cpus, GOLDEN_COUNT(cpus));
    arm_id_check_widths("aarch64_stage2_64k", 0, ARM_ID_WIDTHS_52);
}
