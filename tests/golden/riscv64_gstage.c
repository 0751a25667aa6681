/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of RISC-V G-stage tables, worked out by hand from The RISC-V Instruction Set Manual, volume II
 * (20240411): 10.3 to 10.6 (Sv39, Sv48, Sv57, Svpbmt), 18.2 (hgatp, htval, htinst), 18.5 (two-stage
 * translation), 18.6.3 (transformed instructions), and chapter 11 (Svadu).
 *
 * A leaf: V bit 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 53:10, PBMT 62:61, N 63. The entry holds
 * the address shifted right by 2.
 * Policy of this project: A and D are set in advance unless the CPU updates them.
 */
#include "golden.h"
#include "hgatp.h"

static const struct axas_format *gstage(void)
{
    return golden_format("riscv64_gstage");
}

Test(gstage, levels_and_modes_match_the_manual)
{
    /* 18.5.1: the root is widened by 2 bits: 41, 50, 59 bits, 16 KiB. Level i is at 12 + 9 * i. */
    const struct axas_format *format = gstage();
    static const struct {
        const char *name;
        uint8_t shift;
    } levels[] = {{"vpn4", 48}, {"vpn3", 39}, {"vpn2", 30}, {"vpn1", 21}, {"vpn0", 12}};
    static const struct {
        const char *name, *root;
        uint8_t levels, gpa_bits;
    } modes[] = {{"sv39x4", "vpn2", 3, 41}, {"sv48x4", "vpn3", 4, 50}, {"sv57x4", "vpn4", 5, 59}};
    cr_assert_eq(format->level_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        const struct axas_level *level = &format->levels[golden_level(format, levels[i].name)];
        cr_expect_eq(level->shift, levels[i].shift);
        cr_expect_eq(level->index_bits, 9);
        cr_expect_eq(level->number, (int8_t)(4 - i));
        cr_expect_eq(level->empty & 1, 0, "an empty entry is invalid");
    }
    for (unsigned i = 0; i < 3; i++) {
        const struct axas_mode *mode = golden_mode(format, modes[i].name);
        cr_expect_eq(mode->root_level, golden_level(format, modes[i].root));
        cr_expect_eq(mode->level_count, modes[i].levels);
        cr_expect_eq(mode->gpa_bits_max, modes[i].gpa_bits);
        cr_expect_not(mode->within_physical, "%s: a guest's addresses may be wider than the CPU's",
                      modes[i].name);
    }
    cr_expect_eq(format->root_tables_max, 4);
    cr_expect_eq(format->output_bits, 56);
}

Test(gstage, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* V alone; A, D and U are reserved in a pointer (10.4.1): 0x80001000 >> 2 = 0x20000400, + 1 */
        {"vpn4", UINT64_C(0x80001000), UINT64_C(0x20000401)},
        {"vpn3", UINT64_C(0x1234567000), UINT64_C(0x48d159c01)},
        {"vpn2", UINT64_C(0x80002000), UINT64_C(0x20000801)},
        /* highest address of 56 bits: 0xfffffffffff000 >> 2 */
        {"vpn1", UINT64_C(0xfffffffffff000), UINT64_C(0x3ffffffffffc01)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(gstage(), &golden[i]);
    }
}

Test(gstage, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* V 1 R 2 W 4 X 8 U 0x10 A 0x40 D 0x80 = 0xdf; 0x80000000 >> 2 = 0x20000000 */
        {"vpn0", "", RWX, UINT64_C(0x80000000), UINT64_C(0x200000df)},
        /* without X: 0xd7 */
        {"vpn0", "", RW, UINT64_C(0x80001000), UINT64_C(0x200004d7)},
        /* V R U A D: 0xd3 */
        {"vpn0", "", R, UINT64_C(0x80002000), UINT64_C(0x200008d3)},
        /* V R X U A D: 0xdb */
        {"vpn0", "", RX, UINT64_C(0x80003000), UINT64_C(0x20000cdb)},
        /* V X U A D: 0xd9, execute-only (table 10.4.1) */
        {"vpn0", "", X, UINT64_C(0x80004000), UINT64_C(0x200010d9)},
        /* highest address of 56 bits */
        {"vpn0", "", RWX, UINT64_C(0xfffffffffff000), UINT64_C(0x3ffffffffffcdf)},
        /* Svadu: the CPU sets A and D, so V R W X U: 0x1f; without X 0x17 */
        {"vpn0", "hardware_ad", RWX, UINT64_C(0x80005000), UINT64_C(0x2000141f)},
        {"vpn0", "hardware_ad", RW, UINT64_C(0x80006000), UINT64_C(0x20001817)},
        /* Svpbmt: IO is 2 << 61 = 0x4000000000000000; 0x10000000 >> 2 = 0x4000000 */
        {"vpn0", "svpbmt", RW | AXAS_MEM_DEVICE, UINT64_C(0x10000000), UINT64_C(0x40000000040000d7)},
        /* NC is 1 << 61 = 0x2000000000000000 */
        {"vpn0", "svpbmt", RW | AXAS_MEM_UNCACHED, UINT64_C(0x90000000), UINT64_C(0x20000000240000d7)},
        /* PMA is 0 */
        {"vpn0", "svpbmt", RW, UINT64_C(0x80007000), UINT64_C(0x20001cd7)},
        /* 2 MiB: PPN[0] 0; 0x80200000 >> 2 = 0x20080000 */
        {"vpn1", "", RWX, UINT64_C(0x80200000), UINT64_C(0x200800df)},
        /* 1 GiB: PPN[1:0] 0; 0xc0000000 >> 2 = 0x30000000 */
        {"vpn2", "", RW, UINT64_C(0xc0000000), UINT64_C(0x300000d7)},
        /* 512 GiB: 0x8000000000 >> 2 = 0x2000000000 */
        {"vpn3", "", R, UINT64_C(0x8000000000), UINT64_C(0x20000000d3)},
        /* 256 TiB: 0x1000000000000 >> 2 = 0x400000000000 */
        {"vpn4", "", RWX, UINT64_C(0x1000000000000), UINT64_C(0x4000000000df)},
        /* device, 2 MiB, Svadu: V R W U 0x17 + IO */
        {"vpn1", "svpbmt hardware_ad", RW | AXAS_MEM_DEVICE, UINT64_C(0x40000000),
         UINT64_C(0x4000000010000017)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(gstage(), &golden[i]);
    }
}

Test(gstage, accessed_is_bit_6_and_dirty_bit_7)
{
    const struct axas_format *format = gstage();
    static const char *const levels[] = {"vpn4", "vpn3", "vpn2", "vpn1", "vpn0"};
    uint64_t features = golden_features(format, "hardware_ad");
    for (unsigned i = 0; i < 5; i++) {
        unsigned level = golden_level(format, levels[i]);
        cr_expect_eq(format->levels[level].accessed_mask, 0x40);
        cr_expect_eq(format->levels[level].dirty_mask, 0x80);
        for (unsigned bits = 0; bits < 4; bits++) {
            struct axas_leaf leaf;
            uint64_t entry = UINT64_C(0x40000000001f) | (uint64_t)bits << 6;
            cr_assert_eq(format->leaf_read(level, entry, features, &leaf), AXAS_OK);
            cr_expect_eq(leaf.accessed, (bits & 1) != 0);
            cr_expect_eq(leaf.dirty, (bits & 2) != 0);
            cr_expect_eq(leaf.attr, RWX);
        }
    }
}

Test(gstage, no_access_is_invalid_and_keeps_the_address)
{
    /* 10.3.1: V clear, and all other bits are the software's. */
    golden_check_held(gstage(), "vpn0", "", UINT64_C(0x80001000), 1);
    golden_check_held(gstage(), "vpn0", "", UINT64_C(0), 1);
    golden_check_held(gstage(), "vpn1", "svpbmt", UINT64_C(0xffffffffe00000), 1);
    golden_check_held(gstage(), "vpn2", "hardware_ad", UINT64_C(0x40000000), 1);
    golden_check_held(gstage(), "vpn4", "", UINT64_C(0x1000000000000), 1);
}

Test(gstage, entries_that_the_manual_reserves_are_told)
{
    static const struct golden_rule illegal[] = {
        {"vpn0", "", 56, UINT64_C(0x200000cf), "U clear: every G-stage access is a user's (18.5.1)"},
        {"vpn0", "", 56, UINT64_C(0x200000d5), "W without R is reserved (10.3.1)"},
        {"vpn0", "", 56, UINT64_C(0x200000dd), "W and X without R is reserved"},
        {"vpn0", "", 56, UINT64_C(0x00400000200000df), "bit 54 is reserved"},
        {"vpn0", "", 56, UINT64_C(0x10000000200000df), "bit 60 is reserved"},
        {"vpn0", "", 56, UINT64_C(0x20000000200000df), "PBMT is reserved without Svpbmt"},
        {"vpn0", "svpbmt", 56, UINT64_C(0x60000000200000df), "PBMT 3 is reserved"},
        {"vpn0", "", 56, UINT64_C(0x80000000200000df), "N is reserved without Svnapot"},
        {"vpn1", "", 56, UINT64_C(0x200004df), "a 2 MiB leaf with PPN[0] not 0"},
        {"vpn2", "", 56, UINT64_C(0x200800df), "a 1 GiB leaf with PPN[1] not 0"},
        {"vpn3", "", 56, UINT64_C(0x200000df), "a 512 GiB leaf with PPN[2] not 0"},
        {"vpn4", "", 56, UINT64_C(0x20000000df), "a 256 TiB leaf with PPN[3] not 0"},
        {"vpn1", "", 56, UINT64_C(0x20000441), "a pointer with A set"},
        {"vpn1", "", 56, UINT64_C(0x20000481), "a pointer with D set"},
        {"vpn1", "", 56, UINT64_C(0x20000411), "a pointer with U set"},
        {"vpn1", "svpbmt", 56, UINT64_C(0x2000000020000401), "a pointer with PBMT"},
        {"vpn0", "", 56, UINT64_C(0x20000401), "a pointer at the last level"},
        {"vpn0", "", 50, UINT64_C(0x10000000000df), "address bit 50 with a physical width of 50"},
        {"vpn2", "", 40, UINT64_C(0x4000000001), "table address bit 40 with a physical width of 40"},
    };
    static const struct golden_rule legal[] = {
        {"vpn0", "", 56, UINT64_C(0x200000df), "RWX"},
        {"vpn0", "", 56, UINT64_C(0x200000d9), "X alone"},
        {"vpn0", "", 50, UINT64_C(0x8000000000df), "address bit 49 with a physical width of 50"},
        {"vpn0", "", 56, UINT64_C(0x200003df), "RSW is the software's"},
        {"vpn1", "", 56, UINT64_C(0x20000401), "a pointer"},
        {"vpn0", "svpbmt", 56, UINT64_C(0x20000000200000df), "PBMT NC"},
        {"vpn1", "", 56, UINT64_C(0x200800df), "2 MiB"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(gstage(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(gstage(), &legal[i], true);
    }
}

Test(gstage, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", W, "W without R is reserved"},
        {"", W | X, "the same"},
        {"svpbmt hardware_ad", W, "no extension changes that"},
        {"", R | KX, "G-stage entries do not tell privilege levels apart"},
        {"", R | UX, "the same"},
        {"", RW | AXAS_MEM_DEVICE, "memory types need Svpbmt"},
        {"", RW | AXAS_MEM_UNCACHED, "the same"},
        {"svpbmt", RW | AXAS_MEM_WRITE_THROUGH, "Svpbmt has PMA, NC and IO"},
        {"svpbmt", R | UINT32_C(0xf0), "no such memory type"},
        {"svpbmt", R | UINT32_C(0x100), "no such attribute"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(gstage(), &golden[i]);
    }
}

Test(gstage, hgatp_matches_the_manual)
{
    /* 18.2.10: MODE 63:60 (8, 9, 10), VMID 57:44, PPN 43:0 of a root aligned to 16 KiB. */
    static const struct {
        const char *mode;
        uint8_t gpa_bits;
        uint32_t vmid;
        uint64_t root, hgatp;
    } golden[] = {
        /* 0x80004000 >> 12 = 0x80004 */
        {"sv39x4", 41, 0, UINT64_C(0x80004000), UINT64_C(0x8000000000080004)},
        /* VMID 1 << 44 */
        {"sv39x4", 41, 1, UINT64_C(0x80004000), UINT64_C(0x8000100000080004)},
        /* VMID 0x3fff << 44 = 0x03fff00000000000 */
        {"sv48x4", 50, 0x3fff, UINT64_C(0x80008000), UINT64_C(0x93fff00000080008)},
        /* highest root: 0xffffffffffc000 >> 12 = 0xffffffffffc; VMID 0x2a << 44 = 0x0002a00000000000 */
        {"sv57x4", 59, 0x2a, UINT64_C(0xffffffffffc000), UINT64_C(0xa002affffffffffc)},
    };
    const struct axas_format *format = gstage();
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        struct axas_root_request request = {
            .mode = golden_mode(format, golden[i].mode),
            .root = {golden[i].root},
            .vmid = golden[i].vmid,
            .gpa_bits = golden[i].gpa_bits,
            .physical_bits = 56,
        };
        cr_assert_eq(format->root_encode(&request, values), AXAS_OK, "row %zu", i);
        uint64_t hgatp = golden_root_value(format, values, "hgatp");
        cr_expect_eq(hgatp, golden[i].hgatp, "row %zu: hgatp 0x%" PRIx64 ", not 0x%" PRIx64, i, hgatp,
                     golden[i].hgatp);
    }
    static const struct {
        const char *what;
        uint32_t vmid;
        uint64_t root;
    } refused[] = {
        {"VMIDs have 14 bits", 0x4000, UINT64_C(0x80004000)},
        {"a root is aligned to 16 KiB", 1, UINT64_C(0x80001000)},
        {"the same", 1, UINT64_C(0x80002000)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(refused); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        struct axas_root_request request = {
            .mode = golden_mode(format, "sv39x4"),
            .root = {refused[i].root},
            .vmid = refused[i].vmid,
            .gpa_bits = 41,
            .physical_bits = 56,
        };
        memset(values, 0x5a, sizeof values);
        cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE, "%s", refused[i].what);
        cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "%s: untouched", refused[i].what);
    }
}

static const char *const fault_names[] = {"scause", "htval", "stval", "htinst", "guest_page"};

Test(gstage, guest_page_faults_are_decoded)
{
    /*
     * 18.2.8 and 18.6: scause 20 fetch, 21 load, 23 store or AMO. htval is the guest physical address shifted
     * right by 2; its two lowest bits are those of stval, except for an implicit access, which is aligned.
     * htinst 0x3000 and 0x3020 are the pseudoinstructions of a 64-bit read and write by the walk of the
     * guest's tables; anything else is an instruction, or 0 for nothing.
     */
    static const struct golden_fault golden[] = {
        /* 0x80001234 >> 2 = 0x2000048d */
        {"21, htinst 0",
         {21, 0x2000048d, 0x3fffff1234, 0},
         true,
         0x80001234,
         R,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x3fffff1234},
        {"23: the low bits of a byte store come from stval",
         {23, 0x2000048d, 0x1237, 0},
         true,
         0x80001237,
         W,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1237},
        {"20: a fetch of a compressed instruction",
         {20, 0x20000000, 0x80000002, 0},
         true,
         0x80000002,
         X,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x80000002},
        /* ld a5, 0(a5) transformed: rs1 field 0, 0x0007b783 with bits 19:15 clear is 0x00003783 */
        {"21, a transformed load",
         {21, 0x2000048d, 0x1234, 0x3783},
         true,
         0x80001234,
         R,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
        /* 0x90000ff8 >> 2 = 0x240003fe */
        {"21, 0x3000: the walk reads",
         {21, 0x240003fe, 0x1237, 0x3000},
         true,
         0x90000ff8,
         R,
         true,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1237},
        {"20, 0x3000: a fetch whose walk reads",
         {20, 0x240003fe, 0x4002, 0x3000},
         true,
         0x90000ff8,
         R,
         true,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x4002},
        {"23, 0x3000: a store whose walk reads",
         {23, 0x240003fe, 0x4001, 0x3000},
         true,
         0x90000ff8,
         R,
         true,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x4001},
        {"21, 0x3020: a load whose walk sets the accessed bit",
         {21, 0x240003fe, 0x4003, 0x3020},
         true,
         0x90000ff8,
         W,
         true,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x4003},
        {"20, 0x3020",
         {20, 0x240003fe, 0x4000, 0x3020},
         true,
         0x90000ff8,
         W,
         true,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x4000},
        /* highest address of Sv57x4, 59 bits: 0x7fffffffffffffc >> 2 */
        {"23, the highest address",
         {23, 0x1ffffffffffffff, 0xfff, 0},
         true,
         0x7ffffffffffffff,
         W,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xfff},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(gstage(), fault_names, 4, &golden[i]);
    }
}

Test(gstage, cache_block_management_may_go_where_a_load_may)
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
        golden_check_fault(gstage(), fault_names, 4, &golden[i]);
    }
}

Test(gstage, htval_0_means_that_the_address_is_not_given)
{
    /* 18.2.8: htval is written with either 0 or the address. */
    static const struct golden_fault unknown[] = {
        {"21",
         {21, 0, 0x3fffff1234, 0},
         false,
         0,
         R,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x3fffff1234},
        {"20", {20, 0, 0x40, 0}, false, 0, X, false, AXAS_CAUSE_UNKNOWN, AXAS_LEVEL_UNKNOWN, true, 0x40},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(unknown); i++) {
        golden_check_fault(gstage(), fault_names, 4, &unknown[i]);
    }
    /* the hypervisor walked the guest's tables itself and gives the page: bit 63, and the page's number; the
     * offset is stval's */
    static const struct golden_fault walked = {"23 with guest_page",
                                               {23, 0, 0x3fffff1236, 0, UINT64_C(0x8000000000080005)},
                                               true,
                                               0x80005236,
                                               W,
                                               false,
                                               AXAS_CAUSE_UNKNOWN,
                                               AXAS_LEVEL_UNKNOWN,
                                               true,
                                               0x3fffff1236};
    golden_check_fault(gstage(), fault_names, 5, &walked);
    /* guest page 0 is a page like any other */
    static const struct golden_fault page_0 = {"21 with guest_page 0",
                                               {21, 0, 0x3fffff1234, 0, UINT64_C(0x8000000000000000)},
                                               true,
                                               0x234,
                                               R,
                                               false,
                                               AXAS_CAUSE_UNKNOWN,
                                               AXAS_LEVEL_UNKNOWN,
                                               true,
                                               0x3fffff1234};
    golden_check_fault(gstage(), fault_names, 5, &page_0);
}

Test(gstage, other_causes_are_no_second_stage_faults)
{
    static const struct {
        const char *what;
        uint64_t registers[4];
    } other[] = {
        {"2, illegal instruction", {2, 0x1000, 0, 0}},
        {"13, load page fault of the first stage", {13, 0x1000, 0x4000, 0}},
        {"15, store page fault of the first stage", {15, 0x1000, 0x4000, 0}},
        {"22, virtual instruction", {22, 0x1000, 0, 0}},
        {"10, ecall from VS", {10, 0x1000, 0, 0}},
        {"an interrupt with the number 21", {UINT64_C(0x8000000000000015), 0x1000, 0, 0}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(gstage(), fault_names, 4, other[i].registers, other[i].what);
    }
}

Test(gstage, every_bit_of_an_entry_is_accounted_for)
{
    /*
     * Figure 10.5.1 and 10.3.1. Refused beside what is reserved, since this library never sets it: G (5),
     * which has no meaning here. U (4) is always set.
     */
    static const struct golden_bits golden[] = {
        /* pointer: RSW 9:8 is software's; N, PBMT, 60:54, D, A, G and U are reserved */
        {"vpn4", "", AXAS_ENTRY_TABLE, UINT64_C(0x20000401), UINT64_C(0x003fffffffffff00), UINT64_C(0),
         UINT64_C(0x003fffffffffff0f)},
        {"vpn3", "", AXAS_ENTRY_TABLE, UINT64_C(0x20000401), UINT64_C(0x003fffffffffff00), UINT64_C(0),
         UINT64_C(0x003fffffffffff0f)},
        {"vpn2", "", AXAS_ENTRY_TABLE, UINT64_C(0x20000401), UINT64_C(0x003fffffffffff00), UINT64_C(0),
         UINT64_C(0x003fffffffffff0f)},
        {"vpn1", "", AXAS_ENTRY_TABLE, UINT64_C(0x20000401), UINT64_C(0x003fffffffffff00), UINT64_C(0),
         UINT64_C(0x003fffffffffff0f)},
        /* leaf: PBMT and X W R are codes, N and 60:54 reserved, A and D free; without V it would be invalid
         */
        {"vpn4", "", AXAS_ENTRY_LEAF, UINT64_C(0x4000000000df), UINT64_C(0x003fc000000003c0),
         UINT64_C(0x600000000000000f), UINT64_C(0xe03fc000000003ff)},
        {"vpn3", "", AXAS_ENTRY_LEAF, UINT64_C(0x20000000df), UINT64_C(0x003fffe0000003c0),
         UINT64_C(0x600000000000000f), UINT64_C(0xe03fffe0000003ff)},
        {"vpn2", "", AXAS_ENTRY_LEAF, UINT64_C(0x300000df), UINT64_C(0x003ffffff00003c0),
         UINT64_C(0x600000000000000f), UINT64_C(0xe03ffffff00003ff)},
        {"vpn1", "", AXAS_ENTRY_LEAF, UINT64_C(0x200800df), UINT64_C(0x003ffffffff803c0),
         UINT64_C(0x600000000000000f), UINT64_C(0xe03ffffffff803ff)},
        {"vpn0", "", AXAS_ENTRY_LEAF, UINT64_C(0x200000df), UINT64_C(0x003fffffffffffc0),
         UINT64_C(0x600000000000000f), UINT64_C(0xe03fffffffffffff)},
        /* V clear: 63:1 are software's; bit 1 is how this library tells its own, and the address is kept */
        {"vpn4", "", AXAS_ENTRY_HELD, UINT64_C(0x4000000000c2), UINT64_C(0x9fffc000000003fc),
         UINT64_C(0x6000000000000000), UINT64_C(0x603fc000000003c3)},
        {"vpn3", "", AXAS_ENTRY_HELD, UINT64_C(0x20000000c2), UINT64_C(0x9fffffe0000003fc),
         UINT64_C(0x6000000000000000), UINT64_C(0x603fffe0000003c3)},
        {"vpn2", "", AXAS_ENTRY_HELD, UINT64_C(0x300000c2), UINT64_C(0x9ffffffff00003fc),
         UINT64_C(0x6000000000000000), UINT64_C(0x603ffffff00003c3)},
        {"vpn1", "", AXAS_ENTRY_HELD, UINT64_C(0x200800c2), UINT64_C(0x9ffffffffff803fc),
         UINT64_C(0x6000000000000000), UINT64_C(0x603ffffffff803c3)},
        {"vpn0", "", AXAS_ENTRY_HELD, UINT64_C(0x200004c2), UINT64_C(0x9ffffffffffffffc),
         UINT64_C(0x6000000000000000), UINT64_C(0x603fffffffffffc3)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(gstage(), &golden[i]);
    }
}

Test(gstage, software_has_the_bits_that_the_manual_leaves_to_it)
{
    const struct axas_format *format = gstage();
    /* 10.3.1: RSW, 9:8. */
    static const char *const levels[] = {"vpn4", "vpn3", "vpn2", "vpn1", "vpn0"};
    for (unsigned i = 0; i < GOLDEN_COUNT(levels); i++) {
        cr_expect_eq(format->levels[golden_level(format, levels[i])].software_mask, UINT64_C(0x300));
    }
}

Test(gstage, changes_ask_for_what_the_manual_says)
{
    /*
     * 10.2.1: invalid entries may be cached too, except with Svvptc (17), so making one needs an HFENCE.GVMA
     * on the CPU that goes on with it; others fault once, and whoever goes back after a fault fences
     * (18.3.2). Any other change: a fence on every CPU; a table that goes takes cached pointers along. No
     * change goes through an invalid entry.
     */
    static const struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_LEAF, true},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_CONTIGUOUS_OFF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, true},
    };
    static const struct golden_change svvptc[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_CONTIGUOUS_OFF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, true},
    };
    golden_check_changes(gstage(), "", golden);
    golden_check_changes(gstage(), "hardware_ad svpbmt", golden);
    golden_check_changes(gstage(), "svvptc", svvptc);
    golden_check_changes(gstage(), "hardware_ad svpbmt svvptc", svvptc);
}

Test(gstage, the_cpu_writes_flags_where_the_manual_says)
{
    /* Chapter 11, Svadu. */
    golden_check_hardware_updates(gstage(), "hardware_ad", "hardware_ad", false);
}

Test(gstage, entries_and_the_default_mode)
{
    /* Eight bytes, least significant first. Policy of this project: a zeroed table is an empty one, and a
     * tree of which nothing is said has the mode that every CPU has. */
    const struct axas_format *format = gstage();
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian);
    for (unsigned level = 0; level < format->level_count; level++) {
        cr_expect_eq(format->levels[level].empty, 0);
    }
    for (unsigned i = 0; i < format->mode_count; i++) {
        const struct axas_mode *mode = &format->modes[i];
        cr_expect_eq(mode->is_default, strcmp(mode->name, "sv39x4") == 0, "%s", mode->name);
    }
}

Test(gstage, walks_of_guests_of_either_width_are_told)
{
    /*
     * Table 18.11: 0x2000 and 0x2020 are the pseudoinstructions of a 32-bit read and write. They are the
     * whole of htinst; what only resembles one is no walk, and then the two lowest bits are those of stval.
     */
    static const struct {
        const char *what;
        uint64_t registers[4], gpa;
        axas_attr access;
        bool guest_walk;
    } golden[] = {
        {"21, 0x2000", {21, 0x240003fe, 0x1237, 0x2000}, 0x90000ff8, R, true},
        {"20, 0x2000", {20, 0x240003fe, 0x1236, 0x2000}, 0x90000ff8, R, true},
        {"23, 0x2020", {23, 0x240003fe, 0x1237, 0x2020}, 0x90000ff8, W, true},
        {"20, 0x2020", {20, 0x240003fe, 0x1236, 0x2020}, 0x90000ff8, W, true},
        {"21, bit 63 and 0x3000",
         {21, 0x240003fe, 0x1237, UINT64_C(0x8000000000003000)},
         0x90000ffb,
         R,
         false},
        {"23, bit 63 and 0x3020",
         {23, 0x240003fe, 0x1237, UINT64_C(0x8000000000003020)},
         0x90000ffb,
         W,
         false},
        {"21, 0x3001", {21, 0x240003fe, 0x1237, 0x3001}, 0x90000ffb, R, false},
        {"23, 0x3001", {23, 0x240003fe, 0x1237, 0x3001}, 0x90000ffb, W, false},
        {"23, 0x2021", {23, 0x240003fe, 0x1237, 0x2021}, 0x90000ffb, W, false},
        {"21, htval 1", {21, 1, 0x1003, 0}, 7, R, false},
        {"21, htval 1, 0x3000", {21, 1, 0x1003, 0x3000}, 4, R, true},
        {"23, stval full of ones", {23, 0x2000048d, UINT64_MAX, 0}, 0x80001237, W, false},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        struct golden_fault fault = {
            .what = golden[i].what,
            .gpa_known = true,
            .gpa = golden[i].gpa,
            .access = golden[i].access,
            .guest_walk = golden[i].guest_walk,
            .cause = AXAS_CAUSE_UNKNOWN,
            .level = AXAS_LEVEL_UNKNOWN,
            .gva_known = true,
            .gva = golden[i].registers[2],
        };
        memcpy(fault.registers, golden[i].registers, sizeof golden[i].registers);
        golden_check_fault(gstage(), fault_names, 4, &fault);
    }
    /* no page was given: nothing in the register */
    cr_expect_eq(gstage()->fault_registers[golden_fault_index(gstage(), "guest_page")].initial, 0);
}

Test(gstage, htval_decides_and_else_the_page_that_was_found)
{
    static const struct golden_fault golden[] = {
        {"htval, whatever guest_page holds",
         {21, 0x2000048d, 0x1234, 0, UINT64_C(0x8000000000080005)},
         true,
         0x80001234,
         R,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
        {"guest_page, an odd address",
         {23, 0, 0x1237, 0, UINT64_C(0x8000000000080005)},
         true,
         0x80005237,
         W,
         false,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1237},
        {"a walk, and neither",
         {21, 0, 0x1234, 0x3000, 0},
         false,
         0,
         R,
         true,
         AXAS_CAUSE_UNKNOWN,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1234},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(gstage(), fault_names, 5, &golden[i]);
    }
}

Test(gstage, identification_registers_say_what_a_hart_has)
{
    /* menvcfg (3.1.18): 62 PBMTE, 61 ADUE; 63 is STCE. hgatp.MODE (table 18.3): 8 Sv39x4, 9 Sv48x4, 10
     * Sv57x4. */
    static const char *const names[] = {"menvcfg"};
    static const struct {
        uint64_t kept;
        struct golden_cpu cpu;
    } harts[] = {
        {UINT64_C(0x701),
         {.what = "all modes, Svpbmt and Svadu",
          .registers = {UINT64_C(0x6000000000000000)},
          .features = "svpbmt hardware_ad",
          .switched = "",
          .modes = "sv39x4 sv48x4 sv57x4"}},
        {UINT64_C(0x301),
         {.what = "Sv39x4 and Sv48x4, Svpbmt",
          .registers = {UINT64_C(0xc0000000000000f0)},
          .features = "svpbmt",
          .switched = "",
          .modes = "sv39x4 sv48x4"}},
        {UINT64_C(0x101),
         {.what = "Sv39x4 alone, Svadu",
          .registers = {UINT64_C(0xa0000000000000f0)},
          .features = "hardware_ad",
          .switched = "",
          .modes = "sv39x4"}},
        {UINT64_C(0x1),
         {.what = "Bare alone", .registers = {0}, .features = "", .switched = "", .modes = ""}},
        {UINT64_C(0x401),
         {.what = "Sv57x4 alone",
          .registers = {0},
          .features = "",
          .switched = "",
          .modes = "sv57x4",
          .every_bit = true,
          .matters = {UINT64_C(0x6000000000000000)}}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(harts); i++) {
        struct golden_hgatp hgatp = {
            .shift = 60, .modes = harts[i].kept, .held = UINT64_C(0x8000000000080000)};
        golden_check_cpu(golden_format("riscv64_gstage"), names, 1, golden_hgatp_probe, &hgatp,
                         &harts[i].cpu);
        cr_expect_eq(hgatp.held, UINT64_C(0x8000000000080000), "%s: hgatp is as before", harts[i].cpu.what);
        cr_expect_geq(hgatp.calls, 3);
    }
}
