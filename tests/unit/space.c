/* SPDX-License-Identifier: Apache-2.0 */
/* The address space: its areas, and what each call rejects and leaves behind. */
#include "unit.h"

static enum axas_status map_linear(struct unit_space *unit, uint64_t gpa, uint64_t hpa, uint64_t size,
                                   axas_attr attr)
{
    return axas_space_map_linear(&unit->space, axas_gpa_of(gpa), axas_hpa_of(hpa), size, attr);
}

static enum axas_status map_alloc(struct unit_space *unit, uint64_t gpa, uint64_t size, axas_attr attr,
                                  uint32_t flags)
{
    return axas_space_map_alloc(&unit->space, axas_gpa_of(gpa), size, attr, flags);
}

static enum axas_status unmap(struct unit_space *unit, uint64_t gpa, uint64_t size)
{
    return axas_space_unmap(&unit->space, axas_gpa_of(gpa), size);
}

static enum axas_status protect(struct unit_space *unit, uint64_t gpa, uint64_t size, axas_attr attr)
{
    return axas_space_protect(&unit->space, axas_gpa_of(gpa), size, attr);
}

static bool area_at(struct unit_space *unit, uint64_t gpa, struct axas_area *area)
{
    return axas_space_next_area(&unit->space, axas_gpa_of(gpa), area) == AXAS_OK && area->gpa.raw <= gpa;
}

static uint64_t areas(struct unit_space *unit)
{
    struct axas_usage usage;
    cr_assert_eq(axas_space_usage(&unit->space, &usage), AXAS_OK);
    return usage.areas;
}

static void expect_area(struct unit_space *unit, uint64_t gpa, uint64_t size, axas_attr attr)
{
    struct axas_area area;
    cr_assert(area_at(unit, gpa, &area), "%s: no area at 0x%" PRIx64, unit->name, gpa);
    cr_expect_eq(area.gpa.raw, gpa, "%s: the area begins at 0x%" PRIx64, unit->name, area.gpa.raw);
    cr_expect_eq(area.size, size, "%s: the area at 0x%" PRIx64 " has 0x%" PRIx64 " bytes", unit->name, gpa,
                 area.size);
    cr_expect_eq(area.attr, attr);
}

static void expect_translates(struct unit_space *unit, uint64_t gpa, uint64_t hpa)
{
    axas_hpa got;
    cr_assert_eq(axas_space_translate(&unit->space, axas_gpa_of(gpa), &got), AXAS_OK, "%s: 0x%" PRIx64,
                 unit->name, gpa);
    cr_expect_eq(got.raw, hpa, "%s: 0x%" PRIx64 " is 0x%" PRIx64 ", not 0x%" PRIx64, unit->name, gpa, got.raw,
                 hpa);
}

static void expect_no_translation(struct unit_space *unit, uint64_t gpa, enum axas_status expected)
{
    axas_hpa got = axas_hpa_of(1);
    enum axas_status status = axas_space_translate(&unit->space, axas_gpa_of(gpa), &got);
    cr_expect_eq(status, expected, "%s: 0x%" PRIx64 ": %s", unit->name, gpa, axas_status_str(status));
    cr_expect_eq(got.raw, 1, "untouched");
}

/* ---- init, destroy, bounds ---- */

Test(space, a_new_space_is_empty_and_reaches_from_base_to_end)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct axas_area area;
        struct axas_mapping mapping;
        cr_expect_eq(axas_space_base(&unit.space).raw, 0);
        cr_expect_eq(axas_space_size(&unit.space), unit.tree.limit, "size 0 means everything");
        cr_expect_eq(axas_space_end(&unit.space).raw, unit.tree.limit);
        cr_expect_eq(areas(&unit), 0);
        cr_expect_eq(axas_space_next_area(&unit.space, axas_gpa_of(0), &area), AXAS_ERR_NOT_MAPPED);
        cr_expect_eq(axas_space_next_mapping(&unit.space, axas_gpa_of(0), &mapping), AXAS_ERR_NOT_MAPPED);
        expect_no_translation(&unit, 0, AXAS_ERR_NOT_MAPPED);
        unit_space_end(&unit);
    }
}

Test(space, a_space_may_be_part_of_the_range)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        unit_space_end(&unit);

        struct axas_config part = {.base = {4 * page}, .size = 8 * page};
        unit_space_make_with(&unit, &at, false, &part);
        cr_expect_eq(axas_space_base(&unit.space).raw, 4 * page);
        cr_expect_eq(axas_space_end(&unit.space).raw, 12 * page);
        cr_expect_eq(axas_space_size(&unit.space), 8 * page);
        cr_expect(axas_space_contains(&unit.space, axas_gpa_of(4 * page), 8 * page));
        cr_expect(axas_space_contains(&unit.space, axas_gpa_of(12 * page - 1), 1));
        cr_expect_not(axas_space_contains(&unit.space, axas_gpa_of(12 * page), 1));
        cr_expect_not(axas_space_contains(&unit.space, axas_gpa_of(4 * page - 1), 1));
        cr_expect_not(axas_space_contains(&unit.space, axas_gpa_of(4 * page), 8 * page + 1));
        cr_expect_not(axas_space_contains(&unit.space, axas_gpa_of(5 * page), 0), "nothing is not inside");
        cr_expect_not(axas_space_contains(&unit.space, axas_gpa_of(5 * page), UINT64_MAX));
        cr_expect_not(axas_space_contains(&unit.space, axas_gpa_of(UINT64_MAX), UINT64_MAX));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE, map_linear(&unit, 3 * page, FAR_HPA, page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE, map_linear(&unit, 3 * page, FAR_HPA, 2 * page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE, map_linear(&unit, 11 * page, FAR_HPA, 2 * page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE, map_linear(&unit, 12 * page, FAR_HPA, page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE, unmap(&unit, 0, 16 * page));
        expect_no_translation(&unit, 3 * page, AXAS_ERR_RANGE);
        expect_no_translation(&unit, 12 * page, AXAS_ERR_RANGE);
        cr_expect_eq(map_linear(&unit, 4 * page, FAR_HPA, 8 * page, R), AXAS_OK);
        expect_translates(&unit, 12 * page - 1, FAR_HPA + 8 * page - 1);
        unit_space_end(&unit);
    }
}

Test(space, bad_configurations_are_refused_and_leave_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, limit = unit.tree.limit;
        struct axas_hosted_ledger ledger = axas_hosted_ledger_now(unit.tree.arena);
        struct axas_space space, before;
        memset(&space, 0x5a, sizeof space);
        memset(&before, 0x5a, sizeof before);
        struct axas_config config;
#define REFUSE(expected, change)                                                                          \
    do {                                                                                                  \
        config = unit.config;                                                                             \
        change;                                                                                           \
        enum axas_status got_ = axas_space_init(&space, &config);                                         \
        struct axas_hosted_ledger after_ = axas_hosted_ledger_now(unit.tree.arena);                       \
        cr_expect_eq(got_, (expected), "%s: %s gives \"%s\"", unit.name, #change, axas_status_str(got_)); \
        cr_expect_eq(memcmp(&space, &before, sizeof space), 0, "%s: %s writes", unit.name, #change);      \
        cr_expect(axas_hosted_ledger_same(&ledger, &after_), "%s: %s keeps frames", unit.name, #change);  \
    } while (0)
        REFUSE(AXAS_ERR_INVALID, config.table.hal = NULL);
        REFUSE(AXAS_ERR_INVALID, config.table.format = NULL);
        REFUSE(AXAS_ERR_UNSUPPORTED, config.table.gpa_bits = (uint8_t)(at.mode->gpa_bits_max + 1));
        REFUSE(AXAS_ERR_ALIGN, config.base = axas_gpa_of(1));
        REFUSE(AXAS_ERR_ALIGN, config.base = axas_gpa_of(page / 2));
        REFUSE(AXAS_ERR_ALIGN, config.size = page + 1);
        REFUSE(AXAS_ERR_RANGE, config.base = axas_gpa_of(limit));
        REFUSE(AXAS_ERR_RANGE, config.size = limit + page);
        REFUSE(AXAS_ERR_RANGE, (config.base = axas_gpa_of(page), config.size = limit));
        REFUSE(AXAS_ERR_RANGE, (config.base = axas_gpa_of(page), config.size = UINT64_MAX - page + 1));
        REFUSE(AXAS_ERR_NO_MEMORY, axas_hosted_fail_at(unit.tree.arena, 1));
        REFUSE(AXAS_ERR_NO_MEMORY, axas_hosted_fail_at(unit.tree.arena, 2));
        axas_hosted_fail_at(unit.tree.arena, 0);
#undef REFUSE
        cr_expect_eq(axas_space_init(NULL, &unit.config), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_init(&space, NULL), AXAS_ERR_INVALID);
        unit_space_end(&unit);
    }
}

Test(space, destroying_gives_everything_back_and_may_be_done_twice)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        cr_assert_eq(map_linear(&unit, 0, FAR_HPA, 4 * unit.page, RW), AXAS_OK);
        cr_assert_eq(map_alloc(&unit, 8 * unit.page, 4 * unit.page, RW, AXAS_POPULATE), AXAS_OK);
        cr_assert_eq(map_alloc(&unit, 16 * unit.page, 4 * unit.page, RW, AXAS_LAZY), AXAS_OK);
        cr_assert_eq(unit_touch(&unit, 17 * unit.page, W), AXAS_FAULT_RESOLVED);
        cr_assert_eq(protect(&unit, 9 * unit.page, unit.page, 0), AXAS_OK);
        axas_space_destroy(&unit.space);
        struct axas_hosted_ledger ledger = axas_hosted_ledger_now(unit.tree.arena);
        for (unsigned use = 0; use < AXAS_FRAME_USES; use++) {
            cr_expect_eq(ledger.bytes[use], 0, "%s: %" PRIu64 " bytes of use %u stay", unit.name,
                         ledger.bytes[use], use);
        }
        axas_space_destroy(&unit.space);
        cr_expect_eq(axas_hosted_destroy(unit.tree.arena), 0);
    }
    struct axas_space zeroed = {0};
    axas_space_destroy(&zeroed);
}

Test(space, clearing_leaves_an_empty_space_that_works)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct unit_picture empty = unit_space_picture(&unit);
        for (uint64_t i = 0; i < 300; i++) {
            cr_assert_eq(map_linear(&unit, 2 * i * unit.page, FAR_HPA, unit.page, R), AXAS_OK);
        }
        cr_assert_eq(map_alloc(&unit, 700 * unit.page, 8 * unit.page, RW, AXAS_POPULATE), AXAS_OK);
        cr_expect_eq(areas(&unit), 301);
        axas_hosted_fail_from(unit.tree.arena, 1);
        cr_assert_eq(axas_space_clear(&unit.space), AXAS_OK, "no memory is needed");
        axas_hosted_fail_from(unit.tree.arena, 0);
        cr_expect_eq(areas(&unit), 0);
        cr_expect_eq(unit.space.table.tables, 1, "%s", unit.name);
        cr_expect_eq(unit_guest_bytes(&unit), 0);
        struct unit_picture after = unit_space_picture(&unit);
        cr_expect(unit_same(&empty, &after), "%s: as at the start", unit.name);
        cr_assert_eq(map_linear(&unit, 0, FAR_HPA, unit.page, R), AXAS_OK);
        expect_translates(&unit, 0, FAR_HPA);
        unit_space_end(&unit);
    }
}

Test(space, calls_without_a_space_are_invalid)
{
    struct axas_space zeroed = {0};
    struct axas_mapping mapping;
    struct axas_area area;
    struct axas_usage usage;
    struct axas_root root;
    axas_hpa hpa;
    const axas_gpa gpa = {0};
    struct axas_space *const none[] = {NULL, &zeroed};
    for (unsigned i = 0; i < 2; i++) {
        struct axas_space *space = none[i];
        cr_expect_eq(axas_space_clear(space), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_map_linear(space, gpa, axas_hpa_of(0), 4096, R), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_map_alloc(space, gpa, 4096, R, AXAS_LAZY), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_map_trap(space, gpa, 4096, NULL), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_unmap(space, gpa, 4096), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_protect(space, gpa, 4096, R), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_query(space, gpa, &mapping), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_translate(space, gpa, &hpa), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_next_area(space, gpa, &area), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_next_mapping(space, gpa, &mapping), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_usage(space, &usage), AXAS_ERR_INVALID);
        cr_expect_eq(axas_space_root(space, 0, &root), AXAS_ERR_INVALID);
    }
    struct unit_case at = {0};
    cr_assert(unit_next_case(&at));
    struct unit_space unit;
    unit_space_make(&unit, &at);
    EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, axas_space_query(&unit.space, gpa, NULL));
    EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, axas_space_translate(&unit.space, gpa, NULL));
    EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, axas_space_next_area(&unit.space, gpa, NULL));
    EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, axas_space_next_mapping(&unit.space, gpa, NULL));
    EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, axas_space_usage(&unit.space, NULL));
    EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, axas_space_root(&unit.space, 0, NULL));
    unit_space_end(&unit);
}

/* ---- map ---- */

Test(space, a_linear_area_is_there_at_once)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        uint64_t size = unit.large != 0 ? 2 * unit.large : 16 * page;
        struct axas_mapping mapping;
        cr_assert_eq(map_linear(&unit, size, 4 * size, size, RW), AXAS_OK);
        expect_area(&unit, size, size, RW);
        expect_translates(&unit, size, 4 * size);
        expect_translates(&unit, 2 * size - 1, 5 * size - 1);
        expect_no_translation(&unit, size - 1, AXAS_ERR_NOT_MAPPED);
        expect_no_translation(&unit, 2 * size, AXAS_ERR_NOT_MAPPED);
        cr_assert_eq(axas_space_query(&unit.space, axas_gpa_of(size + page + 5), &mapping), AXAS_OK);
        cr_expect_eq(mapping.hpa.raw, 4 * size + page + 5, "of the byte that was asked for");
        cr_expect_eq(mapping.attr, RW);
        cr_expect_eq(mapping.leaf_size, unit.large != 0 ? unit.large : page);
        cr_expect_eq(mapping.gpa.raw, unit.large != 0 ? size : size + page);
        cr_expect_eq(unit_touch(&unit, size + 5, R), AXAS_FAULT_SPURIOUS);
        cr_expect_eq(unit_guest_bytes(&unit), 0, "the memory is the caller's");
        unit_space_end(&unit);
    }
}

Test(space, a_populated_area_has_zeroed_published_frames)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, pages = 5;
        axas_hosted_record(unit.tree.arena, 100000);
        cr_assert_eq(map_alloc(&unit, page, pages * page, RW, AXAS_POPULATE), AXAS_OK);
        axas_hosted_record_stop(unit.tree.arena);
        cr_expect_eq(unit_guest_bytes(&unit), pages * page);
        uint64_t published = 0;
        const struct axas_hosted_event *events = axas_hosted_events(unit.tree.arena);
        for (uint64_t i = 0; i < axas_hosted_event_count(unit.tree.arena); i++) {
            published += events[i].kind == AXAS_HOSTED_PUBLISH ? events[i].size : 0;
        }
        cr_expect_eq(published, pages * page, "%s: %" PRIu64 " bytes published", unit.name, published);
        for (uint64_t i = 0; i < pages; i++) {
            struct axas_mapping mapping;
            cr_assert_eq(axas_space_query(&unit.space, axas_gpa_of((1 + i) * page), &mapping), AXAS_OK);
            cr_expect(axas_hosted_owns(unit.tree.arena, mapping.hpa, AXAS_FRAME_GUEST));
            const unsigned char *bytes = axas_hal_virt(&unit.tree.hal, mapping.hpa);
            for (uint64_t j = 0; j < page; j++) {
                cr_assert_eq(bytes[j], 0, "%s: page %" PRIu64 " byte %" PRIu64, unit.name, i, j);
            }
        }
        cr_assert_eq(unmap(&unit, page, pages * page), AXAS_OK);
        cr_expect_eq(unit_guest_bytes(&unit), 0);
        unit_space_end(&unit);
    }
}

Test(space, a_lazy_area_takes_no_memory_until_it_is_touched)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        cr_assert_eq(map_alloc(&unit, 0, 16 * page, RW, AXAS_LAZY), AXAS_OK);
        cr_expect_eq(unit_guest_bytes(&unit), 0);
        expect_area(&unit, 0, 16 * page, RW);
        expect_no_translation(&unit, 0, AXAS_ERR_NOT_MAPPED);
        cr_expect_eq(unit_touch(&unit, 3 * page, W), AXAS_FAULT_RESOLVED);
        cr_expect_eq(unit_guest_bytes(&unit), page, "%s", unit.name);
        unit_space_end(&unit);
    }
}

Test(space, bad_maps_are_refused_and_change_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, top = unit.tree.limit;
        unsigned physical = unit.space.table.physical_bits;
        cr_assert_eq(map_linear(&unit, 4 * page, FAR_HPA, 4 * page, R), AXAS_OK);
        cr_assert_eq(map_alloc(&unit, 12 * page, 4 * page, RW, AXAS_LAZY), AXAS_OK);
        cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(20 * page), page, NULL), AXAS_OK);
#define BAD(expected, gpa, hpa, size, attr)                                                      \
    do {                                                                                         \
        EXPECT_SPACE_REFUSED(&unit, expected, map_linear(&unit, gpa, hpa, size, attr));          \
        EXPECT_SPACE_REFUSED(&unit, expected, map_alloc(&unit, gpa, size, attr, AXAS_LAZY));     \
        EXPECT_SPACE_REFUSED(&unit, expected, map_alloc(&unit, gpa, size, attr, AXAS_POPULATE)); \
    } while (0)
        BAD(AXAS_ERR_ALIGN, 1, 0, page, R);
        BAD(AXAS_ERR_ALIGN, page / 2, 0, page, R);
        BAD(AXAS_ERR_ALIGN, 0, 0, page + 1, R);
        BAD(AXAS_ERR_ALIGN, 0, 0, 1, R);
        BAD(AXAS_ERR_RANGE, 0, 0, 0, R);
        BAD(AXAS_ERR_RANGE, top, 0, page, R);
        BAD(AXAS_ERR_RANGE, top - page, 0, 2 * page, R);
        BAD(AXAS_ERR_RANGE, page, 0, UINT64_MAX - page + 1, R);
        BAD(AXAS_ERR_RANGE, UINT64_MAX - page + 1, 0, page, R);
        BAD(AXAS_ERR_EXISTS, 4 * page, 0, 4 * page, R);
        BAD(AXAS_ERR_EXISTS, 3 * page, 0, 2 * page, R);
        BAD(AXAS_ERR_EXISTS, 7 * page, 0, 2 * page, R);
        BAD(AXAS_ERR_EXISTS, 5 * page, 0, page, R);
        BAD(AXAS_ERR_EXISTS, 0, 0, 32 * page, R);
        BAD(AXAS_ERR_EXISTS, 13 * page, 0, page, R);
        BAD(AXAS_ERR_EXISTS, 20 * page, 0, page, R);
        BAD(AXAS_ERR_UNSUPPORTED, 0, 0, page, 0);
        BAD(AXAS_ERR_UNSUPPORTED, 0, 0, page, unit_unsupported(&unit.tree));
        BAD(AXAS_ERR_INVALID, 0, 0, page, R | 0x100);
#undef BAD
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_ALIGN, map_linear(&unit, 0, page / 2, page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE, map_linear(&unit, 0, UINT64_MAX - page + 1, 2 * page, R));
        if (physical < 64) {
            EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE,
                                 map_linear(&unit, 0, UINT64_C(1) << physical, page, R));
            EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE,
                                 map_linear(&unit, 0, (UINT64_C(1) << physical) - page, 2 * page, R));
        }
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, map_alloc(&unit, 0, page, R, 0x2));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID,
                             axas_space_map(&unit.space, axas_gpa_of(0), page, R, NULL, NULL, 0, AXAS_LAZY));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_EXISTS,
                             axas_space_map_trap(&unit.space, axas_gpa_of(4 * page), page, NULL));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_ALIGN,
                             axas_space_map_trap(&unit.space, axas_gpa_of(1), page, NULL));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_RANGE,
                             axas_space_map_trap(&unit.space, axas_gpa_of(0), 0, NULL));
        unit_space_end(&unit);
    }
}

Test(space, a_failure_tells_the_values_that_made_it)
{
    struct unit_case at = {0};
    cr_assert(unit_next_case(&at));
    struct unit_space unit;
    unit_space_make(&unit, &at);
    uint64_t page = unit.page;
    cr_assert_eq(map_linear(&unit, 0, FAR_HPA, page, R), AXAS_OK);
    cr_expect_eq(unit.error.status, AXAS_OK, "success leaves it alone");
    cr_assert_eq(map_linear(&unit, 0, 7 * page, 3 * page, RW), AXAS_ERR_EXISTS);
    cr_expect_eq(unit.error.status, AXAS_ERR_EXISTS);
    cr_expect_not_null(unit.error.what);
    cr_expect_eq(unit.error.gpa.raw, 0);
    cr_expect_eq(unit.error.hpa.raw, 7 * page);
    cr_expect_eq(unit.error.size, 3 * page);
    cr_expect_eq(unit.error.attr, RW);
    cr_assert_eq(unmap(&unit, 1, page), AXAS_ERR_ALIGN);
    cr_expect_eq(unit.error.status, AXAS_ERR_ALIGN);
    cr_expect_eq(unit.error.gpa.raw, 1);
    cr_assert_eq(protect(&unit, 4 * page, page, RW), AXAS_ERR_NOT_MAPPED);
    cr_expect_eq(unit.error.status, AXAS_ERR_NOT_MAPPED);
    cr_expect_eq(unit.error.gpa.raw, 4 * page);
    unit_space_end(&unit);
}

Test(space, the_whole_range_can_be_one_area)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.reserve_limit = 1}; /* or else 4 KiB for each 126 MiB of it */
        unit_space_make_with(&unit, &at, false, &config);
        uint64_t top = unit.tree.limit;
        cr_assert_eq(map_alloc(&unit, 0, top, RW, AXAS_LAZY), AXAS_OK, "%s", unit.name);
        cr_expect_eq(unit_touch(&unit, top - 1, W), AXAS_FAULT_RESOLVED);
        cr_expect_eq(unit_touch(&unit, 0, W), AXAS_FAULT_RESOLVED);
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_EXISTS, map_linear(&unit, top - unit.page, 0, unit.page, R));
        cr_assert_eq(unmap(&unit, unit.page, top - 2 * unit.page), AXAS_OK);
        expect_area(&unit, 0, unit.page, RW);
        expect_area(&unit, top - unit.page, unit.page, RW);
        cr_assert_eq(unmap(&unit, 0, top), AXAS_OK);
        cr_expect_eq(areas(&unit), 0);
        cr_expect_eq(unit_guest_bytes(&unit), 0);
        unit_space_end(&unit);
    }
}

/* ---- unmap ---- */

Test(space, unmap_takes_any_part_out_of_any_areas)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        cr_assert_eq(map_linear(&unit, 0, FAR_HPA, 8 * page, RW), AXAS_OK);
        cr_assert_eq(map_alloc(&unit, 10 * page, 6 * page, RW, AXAS_POPULATE), AXAS_OK);
        cr_assert_eq(map_linear(&unit, 20 * page, FAR_HPA, 4 * page, R), AXAS_OK);
        cr_assert_eq(unmap(&unit, 3 * page, 2 * page), AXAS_OK, "out of the middle");
        expect_area(&unit, 0, 3 * page, RW);
        expect_area(&unit, 5 * page, 3 * page, RW);
        expect_translates(&unit, 5 * page, FAR_HPA + 5 * page);
        expect_no_translation(&unit, 3 * page, AXAS_ERR_NOT_MAPPED);
        cr_assert_eq(unmap(&unit, 7 * page, 14 * page), AXAS_OK, "over several areas and holes");
        expect_area(&unit, 5 * page, 2 * page, RW);
        expect_area(&unit, 21 * page, 3 * page, R);
        expect_translates(&unit, 21 * page, FAR_HPA + page);
        cr_expect_eq(areas(&unit), 3);
        cr_expect_eq(unit_guest_bytes(&unit), 0, "%s: %" PRIu64 " bytes stay", unit.name,
                     unit_guest_bytes(&unit));
        cr_expect_eq(unmap(&unit, 100 * page, page), AXAS_OK, "a hole is skipped");
        unit_space_end(&unit);
    }
}

Test(space, unmap_splits_a_large_leaf_exactly)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, large = unit.large;
        if (large != 0) {
            cr_assert_eq(map_linear(&unit, 0, 4 * large, 2 * large, RW), AXAS_OK);
            cr_assert_eq(unmap(&unit, page, page), AXAS_OK);
            expect_translates(&unit, page - 1, 4 * large + page - 1);
            expect_no_translation(&unit, page, AXAS_ERR_NOT_MAPPED);
            expect_no_translation(&unit, 2 * page - 1, AXAS_ERR_NOT_MAPPED);
            expect_translates(&unit, 2 * page, 4 * large + 2 * page);
            expect_translates(&unit, 2 * large - 1, 6 * large - 1);
            expect_area(&unit, 0, page, RW);
            expect_area(&unit, 2 * page, 2 * large - 2 * page, RW);
        }
        unit_space_end(&unit);
    }
}

Test(space, unmap_needs_no_memory)
{
    for (FOR_EACH_CASE(at)) {
        for (unsigned eager = 0; eager < 2; eager++) {
            struct unit_space unit;
            unit_space_make_with(&unit, &at, true, NULL);
            uint64_t page = unit.page;
            uint64_t size = unit.large != 0 && unit.large <= UINT64_C(0x400000) ? 2 * unit.large : 16 * page;
            if (eager != 0) {
                cr_assert_eq(map_alloc(&unit, 0, size, RW, AXAS_POPULATE), AXAS_OK, "%s", unit.name);
            } else {
                cr_assert_eq(map_linear(&unit, 0, 4 * size, size, RW), AXAS_OK);
            }
            axas_hosted_fail_from(unit.tree.arena, 1);
            cr_expect_eq(unmap(&unit, page, size - 2 * page), AXAS_OK, "%s", unit.name);
            axas_hosted_fail_from(unit.tree.arena, 0);
            expect_area(&unit, 0, page, RW);
            expect_area(&unit, size - page, page, RW);
            if (eager == 0) {
                /* a whole leaf of a pure backend may have gone; the address is known all the same */
                expect_translates(&unit, 0, 4 * size);
                expect_translates(&unit, size - 1, 5 * size - 1);
            } else {
                struct axas_mapping mapping;
                cr_expect_eq(axas_space_query(&unit.space, axas_gpa_of(0), &mapping), AXAS_OK,
                             "%s: memory that cannot be had again stays", unit.name);
                cr_expect_eq(unit_guest_bytes(&unit), 2 * page);
            }
            expect_no_translation(&unit, page, AXAS_ERR_NOT_MAPPED);
            expect_no_translation(&unit, size - page - 1, AXAS_ERR_NOT_MAPPED);
            unit_space_end(&unit);
        }
    }
}

Test(space, a_thousand_cuts_in_a_row_need_no_memory)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        const uint64_t cuts = 1024;
        cr_assert_geq(unit.tree.limit, 4 * cuts * page, "%s", unit.name);
        cr_assert_eq(map_alloc(&unit, 0, 4 * cuts * page, RW, AXAS_LAZY), AXAS_OK);
        axas_hosted_fail_from(unit.tree.arena, 1);
        for (uint64_t i = 0; i < cuts; i++) {
            cr_assert_eq(unmap(&unit, (4 * i + 1) * page, page), AXAS_OK, "%s: cut %" PRIu64, unit.name, i);
        }
        cr_expect_eq(areas(&unit), cuts + 1);
        for (uint64_t i = 0; i < cuts; i++) {
            struct axas_area area;
            cr_assert(area_at(&unit, 4 * i * page, &area));
            cr_assert_not(area_at(&unit, (4 * i + 1) * page, &area), "%s: cut %" PRIu64, unit.name, i);
            cr_assert(area_at(&unit, (4 * i + 2) * page, &area));
        }
        cr_expect_eq(axas_space_clear(&unit.space), AXAS_OK);
        axas_hosted_fail_from(unit.tree.arena, 0);
        unit_space_end(&unit);
    }
}

/* Pages whose pieces one frame tells apart by bits; see axas_space_unmap. */
#define STRETCH UINT64_C(32256)

Test(space, a_map_that_fails_leaves_what_cuts_need)
{
    unsigned tried = 0;
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t page = unit.page, stretches = 8, base = 2 * STRETCH * page;
        if (unit.tree.limit / page < (2 + stretches) * STRETCH) {
            unit_space_end(&unit);
            continue;
        }
        tried++;
        /* A node full of records, so that the first cut makes a gap. */
        for (uint64_t i = 0; i < 55; i++) {
            cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(2 * i * page), page, NULL), AXAS_OK);
        }
        cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(base), stretches * STRETCH * page, NULL),
                     AXAS_OK, "%s", unit.name);
        axas_hosted_fail_from(unit.tree.arena, 1);
        cr_assert_eq(unmap(&unit, base + 10 * page, page), AXAS_OK);
        cr_assert_not_null(unit.space.areas.gaps, "there was a record for the piece");
        axas_hosted_fail_from(unit.tree.arena, 0);
        cr_assert_neq(map_linear(&unit, STRETCH * page, UINT64_MAX - page + 1, page, RW), AXAS_OK);
        axas_hosted_fail_from(unit.tree.arena, 1);
        for (uint64_t i = 0; i < 2000; i++) {
            const uint64_t cut = i % stretches * STRETCH + 20 + 2 * (i / stretches);
            cr_assert_eq(unmap(&unit, base + cut * page, page), AXAS_OK, "%s: cut %" PRIu64 ": %s", unit.name,
                         i, unit.error.what);
        }
        cr_expect_eq(areas(&unit), 55 + 1 + stretches - 1 + 1 + 2000 - (stretches - 1));
        axas_hosted_fail_from(unit.tree.arena, 0);
        unit_space_end(&unit);
    }
    cr_expect_gt(tried, 0);
}

Test(space, an_area_that_is_taken_out_whole_takes_its_gaps_along)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t pages = 400, page = unit.page;
        cr_assert_eq(map_alloc(&unit, 0, pages * page, RW, AXAS_LAZY), AXAS_OK, "%s", unit.name);
        cr_assert_eq(map_alloc(&unit, pages * page, pages * page, RW, AXAS_LAZY), AXAS_OK);
        axas_hosted_fail_from(unit.tree.arena, 1);
        for (uint64_t i = 1; i < 2 * pages; i += 4) {
            cr_assert_eq(unmap(&unit, i * page, page), AXAS_OK);
        }
        cr_assert_not_null(unit.space.areas.gaps, "there was a record for each piece");
        cr_expect_eq(areas(&unit), 2 + 2 * pages / 4);
        cr_assert_eq(unmap(&unit, pages * page, pages * page), AXAS_OK);
        cr_expect_eq(areas(&unit), 1 + pages / 4, "%s: %" PRIu64, unit.name, areas(&unit));
        axas_hosted_fail_from(unit.tree.arena, 0);
        unit_space_end(&unit);
    }
}

/* What a recorded unmap of the page at gpa did to tables: one entry was stored, then the CPU was told, once.
 */
static void expect_one_removal(struct unit_space *unit, uint64_t gpa, uint64_t page)
{
    const struct axas_hosted_event *events = axas_hosted_events(unit->tree.arena);
    unsigned stores = 0, told = 0;
    cr_assert_eq(axas_hosted_events_lost(unit->tree.arena), 0);
    for (uint64_t i = 0; i < axas_hosted_event_count(unit->tree.arena); i++) {
        const struct axas_invalidation *what = &events[i].invalidation;
        switch (events[i].kind) {
        case AXAS_HOSTED_STORE:
            stores++;
            cr_expect_eq(told, 0, "%s: stored when the CPU had been told", unit->name);
            break;
        case AXAS_HOSTED_INVALIDATE:
            told++;
            cr_expect(what->scope == AXAS_INVALIDATE_ALL || (what->gpa.raw == gpa && what->size == page),
                      "%s: told of 0x%" PRIx64, unit->name, what->gpa.raw);
            cr_expect_eq(what->leaf_size, page);
            break;
        case AXAS_HOSTED_ALLOC:
        case AXAS_HOSTED_FREE:
            cr_expect(events[i].use != AXAS_FRAME_TABLE, "%s: the table stays", unit->name);
            break;
        default:
            break;
        }
    }
    cr_expect_eq(stores, 1, "%s: %u entries stored", unit->name, stores);
    cr_expect_eq(told, 1, "%s: told %u times", unit->name, told);
}

Test(space, a_page_that_is_an_area_goes_by_one_store_and_one_invalidation)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t page = unit.page;
        /* Beside one another in a table, alike or not, and one whose memory may not be touched. */
        cr_assert_eq(map_linear(&unit, 0, FAR_HPA, page, RW), AXAS_OK);
        cr_assert_eq(map_linear(&unit, page, FAR_HPA + 5 * page, page, RW), AXAS_OK);
        cr_assert_eq(map_linear(&unit, 2 * page, FAR_HPA + 8 * page, page, R), AXAS_OK);
        cr_assert_eq(map_linear(&unit, 3 * page, FAR_HPA, page, RW), AXAS_OK);
        cr_assert_eq(protect(&unit, 3 * page, page, 0), AXAS_OK, "%s", unit.name);
        const uint64_t order[] = {page, 3 * page, 2 * page};
        for (unsigned i = 0; i < 3; i++) {
            const uint64_t generation = unit.space.generation;
            axas_hosted_fail_from(unit.tree.arena, 1);
            axas_hosted_record(unit.tree.arena, 1000);
            cr_assert_eq(unmap(&unit, order[i], page), AXAS_OK, "%s", unit.name);
            axas_hosted_record_stop(unit.tree.arena);
            axas_hosted_fail_from(unit.tree.arena, 0);
            expect_one_removal(&unit, order[i], page);
            cr_expect_neq(unit.space.generation, generation, "a fault between two holds is to look again");
            expect_no_translation(&unit, order[i], AXAS_ERR_NOT_MAPPED);
            expect_translates(&unit, 0, FAR_HPA);
            cr_expect_eq(areas(&unit), 3 - i);
        }
        /* The last one takes its tables along, and the reserve goes too. */
        cr_assert_eq(unmap(&unit, 0, page), AXAS_OK);
        struct axas_usage usage;
        cr_assert_eq(axas_space_usage(&unit.space, &usage), AXAS_OK);
        cr_expect_eq(usage.areas, 0);
        cr_expect_eq(usage.reserve_bytes, 0, "%s: %" PRIu64, unit.name, usage.reserve_bytes);
        cr_expect_eq(usage.table_bytes, unit.space.table.root_size, "%s", unit.name);
        unit_space_end(&unit);
    }
}

/* An entry that is no table and no leaf in a table of `level`, but a leaf in one of smallest leaves; 0: none
 * is found near `leaf`. */
static uint64_t bad_above(const struct axas_format *format, unsigned level, uint64_t leaf)
{
    const unsigned bits = format->entry_bytes * 8u;
    for (unsigned i = 0; i < bits * bits; i++) {
        const uint64_t tried = leaf ^ UINT64_C(1) << i / bits ^ UINT64_C(1) << i % bits;
        if (format->entry_kind(level, tried) == AXAS_ENTRY_BAD &&
            format->entry_kind(level + 1, tried) == AXAS_ENTRY_LEAF) {
            return tried;
        }
    }
    return 0;
}

Test(space, a_page_below_an_entry_that_is_not_ours_stays)
{
    unsigned tried = 0;
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const struct axas_format *format = at.format;
        const unsigned above = format->level_count - 2u;
        const uint64_t page = unit.page, span = UINT64_C(1) << format->levels[above].shift;
        if (at.mode->level_count > 1 && span <= unit.tree.limit / 4) {
            unsigned level;
            cr_assert_eq(map_linear(&unit, 0, FAR_HPA, page, RW), AXAS_OK);
            cr_assert_eq(map_linear(&unit, span + page, FAR_HPA, page, RW), AXAS_OK);
            /* The entry before the one for what begins at 2 * span. */
            unsigned char *slot = unit_slot(&unit.space.table, 2 * span, &level);
            cr_assert_eq(level, above, "%s", unit.name);
            slot -= format->entry_bytes;
            const uint64_t ours = entry_read(format, slot);
            unsigned char *leaf = unit_slot(&unit.space.table, span + page, &level);
            const uint64_t bad = bad_above(format, above, entry_read(format, leaf));
            if (bad != 0) {
                entry_write(format, slot, bad);
                cr_expect_eq(unmap(&unit, span + page, page), AXAS_ERR_CORRUPT, "%s", unit.name);
                cr_expect_eq(entry_read(format, slot), bad, "%s: touched", unit.name);
                expect_area(&unit, span + page, page, RW);
                entry_write(format, slot, ours);
                tried++;
            }
            cr_assert_eq(unmap(&unit, span + page, page), AXAS_OK);
            cr_expect_eq(areas(&unit), 1);
        }
        unit_space_end(&unit);
    }
    cr_expect_gt(tried, 0, "no format has such an entry");
}

Test(space, areas_that_go_page_by_page_give_their_records_back)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t page = unit.page, count = 2000, most = 16;
        cr_assert_geq(unit.tree.limit, 2 * count * page, "%s", unit.name);
        for (uint64_t i = 0; i < count; i++) {
            cr_assert_eq(map_linear(&unit, 2 * i * page, FAR_HPA, page, RW), AXAS_OK);
        }
        cr_assert_gt(unit.space.areas.leaves, 2 * most, "the records take more than may be put aside");
        for (uint64_t i = 1; i < count; i++) {
            cr_assert_eq(unmap(&unit, 2 * i * page, page), AXAS_OK);
        }
        cr_expect_leq(unit.space.areas.reserved_nodes, most, "%s: %" PRIu64 " are put aside", unit.name,
                      unit.space.areas.reserved_nodes);
        expect_translates(&unit, 0, FAR_HPA);
        unit_space_end(&unit);
    }
}

/* Neither that a page's place is in the area nor that its size is an area's is enough. */
Test(space, a_page_of_a_larger_area_leaves_the_rest)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t page = unit.page;
        cr_assert_eq(map_linear(&unit, 4 * page, FAR_HPA, 3 * page, RW), AXAS_OK);
        cr_assert_eq(map_alloc(&unit, 8 * page, page, RW, AXAS_POPULATE), AXAS_OK);
        cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(10 * page), page, NULL), AXAS_OK);
        cr_assert_eq(unmap(&unit, 3 * page, page), AXAS_OK, "nothing is there; the area above stays");
        expect_area(&unit, 4 * page, 3 * page, RW);
        cr_assert_eq(unmap(&unit, 4 * page, page), AXAS_OK, "the first of three");
        expect_area(&unit, 5 * page, 2 * page, RW);
        expect_translates(&unit, 5 * page, FAR_HPA + page);
        expect_no_translation(&unit, 4 * page, AXAS_ERR_NOT_MAPPED);
        cr_assert_eq(unmap(&unit, 6 * page, page), AXAS_OK, "the last of two");
        expect_area(&unit, 5 * page, page, RW);
        cr_assert_eq(unmap(&unit, 8 * page, page), AXAS_OK, "memory that is given back");
        cr_expect_eq(unit_guest_bytes(&unit), 0, "%s", unit.name);
        cr_assert_eq(unmap(&unit, 10 * page, page), AXAS_OK, "a trap, which has no entry");
        cr_expect_eq(areas(&unit), 1, "%s: %" PRIu64, unit.name, areas(&unit));
        expect_translates(&unit, 5 * page, FAR_HPA + page);
        unit_space_end(&unit);
    }
}

Test(space, bad_unmaps_and_protects_are_refused_and_change_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, top = unit.tree.limit;
        cr_assert_eq(map_linear(&unit, 0, FAR_HPA, 4 * page, R), AXAS_OK);
        cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(4 * page), page, NULL), AXAS_OK);
#define BAD(expected, gpa, size)                                             \
    do {                                                                     \
        EXPECT_SPACE_REFUSED(&unit, expected, unmap(&unit, gpa, size));      \
        EXPECT_SPACE_REFUSED(&unit, expected, protect(&unit, gpa, size, R)); \
    } while (0)
        BAD(AXAS_ERR_ALIGN, 1, page);
        BAD(AXAS_ERR_ALIGN, 0, page - 1);
        BAD(AXAS_ERR_RANGE, 0, 0);
        BAD(AXAS_ERR_RANGE, top, page);
        BAD(AXAS_ERR_RANGE, top - page, 2 * page);
        BAD(AXAS_ERR_RANGE, page, UINT64_MAX - page + 1);
#undef BAD
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_NOT_MAPPED, protect(&unit, 8 * page, page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_UNSUPPORTED, protect(&unit, 4 * page, page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_UNSUPPORTED, protect(&unit, 0, 5 * page, R));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_UNSUPPORTED,
                             protect(&unit, 0, page, unit_unsupported(&unit.tree)));
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_INVALID, protect(&unit, 0, page, R | 0x100));
        cr_assert_eq(unmap(&unit, 2 * page, page), AXAS_OK);
        EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_NOT_MAPPED, protect(&unit, 0, 4 * page, RW));
        unit_space_end(&unit);
    }
}

/* ---- protect ---- */

Test(space, protect_changes_the_area_and_later_faults_inherit_it)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        struct axas_mapping mapping;
        cr_assert_eq(map_alloc(&unit, 0, 8 * page, RW, AXAS_LAZY), AXAS_OK);
        cr_assert_eq(unit_touch(&unit, 2 * page, W), AXAS_FAULT_RESOLVED);
        cr_assert_eq(protect(&unit, 2 * page, 3 * page, R), AXAS_OK);
        expect_area(&unit, 0, 2 * page, RW);
        expect_area(&unit, 2 * page, 3 * page, R);
        expect_area(&unit, 5 * page, 3 * page, RW);
        cr_assert_eq(axas_space_query(&unit.space, axas_gpa_of(2 * page), &mapping), AXAS_OK);
        cr_expect_eq(mapping.attr, R);
        cr_expect_eq(unit_touch(&unit, 2 * page, W), AXAS_FAULT_DENIED);
        cr_expect_eq(unit_touch(&unit, 3 * page, W), AXAS_FAULT_DENIED, "a hole does not let it through");
        cr_expect_eq(unit_touch(&unit, 3 * page, R), AXAS_FAULT_RESOLVED);
        cr_assert_eq(axas_space_query(&unit.space, axas_gpa_of(3 * page), &mapping), AXAS_OK);
        cr_expect_eq(mapping.attr, R);
        cr_expect_eq(unit_touch(&unit, 5 * page, W), AXAS_FAULT_RESOLVED);
        cr_assert_eq(protect(&unit, 0, 8 * page, RW), AXAS_OK, "over several areas");
        cr_expect_eq(unit_touch(&unit, 2 * page, W), AXAS_FAULT_SPURIOUS);
        unit_space_end(&unit);
    }
}

Test(space, no_access_keeps_the_memory)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        axas_hpa before, after;
        cr_assert_eq(map_alloc(&unit, 0, 4 * page, RW, AXAS_LAZY), AXAS_OK);
        cr_assert_eq(unit_touch(&unit, page, W), AXAS_FAULT_RESOLVED);
        cr_assert_eq(axas_space_translate(&unit.space, axas_gpa_of(page), &before), AXAS_OK);
        memset(axas_hal_virt(&unit.tree.hal, before), 0x77, page);
        cr_assert_eq(protect(&unit, 0, 4 * page, 0), AXAS_OK);
        expect_no_translation(&unit, page, AXAS_ERR_PERMISSION);
        cr_expect_eq(unit_touch(&unit, page, R), AXAS_FAULT_DENIED);
        cr_expect_eq(unit_touch(&unit, 0, R), AXAS_FAULT_DENIED, "a page without memory too");
        cr_expect_eq(unit_guest_bytes(&unit), page);
        cr_assert_eq(protect(&unit, 0, 4 * page, RW), AXAS_OK);
        cr_assert_eq(axas_space_translate(&unit.space, axas_gpa_of(page), &after), AXAS_OK);
        cr_expect_eq(before.raw, after.raw);
        cr_expect_eq(*(unsigned char *)axas_hal_virt(&unit.tree.hal, after), 0x77, "and its contents");
        cr_assert_eq(protect(&unit, page, page, 0), AXAS_OK);
        cr_assert_eq(unmap(&unit, 0, 4 * page), AXAS_OK);
        cr_expect_eq(unit_guest_bytes(&unit), 0, "%s: held memory is given back", unit.name);
        unit_space_end(&unit);
    }
}

Test(space, protect_without_memory_changes_nothing)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, large = unit.large;
        if (large != 0) {
            cr_assert_eq(map_linear(&unit, 0, 4 * large, 2 * large, RW), AXAS_OK);
            axas_hosted_fail_from(unit.tree.arena, 1);
            EXPECT_SPACE_REFUSED(&unit, AXAS_ERR_NO_MEMORY, protect(&unit, page, page, R));
            axas_hosted_fail_from(unit.tree.arena, 0);
            cr_expect_eq(protect(&unit, page, page, R), AXAS_OK);
        }
        unit_space_end(&unit);
    }
}

/* ---- Looking ---- */

Test(space, areas_and_mappings_are_found_in_order)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        struct axas_area area;
        struct axas_mapping mapping;
        cr_assert_eq(map_linear(&unit, 8 * page, FAR_HPA, 2 * page, RW), AXAS_OK);
        cr_assert_eq(map_alloc(&unit, 2 * page, 4 * page, R, AXAS_LAZY), AXAS_OK);
        cr_assert_eq(axas_space_next_area(&unit.space, axas_gpa_of(0), &area), AXAS_OK);
        cr_expect_eq(area.gpa.raw, 2 * page);
        cr_assert_eq(axas_space_next_area(&unit.space, axas_gpa_of(4 * page), &area), AXAS_OK);
        cr_expect_eq(area.gpa.raw, 2 * page, "the one that holds the address");
        cr_assert_eq(axas_space_next_area(&unit.space, axas_gpa_of(6 * page), &area), AXAS_OK);
        cr_expect_eq(area.gpa.raw, 8 * page);
        cr_expect_eq(area.backend, &axas_backend_linear);
        struct axas_area before = area;
        cr_expect_eq(axas_space_next_area(&unit.space, axas_gpa_of(10 * page), &area), AXAS_ERR_NOT_MAPPED);
        cr_expect_eq(memcmp(&area, &before, sizeof area), 0, "untouched");
        cr_assert_eq(axas_space_next_mapping(&unit.space, axas_gpa_of(0), &mapping), AXAS_OK);
        cr_expect_eq(mapping.gpa.raw, 8 * page, "the lazy area has none");
        cr_expect_eq(mapping.hpa.raw, FAR_HPA);
        cr_assert_eq(axas_space_next_mapping(&unit.space, axas_gpa_of(9 * page + 1), &mapping), AXAS_OK);
        cr_expect_eq(mapping.gpa.raw, 9 * page, "%s", unit.name);
        struct axas_mapping old = mapping;
        cr_expect_eq(axas_space_next_mapping(&unit.space, axas_gpa_of(10 * page), &mapping),
                     AXAS_ERR_NOT_MAPPED);
        cr_expect_eq(memcmp(&mapping, &old, sizeof mapping), 0, "untouched");
        cr_expect_eq(axas_space_query(&unit.space, axas_gpa_of(unit.tree.limit), &mapping), AXAS_ERR_RANGE);
        cr_expect_eq(axas_space_query(&unit.space, axas_gpa_of(2 * page), &mapping), AXAS_ERR_NOT_MAPPED);
        cr_expect_eq(memcmp(&mapping, &old, sizeof mapping), 0, "untouched");
        unit_space_end(&unit);
    }
}

Test(space, usage_says_what_the_space_takes)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        for (unsigned i = 0; i < 200; i++) {
            struct axas_usage usage;
            cr_assert_eq(map_alloc(&unit, 3 * i * unit.page, unit.page, RW, AXAS_POPULATE), AXAS_OK);
            cr_assert_eq(axas_space_usage(&unit.space, &usage), AXAS_OK);
            cr_assert_eq(usage.areas, i + 1);
            cr_assert_eq(usage.table_bytes + usage.reserve_bytes + usage.node_bytes,
                         axas_hosted_bytes(unit.tree.arena, AXAS_FRAME_TABLE) +
                             axas_hosted_bytes(unit.tree.arena, AXAS_FRAME_NODE),
                         "%s: after %u areas", unit.name, i + 1);
        }
        unit_space_end(&unit);
    }
}

Test(space, the_root_goes_with_the_identifier)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct axas_root root, before;
        cr_assert_eq(axas_space_root(&unit.space, 1, &root), AXAS_OK, "%s", unit.name);
        cr_expect_eq(root.root.raw, unit.space.table.root_hpa.raw);
        cr_expect_eq(root.levels, at.mode->level_count);
        before = root;
        enum axas_status status = axas_space_root(&unit.space, UINT32_MAX, &root);
        if (status != AXAS_OK) {
            cr_expect_eq(status, AXAS_ERR_RANGE);
            cr_expect_eq(memcmp(&root, &before, sizeof root), 0);
        }
        unit_space_end(&unit);
    }
}

/* ---- Many areas ---- */

Test(space, areas_come_and_go_in_any_order, .timeout = 120)
{
    struct unit_case at = {0};
    cr_assert(unit_next_case(&at));
    struct unit_space unit;
    unit_space_make(&unit, &at);
    enum { COUNT = 3000 };
    static bool there[COUNT];
    uint64_t word = 88172645463325252u, count = 0;
    for (unsigned step = 0; step < 20000; step++) {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        unsigned i = (unsigned)(word >> 20) % COUNT;
        uint64_t gpa = 2 * i * unit.page;
        if (there[i]) {
            cr_assert_eq(unmap(&unit, gpa, unit.page), AXAS_OK);
            count--;
        } else {
            cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(gpa), unit.page, &there[i]), AXAS_OK);
            count++;
        }
        there[i] = !there[i];
        cr_assert_eq(areas(&unit), count, "step %u", step);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        struct axas_area area;
        cr_assert_eq(area_at(&unit, 2 * i * unit.page, &area), there[i], "area %u", i);
        cr_assert(!there[i] || area.context == &there[i], "area %u has its cookie", i);
        cr_assert_not(area_at(&unit, (2 * i + 1) * unit.page, &area), "hole %u", i);
    }
    unit_space_end(&unit);
}

Test(space, a_hundred_thousand_areas_are_no_burden, .timeout = 60)
{
    /* Where finding one were linear, this would take minutes. */
    struct unit_case at = {0};
    const uint64_t count = 100000;
    do {
        cr_assert(unit_next_case(&at));
    } while (at.mode->gpa_bits_preferred < 36);
    struct unit_space unit;
    unit_space_make(&unit, &at);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t gpa = 2 * (i * 7919 % count) * unit.page;
        cr_assert_eq(axas_space_map_trap(&unit.space, axas_gpa_of(gpa), unit.page, NULL), AXAS_OK);
    }
    cr_expect_eq(areas(&unit), count);
    for (uint64_t i = 0; i < 10 * count; i++) {
        uint64_t index = i * 104729 % (2 * count);
        enum axas_fault_result result = unit_touch(&unit, index * unit.page, R);
        cr_assert_eq(result, index % 2 == 0 ? AXAS_FAULT_TRAP : AXAS_FAULT_UNMAPPED, "page %" PRIu64, index);
    }
    struct axas_usage usage;
    cr_assert_eq(axas_space_usage(&unit.space, &usage), AXAS_OK);
    cr_expect_lt(usage.node_bytes, count * 3 * sizeof(struct axas_area), "%" PRIu64 " bytes for areas",
                 usage.node_bytes);
    cr_expect_eq(axas_space_clear(&unit.space), AXAS_OK);
    cr_expect_eq(areas(&unit), 0);
    unit_space_end(&unit);
}

Test(space, neighbours_with_one_backend_can_be_unmapped_together)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        for (uint64_t i = 0; i < 10; i++) {
            cr_assert_eq(map_linear(&unit, i * page, FAR_HPA + i * page, page, RW), AXAS_OK);
        }
        for (uint64_t i = 0; i < 10; i++) {
            expect_translates(&unit, i * page + 3, FAR_HPA + i * page + 3);
        }
        cr_assert_eq(unmap(&unit, page, 8 * page), AXAS_OK);
        expect_translates(&unit, 0, FAR_HPA);
        expect_no_translation(&unit, page, AXAS_ERR_NOT_MAPPED);
        expect_translates(&unit, 9 * page, FAR_HPA + 9 * page);
        unit_space_end(&unit);
    }
}

/* How many of the pages [first, first + count) were published with `attr` before anything was stored. */
static uint64_t published_before_stores(struct unit_space *unit, uint64_t first, uint64_t count,
                                        axas_attr attr)
{
    const struct axas_hosted_event *events = axas_hosted_events(unit->tree.arena);
    const uint64_t recorded = axas_hosted_event_count(unit->tree.arena);
    uint64_t published = 0;
    for (uint64_t page = first; page < first + count; page++) {
        axas_hpa hpa;
        cr_assert_eq(axas_space_translate(&unit->space, axas_gpa_of(page * unit->page), &hpa), AXAS_OK);
        for (uint64_t i = 0; i < recorded && events[i].kind != AXAS_HOSTED_STORE; i++) {
            if (events[i].kind == AXAS_HOSTED_PUBLISH && events[i].attr == attr &&
                hpa.raw - events[i].hpa.raw < events[i].size) {
                published++;
                break;
            }
        }
    }
    return published;
}

Test(space, memory_that_becomes_executable_or_changes_its_type_is_published_again_first)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const axas_attr types[] = {RX, RW | AXAS_MEM_UNCACHED, RW | AXAS_MEM_WRITE_THROUGH,
                                   RW | AXAS_MEM_DEVICE};
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), 4 * unit.page, RW, AXAS_POPULATE),
                     AXAS_OK);
        for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
            axas_hosted_record(unit.tree.arena, 1000);
            enum axas_status status =
                axas_space_protect(&unit.space, axas_gpa_of(unit.page), 2 * unit.page, types[i]);
            axas_hosted_record_stop(unit.tree.arena);
            if (status == AXAS_OK) {
                cr_expect_eq(published_before_stores(&unit, 1, 2, types[i]), 2, "%s: %#x", unit.name,
                             types[i]);
                cr_expect_eq(published_before_stores(&unit, 0, 1, types[i]), 0, "%s: %#x", unit.name,
                             types[i]);
                cr_assert_eq(axas_space_protect(&unit.space, axas_gpa_of(unit.page), 2 * unit.page, RW),
                             AXAS_OK);
            } else {
                cr_expect_eq(status, AXAS_ERR_UNSUPPORTED, "%s: %#x", unit.name, types[i]);
            }
        }
        unit_space_end(&unit);
    }
}

/* How often each page of [hpa, hpa + count pages) was published with `attr`, as long as that is the same. */
static uint64_t times_published(struct unit_space *unit, uint64_t hpa, uint64_t count, axas_attr attr)
{
    const struct axas_hosted_event *events = axas_hosted_events(unit->tree.arena);
    uint64_t all = 0;
    cr_assert_eq(axas_hosted_events_lost(unit->tree.arena), 0);
    for (uint64_t page = 0; page < count; page++) {
        uint64_t times = 0;
        for (uint64_t i = 0; i < axas_hosted_event_count(unit->tree.arena); i++) {
            times += events[i].kind == AXAS_HOSTED_PUBLISH && events[i].attr == attr &&
                     hpa + page * unit->page - events[i].hpa.raw < events[i].size;
        }
        cr_assert(page == 0 || times == all, "%s: page %" PRIu64, unit->name, page);
        all = times;
    }
    return all;
}

Test(space, memory_that_no_entry_leads_to_just_now_is_published_again_as_well)
{
    unsigned holes = 0;
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t page = unit.page, large = unit.large;
        const uint64_t hpa = axas_hosted_base(unit.tree.arena).raw;
        const axas_attr types[] = {RX, RW | AXAS_MEM_UNCACHED, RW | AXAS_MEM_DEVICE};
        if (large == 0 || unit.tree.limit < 4 * large || (hpa & (large - 1)) != 0) {
            unit_space_end(&unit);
            continue;
        }
        cr_assert_eq(map_linear(&unit, 0, hpa, 4 * large, RW), AXAS_OK, "%s", unit.name);
        /* More cuts than there are tables put aside: leaves go as a whole. */
        axas_hosted_fail_from(unit.tree.arena, 1);
        for (uint64_t i = 0; i < 4; i++) {
            cr_assert_eq(unmap(&unit, i * large + 8 * page, page), AXAS_OK);
        }
        axas_hosted_fail_from(unit.tree.arena, 0);
        for (uint64_t i = 0; i < 4; i++) {
            struct axas_mapping mapping;
            cr_assert_eq(axas_space_query(&unit.space, axas_gpa_of(i * large), &mapping), AXAS_OK);
            holes += mapping.leaf_size == 0;
            for (unsigned type = 0; type < sizeof types / sizeof *types; type++) {
                if (!unit_encodes(&unit.tree, types[type])) {
                    continue;
                }
                axas_hosted_record(unit.tree.arena, 20000);
                cr_assert_eq(protect(&unit, i * large, 8 * page, types[type]), AXAS_OK, "%s", unit.name);
                axas_hosted_record_stop(unit.tree.arena);
                cr_expect_eq(times_published(&unit, hpa + i * large, 8, types[type]), 1, "%s: %#x", unit.name,
                             types[type]);
                cr_expect_eq(times_published(&unit, hpa + i * large + 8 * page, 1, types[type]), 0);
                cr_assert_eq(protect(&unit, i * large, 8 * page, RW), AXAS_OK);
            }
        }
        unit_space_end(&unit);
    }
    cr_expect_gt(holes, 0, "no leaf went as a whole");
}

/* ---- What is freed, and when ---- */

struct freeing {
    struct unit_space unit;
    uint64_t held; /**< guest frames that were freed while somebody held the lock alone */
    uint64_t told; /**< invalidations */
    const struct axas_hal *hal;
};

static struct freeing freeing;

static void watch_free(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use)
{
    freeing.held += use == AXAS_FRAME_GUEST && freeing.unit.space.lock.writer != 0;
    freeing.hal->frame_free(context, frame, size, use);
}

static void watch_told(void *context, const struct axas_invalidation *what)
{
    freeing.told++;
    freeing.hal->invalidate(context, what);
}

static void watch_frees(const struct unit_case *at)
{
    unit_space_make(&freeing.unit, at);
    freeing.hal = axas_hosted_hal(freeing.unit.tree.arena);
    freeing.unit.tree.hal.frame_free = watch_free;
    freeing.unit.tree.hal.invalidate = watch_told;
}

/* Memory of a guest in many tables of pages, which are not all of those above; with areas beside it or not.
 */
static uint64_t populate(struct unit_space *unit, uint64_t tables, bool beside)
{
    const uint64_t page = unit->page, covers = unit->space.table.table_pages * page;
    const uint64_t size = tables * covers + 8 * page;
    cr_assert_eq(map_alloc(unit, 3 * page, size, RW, AXAS_LAZY), AXAS_OK, "%s", unit->name);
    for (uint64_t i = 0; i <= tables; i++) {
        cr_assert_eq(unit_touch(unit, i * covers + 5 * page, W), AXAS_FAULT_RESOLVED);
        cr_assert_eq(unit_touch(unit, i * covers + 7 * page, W), AXAS_FAULT_RESOLVED);
    }
    if (beside) {
        cr_assert_eq(map_linear(unit, 0, FAR_HPA, 2 * page, RW), AXAS_OK);
        cr_assert_eq(map_linear(unit, size + 4 * page, FAR_HPA, 2 * page, RW), AXAS_OK);
    }
    return size;
}

Test(space, a_removal_that_leaves_nothing_in_tables_gathers_them_whole, .timeout = 120)
{
    for (FOR_EACH_CASE(at)) {
        watch_frees(&at);
        struct unit_space *unit = &freeing.unit;
        const uint64_t tables = unit->tree.limit / unit->page / unit->space.table.table_pages;
        if (tables >= 50 && at.mode->level_count > 2) { /* the root stays */
            const uint64_t size = populate(unit, 40, false);
            freeing.held = freeing.told = 0;
            cr_assert_eq(unmap(unit, 3 * unit->page, size), AXAS_OK, "%s", unit->name);
            cr_expect_eq(freeing.told, 1, "%s: told %" PRIu64 " times", unit->name, freeing.told);
            cr_expect_eq(freeing.held, 0, "%s: %" PRIu64 " frames", unit->name, freeing.held);
            cr_expect_eq(unit->space.table.tables, 1);
            cr_expect_eq(unit_guest_bytes(unit), 0);
        }
        unit_space_end(unit);
    }
}

Test(space, clearing_frees_nothing_with_the_lock_held, .timeout = 120)
{
    for (FOR_EACH_CASE(at)) {
        watch_frees(&at);
        struct unit_space *unit = &freeing.unit;
        const uint64_t tables = unit->tree.limit / unit->page / unit->space.table.table_pages;
        if (tables >= 50) {
            (void)populate(unit, 40, true);
            /* And many small ones, whose tables are many */
            const uint64_t covers = unit->space.table.table_pages * unit->page;
            for (uint64_t i = 42; i < tables && i < 120; i++) {
                cr_assert_eq(map_alloc(unit, i * covers + i * unit->page, 2 * unit->page, RW, AXAS_POPULATE),
                             AXAS_OK);
            }
            freeing.held = 0;
            cr_assert_eq(axas_space_clear(&unit->space), AXAS_OK, "%s", unit->name);
            cr_expect_eq(freeing.held, 0, "%s: %" PRIu64 " frames", unit->name, freeing.held);
            cr_expect_eq(areas(unit), 0);
            cr_expect_eq(unit->space.table.tables, 1);
            cr_expect_eq(unit_guest_bytes(unit), 0);
        }
        unit_space_end(unit);
    }
}
