/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of AMD nested paging, worked out by hand from the AMD64 Architecture Programmer's Manual, volume 2
 * (24593, revision 3.42): 5.3 (long-mode translation, figures 5-17 to 5-34), 5.4 (page-translation-table
 * entry fields), 5.6 (protection), 15.25 (nested paging), appendix B (VMCB).
 *
 * A leaf: P bit 0, R/W 1, U/S 2, PWT 3, PCD 4, A 5, D 6, PS 7 in 2 MiB and 1 GiB leaves (PAT in a PTE), G 8,
 * software 11:9, address from bit 12 (bit 12 of a large leaf is PAT), software 62:52, NX 63. The nested walk
 * makes every access as a user's, so U/S has to be set (15.25.5). PAT, PCD and PWT choose among the entries
 * of the host's PAT (15.25.8): the first four here have their reset values WB, WT, UC-, UC (7.8.2), and with
 * pat_wc_wp the next two are WC and WP.
 * Policy of this project: table entries allow everything; A and D start clear, since every CPU sets them.
 */
#include "golden.h"

static const struct axas_format *npt(void)
{
    return golden_format("x86_64_npt");
}

Test(npt, levels_and_modes_are_those_of_4_and_5_level_long_mode)
{
    /* Figures 5-17 and 5-18: PML5 56:48, PML4 47:39, PDP 38:30, PD 29:21, PT 20:12. */
    const struct axas_format *format = npt();
    static const struct {
        const char *name;
        uint8_t shift;
    } levels[] = {{"pml5", 48}, {"pml4", 39}, {"pdp", 30}, {"pd", 21}, {"pt", 12}};
    cr_assert_eq(format->level_count, 5);
    for (unsigned i = 0; i < GOLDEN_COUNT(levels); i++) {
        const struct axas_level *level = &format->levels[golden_level(format, levels[i].name)];
        cr_expect_eq(level->shift, levels[i].shift);
        cr_expect_eq(level->index_bits, 9);
        cr_expect_eq(level->empty & 1, 0, "an empty entry is not present");
    }
    const struct axas_mode *mode = golden_mode(format, "4level");
    cr_expect_eq(mode->root_level, golden_level(format, "pml4"));
    cr_expect_eq(mode->gpa_bits_min, 48);
    cr_expect_eq(mode->gpa_bits_max, 48);
    cr_expect_eq(mode->with, 0);
    mode = golden_mode(format, "5level");
    cr_expect_eq(mode->root_level, golden_level(format, "pml5"));
    cr_expect_eq(mode->level_count, 5);
    cr_expect_eq(mode->gpa_bits_min, 57);
    cr_expect_eq(mode->gpa_bits_max, 57);
    cr_expect_eq(mode->with, golden_features(format, "la57"));
}

Test(npt, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* P 1 + R/W 2 + U/S 4 = 7, NX clear; accessed 0x20, which the CPU would set by a locked operation */
        {"pml5", UINT64_C(0x12345000), UINT64_C(0x12345027)},
        {"pml5", UINT64_C(0x1000), UINT64_C(0x1027)},
        {"pml5", UINT64_C(0x8000000000000), UINT64_C(0x8000000000027)},
        {"pml4", UINT64_C(0x12345000), UINT64_C(0x12345027)},
        {"pdp", UINT64_C(0x7ffffff000), UINT64_C(0x7ffffff027)},
        {"pd", UINT64_C(0x8000000001000), UINT64_C(0x8000000001027)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(npt(), &golden[i]);
    }
}

Test(npt, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* P 1 + R/W 2 + U/S 4, NX clear: read, write, execute */
        {"pt", "", RWX, UINT64_C(0x1234567000), UINT64_C(0x1234567007)},
        /* NX 0x8000000000000000 */
        {"pt", "", RW, UINT64_C(0x40201000), UINT64_C(0x8000000040201007)},
        /* P 1 + U/S 4, NX */
        {"pt", "", R, UINT64_C(0x40202000), UINT64_C(0x8000000040202005)},
        /* P 1 + U/S 4 */
        {"pt", "", RX, UINT64_C(0x40203000), UINT64_C(0x40203005)},
        /* highest address of 52 bits, NX */
        {"pt", "", RW, UINT64_C(0xffffffffff000), UINT64_C(0x800ffffffffff007)},
        /* UC is PAT3: PWT 8 + PCD 0x10; 7 + 0x18 = 0x1f, NX */
        {"pt", "", RW | AXAS_MEM_DEVICE, UINT64_C(0xfee00000), UINT64_C(0x80000000fee0001f)},
        /* UC- is PAT2: PCD 0x10; 7 + 0x10 = 0x17, NX */
        {"pt", "", RW | AXAS_MEM_UNCACHED, UINT64_C(0xe0000000), UINT64_C(0x80000000e0000017)},
        /* WT is PAT1: PWT 8; 5 + 8 = 0xd, NX */
        {"pt", "", R | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x50000000), UINT64_C(0x800000005000000d)},
        /* 2 MiB: PS 0x80; 7 + 0x80 = 0x87; address from bit 21 */
        {"pd", "", RWX, UINT64_C(0x40200000), UINT64_C(0x40200087)},
        /* read-only: 5 + 0x80, NX */
        {"pd", "", R, UINT64_C(0x40400000), UINT64_C(0x8000000040400085)},
        /* device: 0x1f + 0x80, NX */
        {"pd", "", RW | AXAS_MEM_DEVICE, UINT64_C(0xfe000000), UINT64_C(0x80000000fe00009f)},
        /* 1 GiB; address from bit 30 */
        {"pdp", "leaf_1gib", RWX, UINT64_C(0x40000000), UINT64_C(0x40000087)},
        {"pdp", "leaf_1gib", RX, UINT64_C(0x8000000000), UINT64_C(0x8000000085)},
        {"pdp", "leaf_1gib", RW, UINT64_C(0x80000000), UINT64_C(0x8000000080000087)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(npt(), &golden[i]);
    }
}

Test(npt, with_wc_and_wp_in_the_pat_leaves_choose_among_six_entries)
{
    static const struct golden_leaf golden[] = {
        /* WC is PA4: PAT 0x80 in a page; 7 + 0x80, NX */
        {"pt", "pat_wc_wp", RW | AXAS_MEM_WRITE_COMBINING, UINT64_C(0xe0000000),
         UINT64_C(0x80000000e0000087)},
        /* WP is PA5: PAT 0x80 + PWT 8; 5 + 0x88, NX */
        {"pt", "pat_wc_wp", R | AXAS_MEM_WRITE_PROTECTED, UINT64_C(0x50001000), UINT64_C(0x800000005000108d)},
        /* the first four are as before */
        {"pt", "pat_wc_wp", RWX, UINT64_C(0x40201000), UINT64_C(0x40201007)},
        {"pt", "pat_wc_wp", RW | AXAS_MEM_DEVICE, UINT64_C(0xfee00000), UINT64_C(0x80000000fee0001f)},
        {"pt", "pat_wc_wp", RW | AXAS_MEM_UNCACHED, UINT64_C(0xe0000000), UINT64_C(0x80000000e0000017)},
        {"pt", "pat_wc_wp", R | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x50000000), UINT64_C(0x800000005000000d)},
        /* in larger leaves PAT is bit 12, 0x1000, beside PS 0x80 */
        {"pd", "pat_wc_wp", RW | AXAS_MEM_WRITE_COMBINING, UINT64_C(0xe0000000),
         UINT64_C(0x80000000e0001087)},
        {"pd", "pat_wc_wp", RX | AXAS_MEM_WRITE_PROTECTED, UINT64_C(0x40200000), UINT64_C(0x4020108d)},
        {"pd", "pat_wc_wp", RW | AXAS_MEM_DEVICE, UINT64_C(0xfe000000), UINT64_C(0x80000000fe00009f)},
        {"pdp", "leaf_1gib pat_wc_wp", RW | AXAS_MEM_WRITE_COMBINING, UINT64_C(0x80000000),
         UINT64_C(0x8000000080001087)},
        {"pdp", "leaf_1gib pat_wc_wp", R | AXAS_MEM_WRITE_PROTECTED, UINT64_C(0x40000000),
         UINT64_C(0x800000004000108d)},
        {"pdp", "leaf_1gib pat_wc_wp", RWX, UINT64_C(0x40000000), UINT64_C(0x40000087)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(npt(), &golden[i]);
    }
}

Test(npt, accessed_is_bit_5_and_dirty_bit_6_on_every_cpu)
{
    const struct axas_format *format = npt();
    static const char *const levels[] = {"pdp", "pd", "pt"};
    static const uint64_t leaf[] = {UINT64_C(0x40000087), UINT64_C(0x40200087), UINT64_C(0x40201007)};
    for (unsigned i = 0; i < 3; i++) {
        unsigned level = golden_level(format, levels[i]);
        cr_expect_eq(format->levels[level].accessed_mask, 0x20);
        cr_expect_eq(format->levels[level].dirty_mask, 0x40);
        for (unsigned bits = 0; bits < 4; bits++) {
            struct axas_leaf read;
            uint64_t entry = leaf[i] | (uint64_t)bits << 5;
            cr_assert_eq(format->leaf_read(level, entry, golden_features(format, "leaf_1gib"), &read),
                         AXAS_OK);
            cr_expect_eq(read.accessed, (bits & 1) != 0, "%s 0x%" PRIx64, levels[i], entry);
            cr_expect_eq(read.dirty, (bits & 2) != 0, "%s 0x%" PRIx64, levels[i], entry);
            cr_expect_eq(read.attr, RWX);
        }
    }
}

Test(npt, no_access_is_not_present_and_keeps_the_address)
{
    /* 5.4.1: with P clear the CPU looks at no other bit. */
    golden_check_held(npt(), "pt", "", UINT64_C(0x1234567000), 1);
    golden_check_held(npt(), "pt", "", UINT64_C(0), 1);
    golden_check_held(npt(), "pd", "", UINT64_C(0x40200000), 1);
    golden_check_held(npt(), "pdp", "leaf_1gib", UINT64_C(0xffffc0000000), 1);
}

Test(npt, entries_with_reserved_bits_are_told)
{
    static const struct golden_rule illegal[] = {
        {"pml5", "", 40, UINT64_C(0x12345087), "bit 7 of a PML5 entry must be zero"},
        {"pml5", "", 40, UINT64_C(0x12345107), "bit 8 of a PML5 entry must be zero"},
        {"pml5", "", 36, UINT64_C(0x1000000007), "address bit 36 with a physical width of 36"},
        {"pt", "", 40, UINT64_C(0x40201087), "PA4 where the PAT has WB there again"},
        {"pt", "pat_wc_wp", 40, UINT64_C(0x40201097), "PA6, which repeats PA2"},
        {"pml4", "", 40, UINT64_C(0x12345087), "bit 7 of a PML4 entry must be zero"},
        {"pml4", "", 40, UINT64_C(0x12345107), "bit 8 of a PML4 entry must be zero"},
        {"pd", "", 40, UINT64_C(0x40202087), "bit 13 of a 2 MiB leaf must be zero"},
        {"pd", "", 40, UINT64_C(0x40300087), "bit 20 of a 2 MiB leaf must be zero"},
        {"pdp", "leaf_1gib", 40, UINT64_C(0x40002087), "bit 13 of a 1 GiB leaf must be zero"},
        {"pdp", "leaf_1gib", 40, UINT64_C(0x60000087), "bit 29 of a 1 GiB leaf must be zero"},
        {"pdp", "", 40, UINT64_C(0x40000087), "a 1 GiB leaf on a CPU without them"},
        {"pt", "", 40, UINT64_C(0x10000000007), "address bit 40 with a physical width of 40"},
        {"pml4", "", 36, UINT64_C(0x1000000007), "address bit 36 with a physical width of 36"},
        {"pt", "", 48, UINT64_C(0x8000000000007), "address bit 51 with a physical width of 48"},
    };
    static const struct golden_rule legal[] = {
        {"pt", "", 40, UINT64_C(0x40201007), "a page"},
        {"pt", "", 40, UINT64_C(0x40201e07), "bits 11:9 are the software's"},
        {"pt", "", 40, UINT64_C(0x10000040201007), "bit 52 is the software's"},
        {"pt", "", 40, UINT64_C(0xfffffff007), "address bit 39 with a physical width of 40"},
        {"pml5", "", 40, UINT64_C(0x12345e27), "A in a PML5 entry, and 11:9 are the software's"},
        {"pml4", "", 40, UINT64_C(0x12345027), "the CPU sets A in a table entry"},
        {"pd", "", 40, UINT64_C(0x402000e7), "A and D in a 2 MiB leaf"},
        {"pdp", "leaf_1gib", 40, UINT64_C(0x40000087), "1 GiB"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(npt(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(npt(), &legal[i], true);
    }
}

Test(npt, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", W, "what is present can be read"},
        {"", X, "the same"},
        {"", W | X, "the same"},
        {"", R | KX, "NX does not tell privilege levels apart"},
        {"", R | UX, "the same"},
        {"", RW | UX, "the same"},
        {"", R | AXAS_MEM_WRITE_COMBINING, "no entry of the PAT is WC at reset"},
        {"", R | AXAS_MEM_WRITE_PROTECTED, "no entry of the PAT is WP at reset"},
        {"pat_wc_wp", R | AXAS_MEM_DEVICE_GATHERED, "x86 has no such type"},
        {"", R | UINT32_C(0xf0), "no such memory type"},
        {"", R | UINT32_C(0x100), "no such attribute"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(npt(), &golden[i]);
    }
}

Test(npt, the_vmcb_names_root_asid_and_nested_paging)
{
    /* Appendix B: nCR3 at 0B0h, guest ASID at 058h bits 31:0, NP_ENABLE bit 0 at 090h. */
    const struct axas_format *format = npt();
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    struct axas_root_request request = {
        .mode = golden_mode(format, "4level"),
        .root = {UINT64_C(0x123456000)},
        .vmid = 0x2a,
        .gpa_bits = 48,
        .physical_bits = 40,
    };
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "nested_cr3"), UINT64_C(0x123456000));
    cr_expect_eq(golden_root_value(format, values, "guest_asid"), 0x2a);
    cr_expect_eq(golden_root_value(format, values, "nested_control"), 1);
    cr_expect_eq(golden_root_value(format, values, "host_cr4_la57"), 0);
    /* 7.8.2, from PA7 down: UC 0, UC- 7, WT 4, WB 6, twice */
    cr_expect_eq(golden_root_value(format, values, "host_pat"), UINT64_C(0x0007040600070406));
    /* WP 5 in PA5, WC 1 in PA4 */
    request.features = golden_features(format, "pat_wc_wp");
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "host_pat"), UINT64_C(0x0007050100070406));
    cr_expect_eq(golden_root_value(format, values, "host_cr4_la57"), 0);
    /* 3.1.3: LA57 is bit 12 of CR4 */
    request.features = golden_features(format, "la57");
    request.mode = golden_mode(format, "5level");
    request.gpa_bits = 57;
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "host_cr4_la57"), 0x1000);
    cr_expect_eq(golden_root_value(format, values, "host_pat"), UINT64_C(0x0007040600070406));
    cr_expect_eq(golden_root_value(format, values, "nested_cr3"), UINT64_C(0x123456000));
    request.root = axas_hpa_of(UINT64_C(0x123456800));
    memset(values, 0x5a, sizeof values);
    cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE, "a root is aligned to 4 KiB");
    cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "untouched on failure");
}

static const char *const fault_names[] = {"exit_code", "exit_info1", "exit_info2"};

Test(npt, nested_page_faults_are_decoded)
{
    /*
     * 15.25.6: EXITCODE 400h. EXITINFO1 is a page-fault error code (8.4.2): bit 0 present, 1 write, 2 user,
     * always set here, 3 reserved bit, 4 fetch; bit 32 the access itself, bit 33 a walk of the guest's
     * tables, which counts as a write. EXITINFO2 is the guest physical address; no linear address is given.
     */
    static const struct golden_fault golden[] = {
        {"a read, not present",
         {0x400, UINT64_C(0x100000004), 0x12345678},
         true,
         0x12345678,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a write, not present",
         {0x400, UINT64_C(0x100000006), 0xfeb00010},
         true,
         0xfeb00010,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a write, present",
         {0x400, UINT64_C(0x100000007), 0x5008},
         true,
         0x5008,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a fetch, not present",
         {0x400, UINT64_C(0x100000014), 0x100000},
         true,
         0x100000,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a fetch, present",
         {0x400, UINT64_C(0x100000015), 0x6000},
         true,
         0x6000,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a walk of the guest's tables, not present",
         {0x400, UINT64_C(0x200000006), 0x9ff8},
         true,
         0x9ff8,
         W,
         true,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a walk for a fetch is a write all the same",
         {0x400, UINT64_C(0x200000016), 0x9ff8},
         true,
         0x9ff8,
         W,
         true,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a walk in read-only memory",
         {0x400, UINT64_C(0x200000007), 0x9ff8},
         true,
         0x9ff8,
         W,
         true,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"a reserved bit in an entry",
         {0x400, UINT64_C(0x10000000d), 0x7000},
         true,
         0x7000,
         R,
         false,
         AXAS_CAUSE_MISCONFIGURED,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(npt(), fault_names, 3, &golden[i]);
    }
}

Test(npt, other_exits_are_no_second_stage_faults)
{
    static const uint64_t other[][3] = {
        {0x4e, UINT64_C(0x100000004), 0x1000}, /* page fault of the guest's own */
        {0x60, 0, 0},
        {0x401, UINT64_C(0x100000004), 0x1000},
        {UINT64_MAX, UINT64_C(0x100000004), 0x1000}, /* VMEXIT_INVALID */
        {0, UINT64_C(0x100000004), 0x1000},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(npt(), fault_names, 3, other[i], "another exit code");
    }
}

Test(npt, changes_ask_for_what_the_manual_says)
{
    /*
     * 5.5.3 and 15.25.7: only present entries are cached, and a page fault drops the translation that it met.
     * After any other change the TLB is flushed by ASID (15.16), on every CPU that may have used it. More
     * permissions would cost one more fault without it: this library invalidates. An entry that points to a
     * table is not to be modified before it has been made absent and that has been invalidated (5.5.3);
     * leaves may be.
     */
    static const struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, true, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_NONE, false},
    };
    golden_check_changes(npt(), "", golden);
    golden_check_changes(npt(), "leaf_1gib", golden);
    golden_check_changes(npt(), "la57 pat_wc_wp", golden);
}

Test(npt, the_cpu_writes_flags_where_the_manual_says)
{
    /* 5.4.2: always. */
    golden_check_hardware_updates(npt(), "", "", true);
}

Test(npt, every_bit_of_an_entry_is_accounted_for)
{
    /*
     * Refused beside what must be zero, since this library never sets them: NX, PCD and PWT of a table entry,
     * and G (8). R/W of a table entry and U/S are always set. PAT (7 in a page, 12 in a larger leaf) tells
     * types where the host's PAT has more than four.
     */
    static const struct golden_bits golden[] = {
        /* table: 62:52 and 11:9 are available, 6 ignored, 5 accessed */
        {"pml5", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345027), UINT64_C(0x7ffffffffffffe60), UINT64_C(0),
         UINT64_C(0x800ffffffffffebf)},
        {"pml4", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345027), UINT64_C(0x7ffffffffffffe60), UINT64_C(0),
         UINT64_C(0x800ffffffffffebf)},
        {"pdp", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345027), UINT64_C(0x7ffffffffffffe60), UINT64_C(0),
         UINT64_C(0x800ffffffffffebf)},
        {"pd", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345027), UINT64_C(0x7ffffffffffffe60), UINT64_C(0),
         UINT64_C(0x800ffffffffffebf)},
        /* leaf: NX, R/W and the memory type are codes, and without bit 7 it would be a table */
        {"pdp", "leaf_1gib", AXAS_ENTRY_LEAF, UINT64_C(0x40000087), UINT64_C(0x7fffffffc0000e60),
         UINT64_C(0x800000000000009a), UINT64_C(0xffffffffc0001fff)},
        {"pd", "", AXAS_ENTRY_LEAF, UINT64_C(0x40200087), UINT64_C(0x7fffffffffe00e60),
         UINT64_C(0x800000000000009a), UINT64_C(0xffffffffffe01fff)},
        {"pt", "", AXAS_ENTRY_LEAF, UINT64_C(0x40201007), UINT64_C(0x7ffffffffffffe60),
         UINT64_C(0x800000000000001a), UINT64_C(0xffffffffffffffff)},
        {"pd", "pat_wc_wp", AXAS_ENTRY_LEAF, UINT64_C(0x40200087), UINT64_C(0x7fffffffffe00e60),
         UINT64_C(0x800000000000109a), UINT64_C(0xffffffffffe01fff)},
        {"pt", "pat_wc_wp", AXAS_ENTRY_LEAF, UINT64_C(0x40201007), UINT64_C(0x7ffffffffffffe60),
         UINT64_C(0x800000000000009a), UINT64_C(0xffffffffffffffff)},
        /* P clear: 63:1 are software's; bit 8 is how this library tells its own, and the address is kept */
        {"pdp", "leaf_1gib", AXAS_ENTRY_HELD, UINT64_C(0x40000100), UINT64_C(0xffffffffc0000ee6),
         UINT64_C(0x18), UINT64_C(0x7fffffffc0001f79)},
        {"pd", "", AXAS_ENTRY_HELD, UINT64_C(0x40200100), UINT64_C(0xffffffffffe00ee6), UINT64_C(0x18),
         UINT64_C(0x7fffffffffe01f79)},
        {"pt", "", AXAS_ENTRY_HELD, UINT64_C(0x40201100), UINT64_C(0xfffffffffffffe66), UINT64_C(0x18),
         UINT64_C(0x7ffffffffffffff9)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(npt(), &golden[i]);
    }
}

Test(npt, software_has_the_bits_that_the_manual_leaves_to_it)
{
    const struct axas_format *format = npt();
    /* Available in every leaf and while not present: 62:52 and 11:9. */
    static const char *const levels[] = {"pdp", "pd", "pt"};
    for (unsigned i = 0; i < GOLDEN_COUNT(levels); i++) {
        cr_expect_eq(format->levels[golden_level(format, levels[i])].software_mask,
                     UINT64_C(0x7ff0000000000e00));
    }
}

Test(npt, the_vmcb_takes_the_highest_root_and_asid)
{
    const struct axas_format *format = npt();
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    struct axas_root_request request = {
        .mode = golden_mode(format, "4level"),
        .root = {UINT64_C(0xffffffffff000)},
        .vmid = UINT32_MAX,
        .gpa_bits = 48,
        .physical_bits = 52,
    };
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "nested_cr3"), UINT64_C(0xffffffffff000));
    cr_expect_eq(golden_root_value(format, values, "guest_asid"), UINT64_C(0xffffffff));
}

/* 15.25.1 and 15.5.1: ASID 0 is the host's, and VMRUN refuses it. */
Test(npt, the_asid_of_the_host_is_refused)
{
    const struct axas_format *format = npt();
    uint64_t values[AXAS_MAX_ROOT_REGISTERS] = {1, 2, 3};
    struct axas_root_request request = {
        .mode = golden_mode(format, "4level"),
        .root = {0x1000},
        .vmid = 0,
        .gpa_bits = 48,
        .physical_bits = 40,
    };
    cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE);
    cr_expect_eq(values[0], 1);
    request.vmid = 1;
    cr_expect_eq(format->root_encode(&request, values), AXAS_OK);
}

Test(npt, entries_and_the_default_mode)
{
    /* Eight bytes, least significant first. Policy of this project: a zeroed table is an empty one, and a
     * tree of which nothing is said has the mode that every CPU has. */
    const struct axas_format *format = npt();
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian);
    for (unsigned level = 0; level < format->level_count; level++) {
        cr_expect_eq(format->levels[level].empty, 0);
    }
    for (unsigned i = 0; i < format->mode_count; i++) {
        const struct axas_mode *mode = &format->modes[i];
        cr_expect_eq(mode->is_default, strcmp(mode->name, "4level") == 0, "%s", mode->name);
    }
}

Test(npt, each_bit_of_exitinfo1_says_one_thing)
{
    static const struct {
        const char *what;
        uint64_t info1, gpa;
        axas_attr access;
        bool guest_walk;
        enum axas_fault_cause cause;
    } golden[] = {
        {"read, present", 0x100000005, 0xfffffffffffff, R, false, AXAS_CAUSE_PERMISSION},
        {"walk for a fetch that does not count as a write: tables are not executed", 0x200000014, 0x9ff8, R,
         true, AXAS_CAUSE_TRANSLATION},
        {"reserved bits, write", 0x10000000f, 0x7001, W, false, AXAS_CAUSE_MISCONFIGURED},
        {"a shadow-stack write, bit 6", 0x100000046, 0x7008, W, false, AXAS_CAUSE_TRANSLATION},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        struct golden_fault fault = {
            .what = golden[i].what,
            .registers = {0x400, golden[i].info1, golden[i].gpa},
            .gpa_known = true,
            .gpa = golden[i].gpa,
            .access = golden[i].access,
            .guest_walk = golden[i].guest_walk,
            .cause = golden[i].cause,
            .level = AXAS_LEVEL_UNKNOWN,
        };
        golden_check_fault(npt(), fault_names, 3, &fault);
    }
    const uint64_t other[] = {UINT64_C(0x8000000000000400), 0x100000004, 0x1000};
    golden_check_no_fault(npt(), fault_names, 3, other, "the exit code has 64 bits");
}

Test(npt, identification_registers_say_what_a_cpu_has)
{
    /* CPUID (APM volume 3, appendix E): 8000_0001 ECX 2 SVM, EDX 20 NX and 26 Page1GB; 8000_000A EDX 0 NP;
     * 8000_0008 EAX 7:0 the width, 23:16 the guest's or 0 for the same; 7 ECX 16 LA57; 1 EDX 16 PAT. CR4.LA57
     * is bit 12: the nested tables have as many levels as the host's own (15.25.3).
     *
     * The leaves of the CPUs with a name are dumps: of EPYC 7742 and 9124 and of Opteron 2347 HE in the tests
     * of libcpuid (tests/amd/zen2/epyc-rome, zen4/epyc-genoa and k10 there), of the Athlons in InstLatx64's
     * collection (AuthenticAMD0020FF0 and 0060FB1). CR4, which no dump has, and the other rows are composed.
     */
    static const char *const names[] = {"cpuid_80000001_ecx",
                                        "cpuid_80000001_edx",
                                        "cpuid_8000000a_edx",
                                        "cpuid_80000008_eax",
                                        "cpuid_00000007_ecx",
                                        "cpuid_00000001_edx",
                                        "cr4"};
    static const struct golden_cpu cpus[] = {
        {.what = "EPYC 7742: 48 bits (0x30)",
         .registers = {0x75c237ff, 0x2fd3fbff, 0x0013bcff, 0x3030, 0x00400004, 0x178bfbff, 0x406f0},
         .features = "leaf_1gib",
         .switched = "pat_wc_wp",
         .modes = "4level",
         .physical_bits = 48,
         .gpa_bits = 48},
        {.what = "EPYC 9124: LA57 and 52 bits (0x34), on a host of 4 levels",
         .registers = {0x75c237ff, 0x2fd3fbff, 0x1fbfbcff, 0x3934, 0x00415fce, 0x178bfbff, 0x406f0},
         .features = "leaf_1gib la57",
         .switched = "pat_wc_wp",
         .modes = "4level",
         .physical_bits = 52,
         .gpa_bits = 52},
        {.what = "the same on a host of 5 levels",
         .registers = {0x75c237ff, 0x2fd3fbff, 0x1fbfbcff, 0x3934, 0x00415fce, 0x178bfbff, 0x416f0},
         .features = "leaf_1gib la57",
         .switched = "pat_wc_wp",
         .modes = "5level",
         .physical_bits = 52,
         .gpa_bits = 52},
        {.what = "guests of 48 bits (0x30) on it",
         .registers = {0x75c237ff, 0x2fd3fbff, 0x1fbfbcff, 0x303934, 0x00415fce, 0x178bfbff, 0x416f0},
         .features = "leaf_1gib la57",
         .switched = "pat_wc_wp",
         .modes = "5level",
         .physical_bits = 52,
         .gpa_bits = 48},
        {.what = "Opteron 2347 HE: nested paging, no leaf 7",
         .registers = {0x7ff, 0xefd3fbff, 0x7, 0x3030, 0, 0x178bfbff, 0x6f0},
         .features = "leaf_1gib",
         .switched = "pat_wc_wp",
         .modes = "4level",
         .physical_bits = 48,
         .gpa_bits = 48},
        {.what = "Athlon 64 3200+: no SVM",
         .registers = {0x1, 0xe3d3fbff, 0, 0x3028, 0, 0x078bfbff, 0x6f0},
         .missing = "SVM",
         .features = "",
         .switched = "pat_wc_wp",
         .modes = "4level",
         .physical_bits = 40,
         .gpa_bits = 40},
        {.what = "Athlon 64 X2 4000+: no nested paging, no 1 GiB",
         .registers = {0x11f, 0xebd3fbff, 0x2, 0x3028, 0, 0x178bfbff, 0x6f0},
         .missing = "nested paging",
         .features = "",
         .switched = "pat_wc_wp",
         .modes = "4level",
         .physical_bits = 40,
         .gpa_bits = 40},
        {.what = "no NX",
         .registers = {0x4, 0x2fc3fbff, 0x1, 0x3028, 0, 0x178bfbff, 0},
         .missing = "NX",
         .features = "leaf_1gib",
         .switched = "pat_wc_wp",
         .modes = "4level",
         .physical_bits = 40,
         .gpa_bits = 40},
        {.what = "SVM, NX, NP and all else 0",
         .registers = {0x4, 0x00100000, 0x1, 0, 0, 0, 0},
         .features = "",
         .switched = "",
         .modes = "4level",
         .physical_bits = 0,
         .every_bit = true,
         .matters = {0x4, 0x04100000, 0x1, 0xff00ff, 0x00010000, 0x00010000, 0x1000}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(cpus); i++) {
        golden_check_cpu(npt(), names, 7, NULL, NULL, &cpus[i]);
    }
}
