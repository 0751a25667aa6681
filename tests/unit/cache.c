/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that a vCPU puts aside, so that its faults need not call the allocator. */
#include "unit.h"

static enum axas_fault_result touch(struct unit_space *unit, struct axas_cache *cache, uint64_t gpa)
{
    struct axas_fault fault = unit_fault(gpa, W);
    fault.cache = cache;
    return axas_space_handle_fault(&unit->space, &fault);
}

Test(cache, a_filled_cache_serves_that_many_faults_without_the_allocator)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.reserve_limit = 1}; /* or else 4 KiB for each 126 MiB of it */
        unit_space_make_with(&unit, &at, false, &config);
        struct axas_cache cache;
        memset(&cache, 0, sizeof cache);
        uint64_t top = unit.tree.limit, page = unit.page;
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), top, RW, AXAS_LAZY), AXAS_OK);
        cr_assert_eq(axas_cache_fill(&unit.space, &cache, 4), AXAS_OK);
        axas_hosted_fail_from(unit.tree.arena, 1);
        uint64_t attempts = axas_hosted_ledger_now(unit.tree.arena).attempts;
        /* far apart, so that each takes every table that a fault can take */
        cr_expect_eq(touch(&unit, &cache, 0), AXAS_FAULT_RESOLVED, "%s", unit.name);
        cr_expect_eq(touch(&unit, &cache, top - page), AXAS_FAULT_RESOLVED, "%s", unit.name);
        cr_expect_eq(touch(&unit, &cache, top / 2), AXAS_FAULT_RESOLVED, "%s", unit.name);
        cr_expect_eq(touch(&unit, &cache, top / 4), AXAS_FAULT_RESOLVED, "%s", unit.name);
        cr_expect_eq(axas_hosted_ledger_now(unit.tree.arena).attempts, attempts,
                     "%s: the allocator was called", unit.name);
        cr_expect_eq(touch(&unit, &cache, 3 * (top / 4)), AXAS_FAULT_NO_MEMORY, "a fifth has nothing left");
        cr_expect_eq(axas_hosted_ledger_now(unit.tree.arena).attempts, attempts, "%s: nor does it call",
                     unit.name);
        axas_hosted_fail_from(unit.tree.arena, 0);
        axas_cache_drain(&unit.space, &cache);
        unit_space_end(&unit);
    }
}

Test(cache, its_frames_are_zeroed_and_published)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct axas_cache cache;
        memset(&cache, 0, sizeof cache);
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), 8 * unit.page, RW, AXAS_LAZY),
                     AXAS_OK);
        cr_assert_eq(axas_cache_fill(&unit.space, &cache, 3), AXAS_OK);
        for (uint64_t i = 0; i < 3; i++) {
            struct axas_fault fault = unit_fault(i * unit.page, W);
            fault.cache = &cache;
            axas_hosted_record(unit.tree.arena, 1000);
            cr_assert_eq(axas_space_handle_fault(&unit.space, &fault), AXAS_FAULT_RESOLVED);
            axas_hosted_record_stop(unit.tree.arena);
            const unsigned char *bytes = axas_hal_virt(&unit.tree.hal, fault.hpa);
            for (uint64_t j = 0; j < unit.page; j++) {
                cr_assert_eq(bytes[j], 0, "%s: byte %" PRIu64, unit.name, j);
            }
            bool published = false;
            const struct axas_hosted_event *events = axas_hosted_events(unit.tree.arena);
            for (uint64_t j = 0; j < axas_hosted_event_count(unit.tree.arena); j++) {
                published = published || (events[j].kind == AXAS_HOSTED_PUBLISH &&
                                          events[j].hpa.raw == fault.hpa.raw && events[j].size >= unit.page);
            }
            cr_expect(published, "%s", unit.name);
        }
        axas_cache_drain(&unit.space, &cache);
        unit_space_end(&unit);
    }
}

Test(cache, a_spurious_fault_takes_nothing_out_of_it)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct axas_cache cache;
        memset(&cache, 0, sizeof cache);
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), 8 * unit.page, RW, AXAS_LAZY),
                     AXAS_OK);
        cr_assert_eq(unit_touch(&unit, 0, W), AXAS_FAULT_RESOLVED);
        cr_assert_eq(axas_cache_fill(&unit.space, &cache, 2), AXAS_OK);
        struct axas_cache before = cache;
        cr_expect_eq(touch(&unit, &cache, 0), AXAS_FAULT_SPURIOUS);
        cr_expect_eq(memcmp(&cache, &before, sizeof cache), 0, "%s", unit.name);
        axas_cache_drain(&unit.space, &cache);
        unit_space_end(&unit);
    }
}

Test(cache, draining_gives_everything_back)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct axas_cache cache;
        memset(&cache, 0, sizeof cache);
        struct axas_hosted_ledger before = axas_hosted_ledger_now(unit.tree.arena);
        cr_assert_eq(axas_cache_fill(&unit.space, &cache, 5), AXAS_OK);
        cr_expect_eq(cache.guest_frames, 5);
        cr_expect_eq(unit_guest_bytes(&unit), 5 * unit.page);
        cr_assert_eq(axas_cache_fill(&unit.space, &cache, 5), AXAS_OK, "it is full already");
        cr_expect_eq(unit_guest_bytes(&unit), 5 * unit.page);
        axas_cache_drain(&unit.space, &cache);
        struct axas_hosted_ledger after = axas_hosted_ledger_now(unit.tree.arena);
        cr_expect(axas_hosted_ledger_same(&before, &after), "%s", unit.name);
        cr_expect_eq(cache.guest_frames, 0);
        axas_cache_drain(&unit.space, &cache);
        unit_space_end(&unit);
    }
}

Test(cache, filling_without_memory_keeps_what_it_got)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct axas_hosted_ledger before = axas_hosted_ledger_now(unit.tree.arena);
        for (uint64_t n = 1; n <= 6; n++) {
            struct axas_cache cache;
            memset(&cache, 0, sizeof cache);
            axas_hosted_fail_at(unit.tree.arena, n);
            cr_expect_eq(axas_cache_fill(&unit.space, &cache, 6), AXAS_ERR_NO_MEMORY, "%s", unit.name);
            axas_hosted_fail_at(unit.tree.arena, 0);
            cr_expect_eq(axas_cache_fill(&unit.space, &cache, 6), AXAS_OK, "it goes on from there");
            axas_cache_drain(&unit.space, &cache);
            struct axas_hosted_ledger after = axas_hosted_ledger_now(unit.tree.arena);
            cr_expect(axas_hosted_ledger_same(&before, &after), "%s", unit.name);
        }
        unit_space_end(&unit);
    }
}

Test(cache, calls_without_a_space_or_a_cache_are_refused)
{
    struct unit_case at = {0};
    cr_assert(unit_next_case(&at));
    struct unit_space unit;
    unit_space_make(&unit, &at);
    struct axas_cache cache;
    memset(&cache, 0, sizeof cache);
    cr_expect_eq(axas_cache_fill(NULL, &cache, 1), AXAS_ERR_INVALID);
    cr_expect_eq(axas_cache_fill(&unit.space, NULL, 1), AXAS_ERR_INVALID);
    axas_cache_drain(NULL, &cache);
    axas_cache_drain(&unit.space, NULL);
    cr_expect_eq(axas_cache_fill(&unit.space, &cache, 0), AXAS_OK);
    cr_expect_eq(unit_guest_bytes(&unit), 0);
    unit_space_end(&unit);
}
