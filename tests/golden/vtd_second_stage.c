/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the second stage of Intel VT-d, worked out by hand from the Virtualization Technology for
 * Directed I/O Architecture Specification, revision 5.10 (D51397-018): 3.7 (translation), 3.10
 * (snooping), 6.1 and 6.5 (caching and invalidation), 7.1.3 (fault reasons, table 30), 9.3 (context
 * entry), 9.6 (scalable-mode PASID-table entry), 9.8 (paging entries, tables 41 to 47), 11.4.7.6 (fault
 * recording registers).
 *
 * A leaf: R bit 0, W bit 1, bit 7 set in 2 MiB and 1 GiB leaves, accessed bit 8, dirty bit 9, snoop bit 11
 * (reserved without ECAP.SC), address from bit 12; bits 62 and 61 mean something only where RTADDR_REG.SSIRWE
 * is set. Policy of this project: it is not; where there is snoop control, normal memory asks for it; A and D
 * start clear; table entries allow reading and writing.
 */
#include "golden.h"

#define PRESENT UINT64_C(0x3) /* R, W */

static const struct axas_format *vtd(void)
{
    return golden_format("vtd_second_stage");
}

Test(vtd, levels_and_modes_are_those_of_the_three_widths)
{
    /* 3.7: 9 bits for each level above the 12 of the page. AGAW 39 walks 3 levels, 48 four, 57 five. */
    const struct axas_format *format = vtd();
    cr_assert_eq(format->level_count, 5);
    cr_expect_eq(format->levels[golden_level(format, "pml5")].shift, 48);
    cr_expect_eq(format->levels[golden_level(format, "pml4")].shift, 39);
    cr_expect_eq(format->levels[golden_level(format, "pdp")].shift, 30);
    cr_expect_eq(format->levels[golden_level(format, "pd")].shift, 21);
    cr_expect_eq(format->levels[golden_level(format, "pt")].shift, 12);
    for (unsigned level = 0; level < 5; level++) {
        cr_expect_eq(format->levels[level].index_bits, 9);
        cr_expect_eq(format->levels[level].empty, 0);
    }
    static const struct {
        const char *mode, *root, *feature;
        unsigned levels, bits;
    } golden[] = {
        {"3level", "pdp", "agaw_39", 3, 39},
        {"4level", "pml4", "agaw_48", 4, 48},
        {"5level", "pml5", "agaw_57", 5, 57},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        const struct axas_mode *mode = golden_mode(format, golden[i].mode);
        cr_expect_eq(mode->root_level, golden_level(format, golden[i].root));
        cr_expect_eq(mode->level_count, golden[i].levels);
        cr_expect_eq(mode->gpa_bits_min, golden[i].bits);
        cr_expect_eq(mode->gpa_bits_max, golden[i].bits);
        cr_expect_eq(mode->with, golden_features(format, golden[i].feature));
        cr_expect_eq(mode->is_default, strcmp(mode->name, "4level") == 0, "%s", mode->name);
    }
    cr_expect_eq(format->mode_count, 3);
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian);
    cr_expect_str_eq(format->arch, "x86_64");
}

Test(vtd, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* address at 51:12, R 0x1 + W 0x2; accessed 0x100, which the IOMMU would set */
        {"pml5", UINT64_C(0x12345000), UINT64_C(0x12345103)},
        {"pml4", UINT64_C(0x1000), UINT64_C(0x1103)},
        /* bit 7 clear marks a table */
        {"pdp", UINT64_C(0x7ffffff000), UINT64_C(0x7ffffff103)},
        /* the highest bit that an entry has */
        {"pd", UINT64_C(0x8000000001000), UINT64_C(0x8000000001103)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(vtd(), &golden[i]);
    }
}

Test(vtd, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* R 0x1 + W 0x2 */
        {"pt", "", RW, UINT64_C(0x1234567000), UINT64_C(0x1234567003)},
        {"pt", "", R, UINT64_C(0x40201000), UINT64_C(0x40201001)},
        /* 3.7.1: writing without reading is a right of its own */
        {"pt", "", W, UINT64_C(0x40202000), UINT64_C(0x40202002)},
        /* with snoop control, SNP 0x800 */
        {"pt", "snoop_control", RW, UINT64_C(0x40203000), UINT64_C(0x40203803)},
        {"pt", "snoop_control", R, UINT64_C(0x40204000), UINT64_C(0x40204801)},
        {"pt", "snoop_control", W, UINT64_C(0x40205000), UINT64_C(0x40205802)},
        /* and without it where the memory is not cached */
        {"pt", "snoop_control", RW | AXAS_MEM_UNCACHED, UINT64_C(0x40206000), UINT64_C(0x40206003)},
        /* highest address of 52 bits */
        {"pt", "", RW, UINT64_C(0xffffffffff000), UINT64_C(0xffffffffff003)},
        /* 3.7.2: both flags start clear */
        {"pt", "accessed_dirty", RW, UINT64_C(0x40207000), UINT64_C(0x40207003)},
        /* 2 MiB: bit 7 0x80 */
        {"pd", "leaf_2mib", RW, UINT64_C(0x40200000), UINT64_C(0x40200083)},
        {"pd", "leaf_2mib", W, UINT64_C(0x200000), UINT64_C(0x200082)},
        {"pd", "leaf_2mib snoop_control", RW, UINT64_C(0x40200000), UINT64_C(0x40200883)},
        /* 1 GiB */
        {"pdp", "leaf_1gib", R, UINT64_C(0x40000000), UINT64_C(0x40000081)},
        {"pdp", "leaf_1gib snoop_control", RW, UINT64_C(0xffffc0000000), UINT64_C(0xffffc0000883)},
        {"pdp", "leaf_1gib snoop_control", RW | AXAS_MEM_UNCACHED, UINT64_C(0x8000000000),
         UINT64_C(0x8000000083)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(vtd(), &golden[i]);
    }
}

Test(vtd, accessed_is_bit_8_and_dirty_bit_9)
{
    const struct axas_format *format = vtd();
    static const char *const levels[] = {"pdp", "pd", "pt"};
    static const uint64_t leaf[] = {UINT64_C(0x40000083), UINT64_C(0x40200083), UINT64_C(0x40201003)};
    uint64_t features = golden_features(format, "accessed_dirty leaf_1gib leaf_2mib");
    for (unsigned i = 0; i < 3; i++) {
        unsigned level = golden_level(format, levels[i]);
        cr_expect_eq(format->levels[level].accessed_mask, 0x100);
        cr_expect_eq(format->levels[level].dirty_mask, 0x200);
        for (unsigned bits = 0; bits < 4; bits++) {
            struct axas_leaf read;
            uint64_t entry = leaf[i] | (uint64_t)bits << 8;
            cr_assert_eq(format->leaf_read(level, entry, features, &read), AXAS_OK);
            cr_expect_eq(read.accessed, (bits & 1) != 0, "%s 0x%" PRIx64, levels[i], entry);
            cr_expect_eq(read.dirty, (bits & 2) != 0, "%s 0x%" PRIx64, levels[i], entry);
            cr_expect_eq(read.attr, RW);
        }
    }
    golden_check_hardware_updates(format, "accessed_dirty", "accessed_dirty", false);
}

Test(vtd, no_access_is_not_present_and_keeps_the_address)
{
    golden_check_held(vtd(), "pt", "", UINT64_C(0x1234567000), PRESENT);
    golden_check_held(vtd(), "pt", "snoop_control", UINT64_C(0), PRESENT);
    golden_check_held(vtd(), "pd", "leaf_2mib", UINT64_C(0x40200000), PRESENT);
    golden_check_held(vtd(), "pdp", "leaf_1gib", UINT64_C(0xffffc0000000), PRESENT);
}

Test(vtd, reserved_bits_are_told)
{
    static const struct golden_rule illegal[] = {
        {"pt", "", 46, UINT64_C(0x40201803), "SNP is reserved without snoop control"},
        {"pd", "leaf_2mib", 46, UINT64_C(0x40200883), "SNP of a 2 MiB leaf"},
        {"pdp", "leaf_1gib", 46, UINT64_C(0x40000883), "SNP of a 1 GiB leaf"},
        {"pd", "leaf_2mib", 46, UINT64_C(0x40201083), "bit 12 of a 2 MiB leaf is reserved"},
        {"pd", "leaf_2mib", 46, UINT64_C(0x40300083), "bit 20 of a 2 MiB leaf is reserved"},
        {"pdp", "leaf_1gib", 46, UINT64_C(0x40001083), "bit 12 of a 1 GiB leaf is reserved"},
        {"pdp", "leaf_1gib", 46, UINT64_C(0x60000083), "bit 29 of a 1 GiB leaf is reserved"},
        {"pd", "leaf_1gib", 46, UINT64_C(0x40200083), "a 2 MiB leaf that CAP.SSLPS does not have"},
        {"pdp", "leaf_2mib", 46, UINT64_C(0x40000083), "a 1 GiB leaf that CAP.SSLPS does not have"},
        {"pml5", "", 46, UINT64_C(0x12345083), "bit 7 of an SS-PML5E is reserved"},
        {"pml4", "", 46, UINT64_C(0x12345083), "bit 7 of an SS-PML4E is reserved"},
        {"pml4", "", 46, UINT64_C(0x12345803), "bit 11 of a table entry is reserved"},
        {"pd", "snoop_control", 46, UINT64_C(0x12345803), "with snoop control too"},
        {"pml4", "", 46, UINT64_C(0x4000000012345003), "bit 62 of a table entry is reserved"},
        {"pt", "", 46, UINT64_C(0x4000000040201003), "bit 62 is reserved without SSIRWE"},
        {"pt", "", 39, UINT64_C(0x8000000003), "address bit 39 with a host address width of 39"},
        {"pml5", "", 39, UINT64_C(0x8000000003), "and of a table"},
        {"pt", "", 46, UINT64_C(0x8000000000003), "address bit 51 with a host address width of 46"},
    };
    static const struct golden_rule legal[] = {
        {"pt", "", 46, UINT64_C(0x40201003), "RW"},
        {"pt", "", 46, UINT64_C(0xbff00000402017ff), "63, 61:52, 10 and 7:2 are ignored"},
        {"pt", "snoop_control", 46, UINT64_C(0x40201803), "SNP"},
        {"pml5", "", 46, UINT64_C(0xbff000001234577f), "63, 61:52, 10:8 and 6:2 are ignored"},
        {"pdp", "leaf_1gib", 46, UINT64_C(0x40000083), "1 GiB"},
        {"pt", "", 39, UINT64_C(0x7ffffff003), "address bit 38 with a host address width of 39"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(vtd(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(vtd(), &legal[i], true);
    }
}

Test(vtd, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", RX, "a device's requests fetch nothing"},
        {"", RWX, "the same"},
        {"", X, "the same"},
        {"", R | KX, "the same"},
        {"", R | UX, "the same"},
        {"", RW | AXAS_MEM_UNCACHED, "without snoop control one kind of memory alone"},
        {"", RW | AXAS_MEM_DEVICE, "the same"},
        {"snoop_control", RW | AXAS_MEM_DEVICE, "entries say no more than whether to snoop"},
        {"snoop_control", RW | AXAS_MEM_WRITE_COMBINING, "the same"},
        {"snoop_control", RW | AXAS_MEM_WRITE_THROUGH, "the same"},
        {"snoop_control", RW | AXAS_MEM_WRITE_PROTECTED, "the same"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(vtd(), &golden[i]);
    }
}

Test(vtd, context_and_pasid_entries_hold_root_width_and_domain)
{
    static const struct {
        const char *mode, *features;
        unsigned gpa_bits;
        uint32_t domain;
        uint64_t context_low, context_high, pasid_low, pasid_high;
    } golden[] = {
        /* 9.3: P 0x1, TT 0 << 2, address; AW 010 for 48 bits, DID 5 << 8 = 0x500.
         * 9.6: P 0x1, AW 2 << 2 = 0x8, PGTT 010 << 6 = 0x80, address; DID 5. */
        {"4level", "", 48, 5, 0x123456001, 0x502, 0x123456089, 0x5},
        /* AW 001 */
        {"3level", "", 39, 5, 0x123456001, 0x501, 0x123456085, 0x5},
        /* AW 011 */
        {"5level", "", 57, 5, 0x123456001, 0x503, 0x12345608d, 0x5},
        /* the widest identifier */
        {"4level", "", 48, 0xffff, 0x123456001, 0xffff02, 0x123456089, 0xffff},
        /* SSADE 1 << 9 = 0x200 */
        {"4level", "accessed_dirty", 48, 1, 0x123456001, 0x102, 0x123456289, 0x1},
        /* PWSNP: bit 87 of the entry, 23 of its second half */
        {"4level", "page_walk_snoop", 48, 1, 0x123456001, 0x102, 0x123456089, 0x800001},
        /* what else the IOMMU has is none of theirs */
        {"4level", "agaw_39 agaw_48 agaw_57 leaf_2mib leaf_1gib caching_mode snoop_control", 48, 1,
         0x123456001, 0x102, 0x123456089, 0x1},
    };
    const struct axas_format *format = vtd();
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    struct axas_root_request request = {.root = {UINT64_C(0x123456000)}, .physical_bits = 46};
    cr_expect_eq(format->root_register_count, 4);
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        request.mode = golden_mode(format, golden[i].mode);
        request.features = golden_features(format, golden[i].features);
        request.gpa_bits = (uint8_t)golden[i].gpa_bits;
        request.vmid = golden[i].domain;
        cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
        cr_expect_eq(golden_root_value(format, values, "context_low"), golden[i].context_low, "row %zu", i);
        cr_expect_eq(golden_root_value(format, values, "context_high"), golden[i].context_high, "row %zu", i);
        cr_expect_eq(golden_root_value(format, values, "pasid_low"), golden[i].pasid_low, "row %zu", i);
        cr_expect_eq(golden_root_value(format, values, "pasid_high"), golden[i].pasid_high, "row %zu", i);
    }
    /* the highest address that the entries hold */
    request.root = axas_hpa_of(UINT64_C(0xffffffffff000));
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "context_low"), UINT64_C(0xffffffffff001));
    cr_expect_eq(golden_root_value(format, values, "pasid_low"), UINT64_C(0xffffffffff089));
}

Test(vtd, what_no_context_entry_can_hold_is_refused)
{
    const struct axas_format *format = vtd();
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    struct axas_root_request request = {
        .mode = golden_mode(format, "4level"),
        .root = {UINT64_C(0x123456000)},
        .gpa_bits = 48,
        .physical_bits = 46,
    };
    static const struct {
        uint64_t root;
        uint32_t domain;
    } broken[] = {
        {0x123456000, 0},       /* reserved with caching mode (9.3, 9.6) */
        {0x123456000, 0x10000}, /* wider than 16 bits */
        {0x123456800, 1},       /* not aligned to 4 KiB */
        {0x10000000000000, 1},  /* wider than 52 bits */
    };
    for (size_t i = 0; i < GOLDEN_COUNT(broken); i++) {
        memset(values, 0x5a, sizeof values);
        request.root = axas_hpa_of(broken[i].root);
        request.vmid = broken[i].domain;
        cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE, "row %zu", i);
        cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "untouched on failure");
    }
}

static const char *const fault_names[] = {"frcd_low", "frcd_high"};

#define FAULT(frcd_low, frcd_high, gpa, access, cause)                                                    \
    {                                                                                                     \
#frcd_high, {frcd_low, frcd_high }, true, gpa, access, false, cause, AXAS_LEVEL_UNKNOWN, false, 0 \
    }

Test(vtd, fault_records_are_decoded)
{
    /* 11.4.7.6: F bit 127, T1 bit 126 (set for reads), T2 bit 92, EXE bit 94, FR bits 103:96, source 79:64;
     * the page of the address in bits 63:12. */
    static const struct golden_fault golden[] = {
        /* 5: a write where W is clear; 6: a read where R is clear. Neither says whether anything is there. */
        FAULT(0x12345000, 0x8000000500000010, 0x12345000, W, AXAS_CAUSE_UNKNOWN),
        FAULT(0x12345000, 0xc000000600000010, 0x12345000, R, AXAS_CAUSE_UNKNOWN),
        /* 11:0 of the first half are reserved */
        FAULT(0x12345fff, 0xc00000060000ffff, 0x12345000, R, AXAS_CAUSE_UNKNOWN),
        /* 4: the address is beyond AGAW */
        FAULT(0xfffffffffffff000, 0x8000000400000010, 0xfffffffffffff000, W, AXAS_CAUSE_ADDRESS_SIZE),
        /* 7: the walk cannot read the next table; 0xc: a reserved bit is set */
        FAULT(0x1000, 0xc000000700000010, 0x1000, R, AXAS_CAUSE_MISCONFIGURED),
        FAULT(0x1000, 0x8000000c00000010, 0x1000, W, AXAS_CAUSE_MISCONFIGURED),
        /* in scalable mode 0x79: R and W are clear; 0x85: a write without W, 0x86: a read without R; 0x84:
         * beyond AGAW or MGAW; 0x78, 0x7a to 0x7d: broken */
        FAULT(0x1000, 0xc000007900000010, 0x1000, R, AXAS_CAUSE_TRANSLATION),
        FAULT(0x1000, 0x8000007900000010, 0x1000, W, AXAS_CAUSE_TRANSLATION),
        FAULT(0x1000, 0x8000008500000010, 0x1000, W, AXAS_CAUSE_UNKNOWN),
        FAULT(0x1000, 0xc000008600000010, 0x1000, R, AXAS_CAUSE_UNKNOWN),
        FAULT(0x1000, 0xc000008400000010, 0x1000, R, AXAS_CAUSE_ADDRESS_SIZE),
        FAULT(0x1000, 0xc000007800000010, 0x1000, R, AXAS_CAUSE_MISCONFIGURED),
        FAULT(0x1000, 0xc000007a00000010, 0x1000, R, AXAS_CAUSE_MISCONFIGURED),
        FAULT(0x1000, 0xc000007b00000010, 0x1000, R, AXAS_CAUSE_MISCONFIGURED),
        FAULT(0x1000, 0xc000007c00000010, 0x1000, R, AXAS_CAUSE_MISCONFIGURED),
        FAULT(0x1000, 0xc000007d00000010, 0x1000, R, AXAS_CAUSE_MISCONFIGURED),
        /* T1 and T2: an atomic operation */
        FAULT(0x1000, 0xc000000610000010, 0x1000, W, AXAS_CAUSE_UNKNOWN),
        /* EXE: a fetch, of a request with PASID 0xfffff (bits 123:104); PP bit 95, PRIV bit 93, AT 125:124 */
        FAULT(0x1000, 0xffffff79e0000010, 0x1000, X, AXAS_CAUSE_TRANSLATION),
        /* a fetch without the two bits beside EXE, and a read with them */
        FAULT(0x1000, 0xc000007940000010, 0x1000, X, AXAS_CAUSE_TRANSLATION),
        FAULT(0x1000, 0xc0000079a0000010, 0x1000, R, AXAS_CAUSE_TRANSLATION),
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(vtd(), fault_names, 2, &golden[i]);
    }
}

Test(vtd, other_records_are_no_second_stage_faults)
{
    /* F clear; then root and context entries (1, 2, 3, 8 to 0xb), blocked requests (0xd), interrupt remapping
     * (0x20 to 0x26), PASID tables (0x58, 0x59), the first stage (0x70 to 0x77, 0x80), addresses beyond the
     * host's (0x83), the interrupts' addresses (0xe, 0x87), and reasons that mean nothing. */
    static const uint64_t other[][2] = {
        {0x1000, 0x4000000600000010}, {0x1000, 0xc000000000000010}, {0x1000, 0xc000000100000010},
        {0x1000, 0xc000000200000010}, {0x1000, 0xc000000300000010}, {0x1000, 0xc000000800000010},
        {0x1000, 0xc000000900000010}, {0x1000, 0xc000000a00000010}, {0x1000, 0xc000000b00000010},
        {0x1000, 0xc000000d00000010}, {0x1000, 0xc000000e00000010}, {0x1000, 0xc000002200000010},
        {0x1000, 0xc000002600000010}, {0x1000, 0xc000005800000010}, {0x1000, 0xc000005900000010},
        {0x1000, 0xc000007100000010}, {0x1000, 0xc000007700000010}, {0x1000, 0xc000007e00000010},
        {0x1000, 0xc000008000000010}, {0x1000, 0xc000008300000010}, {0x1000, 0xc000008700000010},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(vtd(), fault_names, 2, other[i], "another reason");
    }
}

Test(vtd, every_bit_of_an_entry_is_accounted_for)
{
    static const struct golden_bits golden[] = {
        /* table: 63, 61:52, 10:9 and 6:2 are ignored, 8 accessed; 62 and 11 reserved */
        {"pml5", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345103), UINT64_C(0xbffffffffffff77c), UINT64_C(0),
         UINT64_C(0x000ffffffffff183)},
        {"pml4", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345103), UINT64_C(0xbffffffffffff77c), UINT64_C(0),
         UINT64_C(0x000ffffffffff183)},
        {"pdp", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345103), UINT64_C(0xbffffffffffff77c), UINT64_C(0),
         UINT64_C(0x000ffffffffff183)},
        {"pd", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345103), UINT64_C(0xbffffffffffff77c), UINT64_C(0),
         UINT64_C(0x000ffffffffff183)},
        /* large leaf: 63, 61:52, 10 and 6:2 are ignored, 9 dirty, 8 accessed; without bit 7 a table */
        {"pdp", "leaf_1gib", AXAS_ENTRY_LEAF, UINT64_C(0x40000083), UINT64_C(0xbfffffffc000077c),
         UINT64_C(0x83), UINT64_C(0x3fffffffc0000b83)},
        {"pd", "leaf_2mib", AXAS_ENTRY_LEAF, UINT64_C(0x40200083), UINT64_C(0xbfffffffffe0077c),
         UINT64_C(0x83), UINT64_C(0x3fffffffffe00b83)},
        /* page: bit 7 is ignored too; with snoop control bit 11 tells two types of memory */
        {"pt", "", AXAS_ENTRY_LEAF, UINT64_C(0x40201003), UINT64_C(0xbffffffffffff7fc), UINT64_C(0x3),
         UINT64_C(0x3ffffffffffffb03)},
        {"pt", "snoop_control", AXAS_ENTRY_LEAF, UINT64_C(0x40201803), UINT64_C(0xbffffffffffff7fc),
         UINT64_C(0x803), UINT64_C(0x3ffffffffffffb03)},
        /* not present: all else is ignored; bit 63 is how this library tells its own */
        {"pdp", "leaf_1gib", AXAS_ENTRY_HELD, UINT64_C(0x8000000040000000), UINT64_C(0x7fffffffc00007fc),
         UINT64_C(0), UINT64_C(0xbfffffffc0000b03)},
        {"pd", "leaf_2mib", AXAS_ENTRY_HELD, UINT64_C(0x8000000040200000), UINT64_C(0x7fffffffffe007fc),
         UINT64_C(0), UINT64_C(0xbfffffffffe00b03)},
        {"pt", "", AXAS_ENTRY_HELD, UINT64_C(0x8000000040201000), UINT64_C(0x7ffffffffffff7fc), UINT64_C(0x3),
         UINT64_C(0xbffffffffffffb03)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(vtd(), &golden[i]);
    }
}

Test(vtd, software_has_the_bits_that_the_manual_leaves_to_it)
{
    const struct axas_format *format = vtd();
    static const char *const levels[] = {"pdp", "pd", "pt"};
    for (unsigned i = 0; i < GOLDEN_COUNT(levels); i++) {
        cr_expect_eq(format->levels[golden_level(format, levels[i])].software_mask,
                     UINT64_C(0x3ff0000000000000));
    }
}

Test(vtd, changes_ask_for_what_the_manual_says)
{
    /*
     * 6.1: without caching mode nothing is cached of entries that give a fault; with it anything may be, and
     * a new entry asks for an invalidation too. 6.5: after any other change an invalidation of the IOTLB,
     * which takes the paging-structure caches along unless it is told that leaves alone changed. The IOMMU is
     * no CPU of its own: every CPU that changes an entry has to see to it.
     */
    static const struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, false, AXAS_INVALIDATE_TABLES, false},
        [AXAS_CHANGE_REMOVE_LEAF] = {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_NONE, false},
    };
    struct golden_change cached[AXAS_CHANGES];
    memcpy(cached, golden, sizeof cached);
    cached[AXAS_CHANGE_MAKE].scope = AXAS_INVALIDATE_LEAF;
    cached[AXAS_CHANGE_FAULT].scope = AXAS_INVALIDATE_LEAF;
    golden_check_changes(vtd(), "agaw_48", golden);
    golden_check_changes(vtd(), "agaw_39 snoop_control accessed_dirty leaf_2mib leaf_1gib", golden);
    golden_check_changes(vtd(), "agaw_48 caching_mode", cached);
}

Test(vtd, identification_registers_say_what_an_iommu_has)
{
    /* CAP (11.4.2): 7 CM, 9 to 11 SAGAW of 39, 48 and 57 bits, 21:16 MGAW less 1, 34 and 35 SSLPS of 2 MiB
     * and 1 GiB. ECAP (11.4.3): 7 SC, 43 SMTS, 45 SSADS, 48 SMPWCS. The DMAR table has the host's width less
     * 1 (8.1). */
    static const char *const names[] = {"cap", "ecap", "dmar_address_width"};
    static const struct golden_cpu cpus[] = {
        {.what =
             "a desktop's IOMMU: CAP d2008c40660462, ECAP f050da; 39 bits, of guests as well (0x26 in 0x66)",
         .registers = {UINT64_C(0xd2008c40660462), UINT64_C(0xf050da), 38},
         .features = "agaw_48 leaf_2mib leaf_1gib snoop_control",
         .switched = "",
         .modes = "3level 4level 5level",
         .physical_bits = 39,
         .gpa_bits = 39},
        {.what = "that of its graphics: ECAP 19e2ff0505e has no SC",
         .registers = {UINT64_C(0x1c0000c40660462), UINT64_C(0x19e2ff0505e), 38},
         .features = "agaw_48 leaf_2mib leaf_1gib",
         .switched = "",
         .modes = "3level 4level 5level",
         .physical_bits = 39,
         .gpa_bits = 39},
        {.what = "a server's with scalable mode: ECAP 3ee9e86f050df; 52 bits",
         .registers = {UINT64_C(0x9ed008c40780466), UINT64_C(0x3ee9e86f050df), 51},
         .features = "agaw_48 leaf_2mib leaf_1gib snoop_control page_walk_snoop",
         .switched = "accessed_dirty",
         .modes = "3level 4level 5level",
         .physical_bits = 52,
         .gpa_bits = 57},
        {.what = "an emulated one: caching mode, 39 and 48 bits",
         .registers = {UINT64_C(0xd2008c222f0686), UINT64_C(0xf00f4a), 47},
         .features = "agaw_39 agaw_48 leaf_2mib leaf_1gib caching_mode",
         .switched = "",
         .modes = "3level 4level 5level",
         .physical_bits = 48,
         .gpa_bits = 48},
        {.what = "every width",
         .registers = {UINT64_C(0xe00), 0, 45},
         .features = "agaw_39 agaw_48 agaw_57",
         .switched = "",
         .modes = "3level 4level 5level",
         .physical_bits = 46,
         .gpa_bits = 1},
        {.what = "no scalable mode, whatever it would have",
         .registers = {0, UINT64_C(0x0001200000000000), 0},
         .features = "",
         .switched = "",
         .modes = "3level 4level 5level",
         .physical_bits = 1,
         .gpa_bits = 1},
        {.what = "scalable mode with SSADS and SMPWCS, and all else 0",
         .registers = {0, UINT64_C(0x0001280000000000), 0},
         .features = "page_walk_snoop",
         .switched = "accessed_dirty",
         .modes = "3level 4level 5level",
         .physical_bits = 1,
         .gpa_bits = 1,
         .every_bit = true,
         .matters = {UINT64_C(0xc003f0e80), UINT64_C(0x0001280000000080), 0xff}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(cpus); i++) {
        golden_check_cpu(golden_format("vtd_second_stage"), names, 3, NULL, NULL, &cpus[i]);
    }
}
