/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of Power radix trees, worked out by hand from the Power ISA, version 3.0 B, Book III. The manual
 * counts bits of a doubleword from the most significant one, which is 0; bit b is 63 - b of the values below.
 * - leaf: V 0, L 1, RPN 7:51, R 55 (0x100), C 56 (0x80), ATT 58:59, EAA 60:63 (privileged, read, read and
 *   write, execute)
 * - table: V 0, L 1, NLB 4:55, NLS 59:63
 * - first doubleword of a partition table entry: HR 0, RTS 1:2 and 56:58, RPDB 4:55, RPDS 59:63
 */
#include "golden.h"

static const struct axas_format *radix(void)
{
    return golden_format("ok_power_radix");
}

Test(power_radix, leaves_match_the_manual)
{
    static const struct golden_leaf golden[] = {
        /* V L 0xc.., R C 0x180, EAA read, write, execute 7 */
        {"lower", "", RWX, 0, UINT64_C(0xc000000000000187)},
        {"last", "", RWX, UINT64_C(0x12340000), UINT64_C(0xc000000012340187)},
        /* EAA read 4, read and write 6, execute 1, read and execute 5 */
        {"last", "", R, UINT64_C(0x10000), UINT64_C(0xc000000000010184)},
        {"last", "", RW, UINT64_C(0x10000), UINT64_C(0xc000000000010186)},
        {"last", "", X, UINT64_C(0x10000), UINT64_C(0xc000000000010181)},
        {"last", "", RX, UINT64_C(0x10000), UINT64_C(0xc000000000010185)},
        /* ATT 0b10 is 0x20, 0b11 is 0x30 */
        {"last", "", RW | AXAS_MEM_DEVICE, UINT64_C(0x6000000000000), UINT64_C(0xc0060000000001a6)},
        {"last", "", RW | AXAS_MEM_UNCACHED, UINT64_C(0x6000000000000), UINT64_C(0xc0060000000001b6)},
        /* the highest address: RPN has 45 bits, 57 with those of the page */
        {"last", "", R, UINT64_C(0x1ffffffffff0000), UINT64_C(0xc1ffffffffff0184)},
        {"upper", "", R, UINT64_C(0x40000000), UINT64_C(0xc000000040000184)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_leaf(radix(), &golden[i]);
    }
}

Test(power_radix, table_entries_say_how_wide_the_table_below_is)
{
    static const struct golden_table golden[] = {
        {"root", UINT64_C(0x40000), UINT64_C(0x8000000000040009)},
        {"upper", UINT64_C(0x1fffffffffff000), UINT64_C(0x81fffffffffff009)},
        {"lower", UINT64_C(0x50000), UINT64_C(0x8000000000050005)},
    };
    for (size_t i = 0; i < GOLDEN_COUNT(golden); i++) {
        golden_check_table(radix(), &golden[i]);
    }
}

Test(power_radix, entries_are_big_endian)
{
    cr_expect(radix()->big_endian);
}

Test(power_radix, the_root_is_64_kib_and_its_register_says_so)
{
    struct axas_root_request request = {
        .mode = golden_mode(radix(), "rts52"),
        .root = {UINT64_C(0x30000)},
        .vmid = 5,
        .gpa_bits = 52,
        .physical_bits = 56,
    };
    uint64_t values[AXAS_MAX_ROOT_REGISTERS];
    cr_assert_eq(radix()->root_encode(&request, values), AXAS_OK);
    /* RTS: 52 - 31 = 21 = 0b10101, of which 0b10 stands in bits 1:2 and 0b101 in bits 56:58; RPDS 13 */
    cr_expect_eq(golden_root_value(radix(), values, "patb0"), UINT64_C(0xc0000000000300ad));
    cr_expect_eq(golden_root_value(radix(), values, "lpidr"), 5);
}

Test(power_radix, writing_needs_reading)
{
    static const struct golden_refusal golden = {"", W, "EAA bit 2 allows both"};
    golden_check_refusal(radix(), &golden);
}
