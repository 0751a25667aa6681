/* SPDX-License-Identifier: Apache-2.0 */
#include <axas/fault.h>
#include <axas/types.h>
#include <criterion/criterion.h>
#include <string.h>

static void check_text(const char *text)
{
    cr_assert_not_null(text);
    cr_expect_gt(strlen(text), 0);
    cr_expect_neq(text[strlen(text) - 1], '.', "\"%s\" ends with a full stop", text);
}

Test(status, every_status_has_a_text_of_its_own)
{
    for (unsigned i = 0; i < AXAS_STATUS_COUNT; i++) {
        check_text(axas_status_str((enum axas_status)i));
        for (unsigned j = 0; j < i; j++) {
            cr_expect_str_neq(axas_status_str((enum axas_status)i), axas_status_str((enum axas_status)j));
        }
    }
}

Test(status, a_number_that_is_no_status_has_a_text_too)
{
    check_text(axas_status_str((enum axas_status)AXAS_STATUS_COUNT));
    check_text(axas_status_str((enum axas_status)12345));
    cr_expect_str_neq(axas_status_str((enum axas_status)AXAS_STATUS_COUNT), axas_status_str(AXAS_OK));
}

Test(status, ok_is_0)
{
    cr_expect_eq((int)AXAS_OK, 0);
    cr_expect_eq((int)AXAS_FAULT_RESOLVED, 0);
}

Test(status, every_fault_result_has_a_text_of_its_own)
{
    for (unsigned i = 0; i < AXAS_FAULT_RESULT_COUNT; i++) {
        check_text(axas_fault_result_str((enum axas_fault_result)i));
        for (unsigned j = 0; j < i; j++) {
            cr_expect_str_neq(axas_fault_result_str((enum axas_fault_result)i),
                              axas_fault_result_str((enum axas_fault_result)j));
        }
    }
    check_text(axas_fault_result_str((enum axas_fault_result)AXAS_FAULT_RESULT_COUNT));
}

Test(status, attributes_do_not_share_bits)
{
    cr_expect_eq(AXAS_ACCESS_MASK & AXAS_MEM_MASK, 0);
    cr_expect_eq(AXAS_READ | AXAS_WRITE | AXAS_KERNEL_EXEC | AXAS_USER_EXEC, AXAS_ACCESS_MASK);
    cr_expect_eq(AXAS_EXEC, AXAS_KERNEL_EXEC | AXAS_USER_EXEC);
}

Test(status, memory_types_of_devices_are_told_from_memory)
{
    static const axas_attr devices[] = {AXAS_MEM_DEVICE, AXAS_MEM_DEVICE_NONPOSTED, AXAS_MEM_DEVICE_UNORDERED,
                                        AXAS_MEM_DEVICE_GATHERED};
    static const axas_attr others[] = {AXAS_MEM_NORMAL, AXAS_MEM_UNCACHED, AXAS_MEM_WRITE_COMBINING,
                                       AXAS_MEM_WRITE_THROUGH, AXAS_MEM_WRITE_PROTECTED};
    for (unsigned i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        cr_expect(axas_attr_is_device(AXAS_ACCESS_MASK | devices[i]), "0x%x", devices[i]);
    }
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_expect_not(axas_attr_is_device(AXAS_ACCESS_MASK | others[i]), "0x%x", others[i]);
    }
}
