/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/device.h>
#include <criterion/criterion.h>

Test(device, a_width_is_1_2_4_or_8_bytes)
{
    for (uint64_t bytes = 0; bytes < 20; bytes++) {
        enum axas_width width = AXAS_WIDTH_4;
        bool good = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
        cr_expect_eq(axas_width_make(bytes, &width), good ? AXAS_OK : AXAS_ERR_INVALID);
        cr_expect_eq(axas_width_size(width), good ? bytes : 4, "untouched on failure");
    }
    enum axas_width width = AXAS_WIDTH_2;
    cr_expect_eq(axas_width_make(UINT64_C(0x100000001), &width), AXAS_ERR_INVALID);
    cr_expect_eq(axas_width_make(1, NULL), AXAS_ERR_INVALID);
}

Test(device, a_width_covers_its_bits)
{
    cr_expect_eq(axas_width_bits(AXAS_WIDTH_1).first, 0);
    cr_expect_eq(axas_width_bits(AXAS_WIDTH_1).last, 7);
    cr_expect_eq(axas_width_bits(AXAS_WIDTH_2).last, 15);
    cr_expect_eq(axas_width_bits(AXAS_WIDTH_4).last, 31);
    cr_expect_eq(axas_width_bits(AXAS_WIDTH_8).last, 63);
    cr_expect_eq(axas_width_mask(AXAS_WIDTH_1), 0xff);
    cr_expect_eq(axas_width_mask(AXAS_WIDTH_2), 0xffff);
    cr_expect_eq(axas_width_mask(AXAS_WIDTH_4), 0xffffffff);
    cr_expect_eq(axas_width_mask(AXAS_WIDTH_8), UINT64_MAX);
}

Test(device, an_inclusive_range_of_guest_addresses_reaches_the_last_one)
{
    struct axas_gpa_range range, untouched = {axas_gpa_of(1), axas_gpa_of(2)};
    cr_assert_eq(axas_gpa_range_make(axas_gpa_of(UINT64_MAX - 0xfff), axas_gpa_of(UINT64_MAX), &range),
                 AXAS_OK);
    cr_expect(axas_gpa_range_contains(range, axas_gpa_of(UINT64_MAX)));
    cr_expect(axas_gpa_range_contains(range, axas_gpa_of(UINT64_MAX - 0xfff)));
    cr_expect_not(axas_gpa_range_contains(range, axas_gpa_of(UINT64_MAX - 0x1000)));
    cr_expect_not(axas_gpa_range_contains(range, axas_gpa_of(0)));
    cr_expect_eq(axas_gpa_range_make(axas_gpa_of(8), axas_gpa_of(7), &untouched), AXAS_ERR_RANGE);
    cr_expect_eq(untouched.first.raw, 1);
    cr_expect_eq(untouched.last.raw, 2);
    cr_expect_eq(axas_gpa_range_make(axas_gpa_of(8), axas_gpa_of(8), NULL), AXAS_ERR_INVALID);
    cr_expect_eq(axas_gpa_range_make(axas_gpa_of(8), axas_gpa_of(8), &range), AXAS_OK);
    cr_expect(axas_gpa_range_contains(range, axas_gpa_of(8)), "a range of one");
}

Test(device, ranges_overlap_when_they_share_an_address)
{
    static const struct {
        uint16_t a_first, a_last, b_first, b_last;
        bool overlap;
    } rows[] = {
        {0x60, 0x64, 0x64, 0x70, true}, {0x60, 0x63, 0x64, 0x70, false}, {0x60, 0x70, 0x64, 0x65, true},
        {0x64, 0x65, 0x60, 0x70, true}, {0x71, 0x80, 0x60, 0x70, false}, {0, 0xffff, 0xffff, 0xffff, true},
        {0x60, 0x60, 0x60, 0x60, true},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct axas_port_range pa, pb;
        struct axas_sysreg_range sa, sb;
        struct axas_gpa_range ga, gb;
        cr_assert_eq(axas_port_range_make(axas_port_of(rows[i].a_first), axas_port_of(rows[i].a_last), &pa),
                     AXAS_OK);
        cr_assert_eq(axas_port_range_make(axas_port_of(rows[i].b_first), axas_port_of(rows[i].b_last), &pb),
                     AXAS_OK);
        cr_assert_eq(
            axas_sysreg_range_make(axas_sysreg_of(rows[i].a_first), axas_sysreg_of(rows[i].a_last), &sa),
            AXAS_OK);
        cr_assert_eq(
            axas_sysreg_range_make(axas_sysreg_of(rows[i].b_first), axas_sysreg_of(rows[i].b_last), &sb),
            AXAS_OK);
        cr_assert_eq(axas_gpa_range_make(axas_gpa_of(rows[i].a_first), axas_gpa_of(rows[i].a_last), &ga),
                     AXAS_OK);
        cr_assert_eq(axas_gpa_range_make(axas_gpa_of(rows[i].b_first), axas_gpa_of(rows[i].b_last), &gb),
                     AXAS_OK);
        cr_expect_eq(axas_port_range_overlaps(pa, pb), rows[i].overlap, "ports, row %u", i);
        cr_expect_eq(axas_port_range_overlaps(pb, pa), rows[i].overlap, "ports, row %u turned", i);
        cr_expect_eq(axas_sysreg_range_overlaps(sa, sb), rows[i].overlap, "registers, row %u", i);
        cr_expect_eq(axas_gpa_range_overlaps(ga, gb), rows[i].overlap, "addresses, row %u", i);
    }
}

Test(device, ports_and_registers_have_ranges_of_their_own)
{
    struct axas_port_range ports = {axas_port_of(1), axas_port_of(2)};
    struct axas_sysreg_range registers = {axas_sysreg_of(1), axas_sysreg_of(2)};
    cr_expect_eq(axas_port_range_make(axas_port_of(2), axas_port_of(1), &ports), AXAS_ERR_RANGE);
    cr_expect_eq(ports.first.raw, 1);
    cr_expect_eq(axas_port_range_make(axas_port_of(2), axas_port_of(3), NULL), AXAS_ERR_INVALID);
    cr_expect_eq(axas_sysreg_range_make(axas_sysreg_of(2), axas_sysreg_of(1), &registers), AXAS_ERR_RANGE);
    cr_expect_eq(registers.first.raw, 1);
    cr_expect_eq(axas_sysreg_range_make(axas_sysreg_of(2), axas_sysreg_of(3), NULL), AXAS_ERR_INVALID);
    cr_assert_eq(axas_port_range_make(axas_port_of(0xfff8), axas_port_of(0xffff), &ports), AXAS_OK);
    cr_expect(axas_port_range_contains(ports, axas_port_of(0xffff)));
    cr_expect_not(axas_port_range_contains(ports, axas_port_of(0xfff7)));
    cr_assert_eq(axas_sysreg_range_make(axas_sysreg_of(0xc0000080), axas_sysreg_of(UINT32_MAX), &registers),
                 AXAS_OK);
    cr_expect(axas_sysreg_range_contains(registers, axas_sysreg_of(UINT32_MAX)));
    cr_expect_not(axas_sysreg_range_contains(registers, axas_sysreg_of(0xc000007f)));
}
