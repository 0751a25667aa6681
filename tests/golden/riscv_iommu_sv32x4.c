/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that a RISC-V IOMMU reads where fctl.GXL is 1, worked out by hand from the RISC-V IOMMU
 * Architecture Specification (1.0.1): 3.1.3 (device context), 3.4 (A and D), 4.2 (fault queue), 6.3 and 6.4
 * (capabilities, fctl), 7.3 (invalidations); and for the entries, which are those of the G-stage of RV32,
 * from The RISC-V Instruction Set Manual, volume II (20240411): 10.3 (Sv32) and 18.5, here in brackets.
 *
 * A leaf: V bit 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 31:10. The entry holds the address shifted
 * right by 2.
 * Policy of this project: A and D are set in advance unless the IOMMU updates them.
 */
#include "golden.h"

static const struct axas_format *iommu(void)
{
    return golden_format("riscv_iommu_sv32x4");
}

Test(riscv_iommu_sv32x4, levels_and_modes_match_the_manual)
{
    /* 3.1.3.2: 34 bits and a root of 16 KiB; [10.3.1]: 10 bits for each level, 12 of the page. 6.3: an IOMMU
     * has Sv32x4 where its capabilities say so. */
    static const struct {
        const char *name;
        int8_t number;
        uint8_t shift;
    } levels[] = {{"vpn1", 1, 22}, {"vpn0", 0, 12}};
    const struct axas_format *format = iommu();
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
    cr_expect_eq(mode->with, golden_features(format, "sv32x4"));
    cr_expect_not(mode->within_physical);
    cr_expect_eq(format->root_tables_max, 4);
    cr_expect_eq(format->output_bits, 34);
    cr_expect_eq(format->entry_bytes, 4);
    cr_expect_not(format->big_endian, "fctl.BE is 0");
    golden_check_hardware_updates(format, "hardware_ad", "hardware_ad", false); /* 3.4 */
}

Test(riscv_iommu_sv32x4, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* V alone [10.3.1]: 0x80005000 >> 2 = 0x20001400, + 1 */
        {"vpn1", UINT64_C(0x80005000), 0x20001401},
        /* above 4 GiB: 0x1c0003000 >> 2 = 0x70000c00 */
        {"vpn1", UINT64_C(0x1c0003000), 0x70000c01},
        /* highest address of 34 bits: 0x3fffff000 >> 2 */
        {"vpn1", UINT64_C(0x3fffff000), 0xfffffc01},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(iommu(), &golden[i]);
    }
}

Test(riscv_iommu_sv32x4, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* V 1 R 2 W 4 X 8 U 0x10 A 0x40 D 0x80 = 0xdf; 0x80010000 >> 2 = 0x20004000 */
        {"vpn0", "", RWX, UINT64_C(0x80010000), 0x200040df},
        /* without X: 0xd7 */
        {"vpn0", "", RW, UINT64_C(0x80011000), 0x200044d7},
        /* V R U A D: 0xd3 */
        {"vpn0", "", R, UINT64_C(0x80012000), 0x200048d3},
        /* V R X U A D: 0xdb */
        {"vpn0", "", RX, UINT64_C(0x80013000), 0x20004cdb},
        /* V X U A D: 0xd9 */
        {"vpn0", "", X, UINT64_C(0x80014000), 0x200050d9},
        /* address 0 */
        {"vpn0", "", R, 0, 0x000000d3},
        /* above 4 GiB: 0x300005000 >> 2 = 0xc0001400 */
        {"vpn0", "", RW, UINT64_C(0x300005000), 0xc00014d7},
        /* highest address of 34 bits */
        {"vpn0", "", RWX, UINT64_C(0x3fffff000), 0xfffffcdf},
        /* tc.GADE: the IOMMU sets A and D, so V R W U: 0x17; with X 0x1f */
        {"vpn0", "hardware_ad", RW, UINT64_C(0x80015000), 0x20005417},
        {"vpn0", "sv32x4 hardware_ad", RWX, UINT64_C(0x80016000), 0x2000581f},
        /* 4 MiB: PPN[0] 0; 0x80800000 >> 2 = 0x20200000 */
        {"vpn1", "", RW, UINT64_C(0x80800000), 0x202000d7},
        /* 0x240000000 >> 2 = 0x90000000 */
        {"vpn1", "", RX, UINT64_C(0x240000000), 0x900000db},
        /* the highest: 0x3ffc00000 >> 2 = 0xfff00000; V R U: 0x13 */
        {"vpn1", "hardware_ad", R, UINT64_C(0x3ffc00000), 0xfff00013},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(iommu(), &golden[i]);
    }
}

Test(riscv_iommu_sv32x4, no_access_is_invalid_and_keeps_the_address)
{
    golden_check_held(iommu(), "vpn0", "", UINT64_C(0x80011000), 1);
    golden_check_held(iommu(), "vpn0", "hardware_ad", 0, 1);
    golden_check_held(iommu(), "vpn1", "", UINT64_C(0x3ffc00000), 1);
}

Test(riscv_iommu_sv32x4, entries_that_the_manual_reserves_are_told)
{
    static const struct golden_rule illegal[] = {
        {"vpn0", "", 34, 0x200040cf, "U clear: a device is a user [18.5.1]"},
        {"vpn0", "", 34, 0x200040d5, "W without R is reserved [10.3.1]"},
        {"vpn0", "", 34, 0x200040dd, "W and X without R"},
        {"vpn1", "", 34, 0x202004df, "a 4 MiB leaf with the lowest bit of PPN[0]"},
        {"vpn1", "", 34, 0x202800df, "a 4 MiB leaf with the highest bit of PPN[0]"},
        {"vpn1", "", 34, 0x20001441, "a pointer with A set"},
        {"vpn1", "", 34, 0x20001481, "a pointer with D set"},
        {"vpn1", "", 34, 0x20001411, "a pointer with U set"},
        {"vpn0", "", 34, 0x20001401, "a pointer at the last level"},
        {"vpn0", "", 32, 0x400000df, "address bit 32 where capabilities.PAS is 32"},
        {"vpn1", "", 33, 0x80000001, "table address bit 33 where capabilities.PAS is 33"},
    };
    static const struct golden_rule legal[] = {
        {"vpn0", "", 34, 0x200040df, "RWX"},
        {"vpn0", "", 34, 0x200043df, "RSW is the software's"},
        {"vpn0", "", 33, 0x400000df, "address bit 32 where capabilities.PAS is 33"},
        {"vpn0", "", 56, 0xfffffcdf, "the highest address where capabilities.PAS is 56"},
        {"vpn1", "", 34, 0x20001401, "a pointer"},
        {"vpn1", "", 34, 0x202000df, "4 MiB"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(iommu(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(iommu(), &legal[i], true);
    }
}

Test(riscv_iommu_sv32x4, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", W, "W without R is reserved"},
        {"sv32x4 hardware_ad", W | X, "the same"},
        {"", R | KX, "entries do not tell privilege levels apart"},
        {"", R | UX, "the same"},
        {"sv32x4 hardware_ad", RW | AXAS_MEM_DEVICE, "an entry of 32 bits has no memory type"},
        {"sv32x4 hardware_ad", RW | AXAS_MEM_UNCACHED, "the same"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(iommu(), &golden[i]);
    }
}

Test(riscv_iommu_sv32x4, device_contexts_match_the_manual)
{
    /* 3.1.3.1: tc has V in bit 0, GADE in bit 7, SXL in bit 11, which has to be 1 with fctl.GXL. 3.1.3.2:
     * iohgatp has MODE 63:60 (8), GSCID 59:44, PPN 43:0 of a root aligned to 16 KiB, as with fctl.GXL = 0. */
    static const struct {
        const char *features;
        uint32_t gscid;
        uint64_t root;
        enum axas_status status;
        uint64_t tc, iohgatp;
    } golden[] = {
        /* 0x80004000 >> 12 = 0x80004 */
        {"sv32x4", 0, UINT64_C(0x80004000), AXAS_OK, 0x801, UINT64_C(0x8000000000080004)},
        /* GSCID 1 << 44 */
        {"sv32x4 hardware_ad", 1, UINT64_C(0x80004000), AXAS_OK, 0x881, UINT64_C(0x8000100000080004)},
        /* GSCID 0xffff << 44 = 0x0ffff00000000000; 0x200008000 >> 12 = 0x200008 */
        {"sv32x4", 0xffff, UINT64_C(0x200008000), AXAS_OK, 0x801, UINT64_C(0x8ffff00000200008)},
        /* the highest root whose tables an entry could name: 0x3ffffc000 >> 12; GSCID 0x2a << 44 */
        {"sv32x4", 0x2a, UINT64_C(0x3ffffc000), AXAS_OK, 0x801, UINT64_C(0x8002a000003ffffc)},
        {"sv32x4", 0x10000, UINT64_C(0x80004000), AXAS_ERR_RANGE, 0, 0}, /* GSCIDs have 16 bits */
        {"sv32x4", 1, UINT64_C(0x80001000), AXAS_ERR_RANGE, 0, 0},       /* aligned to 16 KiB */
        {"sv32x4", 1, UINT64_C(0x80002000), AXAS_ERR_RANGE, 0, 0},       /* the same */
    };
    const struct axas_format *format = iommu();
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        const struct axas_root_request request = {
            .mode = golden_mode(format, "sv32x4"),
            .root = {golden[i].root},
            .vmid = golden[i].gscid,
            .gpa_bits = 34,
            .physical_bits = 34,
            .features = golden_features(format, golden[i].features),
        };
        memset(values, 0x5a, sizeof values);
        cr_expect_eq(format->root_encode(&request, values), golden[i].status, "row %zu", i);
        if (golden[i].status == AXAS_OK) {
            cr_expect_eq(golden_root_value(format, values, "tc"), golden[i].tc, "row %zu", i);
            cr_expect_eq(golden_root_value(format, values, "iohgatp"), golden[i].iohgatp,
                         "row %zu: 0x%" PRIx64, i, golden_root_value(format, values, "iohgatp"));
        } else {
            cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "row %zu: untouched", i);
        }
    }
}

static const char *const fault_names[] = {"record", "iotval", "iotval2"};

Test(riscv_iommu_sv32x4, fault_records_are_decoded)
{
    /*
     * 4.2: CAUSE is bits 11:0 (20 fetch, 21 read, 23 write), TTYP 39:34 (1, 2, 3: untranslated fetch, read,
     * write; 8: ATS translation; 9: a message, of which iotval is the code; from 32 on: custom), DID 63:40.
     * iotval2 is the guest-physical address but for bit 0 (an implicit access) and bit 1 (which was a write).
     */
    static const struct {
        const char *what;
        uint64_t registers[3];
        uint64_t gpa;
        axas_attr access;
        bool guest_walk, gva_known;
    } golden[] = {
        /* TTYP 2 << 34 = 0x800000000, DID 8 << 40 = 0x80000000000 */
        {"a read", {UINT64_C(0x80800000015), 0xffff1235, 0x80001234}, 0x80001235, R, false, true},
        /* 3 << 34 = 0xc00000000 */
        {"a write", {UINT64_C(0x80c00000017), 0x1237, 0x80001234}, 0x80001237, W, false, true},
        {"a fetch", {UINT64_C(0x400000014), 0x80000002, 0x80000000}, 0x80000002, X, false, true},
        /* entries of 4 bytes: the walk reads at 0x90000ffc */
        {"the walk reads", {UINT64_C(0xc00000017), 0x4003, 0x90000ffd}, 0x90000ffc, R, true, true},
        {"the walk sets D", {UINT64_C(0xc00000017), 0x4003, 0x90000fff}, 0x90000ffc, W, true, true},
        /* 8 << 34 = 0x2000000000 */
        {"ATS", {UINT64_C(0x2000000015), 0x4003, 0x80005000}, 0x80005003, R, false, true},
        /* 9 << 34 = 0x2400000000 */
        {"a message", {UINT64_C(0x2400000015), 0x13, 0x80001234}, 0x80001234, R, false, false},
        /* 34 bits */
        {"the highest",
         {UINT64_C(0xc00000017), 0xfff, UINT64_C(0x3fffffffc)},
         UINT64_C(0x3ffffffff),
         W,
         false,
         true},
        {"the walk of a fetch reads", {UINT64_C(0x400000014), 0x4002, 0x90000ffd}, 0x90000ffc, R, true, true},
        {"bit 1 alone says nothing", {UINT64_C(0x800000015), 0x1234, 0x80001236}, 0x80001234, R, false, true},
        /* 3.1.3.1: more than 34 bits fault too, and so are told */
        {"too wide",
         {UINT64_C(0x800000015), UINT64_C(0x8000000000000001), UINT64_C(0x8000000000000000)},
         UINT64_C(0x8000000000000001),
         R,
         false,
         true},
        /* 34 << 34 = 0x8800000000 */
        {"a custom one, too wide",
         {UINT64_C(0x8800000015), 0x3, UINT64_C(0x8000000000000000)},
         UINT64_C(0x8000000000000000),
         R,
         false,
         false},
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
            .gva_known = golden[i].gva_known,
            .gva = golden[i].registers[1],
        };
        memcpy(fault.registers, golden[i].registers, sizeof golden[i].registers);
        golden_check_fault(iommu(), fault_names, 3, &fault);
    }
}

Test(riscv_iommu_sv32x4, other_records_are_no_second_stage_faults)
{
    static const struct {
        const char *what;
        uint64_t registers[3];
    } other[] = {
        {"5, read access fault", {UINT64_C(0x800000005), 0x1000, 0x1000}},
        {"13, read page fault of the first stage", {UINT64_C(0x80000000d), 0x1000, 0}},
        {"22, which nothing has", {UINT64_C(0x800000016), 0x1000, 0x1000}},
        {"259, device context misconfigured (SXL clear)", {UINT64_C(0x800000103), 0x1000, 0}},
        {"2069, custom", {UINT64_C(0x800000815), 0x1000, 0x1000}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(iommu(), fault_names, 3, other[i].registers, other[i].what);
    }
}

Test(riscv_iommu_sv32x4, every_bit_of_an_entry_is_accounted_for)
{
    /* [10.3.1]. Refused beside what is reserved: G (5), which has no meaning here. U (4) is always set. */
    static const struct golden_bits golden[] = {
        /* pointer: RSW 9:8 is software's; D, A, G and U are reserved */
        {"vpn1", "", AXAS_ENTRY_TABLE, 0x20001401, 0xffffff00, 0, 0xffffff0f},
        /* leaf: X W R are a code, A and D free; without V it would be invalid */
        {"vpn1", "", AXAS_ENTRY_LEAF, 0x202000df, 0xfff003c0, 0xf, 0xfff003ff},
        {"vpn0", "", AXAS_ENTRY_LEAF, 0x200040df, 0xffffffc0, 0xf, 0xffffffff},
        /* V clear: 31:1 are software's; bit 1 is how this library tells its own, and the address is kept */
        {"vpn1", "", AXAS_ENTRY_HELD, 0x202000c2, 0xfff003fc, 0, 0xfff003c3},
        {"vpn0", "", AXAS_ENTRY_HELD, 0x200044c2, 0xfffffffc, 0, 0xffffffc3},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(iommu(), &golden[i]);
    }
}

Test(riscv_iommu_sv32x4, changes_ask_for_what_the_manual_says)
{
    /* 7.3.8: what is not valid is not cached. 7.3.6: only the size of a page changes without a step through
     * an entry that is not valid. 7.3.4: for a pointer the whole GSCID is invalidated. */
    static const struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false},
        {AXAS_CHANGE_PERMISSIONS_MORE, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, true, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, false},
    };
    golden_check_changes(iommu(), "", golden);
    golden_check_changes(iommu(), "sv32x4 hardware_ad", golden);
}

Test(riscv_iommu_sv32x4, identification_registers_say_what_an_iommu_has)
{
    /* capabilities (6.3): 16 Sv32x4, 24 AMO_HWAD, 37:32 PAS. fctl (6.4): 0 BE, 2 GXL. */
    static const char *const names[] = {"capabilities", "fctl"};
    static const struct golden_cpu iommus[] = {
        {.what = "version 1.0, 34 bits (0x22)",
         .registers = {UINT64_C(0x2200010010), 4},
         .features = "sv32x4",
         .switched = "",
         .modes = "sv32x4",
         .physical_bits = 34},
        {.what = "GXL is clear",
         .registers = {UINT64_C(0x2201010010), 2},
         .missing = "fctl.GXL is 0",
         .features = "sv32x4 hardware_ad",
         .switched = "",
         .modes = "sv32x4",
         .physical_bits = 34},
        {.what = "big-endian",
         .registers = {UINT64_C(0x2200000010), 5},
         .missing = "fctl.BE is 1",
         .features = "",
         .switched = "",
         .modes = "sv32x4",
         .physical_bits = 34},
        {.what = "GXL, and all else 0",
         .registers = {0, 4},
         .features = "",
         .switched = "",
         .modes = "sv32x4",
         .every_bit = true,
         .matters = {UINT64_C(0x3f01010000), 5}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(iommus); i++) {
        golden_check_cpu(iommu(), names, 2, NULL, NULL, &iommus[i]);
    }
}
