/* SPDX-License-Identifier: Apache-2.0 */
/* What a space may be told not to do: take more memory, make large leaves, break entries. */
#include "unit.h"

static enum axas_status map_linear(struct unit_space *unit, uint64_t gpa, uint64_t hpa, uint64_t size,
                                   axas_attr attr)
{
    return axas_space_map_linear(&unit->space, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr);
}

static uint64_t leaf_size_at(struct unit_space *unit, uint64_t gpa)
{
    struct axas_mapping mapping;
    cr_assert_eq(axas_space_query(&unit->space, axas_gpa_of(gpa), &mapping), AXAS_OK, "%s", unit->name);
    return mapping.leaf_size;
}

Test(caps, tables_beyond_the_cap_are_refused_and_nothing_changes)
{
    for (FOR_EACH_CASE(at)) {
        if (at.mode->level_count < 2) {
            continue;
        }
        struct unit_space unit;
        struct axas_config config = {.table = {.table_limit = at.mode->level_count}};
        unit_space_make_with(&unit, &at, false, &config);
        uint64_t far = unit.tree.limit - unit.page;
        cr_assert_eq(map_linear(&unit, 0, FAR_HPA, unit.page, R), AXAS_OK, "%s", unit.name);
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_NO_MEMORY, map_linear(&unit, far, FAR_HPA, unit.page, R));
        EXPECT_SPACE_REFUSED(
            &unit, AXAS_ERR_NO_MEMORY,
            axas_space_map_alloc(&unit.space, axas_gpa_of(far), unit.page, RW, AXAS_POPULATE));
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(far), unit.page, RW, AXAS_LAZY), AXAS_OK);
        cr_expect_eq(unit_touch(&unit, far, W), AXAS_FAULT_NO_MEMORY);
        cr_expect_eq(unit_guest_bytes(&unit), 0);
        cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), unit.page), AXAS_OK);
        cr_expect_eq(unit_touch(&unit, far, W), AXAS_FAULT_RESOLVED, "%s: there is room again", unit.name);
        unit_space_end(&unit);
    }
}

static unsigned tables_asked;

static bool give_no_table(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame)
{
    (void)context, (void)size, (void)frame;
    tables_asked += use == AXAS_FRAME_TABLE ? 1 : 0;
    return false;
}

/* Of leaves of 4 KiB each of the areas takes 2^31 tables. */
Test(caps, tables_by_the_billion_are_refused_before_any_is_taken)
{
    const uint64_t size = UINT64_C(1) << 52;
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.reserve_limit = 4};
        config.table.max_exec_leaf_shift = at.format->levels[at.format->level_count - 1].shift;
        unit_space_make_with(&unit, &at, false, &config);
        const axas_attr exec = unit_exec(&unit.tree);
        if (unit.tree.limit - 1 >= 2 * size && unit.space.table.physical_bits > 53 && exec != 0) {
            cr_assert_eq(map_linear(&unit, 0, size, size, R), AXAS_OK, "%s", unit.name);
            cr_assert_eq(map_linear(&unit, size, 0, size, R), AXAS_OK, "%s", unit.name);
            unit.tree.hal.frame_alloc = give_no_table;
            tables_asked = 0;
            EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_NO_MEMORY,
                                 axas_space_protect(&unit.space, axas_gpa_of(0), 2 * size, exec));
            cr_expect_eq(tables_asked, 0, "%s", unit.name);
        }
        unit_space_end(&unit);
    }
}

Test(caps, removal_is_not_held_back_by_the_cap)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, large = unit.large;
        if (large != 0) {
            cr_assert_eq(map_linear(&unit, 0, 4 * large, 2 * large, RW), AXAS_OK);
            uint64_t tables = unit.space.table.tables;
            unit_space_end(&unit);
            struct axas_config config = {.table = {.table_limit = tables}};
            unit_space_make_with(&unit, &at, false, &config);
            cr_assert_eq(map_linear(&unit, 0, 4 * large, 2 * large, RW), AXAS_OK, "%s", unit.name);
            EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_NO_MEMORY,
                                 axas_space_protect(&unit.space, axas_gpa_of(page), page, R));
            cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(page), page), AXAS_OK, "%s", unit.name);
            axas_hpa hpa;
            cr_expect_eq(axas_space_translate(&unit.space, axas_gpa_of(0), &hpa), AXAS_OK);
            cr_expect_eq(axas_space_translate(&unit.space, axas_gpa_of(page), &hpa), AXAS_ERR_NOT_MAPPED);
        }
        unit_space_end(&unit);
    }
}

Test(caps, bookkeeping_beyond_the_cap_is_refused_and_nothing_changes)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.node_limit = 4};
        unit_space_make_with(&unit, &at, false, &config);
        enum axas_status status = AXAS_OK;
        uint64_t count = 0;
        while (status == AXAS_OK && count < 100000) {
            status = axas_space_map_trap(&unit.space, axas_gpa_of(2 * count * unit.page), unit.page, NULL);
            count += status == AXAS_OK;
        }
        cr_expect_eq(status, AXAS_ERR_NO_MEMORY, "%s", unit.name);
        cr_expect_gt(count, 8, "%s: %" PRIu64 " areas in 4 frames", unit.name, count);
        EXPECT_SPACE_REFUSED(
            &unit, AXAS_ERR_NO_MEMORY,
            axas_space_map_trap(&unit.space, axas_gpa_of(2 * count * unit.page), unit.page, NULL));
        struct axas_usage usage;
        cr_assert_eq(axas_space_usage(&unit.space, &usage), AXAS_OK);
        cr_expect_leq(usage.node_bytes, 4 * AXAS_FRAME_SIZE);
        cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), 2 * count * unit.page), AXAS_OK);
        cr_expect_eq(axas_space_map_trap(&unit.space, axas_gpa_of(0), unit.page, NULL), AXAS_OK);
        unit_space_end(&unit);
    }
}

Test(caps, a_reserve_for_removals_does_not_grow_with_what_came_and_went)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.reserve_limit = 1};
        unit_space_make_with(&unit, &at, false, &config);
        struct axas_usage first, usage;
        for (unsigned i = 0; i < 8; i++) {
            cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(0), unit.tree.limit, NULL), AXAS_OK,
                         "%s", unit.name);
            cr_assert_eq(axas_space_usage(&unit.space, i == 0 ? &first : &usage), AXAS_OK);
            cr_expect(i == 0 || usage.reserve_bytes == first.reserve_bytes, "%s: %" PRIu64 ", not %" PRIu64,
                      unit.name, usage.reserve_bytes, first.reserve_bytes);
            cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), unit.tree.limit), AXAS_OK);
        }
        unit_space_end(&unit);
    }
}

Test(caps, leaves_keep_below_their_caps)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, large = unit.large;
        axas_attr exec = unit_exec(&unit.tree);
        uint8_t page_shift = (uint8_t)__builtin_ctzll(page);
        unit_space_end(&unit);
        if (large == 0 || exec == 0) {
            continue;
        }
        struct axas_config all = {.table = {.max_leaf_shift = page_shift}};
        unit_space_make_with(&unit, &at, true, &all);
        cr_assert_eq(map_linear(&unit, 0, 4 * large, large, RW), AXAS_OK);
        cr_expect_eq(leaf_size_at(&unit, 0), page);
        unit_space_end(&unit);

        struct axas_config executable = {.table = {.max_exec_leaf_shift = page_shift}};
        unit_space_make_with(&unit, &at, true, &executable);
        cr_assert_eq(map_linear(&unit, 0, 4 * large, large, RW), AXAS_OK);
        cr_assert_eq(map_linear(&unit, large, 5 * large, large, exec), AXAS_OK);
        cr_expect_eq(leaf_size_at(&unit, 0), large, "%s", unit.name);
        cr_expect_eq(leaf_size_at(&unit, large), page, "%s", unit.name);
        cr_assert_eq(axas_space_protect(&unit.space, axas_gpa_of(0), large, exec), AXAS_OK);
        cr_expect_eq(leaf_size_at(&unit, 0), page, "%s: a large leaf became executable", unit.name);
        unit_space_end(&unit);
    }
}

Test(caps, faults_use_large_frames_where_parts_may_be_given_back)
{
    for (FOR_EACH_CASE(at)) {
        for (unsigned parts = 0; parts < 2; parts++) {
            struct unit_space unit;
            unit_space_make_with(&unit, &at, parts != 0, NULL);
            uint64_t large = unit.large;
            if (large != 0 && large <= UINT64_C(0x400000)) {
                cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), 2 * large, RW, AXAS_LAZY),
                             AXAS_OK);
                cr_assert_eq(unit_touch(&unit, large + 5, W), AXAS_FAULT_RESOLVED, "%s", unit.name);
                uint64_t wanted = parts != 0 ? large : unit.page;
                cr_expect_eq(leaf_size_at(&unit, large + 5), wanted, "%s", unit.name);
                cr_expect_eq(unit_guest_bytes(&unit), wanted);
                cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(large), unit.page), AXAS_OK);
                cr_expect_eq(unit_guest_bytes(&unit), wanted - unit.page, "%s: one page is given back",
                             unit.name);
            }
            unit_space_end(&unit);
        }
    }
}

/* ---- A space that feeds an IOMMU ---- */

Test(caps, a_populate_only_space_refuses_lazy_areas)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.populate_only = true};
        unit_space_make_with(&unit, &at, false, &config);
        uint64_t page = unit.page;
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_UNSUPPORTED,
                             axas_space_map_alloc(&unit.space, axas_gpa_of(0), page, RW, AXAS_LAZY));
        cr_expect_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), page, RW, AXAS_POPULATE), AXAS_OK);
        cr_expect_eq(map_linear(&unit, 4 * page, FAR_HPA, page, RW), AXAS_OK);
        cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), 8 * page), AXAS_OK);
        unit_space_end(&unit);
    }
}

Test(caps, a_populate_only_space_refuses_changes_that_need_a_break)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.populate_only = true};
        unit_space_make_with(&unit, &at, false, &config);
        uint64_t page = unit.page, large = unit.large;
        const struct axas_transition *change = unit.space.table.change;
        cr_assert_eq(map_linear(&unit, 0, 4 * page, page, RW), AXAS_OK);
        if (change[AXAS_CHANGE_PERMISSIONS_LESS].breaks) {
            EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_UNSUPPORTED,
                                 axas_space_protect(&unit.space, axas_gpa_of(0), page, R));
        } else {
            cr_expect_eq(axas_space_protect(&unit.space, axas_gpa_of(0), page, R), AXAS_OK);
        }
        if (large != 0) {
            cr_assert_eq(map_linear(&unit, 2 * large, 4 * large, large, RW), AXAS_OK);
            if (change[AXAS_CHANGE_SPLIT].breaks) {
                EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_UNSUPPORTED,
                                     axas_space_protect(&unit.space, axas_gpa_of(2 * large), page, R));
            } else if (!change[AXAS_CHANGE_PERMISSIONS_LESS].breaks) {
                cr_expect_eq(axas_space_protect(&unit.space, axas_gpa_of(2 * large), page, R), AXAS_OK);
            }
        }
        unit_space_end(&unit);
    }
}

Test(caps, a_populate_only_space_cuts_populated_leaves_with_the_tables_that_they_brought)
{
    unsigned tried = 0;
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.populate_only = true};
        unit_space_make_with(&unit, &at, true, &config);
        const uint64_t page = unit.page, large = unit.large;
        if (large != 0 && large <= UINT64_C(0x400000) && unit.tree.limit >= 32 * large &&
            !unit.space.table.change[AXAS_CHANGE_SPLIT].breaks) {
            cr_assert_eq(map_linear(&unit, 0, 4 * large, large, RW), AXAS_OK, "%s", unit.name);
            cr_assert_eq(
                axas_space_map_alloc(&unit.space, axas_gpa_of(16 * large), 4 * large, RW, AXAS_POPULATE),
                AXAS_OK);
            if (leaf_size_at(&unit, 17 * large) == large) {
                tried++;
                axas_hosted_fail_from(unit.tree.arena, 1);
                cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(8 * page), page), AXAS_OK);
                /* The end of one leaf and the start of the next */
                cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(17 * large - page), 2 * page), AXAS_OK,
                             "%s: %s", unit.name, unit.error.what);
                axas_hosted_fail_from(unit.tree.arena, 0);
                cr_expect_eq(leaf_size_at(&unit, 17 * large + page), page);
                cr_expect_eq(unit_guest_bytes(&unit), 4 * large - 2 * page);
            }
        }
        unit_space_end(&unit);
    }
    cr_expect_gt(tried, 0);
}
