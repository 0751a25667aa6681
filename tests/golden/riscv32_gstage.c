/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of Sv32x4 tables, worked out by hand from The RISC-V Instruction Set Manual, volume II (20240411):
 * 10.3 (Sv32), 18.2 (hgatp, htval, htinst), 18.5 (two-stage translation), 18.6.3 (transformed instructions),
 * and chapter 11 (Svadu).
 *
 * A leaf: V bit 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 31:10. The entry holds the address shifted
 * right by 2.
 * Policy of this project: A and D are set in advance unless the CPU updates them.
 */
#include "golden.h"
#include "hgatp.h"

static const struct axas_format *sv32x4(void)
{
    return golden_format("riscv32_gstage");
}

Test(sv32x4, levels_and_modes_match_the_manual)
{
    /* 18.5.1: 34 bits, of which the root takes 12 (16 KiB); 10.3.1: 10 bits, then 12 of the page. */
    const struct axas_format *format = sv32x4();
    static const struct {
        const char *name;
        int8_t number;
        uint8_t shift;
    } levels[] = {{"vpn1", 1, 22}, {"vpn0", 0, 12}};
    cr_assert_eq(format->level_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct axas_level *level = &format->levels[golden_level(format, levels[i].name)];
        cr_expect_eq(level->number, levels[i].number);
        cr_expect_eq(level->shift, levels[i].shift);
        cr_expect_eq(level->index_bits, 10);
        cr_expect_eq(level->empty, 0, "policy of this project: a zeroed table is an empty one");
        cr_expect_eq(level->software_mask, 0x300);
        cr_expect_eq(level->accessed_mask, 0x40);
        cr_expect_eq(level->dirty_mask, 0x80);
    }
    const struct axas_mode *mode = golden_mode(format, "sv32x4");
    cr_expect_eq(format->mode_count, 1);
    cr_expect(mode->is_default);
    cr_expect_eq(mode->root_level, golden_level(format, "vpn1"));
    cr_expect_eq(mode->level_count, 2);
    cr_expect_eq(mode->gpa_bits_min, 34);
    cr_expect_eq(mode->gpa_bits_max, 34);
    cr_expect_not(mode->within_physical);
    cr_expect_eq(format->root_tables_max, 4);
    cr_expect_eq(format->output_bits, 34);
    cr_expect_eq(format->entry_bytes, 4);
    cr_expect_not(format->big_endian);
}

Test(sv32x4, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* V alone; A, D and U are reserved in a pointer (10.3.1): 0x80001000 >> 2 = 0x20000400, + 1 */
        {"vpn1", UINT64_C(0x80001000), 0x20000401},
        /* above 4 GiB: 0x200000000 >> 2 = 0x80000000 */
        {"vpn1", UINT64_C(0x200000000), 0x80000001},
        /* highest address of 34 bits: 0x3fffff000 >> 2 = 0xfffffc00 */
        {"vpn1", UINT64_C(0x3fffff000), 0xfffffc01},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(sv32x4(), &golden[i]);
    }
}

Test(sv32x4, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* V 1 R 2 W 4 X 8 U 0x10 A 0x40 D 0x80 = 0xdf; 0x80000000 >> 2 = 0x20000000 */
        {"vpn0", "", RWX, UINT64_C(0x80000000), 0x200000df},
        /* without X: 0xd7 */
        {"vpn0", "", RW, UINT64_C(0x80001000), 0x200004d7},
        /* V R U A D: 0xd3 */
        {"vpn0", "", R, UINT64_C(0x80002000), 0x200008d3},
        /* V R X U A D: 0xdb */
        {"vpn0", "", RX, UINT64_C(0x80003000), 0x20000cdb},
        /* V X U A D: 0xd9, execute-only (10.3.1) */
        {"vpn0", "", X, UINT64_C(0x80004000), 0x200010d9},
        /* above 4 GiB: 0x200001000 >> 2 = 0x80000400 */
        {"vpn0", "", RW, UINT64_C(0x200001000), 0x800004d7},
        /* highest address of 34 bits */
        {"vpn0", "", RWX, UINT64_C(0x3fffff000), 0xfffffcdf},
        /* Svadu: the CPU sets A and D, so V R W X U: 0x1f; without X 0x17 */
        {"vpn0", "hardware_ad", RWX, UINT64_C(0x80005000), 0x2000141f},
        {"vpn0", "hardware_ad", RW, UINT64_C(0x80006000), 0x20001817},
        /* 4 MiB: PPN[0] 0; 0x80400000 >> 2 = 0x20100000 */
        {"vpn1", "", RWX, UINT64_C(0x80400000), 0x201000df},
        /* the highest: 0x3ffc00000 >> 2 = 0xfff00000 */
        {"vpn1", "", R, UINT64_C(0x3ffc00000), 0xfff000d3},
        /* V R X U 0x1b; 0x100000000 >> 2 = 0x40000000 */
        {"vpn1", "hardware_ad", RX, UINT64_C(0x100000000), 0x4000001b},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(sv32x4(), &golden[i]);
    }
}

Test(sv32x4, accessed_is_bit_6_and_dirty_bit_7)
{
    static const struct {
        uint32_t entry;
        bool accessed, dirty;
    } golden[] = {{0x2010001f, false, false},
                  {0x2010005f, true, false},
                  {0x2010009f, false, true},
                  {0x201000df, true, true}};
    const struct axas_format *format = sv32x4();
    for (unsigned level = 0; level < 2; level++) {
        for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
            struct axas_leaf leaf;
            cr_assert_eq(
                format->leaf_read(level, golden[i].entry, golden_features(format, "hardware_ad"), &leaf),
                AXAS_OK);
            cr_expect_eq(leaf.accessed, golden[i].accessed);
            cr_expect_eq(leaf.dirty, golden[i].dirty);
        }
    }
    golden_check_hardware_updates(format, "hardware_ad", "hardware_ad", false); /* chapter 11 */
}

Test(sv32x4, no_access_is_invalid_and_keeps_the_address)
{
    /* 10.3.1: V clear, and all other bits are the software's. */
    golden_check_held(sv32x4(), "vpn0", "", UINT64_C(0x80001000), 1);
    golden_check_held(sv32x4(), "vpn0", "", 0, 1);
    golden_check_held(sv32x4(), "vpn0", "hardware_ad", UINT64_C(0x3fffff000), 1);
    golden_check_held(sv32x4(), "vpn1", "", UINT64_C(0x3ffc00000), 1);
}

Test(sv32x4, entries_that_the_manual_reserves_are_told)
{
    static const struct golden_rule illegal[] = {
        {"vpn0", "", 34, 0x200000cf, "U clear: every G-stage access is a user's (18.5.1)"},
        {"vpn1", "", 34, 0x201000cf, "the same"},
        {"vpn0", "", 34, 0x200000d5, "W without R is reserved (10.3.1)"},
        {"vpn0", "", 34, 0x200000dd, "W and X without R is reserved"},
        {"vpn1", "", 34, 0x200004df, "a 4 MiB leaf with the lowest bit of PPN[0]"},
        {"vpn1", "", 34, 0x200800df, "a 4 MiB leaf with the highest bit of PPN[0]"},
        {"vpn1", "", 34, 0x20000441, "a pointer with A set"},
        {"vpn1", "", 34, 0x20000481, "a pointer with D set"},
        {"vpn1", "", 34, 0x20000411, "a pointer with U set"},
        {"vpn0", "", 34, 0x20000401, "a pointer at the last level"},
        {"vpn0", "", 32, 0x400000df, "address bit 32 with a physical width of 32"},
        {"vpn1", "", 33, 0x80000001, "table address bit 33 with a physical width of 33"},
    };
    static const struct golden_rule legal[] = {
        {"vpn0", "", 34, 0x200000df, "RWX"},
        {"vpn0", "", 34, 0x200000d9, "X alone"},
        {"vpn0", "", 34, 0x200003df, "RSW is the software's"},
        {"vpn0", "", 33, 0x400000df, "address bit 32 with a physical width of 33"},
        {"vpn1", "", 34, 0x20000401, "a pointer"},
        {"vpn1", "", 34, 0x201000df, "4 MiB"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(sv32x4(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(sv32x4(), &legal[i], true);
    }
}

Test(sv32x4, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", W, "W without R is reserved"},
        {"hardware_ad svvptc", W | X, "the same"},
        {"", R | KX, "G-stage entries do not tell privilege levels apart"},
        {"", R | UX, "the same"},
        {"hardware_ad svvptc", RW | AXAS_MEM_DEVICE, "an entry of 32 bits has no memory type"},
        {"hardware_ad svvptc", RW | AXAS_MEM_UNCACHED, "the same"},
        {"", R | UINT32_C(0x100), "no such attribute"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(sv32x4(), &golden[i]);
    }
}

Test(sv32x4, hgatp_matches_the_manual)
{
    /* 18.2.10: MODE 31, VMID 28:22, PPN 21:0 of a root aligned to 16 KiB. */
    static const struct {
        uint32_t vmid;
        uint64_t root, hgatp;
        enum axas_status status;
    } golden[] = {
        /* 0x80004000 >> 12 = 0x80004 */
        {0, UINT64_C(0x80004000), 0x80080004, AXAS_OK},
        /* VMID 1 << 22 = 0x400000 */
        {1, UINT64_C(0x80004000), 0x80480004, AXAS_OK},
        /* VMID 0x7f << 22 = 0x1fc00000 */
        {0x7f, UINT64_C(0x80008000), 0x9fc80008, AXAS_OK},
        /* highest root: 0x3ffffc000 >> 12 = 0x3ffffc; VMID 0x2a << 22 = 0x0a800000 */
        {0x2a, UINT64_C(0x3ffffc000), 0x8abffffc, AXAS_OK},
        {0x80, UINT64_C(0x80004000), 0, AXAS_ERR_RANGE}, /* VMIDs have 7 bits */
        {1, UINT64_C(0x80001000), 0, AXAS_ERR_RANGE},    /* a root is aligned to 16 KiB */
        {1, UINT64_C(0x80002000), 0, AXAS_ERR_RANGE},    /* the same */
        {1, UINT64_C(0x400000000), 0, AXAS_ERR_RANGE},   /* an address has 34 bits */
    };
    const struct axas_format *format = sv32x4();
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        const struct axas_root_request request = {
            .mode = golden_mode(format, "sv32x4"),
            .root = {golden[i].root},
            .vmid = golden[i].vmid,
            .gpa_bits = 34,
            .physical_bits = 34,
        };
        memset(values, 0x5a, sizeof values);
        cr_expect_eq(format->root_encode(&request, values), golden[i].status, "row %zu", i);
        uint64_t expected = golden[i].status == AXAS_OK ? golden[i].hgatp : UINT64_C(0x5a5a5a5a5a5a5a5a);
        uint64_t hgatp = golden_root_value(format, values, "hgatp");
        cr_expect_eq(hgatp, expected, "row %zu: hgatp 0x%" PRIx64 ", not 0x%" PRIx64, i, hgatp, expected);
    }
}

static const char *const fault_names[] = {"scause", "htval", "stval", "htinst", "guest_page"};

Test(sv32x4, guest_page_faults_are_decoded)
{
    /*
     * 18.2.8 and 18.6: scause 20 fetch, 21 load, 23 store or AMO. htval is the guest physical address shifted
     * right by 2; its two lowest bits are those of stval, except for an implicit access, which is aligned.
     * Table 18.11: htinst 0x2000 and 0x2020 are the pseudoinstructions of a 32-bit read and write by the walk
     * of the guest's tables; those of 64 bits do not occur, and anything else is an instruction, or 0 for
     * nothing.
     */
    static const struct {
        const char *what;
        uint64_t registers[5];
        bool gpa_known;
        uint64_t gpa;
        axas_attr access;
        bool guest_walk;
    } golden[] = {
        /* 0x80001234 >> 2 = 0x2000048d */
        {"21", {21, 0x2000048d, 0xc0001234, 0, 0}, true, 0x80001234, R, false},
        {"23, a byte store", {23, 0x2000048d, 0x1237, 0, 0}, true, 0x80001237, W, false},
        {"20, a compressed instruction", {20, 0x20000000, 0x80000002, 0, 0}, true, 0x80000002, X, false},
        /* lw a5, 0(a5) transformed: 0x0007a783 with bits 19:15 clear */
        {"21, a transformed load", {21, 0x2000048d, 0x1234, 0x2783, 0}, true, 0x80001234, R, false},
        /* 0x3ffffffff >> 2 */
        {"21, the highest address", {21, 0xffffffff, 0xfff, 0, 0}, true, UINT64_C(0x3ffffffff), R, false},
        /* 0x90000ff8 >> 2 = 0x240003fe */
        {"21, the walk reads", {21, 0x240003fe, 0x1237, 0x2000, 0}, true, 0x90000ff8, R, true},
        {"20, the walk reads", {20, 0x240003fe, 0x1236, 0x2000, 0}, true, 0x90000ff8, R, true},
        {"23, the walk reads", {23, 0x240003fe, 0x1237, 0x2000, 0}, true, 0x90000ff8, R, true},
        {"21, the walk writes", {21, 0x240003fe, 0x1237, 0x2020, 0}, true, 0x90000ff8, W, true},
        {"20, the walk writes", {20, 0x240003fe, 0x1236, 0x2020, 0}, true, 0x90000ff8, W, true},
        /* 0xfffffffc << 2 */
        {"23, the highest table", {23, 0xfffffffc, 0x1, 0x2020, 0}, true, UINT64_C(0x3fffffff0), W, true},
        /* an entry of 4 bytes: 0x90000ffc >> 2 = 0x240003ff */
        {"21, the walk reads the last entry", {21, 0x240003ff, 0x1237, 0x2000, 0}, true, 0x90000ffc, R, true},
        {"21, no walk of RV32", {21, 0x240003fe, 0x1237, 0x3000, 0}, true, 0x90000ffb, R, false},
        {"23, no walk of RV32", {23, 0x240003fe, 0x1237, 0x3020, 0}, true, 0x90000ffb, W, false},
        {"21, bit 31 of htinst", {21, 0x240003fe, 0x1237, 0x80002000, 0}, true, 0x90000ffb, R, false},
        {"21, htval 1", {21, 1, 0x1003, 0, 0}, true, 7, R, false},
        {"21, htval only its highest bit", {21, 0x80000000, 0, 0, 0}, true, UINT64_C(0x200000000), R, false},
        /* htval is 0 where the address is not given */
        {"21, not given", {21, 0, 0xbfff1234, 0, 0}, false, 0, R, false},
        {"20, a walk, not given", {20, 0, 0x40, 0x2000, 0}, false, 0, R, true},
        /* the hypervisor walked the guest's tables itself: bit 63 and the page's number */
        {"23, found", {23, 0, 0xbfff1236, 0, UINT64_C(0x8000000000080005)}, true, 0x80005236, W, false},
        {"21, page 0 found", {21, 0, 0xbfff1234, 0, UINT64_C(0x8000000000000000)}, true, 0x234, R, false},
        {"21, the last page found",
         {21, 0, 0xbfff1fff, 0, UINT64_C(0x80000000003fffff)},
         true,
         UINT64_C(0x3ffffffff),
         R,
         false},
        {"21, htval decides",
         {21, 0x2000048d, 0x1234, 0, UINT64_C(0x8000000000080005)},
         true,
         0x80001234,
         R,
         false},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        struct golden_fault fault = {
            .what = golden[i].what,
            .gpa_known = golden[i].gpa_known,
            .gpa = golden[i].gpa,
            .access = golden[i].access,
            .guest_walk = golden[i].guest_walk,
            .cause = AXAS_CAUSE_UNKNOWN,
            .level = AXAS_LEVEL_UNKNOWN,
            .gva_known = true,
            .gva = golden[i].registers[2],
        };
        memcpy(fault.registers, golden[i].registers, sizeof golden[i].registers);
        golden_check_fault(sv32x4(), fault_names, 5, &fault);
    }
    /* no page was given: nothing in the register */
    cr_expect_eq(sv32x4()->fault_registers[golden_fault_index(sv32x4(), "guest_page")].initial, 0);
}

Test(sv32x4, cache_block_management_may_go_where_a_load_may)
{
    /*
     * CMO extensions 1.0.1, 2.5.2: a cache-block management instruction raises a store guest-page fault, but
     * is permitted "whenever a load instruction or store instruction is permitted", and checks no dirty bit;
     * CBO.ZERO is permitted where a store is. 2.5.5: htinst, if it is not 0, is the instruction with rs1 (and
     * rd) 0: opcode 0001111, funct3 010 in 14:12, and in 31:20 the operation: 0 CBO.INVAL, 1 CBO.CLEAN, 2
     * CBO.FLUSH, 4 CBO.ZERO.
     */
    static const struct golden_fault golden[] = {
        {"23, CBO.INVAL",
         {23, 0x2000048d, 0x1234, 0x0000200f},
         true,
         0x80001234,
         R,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
        {"23, CBO.CLEAN",
         {23, 0x2000048d, 0x1234, 0x0010200f},
         true,
         0x80001234,
         R,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
        {"23, CBO.FLUSH",
         {23, 0x2000048d, 0x1237, 0x0020200f},
         true,
         0x80001237,
         R,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1237},
        {"23, CBO.ZERO",
         {23, 0x2000048d, 0x1234, 0x0040200f},
         true,
         0x80001234,
         W,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
        {"23, the instruction that was to be CBO.CLEAN is not told",
         {23, 0x2000048d, 0x1234, 0},
         true,
         0x80001234,
         W,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
        {"20: a fetch is none of them",
         {20, 0x2000048d, 0x1234, 0x0010200f},
         true,
         0x80001234,
         X,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(sv32x4(), fault_names, 4, &golden[i]);
    }
}

Test(sv32x4, other_causes_are_no_second_stage_faults)
{
    static const struct {
        const char *what;
        uint64_t registers[4];
    } other[] = {
        {"2, illegal instruction", {2, 0x1000, 0, 0}},
        {"13, load page fault of the first stage", {13, 0x1000, 0x4000, 0}},
        {"15, store page fault of the first stage", {15, 0x1000, 0x4000, 0}},
        {"22, virtual instruction", {22, 0x1000, 0, 0}},
        {"an interrupt with the number 21", {0x80000015, 0x1000, 0, 0}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(sv32x4(), fault_names, 4, other[i].registers, other[i].what);
    }
}

Test(sv32x4, every_bit_of_an_entry_is_accounted_for)
{
    /* 10.3.1. Refused beside what is reserved, since this library never sets it: G (5), which has no meaning
     * here. U (4) is always set. */
    static const struct golden_bits golden[] = {
        /* pointer: RSW 9:8 is software's; D, A, G and U are reserved */
        {"vpn1", "", AXAS_ENTRY_TABLE, 0x20000401, 0xffffff00, 0, 0xffffff0f},
        /* leaf: X W R are a code, A and D free; without V it would be invalid */
        {"vpn1", "", AXAS_ENTRY_LEAF, 0x201000df, 0xfff003c0, 0xf, 0xfff003ff},
        {"vpn0", "", AXAS_ENTRY_LEAF, 0x200000df, 0xffffffc0, 0xf, 0xffffffff},
        /* V clear: 31:1 are software's; bit 1 is how this library tells its own, and the address is kept */
        {"vpn1", "", AXAS_ENTRY_HELD, 0x201000c2, 0xfff003fc, 0, 0xfff003c3},
        {"vpn0", "", AXAS_ENTRY_HELD, 0x200004c2, 0xfffffffc, 0, 0xffffffc3},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(sv32x4(), &golden[i]);
    }
}

Test(sv32x4, changes_ask_for_what_the_manual_says)
{
    /*
     * 10.2.1: invalid entries may be cached too, except with Svvptc (17), so making one needs an HFENCE.GVMA
     * on the CPU that goes on with it; others fault once, and whoever goes back after a fault fences
     * (18.3.2). Any other change: a fence on every CPU; a table that goes takes cached pointers along. No
     * change goes through an invalid entry.
     */
    struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_LEAF, true},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, true},
    };
    golden_check_changes(sv32x4(), "", golden);
    golden_check_changes(sv32x4(), "hardware_ad", golden);
    golden[0] = (struct golden_change){AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false};
    golden_check_changes(sv32x4(), "svvptc", golden);
    golden_check_changes(sv32x4(), "hardware_ad svvptc", golden);
}

Test(sv32x4, identification_registers_say_what_a_hart_has)
{
    /* menvcfgh (3.1.18) is the upper half: ADUE is its bit 29. hgatp.MODE is bit 31 (figure 18.23). */
    static const char *const names[] = {"menvcfg"};
    static const struct golden_cpu with_sv32x4 = {.what = "Sv32x4",
                                                  .registers = {0},
                                                  .features = "",
                                                  .switched = "",
                                                  .modes = "sv32x4",
                                                  .every_bit = true,
                                                  .matters = {UINT64_C(0x2000000000000000)}};
    static const struct golden_cpu bare = {.what = "Bare alone, Svadu",
                                           .registers = {UINT64_C(0x2000000000000000)},
                                           .features = "hardware_ad",
                                           .switched = "",
                                           .modes = ""};
    struct golden_hgatp hgatp = {.shift = 31, .modes = 3};
    golden_check_cpu(golden_format("riscv32_gstage"), names, 1, golden_hgatp_probe, &hgatp, &with_sv32x4);
    hgatp.modes = 1;
    golden_check_cpu(golden_format("riscv32_gstage"), names, 1, golden_hgatp_probe, &hgatp, &bare);
}
