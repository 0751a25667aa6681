/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table layer alone, page by page, for who knows the paging mode when he compiles: Intel EPT with four
 * levels. The walks of axas/inline.h are straight lines in the loops below; they take and return what the
 * functions of axas/table.h do, and call those for whatever is not the usual.
 */
#include <axas/hosted.h>
#include <axas/inline/x86_64_ept.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE UINT64_C(0x1000)
#define PAGES UINT64_C(1024)

static void check(enum axas_status status, const char *what)
{
    if (status != AXAS_OK) {
        printf("%s: %s\n", what, axas_status_str(status));
        exit(EXIT_FAILURE);
    }
}

/* Where the host has page number i of the guest: backwards, so that no two are neighbours. */
static axas_hpa home(uint64_t i)
{
    return axas_hpa_of(UINT64_C(0x80000000) - (i + 1) * PAGE);
}

int main(void)
{
    struct axas_hosted *machine = axas_hosted_create(NULL);
    if (machine == NULL) {
        printf("no memory for the machine\n");
        return EXIT_FAILURE;
    }
    struct axas_table table;
    const struct axas_table_config config = {
        .hal = axas_hosted_hal(machine),
        .format = &axas_x86_64_ept,
        .mode = &axas_x86_64_ept.modes[AXAS_X86_64_EPT_MODE_4LEVEL],
    };
    check(axas_table_init(&table, &config), "making the table");

    const struct axas_x86_64_ept_4level walker = axas_x86_64_ept_4level_of(&table);
    for (uint64_t i = 0; i < PAGES; i++) {
        check(
            axas_x86_64_ept_4level_map_page(&walker, axas_gpa_of(i * PAGE), home(i), AXAS_READ | AXAS_WRITE),
            "mapping a page");
    }
    uint64_t right = 0;
    for (uint64_t i = 0; i < PAGES; i++) {
        axas_hpa hpa = {0};
        check(axas_x86_64_ept_4level_translate(&walker, axas_gpa_of(i * PAGE + i), &hpa), "translating");
        right += hpa.raw == home(i).raw + i;
    }
    printf("%" PRIu64 " pages mapped, %" PRIu64 " of them lead where they should\n", PAGES, right);

    /* Errors are those of the function behind it. */
    const enum axas_status again =
        axas_x86_64_ept_4level_map_page(&walker, axas_gpa_of(PAGE), home(1), AXAS_READ);
    printf("mapping the second one again: %s\n", axas_status_str(again));

    axas_table_destroy(&table, NULL, NULL);
    return axas_hosted_destroy(machine) == 0 && right == PAGES ? EXIT_SUCCESS : EXIT_FAILURE;
}
