/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of ARMv7 Stage-2 tables in the Long-descriptor format, worked out by hand from the Arm Architecture
 * Reference Manual for ARMv7-A and ARMv7-R (DDI 0406C): B3.6 (descriptors, start levels), B3.7 (permissions),
 * B3.8 (memory types), B3.13 (HSR), B4.1 (VTCR, VTTBR, HPFAR, PAR).
 *
 * A leaf: valid bit 0; bit 1 set in pages and clear in blocks; MemAttr bits 5:2; HAP bits 7:6 (bit 6 reads,
 * bit 7 writes); SH bits 9:8; AF bit 10; address bits 39:12; XN bit 54. Normal write-back memory that
 * everything may be done to is 0x3 + 1111 0x3c + 11 0xc0 + SH 11 0x300 + 0x400 = 0x7ff in a page, 0x7fd in a
 * block.
 */
#include "stage2.h"

#define FORMAT "armv7_lpae_stage2"
#define VTCR "vtcr"
#define VTTBR "vttbr"
#define WITHIN_PHYSICAL false /* both have 40 bits at most */
#define DIRTY_STATE false

static const struct stage2_level levels[] = {
    {"level1", 1, 30, 9},
    {"level2", 2, 21, 9},
    {"level3", 3, 12, 9},
};

static const struct stage2_mode modes[] = {
    /* B3.6: T0SZ from -2 to 7 with level 2, from -8 to 1 with level 1 */
    {"2level", "level2", "", 25, 25, 32, 34, 0, false},
    {"3level", "level1", "", 31, 31, 40, 40, 0, true},
};

static const struct golden_table tables[] = {
    {"level1", UINT64_C(0x40001000), UINT64_C(0x40001003)},
    {"level1", UINT64_C(0xfffffff000), UINT64_C(0xfffffff003)},
    {"level2", UINT64_C(0x8000002000), UINT64_C(0x8000002003)},
};

static const struct golden_leaf leaves[] = {
    {"level3", "", RWX, UINT64_C(0x40000000), UINT64_C(0x400007ff)},
    {"level3", "", RW, UINT64_C(0x40001000), UINT64_C(0x00400000400017ff)},
    /* HAP 01: 0x77f; 10: 0x7bf */
    {"level3", "", R, UINT64_C(0x40002000), UINT64_C(0x004000004000277f)},
    {"level3", "", RX, UINT64_C(0x40003000), UINT64_C(0x4000377f)},
    {"level3", "", W, UINT64_C(0x40004000), UINT64_C(0x00400000400047bf)},
    {"level3", "", RW, UINT64_C(0xfffffff000), UINT64_C(0x004000fffffff7ff)},
    /* Device 0001 0x4, Strongly-ordered 0000, Non-cacheable 0101 0x14, all with SH 10; write-through 1010
       0x28 */
    {"level3", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x09000000), UINT64_C(0x00400000090006c7)},
    {"level3", "", R | AXAS_MEM_DEVICE_NONPOSTED, UINT64_C(0x09001000), UINT64_C(0x0040000009001643)},
    {"level3", "", RW | AXAS_MEM_UNCACHED, UINT64_C(0x50000000), UINT64_C(0x00400000500006d7)},
    {"level3", "", RWX | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x4000b000), UINT64_C(0x4000b7eb)},
    /* blocks of 2 MiB and 1 GiB */
    {"level2", "", RWX, UINT64_C(0x40200000), UINT64_C(0x402007fd)},
    {"level2", "", R, UINT64_C(0x40400000), UINT64_C(0x004000004040077d)},
    {"level1", "", RWX, UINT64_C(0x40000000), UINT64_C(0x400007fd)},
    {"level1", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x8000000000), UINT64_C(0x00400080000006c5)},
};

static const struct stage2_held held[] = {
    {"level3", 0},
    {"level3", UINT64_C(0xfffffff000)},
    {"level2", UINT64_C(0xffffe00000)},
    {"level1", UINT64_C(0xffc0000000)},
};

static const struct golden_state states[] = {
    {"level3", "", UINT64_C(0x400007ff), RWX, true, false},
    {"level2", "", UINT64_C(0x402007fd), RWX, true, false},
};

static const struct golden_rule illegal[] = {
    {"level3", "", 40, UINT64_C(0x400007fd), "bits 1:0 = 01 at level 3 is reserved"},
    {"level2", "", 40, UINT64_C(0x402017fd), "bit 12 of a level 2 block is SBZ"},
    {"level2", "", 40, UINT64_C(0x403007fd), "bit 20 of a level 2 block is SBZ"},
    {"level1", "", 40, UINT64_C(0x600007fd), "bit 29 of a level 1 block is SBZ"},
    {"level3", "", 40, UINT64_C(0x100400007ff), "bit 40 is SBZ: addresses have 40 bits"},
    {"level1", "", 40, UINT64_C(0x10040001003), "bit 40 of a table is SBZ"},
    {"level3", "", 40, UINT64_C(0x00200000400007ff), "bit 53 is SBZ"},
    {"level3", "", 40, UINT64_C(0x40000fff), "bit 11 is SBZ"},
    {"level3", "", 40, UINT64_C(0x400007cb), "MemAttr 0010 is unpredictable"},
    {"level3", "", 40, UINT64_C(0x400005ff), "SH 01 is unpredictable"},
    {"level2", "", 36, UINT64_C(0x1040001003), "table address bit 36 with a physical width of 36"},
};

static const struct golden_rule legal[] = {
    {"level3", "", 40, UINT64_C(0xff400007ff), "address bit 39"},
    {"level3", "", 40, UINT64_C(0x01800000400007ff), "bits 58:55 are software's"},
    {"level1", "", 40, UINT64_C(0x40001fff), "bits 11:2 of a table are ignored"},
};

static const struct golden_refusal refused[] = {
    {"", R | KX, "one XN bit serves every privilege level"},
    {"", RW | UX, "the same"},
    {"", R | AXAS_MEM_DEVICE_UNORDERED, "there are Strongly-ordered and Device memory"},
    {"", R | AXAS_MEM_DEVICE_GATHERED, "the same"},
};

static const struct stage2_root roots[] = {
    /* RES1 0x80000000, SH0 0x3000, ORGN0 0x400, IRGN0 0x100: 0x80003500; SL0 << 6; S and T0SZ in 4:0 */
    /* level 1 01: T0SZ -8 0x18 with two tables; -7 0x19; 0; 1 */
    {"3level", "", 40, 40, 1, UINT64_C(0x40002000), UINT64_C(0x80003558), UINT64_C(0x0001000040002000)},
    {"3level", "", 39, 40, 0, UINT64_C(0x40001000), UINT64_C(0x80003559), UINT64_C(0x40001000)},
    {"3level", "", 32, 40, 255, UINT64_C(0x40001000), UINT64_C(0x80003540), UINT64_C(0x00ff000040001000)},
    {"3level", "", 31, 40, 0, UINT64_C(0x40001000), UINT64_C(0x80003541), UINT64_C(0x40001000)},
    /* level 2 00: T0SZ -2 0x1e with 16 tables; 0; 7 */
    {"2level", "", 34, 40, 0, UINT64_C(0x40010000), UINT64_C(0x8000351e), UINT64_C(0x40010000)},
    {"2level", "", 32, 40, 7, UINT64_C(0xff40004000), UINT64_C(0x80003500), UINT64_C(0x000700ff40004000)},
    {"2level", "", 25, 40, 0, UINT64_C(0x40001000), UINT64_C(0x80003507), UINT64_C(0x40001000)},
};

static const struct stage2_bad_root bad_roots[] = {
    {"VMIDs have 8 bits", "3level", "", 39, 256, UINT64_C(0x40001000)},
    {"two concatenated tables are aligned to 8 KiB", "3level", "", 40, 1, UINT64_C(0x40001000)},
    {"a root is below 2^40", "3level", "", 39, 1, UINT64_C(0x10000001000)},
};

static const struct golden_bits entry_bits[] = {
    {"level1", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07f000fffffffffc), 0,
     UINT64_C(0x000000fffffff003)},
    {"level2", "", AXAS_ENTRY_TABLE, UINT64_C(0x40001003), UINT64_C(0x07f000fffffffffc), 0,
     UINT64_C(0x000000fffffff003)},
    {"level1", "", AXAS_ENTRY_LEAF, UINT64_C(0x400007fd), UINT64_C(0xff8000ffc0000400),
     UINT64_C(0x00400000000003fe), UINT64_C(0x07d000ffc00007ff)},
    {"level2", "", AXAS_ENTRY_LEAF, UINT64_C(0x402007fd), UINT64_C(0xff8000ffffe00400),
     UINT64_C(0x00400000000003fe), UINT64_C(0x07d000ffffe007ff)},
    {"level3", "", AXAS_ENTRY_LEAF, UINT64_C(0x400007ff), UINT64_C(0xff8000fffffff400),
     UINT64_C(0x00400000000003fc), UINT64_C(0x07d000fffffff7ff)},
    {"level1", "", AXAS_ENTRY_HELD, UINT64_C(0x40000f3c), UINT64_C(0xffffffffc00004c2), UINT64_C(0x33c),
     UINT64_C(0x078000ffc0000f3d)},
    {"level2", "", AXAS_ENTRY_HELD, UINT64_C(0x40200f3c), UINT64_C(0xffffffffffe004c2), UINT64_C(0x33c),
     UINT64_C(0x078000ffffe00f3d)},
    {"level3", "", AXAS_ENTRY_HELD, UINT64_C(0x40001f3c), UINT64_C(0xfffffffffffff4c2), UINT64_C(0x33c),
     UINT64_C(0x078000ffffffff3d)},
};

#include "stage2_tests.h"

static const char *const fault_names[] = {"hsr", "hpfar", "hdfar", "hifar", "par"};

/* What HDFAR and HIFAR hold below. */
#define DATA UINT64_C(0xffff1235)
#define FETCH UINT64_C(0xf0000041)

Test(stage2, aborts_are_decoded)
{
    /*
     * HSR: EC 31:26 (0x24 data, 0x20 prefetch abort from a lower level); S1PTW bit 7; WnR bit 6; fault status
     * 5:0: 0001LL translation, 0010LL access flag, 0011LL permission. HPFAR bits 31:4 are address bits 39:12.
     * The virtual address is in HDFAR or HIFAR.
     */
    static const struct golden_fault golden[] = {
        {"0x93c08007: read, translation, level 3",
         {0x93c08007, 0x500010, DATA, FETCH, 1},
         true,
         0x50001235,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         DATA},
        {"0x93c08006: level 2",
         {0x93c08006, 0x500010, DATA, FETCH, 1},
         true,
         0x50001235,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         2,
         true,
         DATA},
        {"0x93c08045: write, level 1, the highest page",
         {0x93c08045, 0xfffffff0, DATA, FETCH, 1},
         true,
         0xfffffff235,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         1,
         true,
         DATA},
        {"0x82000007: fetch",
         {0x82000007, 0x400000, DATA, FETCH, 1},
         true,
         0x40000041,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         FETCH},
        {"0x82000047: fetch: bit 6 is RES0",
         {0x82000047, 0x400000, DATA, FETCH, 1},
         true,
         0x40000041,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         FETCH},
        {"0x9380800b: access flag",
         {0x9380800b, 0x500010, DATA, FETCH, 1},
         true,
         0x50001235,
         R,
         false,
         AXAS_CAUSE_ACCESS_FLAG,
         3,
         true,
         DATA},
        {"0x8200000a: fetch, access flag, level 2",
         {0x8200000a, 0x400000, DATA, FETCH, 1},
         true,
         0x40000041,
         X,
         false,
         AXAS_CAUSE_ACCESS_FLAG,
         2,
         true,
         FETCH},
        /* the walk reads a table of the guest, and the low bits of its address are not known */
        {"0x93808087: data access, S1PTW",
         {0x93808087, 0x600020, DATA, FETCH, 1},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         DATA},
        {"0x938080c7: data access, S1PTW, WnR is of the access",
         {0x938080c7, 0x600020, DATA, FETCH, 1},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         DATA},
        {"0x8200008f: fetch, S1PTW, permission: HPFAR is valid",
         {0x8200008f, 0x600020, DATA, FETCH, 1},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         FETCH},
        /* HPFAR is UNKNOWN after a permission fault of the access itself: the address is what ATS1CPR finds
         */
        {"0x93c0804f: write, permission, without PAR",
         {0x93c0804f, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         DATA},
        {"0x93c0804f: with PAR, whose bits 39:12 count",
         {0x93c0804f, 0xdeadbee0, DATA, FETCH, UINT64_C(0xff00008070001b80)},
         true,
         0x8070001235,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         DATA},
        {"0x8200000e: fetch, permission, with PAR",
         {0x8200000e, 0xdeadbee0, DATA, FETCH, UINT64_C(0x70001b80)},
         true,
         0x70001041,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         2,
         true,
         FETCH},
        {"0x93c0804f: PAR says that the translation failed",
         {0x93c0804f, 0xdeadbee0, DATA, FETCH, 0x809},
         false,
         0,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         DATA},
        {"0x8200000e: fetch, PAR says that the translation failed",
         {0x8200000e, 0xdeadbee0, DATA, FETCH, 0x809},
         false,
         0,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         2,
         true,
         FETCH},
        {"0x93c08007: HPFAR decides, whatever PAR holds",
         {0x93c08007, 0x500010, DATA, FETCH, UINT64_C(0x70001b80)},
         true,
         0x50001235,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         DATA},
        {"0x82000007: the same of a fetch",
         {0x82000007, 0x400000, DATA, FETCH, UINT64_C(0x70001b80)},
         true,
         0x40000041,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         FETCH},
        {"0x82000007: fetch, the highest page",
         {0x82000007, 0xfffffff0, DATA, FETCH, 1},
         true,
         0xfffffff041,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         FETCH},
        {"0x8200000f: fetch, permission, the highest page",
         {0x8200000f, 0xdeadbee0, DATA, FETCH, UINT64_C(0xfffffff000)},
         true,
         0xfffffff041,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         FETCH},
        {"0x93c0804f: write, permission, the highest page",
         {0x93c0804f, 0xdeadbee0, DATA, FETCH, UINT64_C(0xfffffff000)},
         true,
         0xfffffff235,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         DATA},
        {"0x93808087: S1PTW, the highest page",
         {0x93808087, 0xfffffff0, DATA, FETCH, 1},
         true,
         0xfffffff000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         DATA},
        /* neither about translation nor with a level */
        {"0x92000010: external abort",
         {0x92000010, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         DATA},
        {"0x92000021: alignment",
         {0x92000021, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         DATA},
        {"0x92000027: reserved",
         {0x92000027, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         DATA},
        {"0x92000031: implementation defined",
         {0x92000031, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_OTHER,
         AXAS_LEVEL_UNKNOWN,
         true,
         DATA},
    };
    const struct axas_format *format = golden_format(FORMAT);
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(format, fault_names, 5, &golden[i]);
    }
    /* ATS1CPR was not done: as if it had failed */
    cr_expect_eq(format->fault_registers[golden_fault_index(format, "par")].initial, 1);
}

Test(stage2, cache_maintenance_is_no_write)
{
    /*
     * HSR of a data abort (DDI 0406C, B3.13.6): CM bit 8 is 1 of a fault on a cache maintenance or address
     * translation operation, and WnR bit 6 is then 1 always. They read and write nothing; what is mapped is
     * refused to an invalidation alone, which needs write permission.
     */
    static const struct golden_fault golden[] = {
        {"0x92000147: translation",
         {0x92000147, 0x500010, DATA, FETCH, 1},
         true,
         0x50001235,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         DATA},
        {"0x92000145: level 1",
         {0x92000145, 0x500010, DATA, FETCH, 1},
         true,
         0x50001235,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         1,
         true,
         DATA},
        {"0x9200014b: access flag",
         {0x9200014b, 0x500010, DATA, FETCH, 1},
         true,
         0x50001235,
         R,
         false,
         AXAS_CAUSE_ACCESS_FLAG,
         3,
         true,
         DATA},
        {"0x9200014f: permission: DCIMVAC, where nothing may be written",
         {0x9200014f, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         DATA},
        {"0x920001c7: S1PTW",
         {0x920001c7, 0x600020, DATA, FETCH, 1},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         DATA},
        {"0x920001cf: S1PTW, permission: the CPU sets no flags in the guest's table",
         {0x920001cf, 0x600020, DATA, FETCH, 1},
         true,
         0x60002000,
         R,
         true,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         DATA},
        {"0x8200010f: fetch, permission: bit 8 is RES0",
         {0x8200010f, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         FETCH},
        {"0x9200000f: a load that is refused is no write",
         {0x9200000f, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_PERMISSION,
         3,
         true,
         DATA},
        {"0x82000107: fetch: bit 8 is RES0",
         {0x82000107, 0x500010, DATA, FETCH, 1},
         true,
         0x50001041,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         3,
         true,
         FETCH},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(golden_format(FORMAT), fault_names, 5, &golden[i]);
    }
}

Test(stage2, a_conflict_in_the_tlb_is_told)
{
    /* Fault status 110000 of the long-descriptor format (DDI 0406C, B3.13.3, B3.13.6): TLB conflict abort. */
    static const struct golden_fault golden[] = {
        {"0x92000030: data abort",
         {0x92000030, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_CONFLICT,
         AXAS_LEVEL_UNKNOWN,
         true,
         DATA},
        {"0x82000030: prefetch abort",
         {0x82000030, 0xdeadbee0, DATA, FETCH, 1},
         false,
         0,
         X,
         false,
         AXAS_CAUSE_CONFLICT,
         AXAS_LEVEL_UNKNOWN,
         true,
         FETCH},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(golden_format(FORMAT), fault_names, 5, &golden[i]);
    }
}

Test(stage2, other_exceptions_are_no_second_stage_faults)
{
    static const struct {
        const char *what;
        uint64_t registers[5];
    } other[] = {
        {"EC 0x12, HVC", {0x4a000000, 0x500010, 0, 0, 1}},
        {"EC 0x01, WFI", {0x07e00000, 0x500010, 0, 0, 1}},
        {"EC 0x25, data abort of Hyp mode itself", {0x96000007, 0x500010, 0, 0, 1}},
        {"EC 0x21, prefetch abort of Hyp mode itself", {0x86000007, 0x500010, 0, 0, 1}},
        {"EC 0x00", {0x00000007, 0x500010, 0, 0, 1}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(golden_format(FORMAT), fault_names, 5, other[i].registers, other[i].what);
    }
}

Test(stage2, changes_ask_for_what_the_manual_says)
{
    /* B3.10.1: entries that fault with a translation fault are not cached, others may be; memory type, output
     * address and the size of a block change through an invalid entry. */
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
    golden_check_changes(golden_format(FORMAT), "", golden);
    golden_check_hardware_updates(golden_format(FORMAT), "", "", false);
}

Test(stage2, identification_registers_say_what_a_cpu_has)
{
    /* B4.1: ID_PFR1 15:12 virtualization; ID_MMFR0 3:0 VMSA, 5 with long descriptors; ID_MMFR3 27:24 the
     * cached memory's size, 0 32, 1 36 and 2 40 bits. The values of the CPUs with a name are what their
     * technical reference manuals have, as QEMU's models of them say it (cortex_a7_initfn and the like). */
    static const char *const names[] = {"id_pfr1", "id_mmfr0", "id_mmfr3"};
    static const struct golden_cpu cpus[] = {
        {.what = "Cortex-A7",
         .registers = {0x00011011, 0x10101105, 0x02102211},
         .features = "",
         .switched = "",
         .modes = "2level 3level",
         .physical_bits = 40},
        {.what = "Cortex-A15",
         .registers = {0x00011011, 0x10201105, 0x02102211},
         .features = "",
         .switched = "",
         .modes = "2level 3level",
         .physical_bits = 40},
        {.what = "Cortex-A9",
         .registers = {0x00000011, 0x00100103, 0x00002111},
         .missing = "virtualization",
         .features = "",
         .switched = "",
         .modes = "2level 3level",
         .physical_bits = 32},
        {.what = "virtualization without long descriptors, 36 bits",
         .registers = {0x00001000, 0x00000004, 0x01000000},
         .missing = "long descriptors",
         .features = "",
         .switched = "",
         .modes = "2level 3level",
         .physical_bits = 36},
        {.what = "long descriptors, and all else 0",
         .registers = {0, 5, 0},
         .missing = "virtualization",
         .features = "",
         .switched = "",
         .modes = "2level 3level",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {0xf000, 0, 0x0f000000}},
        {.what = "virtualization, and all else 0",
         .registers = {0x1000, 0, 0},
         .missing = "long descriptors",
         .features = "",
         .switched = "",
         .modes = "2level 3level",
         .physical_bits = 32,
         .every_bit = true,
         .matters = {0x1000, 0x8, 0x0f000000}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(cpus); i++) {
        golden_check_cpu(golden_format("armv7_lpae_stage2"), names, 3, NULL, NULL, &cpus[i]);
    }
}
