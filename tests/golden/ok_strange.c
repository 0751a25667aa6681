/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests/specs/ok_strange.yaml says of identification registers, worked out by hand: it has the
 * conditions that no shipped format needs. who: 63 house, 7:4 build with a sign, 3:0 plan. what: 21:16 reach,
 * 13:8 width, 1:0 old.
 */
#include "golden.h"

/* Of the second root register, bits 7:4: 9 house, 6 hut. */
static uint64_t keep(void *context, unsigned number, uint64_t value)
{
    const uint64_t *kept = context;
    cr_expect_eq(number, 1);
    cr_expect_eq(value & ~UINT64_C(0xf0), 0, "nothing but the mode: 0x%" PRIx64, value);
    return (*kept >> (value >> 4) & 1) != 0 ? value | 0xf00 : 0xf00;
}

Test(strange, conditions_are_taken_as_they_are_written)
{
    static const char *const names[] = {"who", "what"};
    static const struct golden_cpu cpus[] = {
        {.what = "build 1, plan 3: the width as it is; reach 0x2b, 43 and 3 more",
         .registers = {UINT64_C(0x8000000000000013), 0x2b2000},
         .features = "huge",
         .switched = "",
         .modes = "house hut",
         .physical_bits = 32,
         .gpa_bits = 46},
        {.what = "build 7, plan 5: the width as it is",
         .registers = {UINT64_C(0x8000000000000075), 0x1f00},
         .features = "",
         .switched = "marks",
         .modes = "house hut",
         .physical_bits = 31,
         .gpa_bits = 3},
        {.what = "build -8, plan 5: the width and 13 more",
         .registers = {UINT64_C(0x8000000000000085), 0x1f00},
         .features = "",
         .switched = "marks",
         .modes = "house",
         .physical_bits = 44,
         .gpa_bits = 3},
        {.what = "no house; build 2, plan 9, old 1: 40 bits",
         .registers = {0x29, 0x2f01},
         .missing = "no \"house\"",
         .features = "huge",
         .switched = "marks",
         .modes = "house hut",
         .physical_bits = 40,
         .gpa_bits = 3},
        {.what = "plan 0, build 2, and old is 2: guest addresses of 20 bits",
         .registers = {UINT64_C(0x8000000000000020), 0x0002},
         .missing = "no plan",
         .features = "",
         .switched = "",
         .modes = "house hut",
         .physical_bits = 13,
         .gpa_bits = 20},
        {.what = "plan 0, build 2, and old is 3",
         .registers = {UINT64_C(0x8000000000000020), 0x0003},
         .features = "",
         .switched = "",
         .modes = "house hut",
         .physical_bits = 13,
         .gpa_bits = 3},
        /* build 1, 2 and 4 have the hut, 2 and 4 a plan too; 8 is negative. Each bit of plan is one. */
        {.what = "a house, and all else 0",
         .registers = {UINT64_C(0x8000000000000000), 0},
         .missing = "no plan",
         .features = "",
         .switched = "",
         .modes = "house",
         .physical_bits = 13,
         .gpa_bits = 3,
         .every_bit = true,
         .matters = {UINT64_C(0x800000000000007f), 0x3f3f03}},
    };
    uint64_t kept = 1u << 9 | 1u << 6;
    for (size_t i = 0; i < GOLDEN_COUNT(cpus); i++) {
        golden_check_cpu(golden_format("ok_strange"), names, 2, keep, &kept, &cpus[i]);
    }
}

Test(strange, a_mode_is_there_where_both_the_registers_and_the_probe_say_so)
{
    static const char *const names[] = {"who", "what"};
    struct golden_cpu cpu = {.what = "the hut is not kept",
                             .registers = {UINT64_C(0x8000000000000013), 0x2000},
                             .features = "huge",
                             .switched = "",
                             .modes = "house",
                             .physical_bits = 32,
                             .gpa_bits = 3};
    uint64_t kept = 1u << 9;
    golden_check_cpu(golden_format("ok_strange"), names, 2, keep, &kept, &cpu);
    cpu.what = "the house is not kept";
    cpu.modes = "hut";
    kept = 1u << 6;
    golden_check_cpu(golden_format("ok_strange"), names, 2, keep, &kept, &cpu);
}
