/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the format that the reference has as its example (examples/format), worked out by hand from the
 * tables there: V bit 0, L 1, R 2, W 3, X 4, C 6:5, U 7, base 31:12.
 */
#include "golden.h"

static const struct axas_format *example(void)
{
    return golden_format("worked_example");
}

Test(worked_example, leaves_are_as_the_tables_say)
{
    static const struct golden_leaf golden[] = {
        /* V 1, L 2, R 4, W 8, U 0x80 because this CPU does not set it: 0x8f */
        {"table", "", RW, 0x12345000, 0x1234508f},
        /* the CPU sets U: 0x0f */
        {"table", "sets_used", RW, 0x12345000, 0x1234500f},
        /* V L R X U = 0x97, C = 0b10 is 0x40 */
        {"directory", "", RX | AXAS_MEM_DEVICE, 0x40000000, 0x400000d7},
        /* the highest page; V L R W X U = 0x9f, C = 0b01 is 0x20 */
        {"table", "", RWX | AXAS_MEM_UNCACHED, 0xfffff000, 0xfffff0bf},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(example(), &golden[i]);
    }
}

Test(worked_example, a_table_entry_is_its_address_and_v)
{
    static const struct golden_table golden = {"directory", 0x00801000, 0x00801001};
    golden_check_table(example(), &golden);
}

Test(worked_example, what_table_3_reserves_is_refused)
{
    static const struct golden_refusal golden[] = {
        {"", W, "W without R"},
        {"", X, "X without R"},
        {"", RW | AXAS_MEM_WRITE_THROUGH, "C has no such value"},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_refusal(example(), &golden[i]);
    }
}

Test(worked_example, memory_without_access_keeps_its_address)
{
    golden_check_held(example(), "table", "", 0x12345000, 1);
    golden_check_held(example(), "directory", "", 0xffc00000, 1);
}

Test(worked_example, ident_says_what_a_cpu_has)
{
    static const char *const names[] = {"ident"};
    static const struct golden_cpu cpus[] = {
        /* 32 bits (0x20), HU, version 2; 24 bits (0x18), version 1; version 2 and all else 0 */
        {.what = "all",
         .registers = {0x2012},
         .features = "sets_used",
         .switched = "",
         .modes = "both",
         .physical_bits = 32},
        {.what = "old",
         .registers = {0x1801},
         .missing = "no second stage",
         .features = "",
         .switched = "",
         .modes = "both",
         .physical_bits = 24},
        {.what = "bare",
         .registers = {0x2},
         .features = "",
         .switched = "",
         .modes = "both",
         .every_bit = true,
         .matters = {0xff12}},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(cpus); i++) {
        golden_check_cpu(example(), names, 1, NULL, NULL, &cpus[i]);
    }
}
