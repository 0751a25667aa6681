/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of Intel EPT, worked out by hand from the Intel 64 and IA-32 Architectures SDM, volume 3C.
 * Section and table numbers are those of the 2023 editions: 25.6.11 (EPTP), 28.2.1 (exit qualification),
 * 29.3.2 (EPT translation, tables 29-1 to 29-7), 29.3.3 (violations and misconfigurations), 29.3.7 (memory
 * types).
 *
 * A leaf: R bit 0, W bit 1, X bit 2, memory type bits 5:3 (UC 0, WC 1, WT 4, WP 5, WB 6), ignore-PAT bit 6,
 * bit 7 set in 2 MiB and 1 GiB leaves, accessed bit 8, dirty bit 9, user execute bit 10 (of mode-based
 * execute control, else ignored), address from bit 12, suppress #VE bit 63 (26.5.7.1, also while not
 * present). Policy of this project: ignore-PAT is set in leaves; A and D start clear (the CPU sets or ignores
 * them); table entries allow everything (R, W, X, user execute); where execution is not divided, X goes with
 * user execute; #VE is suppressed by whatever maps memory or nothing.
 */
#include "golden.h"

#define PRESENT UINT64_C(0x407) /* R, W, X and, with mode-based execute control, user execute (29.3.3) */

static const struct axas_format *ept(void)
{
    return golden_format("x86_64_ept");
}

Test(ept, levels_and_modes_are_those_of_4_and_5_level_ept)
{
    /* 29.3.2: PML5E index 56:48, PML4E 47:39, PDPTE 38:30, PDE 29:21, PTE 20:12. */
    const struct axas_format *format = ept();
    cr_assert_eq(format->level_count, 5);
    cr_expect_eq(format->levels[golden_level(format, "pml5")].shift, 48);
    cr_expect_eq(format->levels[golden_level(format, "pml4")].shift, 39);
    cr_expect_eq(format->levels[golden_level(format, "pdpt")].shift, 30);
    cr_expect_eq(format->levels[golden_level(format, "pd")].shift, 21);
    cr_expect_eq(format->levels[golden_level(format, "pt")].shift, 12);
    for (unsigned level = 0; level < 5; level++) {
        cr_expect_eq(format->levels[level].index_bits, 9);
    }
    const struct axas_mode *mode = golden_mode(format, "4level");
    cr_expect_eq(mode->root_level, golden_level(format, "pml4"));
    cr_expect_eq(mode->level_count, 4);
    cr_expect_eq(mode->gpa_bits_min, 48);
    cr_expect_eq(mode->gpa_bits_max, 48);
    cr_expect_eq(mode->with, 0);
    mode = golden_mode(format, "5level");
    cr_expect_eq(mode->root_level, golden_level(format, "pml5"));
    cr_expect_eq(mode->level_count, 5);
    cr_expect_eq(mode->gpa_bits_min, 57);
    cr_expect_eq(mode->gpa_bits_max, 57);
    cr_expect_eq(mode->with, golden_features(format, "walk_length_5"));
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian);
}

Test(ept, table_entries_match_the_manual)
{
    static const struct golden_table golden[] = {
        /* 29-1: address 0x0000000012345000 at N-1:12, X W R = 111, user execute 0x400; accessed 0x100
         * (29.3.5), which the CPU would set by a locked operation */
        {"pml5", UINT64_C(0x12345000), UINT64_C(0x12345507)},
        /* the address's lowest bit, and its highest */
        {"pml5", UINT64_C(0x1000), UINT64_C(0x1507)},
        {"pml5", UINT64_C(0x8000000000000), UINT64_C(0x8000000000507)},
        /* 29-2 */
        {"pml4", UINT64_C(0x12345000), UINT64_C(0x12345507)},
        /* 29-4: bit 7 clear marks a table; address 0x7f_ffff_f000 */
        {"pdpt", UINT64_C(0x7ffffff000), UINT64_C(0x7ffffff507)},
        /* 29-6: address with bit 51, the highest that an entry has */
        {"pd", UINT64_C(0x8000000001000), UINT64_C(0x8000000001507)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(ept(), &golden[i]);
    }
}

Test(ept, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* 29-7 (PTE): RWX 0x7, user execute 0x400, WB 6 << 3 = 0x30, ignore-PAT 0x40, suppress #VE
         * 1 << 63, address 0x1234567000 */
        {"pt", "", RWX, UINT64_C(0x1234567000), UINT64_C(0x8000001234567477)},
        /* RW 0x3 + 0x30 + 0x40 */
        {"pt", "", RW, UINT64_C(0x40201000), UINT64_C(0x8000000040201073)},
        /* R 0x1 + 0x30 + 0x40 */
        {"pt", "", R, UINT64_C(0x40202000), UINT64_C(0x8000000040202071)},
        /* R X 0x5 + 0x400 + 0x30 + 0x40 */
        {"pt", "", RX, UINT64_C(0x40203000), UINT64_C(0x8000000040203475)},
        /* 29.3.3.1: X alone 0x4, legal if IA32_VMX_EPT_VPID_CAP bit 0 says so; + 0x400 + 0x30 + 0x40 */
        {"pt", "execute_only", X, UINT64_C(0x40204000), UINT64_C(0x8000000040204474)},
        /* 29.3.7: device memory is UC, 0 << 3; RW 0x3 + 0x40 */
        {"pt", "", RW | AXAS_MEM_DEVICE, UINT64_C(0xfee00000), UINT64_C(0x80000000fee00043)},
        /* WC 1 << 3 = 0x08; RW 0x3 + 0x40 */
        {"pt", "", RW | AXAS_MEM_WRITE_COMBINING, UINT64_C(0xe0000000), UINT64_C(0x80000000e000004b)},
        /* WT 4 << 3 = 0x20; R 0x1 + 0x40 */
        {"pt", "", R | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x50000000), UINT64_C(0x8000000050000061)},
        /* WP 5 << 3 = 0x28; R 0x1 + 0x40 */
        {"pt", "", R | AXAS_MEM_WRITE_PROTECTED, UINT64_C(0x50001000), UINT64_C(0x8000000050001069)},
        /* highest address of 52 bits; RWX WB ignore-PAT 0x477 */
        {"pt", "", RWX, UINT64_C(0xffffffffff000), UINT64_C(0x800ffffffffff477)},
        /* 29-5 (PDE of 2 MiB): bit 7 0x80, so 0x477 + 0x80 = 0x4f7; address bit 21 up */
        {"pd", "leaf_2mib", RWX, UINT64_C(0x40200000), UINT64_C(0x80000000402004f7)},
        /* read-only 2 MiB: 0x1 + 0x30 + 0x40 + 0x80 */
        {"pd", "leaf_2mib", R, UINT64_C(0x200000), UINT64_C(0x80000000002000f1)},
        /* device 2 MiB: 0x3 + 0x40 + 0x80 */
        {"pd", "leaf_2mib", RW | AXAS_MEM_DEVICE, UINT64_C(0xfe000000), UINT64_C(0x80000000fe0000c3)},
        /* 29-3 (PDPTE of 1 GiB): address bit 30 up, 0x4f7 */
        {"pdpt", "leaf_1gib", RWX, UINT64_C(0x40000000), UINT64_C(0x80000000400004f7)},
        /* execute-only 1 GiB: 0x4 + 0x400 + 0x30 + 0x40 + 0x80 = 0x4f4 */
        {"pdpt", "leaf_1gib execute_only", X, UINT64_C(0x8000000000), UINT64_C(0x80000080000004f4)},
        /* with accessed/dirty in use both start clear: the CPU sets them (29.3.5) */
        {"pt", "accessed_dirty", RW, UINT64_C(0x40205000), UINT64_C(0x8000000040205073)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(ept(), &golden[i]);
    }
}

Test(ept, mode_based_execute_control_divides_execution)
{
    /* 29.3.3.2: bit 2 (0x4) is about supervisor-mode linear addresses, bit 10 (0x400) about user-mode ones.
     * In each suppress #VE 1 << 63, ignore-PAT 0x40 and WB 0x30. */
    static const struct golden_leaf golden[] = {
        /* R 0x1, W 0x2 and both */
        {"pt", "mode_based_execute", RWX, UINT64_C(0x1234567000), UINT64_C(0x8000001234567477)},
        {"pt", "mode_based_execute", RX, UINT64_C(0x1234567000), UINT64_C(0x8000001234567475)},
        /* neither */
        {"pt", "mode_based_execute", RW, UINT64_C(0x40201000), UINT64_C(0x8000000040201073)},
        {"pt", "mode_based_execute", R, UINT64_C(0x40201000), UINT64_C(0x8000000040201071)},
        /* the kernel alone */
        {"pt", "mode_based_execute", R | KX, UINT64_C(0x40201000), UINT64_C(0x8000000040201075)},
        {"pt", "mode_based_execute", RW | KX, UINT64_C(0x40202000), UINT64_C(0x8000000040202077)},
        /* users alone */
        {"pt", "mode_based_execute", R | UX, UINT64_C(0x40201000), UINT64_C(0x8000000040201471)},
        {"pt", "mode_based_execute", RW | UX, UINT64_C(0x40202000), UINT64_C(0x8000000040202473)},
        /* without reading (29.3.3.1) */
        {"pt", "mode_based_execute execute_only", X, UINT64_C(0x40203000), UINT64_C(0x8000000040203474)},
        {"pt", "mode_based_execute execute_only", KX, UINT64_C(0x40203000), UINT64_C(0x8000000040203074)},
        {"pt", "mode_based_execute execute_only", UX, UINT64_C(0x40203000), UINT64_C(0x8000000040203470)},
        /* bit 7 (0x80) in large leaves; WT is 0x20 */
        {"pd", "mode_based_execute leaf_2mib", R | UX, UINT64_C(0x40200000), UINT64_C(0x80000000402004f1)},
        {"pd", "mode_based_execute leaf_2mib", RW | KX | AXAS_MEM_WRITE_THROUGH, UINT64_C(0x40200000),
         UINT64_C(0x80000000402000e7)},
        {"pdpt", "mode_based_execute leaf_1gib", RW | UX, UINT64_C(0x40000000), UINT64_C(0x80000000400004f3)},
        {"pdpt", "mode_based_execute leaf_1gib execute_only", UX, UINT64_C(0x80000000),
         UINT64_C(0x80000000800004f0)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(ept(), &golden[i]);
    }
}

Test(ept, accessed_is_bit_8_and_dirty_bit_9)
{
    const struct axas_format *format = ept();
    static const char *const levels[] = {"pdpt", "pd", "pt"};
    static const uint64_t leaf[] = {UINT64_C(0x80000000400004f7), UINT64_C(0x80000000402004f7),
                                    UINT64_C(0x8000000040201477)};
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
            cr_expect_eq(read.attr, RWX);
            cr_expect(format->entry_valid(level, entry, features, 40));
        }
    }
}

Test(ept, no_access_is_not_present_and_keeps_the_address)
{
    golden_check_held(ept(), "pt", "", UINT64_C(0x1234567000), PRESENT);
    golden_check_held(ept(), "pt", "", UINT64_C(0), PRESENT);
    golden_check_held(ept(), "pd", "leaf_2mib", UINT64_C(0x40200000), PRESENT);
    golden_check_held(ept(), "pdpt", "leaf_1gib", UINT64_C(0xffffc0000000), PRESENT);
}

Test(ept, misconfigured_entries_are_told)
{
    /* 29.3.3.1, "EPT Misconfigurations", and the reserved bits of tables 29-1 to 29-7. */
    static const struct golden_rule illegal[] = {
        {"pt", "", 40, UINT64_C(0x8000000040201072), "W without R"},
        {"pt", "", 40, UINT64_C(0x8000000040201476), "W and X without R"},
        {"pt", "", 40, UINT64_C(0x8000000040201474), "X without R on a CPU without execute-only"},
        {"pml4", "", 40, UINT64_C(0x12345402), "a table entry with W without R"},
        {"pml4", "", 40, UINT64_C(0x12345404), "a table entry with X alone on a CPU without execute-only"},
        {"pt", "", 40, UINT64_C(0x8000000040201457), "memory type 2 is reserved"},
        {"pt", "", 40, UINT64_C(0x800000004020145f), "memory type 3 is reserved"},
        {"pt", "", 40, UINT64_C(0x800000004020147f), "memory type 7 is reserved"},
        {"pd", "leaf_2mib", 40, UINT64_C(0x80000000402004d7), "memory type 2 in a 2 MiB leaf"},
        {"pml4", "", 40, UINT64_C(0x12345487), "bit 7 of a PML4E is reserved"},
        {"pml4", "", 40, UINT64_C(0x1234540f), "bit 3 of a PML4E is reserved"},
        {"pdpt", "", 40, UINT64_C(0x12345447), "bit 6 of a PDPTE that refers to a table is reserved"},
        {"pd", "", 40, UINT64_C(0x12345417), "bit 4 of a PDE that refers to a table is reserved"},
        {"pd", "leaf_2mib", 40, UINT64_C(0x80000000402014f7), "bit 12 of a 2 MiB leaf is reserved"},
        {"pd", "leaf_2mib", 40, UINT64_C(0x80000000403004f7), "bit 20 of a 2 MiB leaf is reserved"},
        {"pdpt", "leaf_1gib", 40, UINT64_C(0x80000000400014f7), "bit 12 of a 1 GiB leaf is reserved"},
        {"pdpt", "leaf_1gib", 40, UINT64_C(0x80000000600004f7), "bit 29 of a 1 GiB leaf is reserved"},
        {"pdpt", "leaf_2mib", 40, UINT64_C(0x80000000400004f7), "a 1 GiB leaf on a CPU without them"},
        {"pd", "", 40, UINT64_C(0x80000000402004f7), "a 2 MiB leaf on a CPU without them"},
        {"pt", "", 40, UINT64_C(0x8000010000000477), "address bit 40 with a physical width of 40"},
        {"pml4", "", 36, UINT64_C(0x1000000407), "address bit 36 with a physical width of 36"},
        {"pml5", "", 40, UINT64_C(0x12345402), "a table entry with W without R"},
        {"pml5", "", 40, UINT64_C(0x12345487), "bit 7 of a PML5E is reserved"},
        {"pml5", "", 40, UINT64_C(0x1234540f), "bit 3 of a PML5E is reserved"},
        {"pml5", "", 40, UINT64_C(0x12345447), "bit 6 of a PML5E is reserved"},
        {"pml5", "", 36, UINT64_C(0x1000000407), "address bit 36 with a physical width of 36"},
        {"pt", "execute_only", 40, UINT64_C(0x8000000040201470),
         "not present without mode-based execute control (29.3.2)"},
        {"pt", "mode_based_execute", 40, UINT64_C(0x8000000040201470),
         "user execute without R on a CPU without execute-only"},
        {"pt", "mode_based_execute execute_only", 40, UINT64_C(0x8000000040201472),
         "W and user execute without R"},
        {"pt", "", 46, UINT64_C(0x8008000000000477), "address bit 51 with a physical width of 46"},
    };
    static const struct golden_rule legal[] = {
        {"pt", "", 40, UINT64_C(0x8000000040201477), "RWX WB"},
        {"pt", "", 40, UINT64_C(0x8000000040201c77), "bit 11 is ignored"},
        {"pt", "", 40, UINT64_C(0x8010000040201477), "bit 52 is ignored"},
        {"pt", "", 40, UINT64_C(0x800000fffffff477), "address bit 39 with a physical width of 40"},
        {"pdpt", "leaf_1gib", 40, UINT64_C(0x80000000400004f7), "1 GiB"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(illegal); i++) {
        golden_check_rule(ept(), &illegal[i], false);
    }
    for (size_t i = 0; i < GOLDEN_COUNT(legal); i++) {
        golden_check_rule(ept(), &legal[i], true);
    }
}

Test(ept, what_the_hardware_cannot_express_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", W, "29.3.3.1: W without R is a misconfiguration"},
        {"execute_only", W | X, "W and X without R is a misconfiguration with execute-only too"},
        {"", X, "execute-only is optional"},
        {"", R | KX, "kernel and user execution apart needs mode-based execute control"},
        {"", R | UX, "the same"},
        {"", RW | KX, "the same"},
        {"", RW | UX, "the same"},
        {"execute_only", KX, "the same"},
        {"execute_only", UX, "the same"},
        {"mode_based_execute", KX, "execute-only is optional, for the kernel too"},
        {"mode_based_execute", UX, "and for users"},
        {"mode_based_execute execute_only", W | UX, "W without R is a misconfiguration"},
        {"", X | AXAS_MEM_DEVICE, "the memory type does not make X alone legal"},
        {"", RW | AXAS_MEM_DEVICE_NONPOSTED, "there is one type for devices, UC"},
        {"", R | UINT32_C(0xf0), "no such memory type"},
        {"", R | UINT32_C(0x100), "no such attribute"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(ept(), &golden[i]);
    }
}

Test(ept, eptp_says_write_back_and_four_levels)
{
    const struct axas_format *format = ept();
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    struct axas_root_request request = {
        .mode = golden_mode(format, "4level"),
        .root = {UINT64_C(0x123456000)},
        .gpa_bits = 48,
        .physical_bits = 40,
    };
    /* 25.6.11: WB is 6 in bits 2:0, walk length 4 less 1 is 3 << 3 = 0x18, address at N-1:12. */
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "eptp"), UINT64_C(0x12345601e));
    /* bit 6, 0x40: accessed and dirty flags */
    request.features = golden_features(format, "accessed_dirty");
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "eptp"), UINT64_C(0x12345605e));
    /* 5 levels: 5 less 1 is 4 << 3 = 0x20 */
    request.mode = golden_mode(format, "5level");
    request.gpa_bits = 57;
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "eptp"), UINT64_C(0x123456066));
    request.features = golden_features(format, "walk_length_5 mode_based_execute");
    cr_assert_eq(format->root_encode(&request, values), AXAS_OK);
    cr_expect_eq(golden_root_value(format, values, "eptp"), UINT64_C(0x123456026));
    /* a root that is not aligned to 4 KiB has no place in the register */
    request.root = axas_hpa_of(UINT64_C(0x123456800));
    memset(values, 0x5a, sizeof values);
    cr_expect_eq(format->root_encode(&request, values), AXAS_ERR_RANGE);
    cr_expect_eq(values[0], UINT64_C(0x5a5a5a5a5a5a5a5a), "untouched on failure");
}

static const char *const fault_names[] = {"exit_reason", "exit_qualification", "guest_physical_address",
                                          "guest_linear_address", "secondary_controls"};
#define MODE_BASED UINT64_C(0x400000) /* 25.6.2, bit 22 */

Test(ept, violations_are_decoded)
{
    /* Table 28-7: bit 0 read, 1 write, 2 fetch; 5:3 what the entries allowed; 7 linear address valid; 8 the
     * access itself and not a walk of the guest's tables. Exit reason 48 is the EPT violation. */
    static const struct golden_fault golden[] = {
        {"0x181: a read, nothing allowed",
         {48, 0x181, 0x12345678, 0xffff800000001678},
         true,
         0x12345678,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0xffff800000001678},
        {"0x182: a write of a byte, nothing allowed: both addresses have all their bits",
         {48, 0x182, 0xfffffffffffff, UINT64_MAX},
         true,
         0xfffffffffffff,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         UINT64_MAX},
        {"0x182: a write, nothing allowed",
         {48, 0x182, 0xfeb00010, 0x10},
         true,
         0xfeb00010,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x10},
        {"0x184: a fetch, nothing allowed",
         {48, 0x184, 0x100000, 0x100000},
         true,
         0x100000,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x100000},
        {"0x18a: a write, reading allowed",
         {48, 0x18a, 0x5008, 0x7008},
         true,
         0x5008,
         W,
         false,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x7008},
        {"0x19c: a fetch, reading and writing allowed",
         {48, 0x19c, 0x6000, 0x6000},
         true,
         0x6000,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x6000},
        {"0x1a1: a read, executing allowed",
         {48, 0x1a1, 0x6000, 0x6000},
         true,
         0x6000,
         R,
         false,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x6000},
        {"0x081: a read by the walk of the guest's tables",
         {48, 0x081, 0x9ff8, 0x400000},
         true,
         0x9ff8,
         R,
         true,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x400000},
        {"0x08a: a walk that sets the guest's accessed flag in a read-only page",
         {48, 0x08a, 0x9ff8, 0x400000},
         true,
         0x9ff8,
         W,
         true,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x400000},
        {"0x083: a walk with EPT A/D in use is treated as a write (29.3.3.2)",
         {48, 0x083, 0x9ff8, 0x400000},
         true,
         0x9ff8,
         W,
         true,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x400000},
        {"bit 6 is undefined without mode-based execute control",
         {48, 0x1c1, 0x1000, 0x1000},
         true,
         0x1000,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1000},
        {"bit 6 with other controls on (EPT, unrestricted guest)",
         {48, 0x1c1, 0x1000, 0x1000, 0x82},
         true,
         0x1000,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1000},
        {"0x1c4: a fetch where users alone may execute, and nobody read",
         {48, 0x1c4, 0x1000, 0x1000, MODE_BASED | 0x82},
         true,
         0x1000,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1000},
        {"0x1a4: a fetch where the kernel alone may execute, and nobody read",
         {48, 0x1a4, 0x1000, 0x1000, MODE_BASED},
         true,
         0x1000,
         X,
         false,
         AXAS_CAUSE_PERMISSION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1000},
        {"0x184: a fetch, nothing allowed to anybody",
         {48, 0x184, 0x1000, 0x1000, MODE_BASED},
         true,
         0x1000,
         X,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1000},
        {"bit 12 (NMI unblocking) says nothing about the access",
         {48, 0x1182, 0x1000, 0x1000},
         true,
         0x1000,
         W,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1000},
        {"an exit reason has flags above bit 15 (25.9.1)",
         {UINT64_C(0x08000030), 0x181, 0x1000, 0x1000},
         true,
         0x1000,
         R,
         false,
         AXAS_CAUSE_TRANSLATION,
         AXAS_LEVEL_UNKNOWN,
         true,
         0x1000},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(ept(), fault_names, 5, &golden[i]);
    }
}

Test(ept, without_a_valid_linear_address_there_is_none)
{
    /* Bit 7 clear, as when MOV to CR3 loads the PDPTEs: the linear-address field is undefined. */
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
    const uint64_t given[] = {48, 0x001, 0x4000, 0xdead};
    struct axas_fault fault;
    golden_fault_registers(ept(), fault_names, 4, given, registers);
    cr_assert_eq(axas_fault_decode(ept(), registers, &fault), AXAS_OK);
    cr_expect_eq(fault.gpa.raw, 0x4000);
    cr_expect_eq(fault.access, R);
    cr_expect_not(fault.gva_known);
}

Test(ept, a_misconfiguration_gives_only_the_address)
{
    /* 28.2.1: for exit reason 49 the qualification is undefined, here full of ones and of zeros. */
    static const struct golden_fault golden[] = {
        {"qualification all ones",
         {49, UINT64_MAX, 0x7000, 0x1},
         true,
         0x7000,
         0,
         false,
         AXAS_CAUSE_MISCONFIGURED,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
        {"qualification 0",
         {49, 0, 0x7000, 0x1},
         true,
         0x7000,
         0,
         false,
         AXAS_CAUSE_MISCONFIGURED,
         AXAS_LEVEL_UNKNOWN,
         false,
         0},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_fault(ept(), fault_names, 4, &golden[i]);
    }
}

Test(ept, other_exits_are_no_second_stage_faults)
{
    static const uint64_t other[][4] = {
        {0, 0x181, 0x1000, 0}, {10, 0, 0, 0}, {30, 0x181, 0x1000, 0}, {47, 0x181, 0x1000, 0}, {50, 0, 0, 0},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(ept(), fault_names, 4, other[i], "another exit reason");
    }
}

Test(ept, every_bit_of_an_entry_is_accounted_for)
{
    /*
     * Tables 29-1 to 29-7, N = 52. Refused beside what is reserved, since this library never sets them:
     * sub-page write (61), supervisor shadow stack (60), paging-write (58), verify guest paging (57), and bit
     * 7 of a PTE, which the CPU ignores; suppress #VE (63) and ignore-PAT (6) are always set. User execute
     * (10) tells an attribute.
     */
    static const struct golden_bits golden[] = {
        /* table: 63:52, 11 and 9 are ignored, 8 accessed, 7:3 reserved; of 10 and 2:0 this library writes
         * 0x407 only */
        {"pml5", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345507), UINT64_C(0xfffffffffffffb00), UINT64_C(0),
         UINT64_C(0x000ffffffffffd87)},
        {"pml4", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345507), UINT64_C(0xfffffffffffffb00), UINT64_C(0),
         UINT64_C(0x000ffffffffffd87)},
        {"pdpt", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345507), UINT64_C(0xfffffffffffffb00), UINT64_C(0),
         UINT64_C(0x000ffffffffffd87)},
        {"pd", "", AXAS_ENTRY_TABLE, UINT64_C(0x12345507), UINT64_C(0xfffffffffffffb00), UINT64_C(0),
         UINT64_C(0x000ffffffffffd87)},
        /* leaf: 62:61, 59, 56:52 and 11 are ignored, 9 dirty, 8 accessed; low address bits are reserved */
        {"pdpt", "leaf_1gib", AXAS_ENTRY_LEAF, UINT64_C(0x80000000400004f7), UINT64_C(0x69ffffffc0000b00),
         UINT64_C(0x43f), UINT64_C(0x97ffffffc0000fff)},
        {"pd", "leaf_2mib", AXAS_ENTRY_LEAF, UINT64_C(0x80000000402004f7), UINT64_C(0x69ffffffffe00b00),
         UINT64_C(0x43f), UINT64_C(0x97ffffffffe00fff)},
        /* in a PTE 61 has a meaning */
        {"pt", "", AXAS_ENTRY_LEAF, UINT64_C(0x8000000040201477), UINT64_C(0x49fffffffffffb00),
         UINT64_C(0x43f), UINT64_C(0xb7ffffffffffffff)},
        /* not present: 62:11 and 9:3 are ignored; bit 57 is how this library tells its own, and the address
           is kept */
        {"pdpt", "leaf_1gib", AXAS_ENTRY_HELD, UINT64_C(0x8200000040000070), UINT64_C(0x7dffffffc0000b80),
         UINT64_C(0x38), UINT64_C(0x83ffffffc0000f7f)},
        {"pd", "leaf_2mib", AXAS_ENTRY_HELD, UINT64_C(0x8200000040200070), UINT64_C(0x7dffffffffe00b80),
         UINT64_C(0x38), UINT64_C(0x83ffffffffe00f7f)},
        {"pt", "", AXAS_ENTRY_HELD, UINT64_C(0x8200000040201070), UINT64_C(0x7dfffffffffffb80),
         UINT64_C(0x38), UINT64_C(0x83ffffffffffff7f)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_bits(ept(), &golden[i]);
    }
}

Test(ept, software_has_the_bits_that_the_manual_leaves_to_it)
{
    const struct axas_format *format = ept();
    /* Ignored in every leaf and while not present: 56:52 and 11. */
    static const char *const levels[] = {"pdpt", "pd", "pt"};
    for (unsigned i = 0; i < GOLDEN_COUNT(levels); i++) {
        cr_expect_eq(format->levels[golden_level(format, levels[i])].software_mask,
                     UINT64_C(0x01f0000000000800));
    }
}

Test(ept, changes_ask_for_what_the_manual_says)
{
    /*
     * 29.4.2: only present entries are cached, so making one needs nothing. 29.4.3.1: an EPT violation drops
     * the mappings of its address, so going back after a fault needs nothing either. 29.4.3.4: INVEPT, on
     * every CPU that may have used the EPTP, after any other change; it takes the paging-structure caches
     * along. More permissions would cost one more violation without it: this library invalidates. No change
     * goes through an absent entry.
     */
    static const struct golden_change golden[AXAS_CHANGES] = {
        {AXAS_CHANGE_MAKE, false, AXAS_INVALIDATE_NONE, false},
        {AXAS_CHANGE_PERMISSIONS_MORE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_PERMISSIONS_LESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_MEMORY_TYPE, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_OUTPUT_ADDRESS, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_SPLIT, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_COLLAPSE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_REMOVE_LEAF, false, AXAS_INVALIDATE_LEAF, false},
        {AXAS_CHANGE_REMOVE_TABLE, false, AXAS_INVALIDATE_TABLES, false},
        {AXAS_CHANGE_FAULT, false, AXAS_INVALIDATE_NONE, false},
    };
    golden_check_changes(ept(), "", golden);
    golden_check_changes(ept(), "accessed_dirty execute_only leaf_2mib leaf_1gib", golden);
    golden_check_changes(ept(), "walk_length_5 mode_based_execute", golden);
}

Test(ept, the_cpu_writes_flags_where_the_manual_says)
{
    /* 29.3.5: bit 6 of EPTP turns it on. */
    golden_check_hardware_updates(ept(), "accessed_dirty", "accessed_dirty", false);
}

Test(ept, the_basic_exit_reason_has_16_bits)
{
    static const uint64_t other[][4] = {{0x8030, 0x181, 0x1000, 0}, {0x130, 0x181, 0x1000, 0}};
    for (size_t i = 0; i < GOLDEN_COUNT(other); i++) {
        golden_check_no_fault(ept(), fault_names, 4, other[i], "another exit reason");
    }
}

Test(ept, only_a_violation_with_a_linear_address_tells_of_a_walk)
{
    /* Bit 8 says something only if bit 7 is set, and the qualification of a misconfiguration nothing at all.
     */
    static const uint64_t given[][4] = {
        {48, 0x001, 0x4000, 0}, {49, 0x080, 0x4000, 0}, {49, 0x000, 0x4000, 0}};
    for (size_t i = 0; i < GOLDEN_COUNT(given); i++) {
        uint64_t registers[AXAS_MAX_FAULT_REGISTERS];
        struct axas_fault fault;
        golden_fault_registers(ept(), fault_names, 4, given[i], registers);
        cr_assert_eq(axas_fault_decode(ept(), registers, &fault), AXAS_OK);
        cr_expect_not(fault.guest_walk, "row %zu", i);
        cr_expect_not(fault.gva_known, "row %zu", i);
    }
}

Test(ept, entries_and_the_default_mode)
{
    /* Eight bytes, least significant first. 26.5.7.1: where nothing is present, bit 63 of the entry that says
     * so decides whether the guest gets a #VE. Policy of this project: it never does, and a tree of which
     * nothing is said has the mode that every CPU has. */
    const struct axas_format *format = ept();
    cr_expect_eq(format->entry_bytes, 8);
    cr_expect_not(format->big_endian);
    for (unsigned level = 0; level < format->level_count; level++) {
        cr_expect_eq(format->levels[level].empty, UINT64_C(0x8000000000000000));
        cr_expect_eq(format->entry_kind(level, UINT64_C(0x8000000000000000)), AXAS_ENTRY_EMPTY);
    }
    for (unsigned i = 0; i < format->mode_count; i++) {
        const struct axas_mode *mode = &format->modes[i];
        cr_expect_eq(mode->is_default, strcmp(mode->name, "4level") == 0, "%s", mode->name);
    }
}

Test(ept, identification_registers_say_what_a_cpu_has)
{
    /* IA32_VMX_PROCBASED_CTLS2 (A.3.3): bit 33 "enable EPT" and 54 "mode-based execute control" may be 1.
     * IA32_VMX_EPT_VPID_CAP (A.10): 0 execute-only, 6 and 7 walks of 4 and 5 levels, 14 tables as WB, 16 2
     * MiB, 17 1 GiB, 21 accessed and dirty. CPUID 8000_0008: EAX 7:0.
     *
     * The values of the CPUs with a name were read on machines and are in VirtualBox's database of CPUs
     * (src/VBox/VMM/VMMR3/cpus); Coffee Lake's are in a VBox.log in Ubuntu Forums, January 2021, which has of
     * CPUID the width alone. Walks of 5 levels are composed, no dump of them was found, as are the rest. */
    static const char *const names[] = {"ia32_vmx_procbased_ctls2", "ia32_vmx_ept_vpid_cap",
                                        "cpuid_80000008_eax"};
    static const struct golden_cpu cpus[] = {
        {.what = "Core i5-3570: no flags, no 1 GiB, 36 bits (0x24)",
         .registers = {UINT64_C(0x8ff00000000), UINT64_C(0xf0106114141), 0x3024},
         .features = "execute_only leaf_2mib",
         .switched = "",
         .modes = "4level 5level",
         .physical_bits = 36},
        {.what = "Core i7-3960X: no flags, 46 bits (0x2e)",
         .registers = {UINT64_C(0x4ff00000000), UINT64_C(0xf0106134141), 0x302e},
         .features = "execute_only leaf_2mib leaf_1gib",
         .switched = "",
         .modes = "4level 5level",
         .physical_bits = 46},
        {.what = "Core i7-5600U: flags, 39 bits (0x27)",
         .registers = {UINT64_C(0x57cff00000000), UINT64_C(0xf0106334141), 0x3027},
         .features = "execute_only leaf_2mib leaf_1gib accessed_dirty",
         .switched = "",
         .modes = "4level 5level",
         .physical_bits = 39},
        {.what = "Core i7-6700K: no mode-based execute control yet",
         .registers = {UINT64_C(0x1ffcff00000000), UINT64_C(0xf0106334141), 0x3027},
         .features = "execute_only leaf_2mib leaf_1gib accessed_dirty",
         .switched = "",
         .modes = "4level 5level",
         .physical_bits = 39},
        {.what = "Coffee Lake: mode-based execute control",
         .registers = {UINT64_C(0x5fbcff00000000), UINT64_C(0xf0106734141), 0x3027},
         .features = "execute_only leaf_2mib leaf_1gib accessed_dirty",
         .switched = "mode_based_execute",
         .modes = "4level 5level",
         .physical_bits = 39},
        {.what = "the same with walks of 5 levels, 52 bits (0x34)",
         .registers = {UINT64_C(0x5fbcff00000000), UINT64_C(0xf01067341c1), 0x3934},
         .features = "execute_only leaf_2mib leaf_1gib accessed_dirty walk_length_5",
         .switched = "mode_based_execute",
         .modes = "4level 5level",
         .physical_bits = 52},
        {.what = "Xeon X5482: no EPT, and so no second MSR, 38 bits (0x26)",
         .registers = {UINT64_C(0x4100000000), 0, 0x3026},
         .missing = "no EPT",
         .features = "",
         .switched = "",
         .modes = "5level",
         .physical_bits = 38},
        {.what = "no EPT, which bit 1 of the lower half is not about",
         .registers = {UINT64_C(0x0000000100000002), 0, 0x3024},
         .missing = "no EPT",
         .features = "",
         .switched = "",
         .modes = "5level",
         .physical_bits = 36},
        {.what = "tables as UC alone",
         .registers = {UINT64_C(0x0000000200000000), UINT64_C(0x00030141), 0x3028},
         .missing = "write-back",
         .features = "execute_only leaf_2mib leaf_1gib",
         .switched = "",
         .modes = "4level 5level",
         .physical_bits = 40},
        {.what = "EPT, and all else 0",
         .registers = {UINT64_C(0x0000000200000000), 0, 0},
         .missing = "write-back",
         .features = "",
         .switched = "",
         .modes = "5level",
         .physical_bits = 0,
         .every_bit = true,
         .matters = {UINT64_C(0x0040000200000000), UINT64_C(0x2340c1), 0xff}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(cpus); i++) {
        golden_check_cpu(ept(), names, 3, NULL, NULL, &cpus[i]);
    }
}
