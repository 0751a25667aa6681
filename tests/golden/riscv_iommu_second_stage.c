/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that a RISC-V IOMMU reads, worked out by hand from the RISC-V IOMMU Architecture Specification
 * (1.0.1): 3.1.3 (device context), 3.3 and 3.4 (translation, A and D), 4.2 (fault queue), 7.3
 * (invalidations); and for the entries, which are those of the G-stage, from The RISC-V Instruction Set
 * Manual, volume II (20240411): 10.3 to 10.6 and 18.5, here in brackets.
 *
 * A leaf: V bit 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, RSW 9:8, PPN 53:10, PBMT 62:61, N 63. The entry holds
 * the address shifted right by 2.
 * Policy of this project: A and D are set in advance unless the IOMMU updates them.
 */
#include "golden.h"

static const struct axas_format *iommu(void)
{
    return golden_format("riscv_iommu_second_stage");
}

Test(riscv_iommu, levels_and_modes_match_the_manual)
{
    /* [18.5.1]: the root is widened by 2 bits: 41, 50, 59 bits, 16 KiB. 6.3: an IOMMU has the modes that its
     * capabilities name. */
    static const struct {
        const char *name;
        uint8_t shift;
    } levels[] = {{"vpn4", 48}, {"vpn3", 39}, {"vpn2", 30}, {"vpn1", 21}, {"vpn0", 12}};
    static const struct {
        const char *name, *root;
        uint8_t levels, gpa_bits;
    } modes[] = {{"sv39x4", "vpn2", 3, 41}, {"sv48x4", "vpn3", 4, 50}, {"sv57x4", "vpn4", 5, 59}};
    const struct axas_format *format = iommu();
    cr_assert_eq(format->level_count, 5);
    cr_assert_eq(format->mode_count, 3);
    for (unsigned i = 0; i < 5; i++) {
        const struct axas_level *level = &format->levels[golden_level(format, levels[i].name)];
        cr_expect_eq(level->shift, levels[i].shift);
        cr_expect_eq(level->index_bits, 9);
        cr_expect_eq(level->number, (int8_t)(4 - i));
        cr_expect_eq(level->empty, 0, "policy of this project: a zeroed table is an empty one");
        cr_expect_eq(level->software_mask, 0x300);
        cr_expect_eq(level->accessed_mask, 0x40);
        cr_expect_eq(level->dirty_mask, 0x80);
    }
    for (unsigned i = 0; i < 3; i++) {
        const struct axas_mode *mode = golden_mode(format, modes[i].name);
        cr_expect_eq(mode->root_level, golden_level(format, modes[i].root));
        cr_expect_eq(mode->level_count, modes[i].levels);
        cr_expect_eq(mode->gpa_bits_min, modes[i].gpa_bits);
        cr_expect_eq(mode->gpa_bits_max, modes[i].gpa_bits);
        cr_expect_eq(mode->with, golden_features(format, modes[i].name));
        cr_expect_eq(mode->is_default, i == 0);
        cr_expect_not(mode->within_physical);
    }
    cr_expect_eq(format->root_tables_max, 4);
    cr_expect_eq(format->output_bits, 56);
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian, "fctl.BE is 0");
    golden_check_hardware_updates(format, "hardware_ad", "hardware_ad", false); /* 3.4 */
}

Test(riscv_iommu, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* V alone [10.4.1]: 0x80005000 >> 2 = 0x20001400, + 1 */
        {"vpn4", UINT64_C(0x80005000), UINT64_C(0x20001401)},
        {"vpn3", UINT64_C(0x7654321000), UINT64_C(0x1d950c8401)},
        {"vpn2", UINT64_C(0x80006000), UINT64_C(0x20001801)},
        /* highest address of 56 bits: 0xfffffffffff000 >> 2 */
        {"vpn1", UINT64_C(0xfffffffffff000), UINT64_C(0x3ffffffffffc01)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(iommu(), &golden[i]);
    }
}

Test(riscv_iommu, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* V 1 R 2 W 4 X 8 U 0x10 A 0x40 D 0x80 = 0xdf; 0x80010000 >> 2 = 0x20004000 */
        {"vpn0", "", RWX, UINT64_C(0x80010000), UINT64_C(0x200040df)},
        /* without X: 0xd7 */
        {"vpn0", "", RW, UINT64_C(0x80011000), UINT64_C(0x200044d7)},
        /* V R U A D: 0xd3 */
        {"vpn0", "", R, UINT64_C(0x80012000), UINT64_C(0x200048d3)},
        /* V R X U A D: 0xdb */
        {"vpn0", "", RX, UINT64_C(0x80013000), UINT64_C(0x20004cdb)},
        /* V X U A D: 0xd9 */
        {"vpn0", "", X, UINT64_C(0x80014000), UINT64_C(0x200050d9)},
        /* highest address of 56 bits */
        {"vpn0", "", RW, UINT64_C(0xfffffffffff000), UINT64_C(0x3ffffffffffcd7)},
        /* tc.GADE: the IOMMU sets A and D, so V R W U: 0x17 */
        {"vpn0", "hardware_ad", RW, UINT64_C(0x80015000), UINT64_C(0x20005417)},
        /* IO is 2 << 61; 0x20000000 >> 2 = 0x8000000 */
        {"vpn0", "svpbmt", RW | AXAS_MEM_DEVICE, UINT64_C(0x20000000), UINT64_C(0x40000000080000d7)},
        /* NC is 1 << 61 */
        {"vpn0", "svpbmt", RW | AXAS_MEM_UNCACHED, UINT64_C(0x90010000), UINT64_C(0x20000000240040d7)},
        /* 2 MiB: 0x80400000 >> 2 = 0x20100000 */
        {"vpn1", "", RW, UINT64_C(0x80400000), UINT64_C(0x201000d7)},
        /* 1 GiB: 0x140000000 >> 2 = 0x50000000 */
        {"vpn2", "", R, UINT64_C(0x140000000), UINT64_C(0x500000d3)},
        /* 512 GiB: 0x18000000000 >> 2 = 0x6000000000 */
        {"vpn3", "", RW, UINT64_C(0x18000000000), UINT64_C(0x60000000d7)},
        /* 256 TiB: 0x3000000000000 >> 2 = 0xc00000000000 */
        {"vpn4", "hardware_ad", RWX, UINT64_C(0x3000000000000), UINT64_C(0xc0000000001f)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(iommu(), &golden[i]);
    }
}

Test(riscv_iommu, no_access_is_invalid_and_keeps_the_address)
{
    golden_check_held(iommu(), "vpn0", "", UINT64_C(0x80011000), 1);
    golden_check_held(iommu(), "vpn0", "", 0, 1);
    golden_check_held(iommu(), "vpn1", "svpbmt", UINT64_C(0xffffffffe00000), 1);
    golden_check_held(iommu(), "vpn4", "hardware_ad", UINT64_C(0x1000000000000), 1);
}

Test(riscv_iommu, entries_that_the_manual_reserves_are_told)
{
    static const struct golden_rule illegal[] = {
        {"vpn0", "", 56, UINT64_C(0x200040cf), "U clear: a device is a user [18.5.1]"},
        {"vpn0", "", 56, UINT64_C(0x200040d5), "W without R is reserved [10.3.1]"},
        {"vpn0", "", 56, UINT64_C(0x00400000200040df), "bit 54 is reserved"},
        {"vpn0", "", 56, UINT64_C(0x20000000200040df), "PBMT is reserved without Svpbmt"},
        {"vpn0", "svpbmt", 56, UINT64_C(0x60000000200040df), "PBMT 3 is reserved"},
        {"vpn0", "", 56, UINT64_C(0x80000000200040df), "N"},
        {"vpn1", "", 56, UINT64_C(0x201004df), "a 2 MiB leaf with PPN[0] not 0"},
        {"vpn2", "", 56, UINT64_C(0x500800df), "a 1 GiB leaf with PPN[1] not 0"},
        {"vpn3", "", 56, UINT64_C(0x200000df), "a 512 GiB leaf with PPN[2] not 0"},
        {"vpn4", "", 56, UINT64_C(0x20000000df), "a 256 TiB leaf with PPN[3] not 0"},
        {"vpn1", "", 56, UINT64_C(0x20001441), "a pointer with A set"},
        {"vpn0", "", 56, UINT64_C(0x20001401), "a pointer at the last level"},
        {"vpn0", "", 50, UINT64_C(0x10000000000df), "address bit 50 with a physical width of 50"},
    };
    static const struct golden_rule legal[] = {
        {"vpn0", "", 56, UINT64_C(0x200040df), "RWX"},
        {"vpn0", "", 56, UINT64_C(0x200043df), "RSW is the software's"},
        {"vpn0", "", 50, UINT64_C(0x8000000000df), "address bit 49 with a physical width of 50"},
        {"vpn0", "svpbmt", 56, UINT64_C(0x20000000200040df), "PBMT NC"},
        {"vpn1", "", 56, UINT64_C(0x20001401), "a pointer"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(iommu(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(iommu(), &legal[i], true);
    }
}

Test(riscv_iommu, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", W, "W without R is reserved"},
        {"svpbmt hardware_ad", W | X, "the same"},
        {"", R | KX, "entries do not tell privilege levels apart"},
        {"", R | UX, "the same"},
        {"", RW | AXAS_MEM_DEVICE, "memory types need Svpbmt"},
        {"", RW | AXAS_MEM_UNCACHED, "the same"},
        {"svpbmt", RW | AXAS_MEM_WRITE_THROUGH, "Svpbmt has PMA, NC and IO"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(iommu(), &golden[i]);
    }
}

Test(riscv_iommu, device_contexts_match_the_manual)
{
    /* 3.1.3.1: tc has V in bit 0, GADE in bit 7. 3.1.3.2: iohgatp has MODE 63:60 (8, 9, 10), GSCID 59:44, PPN
     * 43:0 of a root aligned to 16 KiB. */
    static const struct {
        const char *mode, *features;
        uint8_t gpa_bits;
        uint32_t gscid;
        uint64_t root;
        enum axas_status status;
        uint64_t tc, iohgatp;
    } golden[] = {
        /* 0x80004000 >> 12 = 0x80004 */
        {"sv39x4", "", 41, 0, UINT64_C(0x80004000), AXAS_OK, 1, UINT64_C(0x8000000000080004)},
        /* GSCID 1 << 44 */
        {"sv39x4", "hardware_ad", 41, 1, UINT64_C(0x80004000), AXAS_OK, 0x81, UINT64_C(0x8000100000080004)},
        /* GSCID 0xffff << 44 = 0x0ffff00000000000 */
        {"sv48x4", "", 50, 0xffff, UINT64_C(0x80008000), AXAS_OK, 1, UINT64_C(0x9ffff00000080008)},
        /* highest root: 0xffffffffffc000 >> 12 = 0xffffffffffc; GSCID 0x2a << 44 = 0x0002a00000000000 */
        {"sv57x4", "", 59, 0x2a, UINT64_C(0xffffffffffc000), AXAS_OK, 1, UINT64_C(0xa002affffffffffc)},
        {"sv39x4", "", 41, 0x10000, UINT64_C(0x80004000), AXAS_ERR_RANGE, 0, 0}, /* GSCIDs have 16 bits */
        {"sv39x4", "", 41, 1, UINT64_C(0x80001000), AXAS_ERR_RANGE, 0, 0},       /* aligned to 16 KiB */
        {"sv39x4", "", 41, 1, UINT64_C(0x80002000), AXAS_ERR_RANGE, 0, 0},       /* the same */
        {"sv39x4", "", 41, 1, UINT64_C(0x100000000000000), AXAS_ERR_RANGE, 0, 0},
    };
    const struct axas_format *format = iommu();
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        uint64_t values[AXAS_MAX_ROOT_REGISTERS];
        const struct axas_root_request request = {
            .mode = golden_mode(format, golden[i].mode),
            .root = {golden[i].root},
            .vmid = golden[i].gscid,
            .gpa_bits = golden[i].gpa_bits,
            .physical_bits = 56,
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

Test(riscv_iommu, fault_records_are_decoded)
{
    /*
     * 4.2: CAUSE is bits 11:0 (20 fetch, 21 read, 23 write), PID 31:12, PV 32, PRIV 33, TTYP 39:34 (1, 2, 3:
     * untranslated fetch, read, write; 8: ATS translation; 9: a message, of which iotval is the code), DID
     * 63:40. iotval2 is the guest-physical address but for bit 0 (an implicit access) and bit 1 (which was a
     * write).
     */
    static const struct {
        const char *what;
        uint64_t registers[3];
        uint64_t gpa;
        axas_attr access;
        bool guest_walk, gva_known;
    } golden[] = {
        /* TTYP 2 << 34 = 0x800000000, DID 8 << 40 = 0x80000000000 */
        {"a read", {UINT64_C(0x80800000015), UINT64_C(0x3fffff1235), 0x80001234}, 0x80001235, R, false, true},
        /* 3 << 34 = 0xc00000000 */
        {"a write", {UINT64_C(0x80c00000017), 0x1237, 0x80001234}, 0x80001237, W, false, true},
        {"a fetch", {UINT64_C(0x400000014), 0x80000002, 0x80000000}, 0x80000002, X, false, true},
        {"the walk of a read", {UINT64_C(0x800000015), 0x4003, 0x90000ff9}, 0x90000ff8, R, true, true},
        {"the walk of a write reads", {UINT64_C(0xc00000017), 0x4003, 0x90000ffd}, 0x90000ffc, R, true, true},
        {"the walk of a fetch reads", {UINT64_C(0x400000014), 0x4002, 0x90000ff9}, 0x90000ff8, R, true, true},
        {"the walk of a write sets D",
         {UINT64_C(0xc00000017), 0x4003, 0x90000ffb},
         0x90000ff8,
         W,
         true,
         true},
        {"the walk of a read sets A", {UINT64_C(0x800000015), 0x4001, 0x90000ffb}, 0x90000ff8, W, true, true},
        {"bit 1 alone says nothing", {UINT64_C(0x800000015), 0x1234, 0x80001236}, 0x80001234, R, false, true},
        {"without the offset", {UINT64_C(0x800000015), 0x4000, 0x80005000}, 0x80005000, R, false, true},
        /* 8 << 34 = 0x2000000000 */
        {"ATS", {UINT64_C(0x2000000015), 0x4003, 0x80005000}, 0x80005003, R, false, true},
        /* 9 << 34 = 0x2400000000 */
        {"a message", {UINT64_C(0x2400000015), 0x13, 0x80001234}, 0x80001234, R, false, false},
        /* 34 << 34 = 0x8800000000 */
        {"a custom one", {UINT64_C(0x8800000015), 0x3, 0x80001234}, 0x80001234, R, false, false},
        {"no transaction", {0x15, 0x3, 0x80001234}, 0x80001234, R, false, false},
        {"of a process, as its supervisor", {UINT64_C(0xffffff017), 0x1000, 0x1000}, 0x1000, W, false, true},
        {"address 0", {UINT64_C(0x800000015), 0, 0}, 0, R, false, true},
        /* 59 bits */
        {"the highest address",
         {UINT64_C(0xc00000017), 0xfff, UINT64_C(0x7fffffffffffffc)},
         UINT64_C(0x7ffffffffffffff),
         W,
         false,
         true},
        {"the highest bit of an IOVA",
         {UINT64_C(0xffffff0c00000017), UINT64_C(0x8000000000000001), 4},
         5,
         W,
         false,
         true},
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

Test(riscv_iommu, other_records_are_no_second_stage_faults)
{
    static const struct {
        const char *what;
        uint64_t registers[3];
    } other[] = {
        {"5, read access fault", {UINT64_C(0x800000005), 0x1000, 0x1000}},
        {"13, read page fault of the first stage", {UINT64_C(0x80000000d), 0x1000, 0}},
        {"15, write page fault of the first stage", {UINT64_C(0xc0000000f), 0x1000, 0}},
        {"22, which nothing has", {UINT64_C(0x800000016), 0x1000, 0x1000}},
        {"258, device context not valid", {UINT64_C(0x800000102), 0x1000, 0}},
        {"277, which nothing has", {UINT64_C(0x800000115), 0x1000, 0x1000}},
        {"2069, custom", {UINT64_C(0x800000815), 0x1000, 0x1000}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(iommu(), fault_names, 3, other[i].registers, other[i].what);
    }
}

Test(riscv_iommu, every_bit_of_an_entry_is_accounted_for)
{
    /* [10.5.1] and [10.3.1]. Refused beside what is reserved: G (5), which has no meaning here. U (4) is
     * always set. A pointer: RSW 9:8 is software's. A leaf: PBMT and X W R are codes, A and D free; without V
     * it would be invalid. V clear: 63:1 are software's, of which bit 1 tells this library's own. */
    static const struct golden_bits golden[] = {
        {"vpn4", "", AXAS_ENTRY_TABLE, UINT64_C(0x20001401), UINT64_C(0x003fffffffffff00), 0,
         UINT64_C(0x003fffffffffff0f)},
        {"vpn3", "", AXAS_ENTRY_TABLE, UINT64_C(0x20001401), UINT64_C(0x003fffffffffff00), 0,
         UINT64_C(0x003fffffffffff0f)},
        {"vpn2", "", AXAS_ENTRY_TABLE, UINT64_C(0x20001401), UINT64_C(0x003fffffffffff00), 0,
         UINT64_C(0x003fffffffffff0f)},
        {"vpn1", "", AXAS_ENTRY_TABLE, UINT64_C(0x20001401), UINT64_C(0x003fffffffffff00), 0,
         UINT64_C(0x003fffffffffff0f)},
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
        golden_check_bits(iommu(), &golden[i]);
    }
}

Test(riscv_iommu, changes_ask_for_what_the_manual_says)
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
        {AXAS_CHANGE_CONTIGUOUS_OFF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_LEAF, false},
    };
    golden_check_changes(iommu(), "", golden);
    golden_check_changes(iommu(), "sv39x4 sv48x4 sv57x4 svpbmt hardware_ad", golden);
}

Test(riscv_iommu, identification_registers_say_what_an_iommu_has)
{
    /* capabilities (6.3): 15 Svpbmt, 17 to 19 Sv39x4, Sv48x4 and Sv57x4, 24 AMO_HWAD, 37:32 PAS. fctl (6.4):
     * 0 BE, 2 GXL. */
    static const char *const names[] = {"capabilities", "fctl"};
    static const struct golden_cpu iommus[] = {
        {.what = "version 1.0, Sv39x4 and Sv48x4, 46 bits (0x2e)",
         .registers = {UINT64_C(0x2e00060e10), 0},
         .features = "sv39x4 sv48x4",
         .switched = "",
         .modes = "sv39x4 sv48x4 sv57x4",
         .physical_bits = 46},
        {.what = "everything, 56 bits (0x38)",
         .registers = {UINT64_C(0x1f8010e8e10), 2},
         .features = "sv39x4 sv48x4 sv57x4 svpbmt hardware_ad",
         .switched = "",
         .modes = "sv39x4 sv48x4 sv57x4",
         .physical_bits = 56},
        {.what = "GXL is set",
         .registers = {UINT64_C(0x2e00020e10), 4},
         .missing = "fctl.GXL is 1",
         .features = "sv39x4",
         .switched = "",
         .modes = "sv39x4 sv48x4 sv57x4",
         .physical_bits = 46},
        {.what = "big-endian",
         .registers = {UINT64_C(0x2e00020e10), 1},
         .missing = "fctl.BE is 1",
         .features = "sv39x4",
         .switched = "",
         .modes = "sv39x4 sv48x4 sv57x4",
         .physical_bits = 46},
        {.what = "all fields 0",
         .registers = {0, 0},
         .features = "",
         .switched = "",
         .modes = "sv39x4 sv48x4 sv57x4",
         .every_bit = true,
         .matters = {UINT64_C(0x3f010e8000), 5}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(iommus); i++) {
        golden_check_cpu(golden_format("riscv_iommu_second_stage"), names, 2, NULL, NULL, &iommus[i]);
    }
}
