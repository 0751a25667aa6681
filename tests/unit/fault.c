/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a fault: each value of enum axas_fault_result, and what is left behind. */
#include "unit.h"

#define PAGES 8

/* trap | RW lazy | R linear | nothing; each of PAGES pages */
struct scene {
    struct unit_space unit;
    uint64_t trap, lazy, linear, hole;
    int cookie;
};

static void make(struct scene *scene, const struct unit_case *at)
{
    unit_space_make(&scene->unit, at);
    struct axas_space *space = &scene->unit.space;
    uint64_t size = PAGES * scene->unit.page;
    scene->trap = 0;
    scene->lazy = size;
    scene->linear = 2 * size;
    scene->hole = 3 * size;
    cr_assert_eq(axas_space_map_trap(space, axas_gpa_of(scene->trap), size, &scene->cookie), AXAS_OK);
    cr_assert_eq(axas_space_map_alloc(space, axas_gpa_of(scene->lazy), size, RW, AXAS_LAZY), AXAS_OK);
    cr_assert_eq(axas_space_map_linear(space, axas_gpa_of(scene->linear), axas_hpa_of(FAR_HPA), size, R),
                 AXAS_OK);
}

/* Handles the fault, which must change nothing but itself. */
static enum axas_fault_result unchanged(struct scene *scene, struct axas_fault *fault)
{
    struct unit_picture before = unit_space_picture(&scene->unit);
    enum axas_fault_result result = axas_space_handle_fault(&scene->unit.space, fault);
    struct unit_picture after = unit_space_picture(&scene->unit);
    cr_expect(unit_same(&before, &after), "%s: a fault that is %s changed something", scene->unit.name,
              axas_fault_result_str(result));
    return result;
}

Test(fault, in_a_hole_of_an_area_it_is_resolved_with_a_zeroed_frame)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct unit_space *unit = &scene.unit;
        struct axas_fault fault = unit_fault(scene.lazy + 0x123, W);
        axas_hosted_record(unit->tree.arena, 10000);
        cr_assert_eq(axas_space_handle_fault(&unit->space, &fault), AXAS_FAULT_RESOLVED, "%s", unit->name);
        axas_hosted_record_stop(unit->tree.arena);
        axas_hpa hpa;
        cr_assert_eq(axas_space_translate(&unit->space, fault.gpa, &hpa), AXAS_OK);
        cr_expect_eq(fault.hpa.raw, hpa.raw, "where the byte is");
        cr_expect_eq(hpa.raw & 0xfff, 0x123);
        cr_expect_eq(unit_guest_bytes(unit), unit->page);
        const unsigned char *bytes = axas_hal_virt(&unit->tree.hal, axas_hpa_of(hpa.raw & ~(unit->page - 1)));
        for (uint64_t i = 0; i < unit->page; i++) {
            cr_assert_eq(bytes[i], 0, "byte %" PRIu64, i);
        }
        /* the frame is published before the entry shows it */
        bool published = false;
        const struct axas_hosted_event *events = axas_hosted_events(unit->tree.arena);
        for (uint64_t i = 0; i < axas_hosted_event_count(unit->tree.arena); i++) {
            published = published || (events[i].kind == AXAS_HOSTED_PUBLISH &&
                                      events[i].hpa.raw == (hpa.raw & ~(unit->page - 1)));
            if (events[i].kind == AXAS_HOSTED_BARRIER) {
                cr_expect(published, "%s", unit->name);
            }
        }
        cr_expect(published, "%s", unit->name);
        unit_space_end(unit);
    }
}

Test(fault, a_second_one_is_spurious_and_takes_no_frame)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_fault first = unit_fault(scene.lazy, W), second = unit_fault(scene.lazy + 9, R);
        cr_assert_eq(axas_space_handle_fault(&scene.unit.space, &first), AXAS_FAULT_RESOLVED);
        cr_expect_eq(unchanged(&scene, &second), AXAS_FAULT_SPURIOUS, "%s", scene.unit.name);
        cr_expect_eq(second.hpa.raw, first.hpa.raw + 9);
        cr_expect_eq(unit_guest_bytes(&scene.unit), scene.unit.page);
        unit_space_end(&scene.unit);
    }
}

Test(fault, resolved_and_spurious_end_with_the_local_invalidation)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct unit_space *unit = &scene.unit;
        bool wanted = unit->space.table.change[AXAS_CHANGE_FAULT].scope != AXAS_INVALIDATE_NONE;
        for (unsigned turn = 0; turn < 2; turn++) {
            axas_hosted_record(unit->tree.arena, 10000);
            enum axas_fault_result result = unit_touch(unit, scene.lazy, W);
            axas_hosted_record_stop(unit->tree.arena);
            cr_assert_eq(result, turn == 0 ? AXAS_FAULT_RESOLVED : AXAS_FAULT_SPURIOUS);
            uint64_t count = axas_hosted_event_count(unit->tree.arena);
            const struct axas_hosted_event *events = axas_hosted_events(unit->tree.arena);
            if (wanted) {
                cr_assert_gt(count, 0);
                const struct axas_hosted_event *last = &events[count - 1];
                cr_assert_eq(last->kind, AXAS_HOSTED_INVALIDATE, "%s: the last thing that happens",
                             unit->name);
                cr_expect_eq(last->invalidation.local, unit->space.table.change[AXAS_CHANGE_FAULT].local,
                             "%s", unit->name);
            } else {
                for (uint64_t i = 0; i < count; i++) {
                    cr_expect_neq(events[i].kind, AXAS_HOSTED_INVALIDATE, "%s", unit->name);
                }
            }
        }
        unit_space_end(unit);
    }
}

Test(fault, an_access_that_the_area_does_not_allow_is_denied)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_fault fault = unit_fault(scene.linear + scene.unit.page, W);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_DENIED, "%s", scene.unit.name);
        cr_expect_eq(fault.area.raw, scene.linear, "the area's first byte");
        fault = unit_fault(scene.linear, X);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_DENIED);
        fault = unit_fault(scene.lazy, X);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_DENIED, "a hole takes no frame for it");
        cr_expect_eq(unit_guest_bytes(&scene.unit), 0);
        unit_space_end(&scene.unit);
    }
}

Test(fault, without_an_area_it_is_unmapped)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        const uint64_t where[] = {scene.hole, scene.unit.tree.limit - 1, scene.unit.tree.limit, UINT64_MAX};
        for (unsigned i = 0; i < 4; i++) {
            struct axas_fault fault = unit_fault(where[i], R);
            cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_UNMAPPED, "%s: 0x%" PRIx64, scene.unit.name,
                         where[i]);
        }
        unit_space_end(&scene.unit);
    }
}

Test(fault, in_a_trap_area_it_is_the_callers)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        static const axas_attr accesses[] = {R, W, X, 0};
        for (unsigned i = 0; i < 4; i++) {
            struct axas_fault fault = unit_fault(scene.trap + 3 * scene.unit.page + 1, accesses[i]);
            cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_TRAP, "%s", scene.unit.name);
            cr_expect_eq(fault.cookie, &scene.cookie);
            cr_expect_eq(fault.area.raw, scene.trap);
        }
        unit_space_end(&scene.unit);
    }
}

Test(fault, without_memory_it_says_so_and_can_be_repeated)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_fault fault = unit_fault(scene.lazy, W);
        axas_hosted_fail_from(scene.unit.tree.arena, 1);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_NO_MEMORY, "%s", scene.unit.name);
        axas_hosted_fail_from(scene.unit.tree.arena, 0);
        /* also where the n-th thing that it takes is missing */
        for (uint64_t n = 1; n < 8; n++) {
            axas_hosted_fail_at(scene.unit.tree.arena, n);
            struct unit_picture before = unit_space_picture(&scene.unit);
            fault = unit_fault(scene.lazy + scene.unit.page, W);
            enum axas_fault_result result = axas_space_handle_fault(&scene.unit.space, &fault);
            axas_hosted_fail_at(scene.unit.tree.arena, 0);
            if (result != AXAS_FAULT_NO_MEMORY) {
                cr_expect_eq(result, AXAS_FAULT_RESOLVED, "%s: %s", scene.unit.name,
                             axas_fault_result_str(result));
                break;
            }
            struct unit_picture after = unit_space_picture(&scene.unit);
            cr_expect(unit_same(&before, &after), "%s", scene.unit.name);
        }
        fault = unit_fault(scene.lazy, W);
        cr_expect_eq(axas_space_handle_fault(&scene.unit.space, &fault), AXAS_FAULT_RESOLVED);
        unit_space_end(&scene.unit);
    }
}

Test(fault, without_an_address_the_caller_has_to_find_it)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_fault fault = unit_fault(scene.lazy, W);
        fault.gpa_known = false;
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_ADDRESS_UNKNOWN, "%s", scene.unit.name);
        fault.gpa_known = true;
        cr_expect_eq(axas_space_handle_fault(&scene.unit.space, &fault), AXAS_FAULT_RESOLVED);
        unit_space_end(&scene.unit);
    }
}

Test(fault, a_broken_table_or_a_foreign_cause_is_broken)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        static const enum axas_fault_cause causes[] = {AXAS_CAUSE_MISCONFIGURED, AXAS_CAUSE_OTHER};
        for (unsigned i = 0; i < 2; i++) {
            struct axas_fault fault = unit_fault(scene.lazy, W);
            fault.cause = causes[i];
            cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_BROKEN, "%s", scene.unit.name);
        }
        /* an entry that nobody here wrote */
        unsigned level;
        void *slot = unit_slot(&scene.unit.space.table, scene.linear, &level);
        uint64_t good = entry_read(at.format, slot), word = 1;
        for (unsigned i = 0; i < 100000; i++) {
            word = word * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint64_t bad = at.format->entry_bytes == 4 ? word >> 32 : word;
            if (at.format->entry_kind(level, bad) == AXAS_ENTRY_BAD) {
                entry_write(at.format, slot, bad);
                struct axas_fault fault = unit_fault(scene.linear, R);
                cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_BROKEN, "%s", scene.unit.name);
                break;
            }
        }
        entry_write(at.format, slot, good);
        unit_space_end(&scene.unit);
    }
}

/* Arm DDI 0487, D8.14.2: a CPU that takes a block's change of size without a break may report a TLB conflict
 * abort, and whoever gets that invalidates; HPFAR_EL2 need not hold an address. */
Test(fault, a_conflict_in_the_tlb_is_spurious_once_this_cpu_has_forgotten_everything)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct unit_space *unit = &scene.unit;
        struct axas_root root;
        cr_assert_eq(axas_space_root(&unit->space, 1, &root), AXAS_OK);
        /* whatever else the fault says, also of an address that could not be served */
        const uint64_t where[] = {scene.linear, scene.lazy, scene.trap, scene.hole, UINT64_MAX};
        for (unsigned i = 0; i < 10; i++) {
            struct axas_fault fault = unit_fault(where[i / 2], i % 4 == 0 ? 0 : W);
            fault.gpa_known = i % 2 == 0;
            fault.cause = AXAS_CAUSE_CONFLICT;
            axas_hosted_record(unit->tree.arena, 100);
            cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_SPURIOUS, "%s", unit->name);
            axas_hosted_record_stop(unit->tree.arena);
            cr_expect_eq(fault.hpa.raw, AXAS_NO_HPA, "%s", unit->name);
            cr_assert_eq(axas_hosted_event_count(unit->tree.arena), 1, "%s", unit->name);
            const struct axas_hosted_event *event = axas_hosted_events(unit->tree.arena);
            cr_assert_eq(event->kind, AXAS_HOSTED_INVALIDATE, "%s", unit->name);
            cr_expect_eq(event->invalidation.scope, AXAS_INVALIDATE_ALL, "%s", unit->name);
            cr_expect(event->invalidation.local, "%s: it is this CPU's TLB", unit->name);
            cr_expect_eq(event->invalidation.format, at.format, "%s", unit->name);
            cr_expect_eq(event->invalidation.root.raw, root.root.raw, "%s", unit->name);
            cr_expect_eq(event->invalidation.vmid, 1, "%s", unit->name);
            cr_expect_eq(event->invalidation.gpa.raw, 0, "%s", unit->name);
            cr_expect_eq(event->invalidation.size, 0, "%s", unit->name);
        }
        unit_space_end(unit);
    }
}

/* Of an address in the space, only an entry of ours can have led to one that is too wide; the guest's own is
 * one that nothing is at. */
Test(fault, a_size_is_the_tables_fault_in_the_space_and_the_guests_outside)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_fault fault = unit_fault(scene.lazy, W);
        fault.cause = AXAS_CAUSE_ADDRESS_SIZE;
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_BROKEN, "%s", scene.unit.name);
        fault.gpa = axas_gpa_of(axas_table_limit(&scene.unit.space.table));
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_UNMAPPED, "%s", scene.unit.name);
        unit_space_end(&scene.unit);
    }
}

Test(fault, without_sense_it_is_invalid)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct axas_fault fault = unit_fault(scene.lazy, W | 0x100);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_INVALID, "%s", scene.unit.name);
        fault = unit_fault(scene.lazy, W);
        cr_expect_eq(axas_space_handle_fault(NULL, &fault), AXAS_FAULT_INVALID);
        cr_expect_eq(axas_space_handle_fault(&scene.unit.space, NULL), AXAS_FAULT_INVALID);
        struct axas_space zeroed = {0};
        cr_expect_eq(axas_space_handle_fault(&zeroed, &fault), AXAS_FAULT_INVALID);
        unit_space_end(&scene.unit);
    }
}

Test(fault, any_reader_slot_will_do)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct axas_config config = {.readers = 3};
        unit_space_make_with(&unit, &at, false, &config);
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), 8 * unit.page, RW, AXAS_LAZY),
                     AXAS_OK);
        static const unsigned slots[] = {0, 1, 2, 3, 77, UINT32_MAX};
        for (unsigned i = 0; i < 6; i++) {
            struct axas_fault fault = unit_fault(i * unit.page, W);
            fault.reader = slots[i];
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault), AXAS_FAULT_RESOLVED);
        }
        cr_expect_eq(axas_space_clear(&unit.space), AXAS_OK, "no reader was left behind");
        unit_space_end(&unit);
    }
}

Test(fault, a_hole_in_a_linear_area_is_filled_again)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page, large = unit.large;
        if (large != 0 && unit.tree.limit >= 16 * large) {
            /* Where no table can be had for a split the whole leaf goes, and comes back by faults. */
            enum { LEAVES = 8 };
            bool gone = false;
            cr_assert_eq(axas_space_map_linear(&unit.space, axas_gpa_of(0), axas_hpa_of(8 * large),
                                               LEAVES * large, RW),
                         AXAS_OK);
            axas_hosted_fail_from(unit.tree.arena, 1);
            for (uint64_t i = 0; i < LEAVES; i++) {
                cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(i * large + page), page), AXAS_OK,
                             "%s", unit.name);
            }
            for (uint64_t i = 0; i < LEAVES; i++) {
                struct axas_mapping mapping;
                axas_gpa gpa = axas_gpa_of(i * large + 2 * page);
                cr_assert_eq(axas_space_query(&unit.space, gpa, &mapping), AXAS_OK, "%s", unit.name);
                cr_expect_eq(mapping.hpa.raw, 8 * large + gpa.raw, "the address is known all the same");
                gone = gone || mapping.leaf_size == 0;
            }
            cr_expect(gone, "%s: the reserve is not that large", unit.name);
            axas_hosted_fail_from(unit.tree.arena, 0);
            for (uint64_t i = 0; i < LEAVES; i++) {
                for (uint64_t gpa = i * large; gpa < i * large + 4 * page; gpa += page) {
                    enum axas_fault_result result = unit_touch(&unit, gpa, R);
                    struct axas_mapping mapping;
                    if (gpa == i * large + page) {
                        cr_expect_eq(result, AXAS_FAULT_UNMAPPED);
                        continue;
                    }
                    cr_expect(result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS, "%s: %s",
                              unit.name, axas_fault_result_str(result));
                    cr_assert_eq(axas_space_query(&unit.space, axas_gpa_of(gpa), &mapping), AXAS_OK);
                    cr_expect_neq(mapping.leaf_size, 0);
                    cr_expect_eq(mapping.hpa.raw, 8 * large + gpa, "%s", unit.name);
                }
            }
        }
        unit_space_end(&unit);
    }
}

Test(fault, a_fetch_is_let_through_where_some_privilege_may_fetch_until_the_cpu_refuses_it)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        static const axas_attr attrs[] = {R | AXAS_KERNEL_EXEC, R | AXAS_USER_EXEC};
        for (unsigned i = 0; i < 2; i++) {
            if (!unit_encodes(&unit.tree, attrs[i])) {
                continue;
            }
            uint64_t gpa = i * unit.page;
            cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(gpa), unit.page, attrs[i], AXAS_LAZY),
                         AXAS_OK);
            /* The fault does not tell the privilege of the fetch. */
            struct axas_fault fault = unit_fault(gpa, X);
            fault.cause = AXAS_CAUSE_TRANSLATION;
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault), AXAS_FAULT_RESOLVED, "%s", unit.name);
            fault = unit_fault(gpa, X);
            fault.cause = AXAS_CAUSE_TRANSLATION;
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault), AXAS_FAULT_SPURIOUS, "%s", unit.name);
            /* Were this spurious, the guest would fault for ever. */
            fault = unit_fault(gpa, X);
            fault.cause = AXAS_CAUSE_PERMISSION;
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault), AXAS_FAULT_DENIED, "%s", unit.name);
            cr_expect_eq(unit_touch(&unit, gpa, W), AXAS_FAULT_DENIED);
        }
        unit_space_end(&unit);
    }
}

/* Arm DDI 0487, D8.5.1: the walk sets a flag in a descriptor of the guest's that it has read, so it needs
 * both permissions, and a CPU that refused it does not say which one was missing. */
Test(fault, a_guests_walk_that_was_refused_has_to_read_and_write)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        static const axas_attr attrs[] = {R, W, RW};
        for (unsigned i = 0; i < 3; i++) {
            const uint64_t gpa = i * unit.page;
            if (!unit_encodes(&unit.tree, attrs[i])) {
                continue;
            }
            cr_assert_eq(axas_space_map_linear(&unit.space, axas_gpa_of(gpa), axas_hpa_of(FAR_HPA), unit.page,
                                               attrs[i]),
                         AXAS_OK);
            struct axas_fault fault = unit_fault(gpa, W);
            fault.cause = AXAS_CAUSE_PERMISSION;
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault),
                         (attrs[i] & W) != 0 ? AXAS_FAULT_SPURIOUS : AXAS_FAULT_DENIED, "%s", unit.name);
            fault = unit_fault(gpa, W);
            fault.cause = AXAS_CAUSE_PERMISSION;
            fault.guest_walk = true;
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault),
                         attrs[i] == RW ? AXAS_FAULT_SPURIOUS : AXAS_FAULT_DENIED, "%s", unit.name);
        }
        unit_space_end(&unit);
    }
}

/* Faults in what is missing of [first, end) page by page; each page is given its number. */
static void fill_in(struct unit_space *unit, uint64_t first, uint64_t end)
{
    for (uint64_t gpa = first; gpa != end; gpa += unit->page) {
        struct axas_fault fault = unit_fault(gpa, W);
        cr_assert_eq(axas_space_handle_fault(&unit->space, &fault), AXAS_FAULT_RESOLVED, "%s at %" PRIx64,
                     unit->name, gpa);
        *(uint64_t *)axas_hal_virt(&unit->tree.hal, fault.hpa) = gpa;
    }
}

static void expect_numbers(struct unit_space *unit, uint64_t first, uint64_t end)
{
    for (uint64_t gpa = first; gpa != end; gpa += unit->page) {
        axas_hpa hpa;
        cr_assert_eq(axas_space_translate(&unit->space, axas_gpa_of(gpa), &hpa), AXAS_OK, "%s", unit->name);
        cr_expect_eq(*(uint64_t *)axas_hal_virt(&unit->tree.hal, hpa), gpa, "%s", unit->name);
    }
}

Test(fault, beside_the_last_one_each_area_answers_for_itself)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct unit_space *unit = &scene.unit;
        const uint64_t page = unit->page;
        fill_in(unit, scene.lazy, scene.lazy + 3 * page);
        struct axas_fault fault = unit_fault(scene.lazy - page, W);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_TRAP, "%s", unit->name);
        fault = unit_fault(scene.linear, W);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_DENIED, "%s", unit->name);
        fault = unit_fault(scene.linear, R);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_SPURIOUS, "%s", unit->name);
        fault = unit_fault(scene.hole, W);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_UNMAPPED, "%s", unit->name);
        axas_hosted_fail_from(unit->tree.arena, 1); /* it takes nothing */
        fault = unit_fault(scene.lazy + page, W);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_SPURIOUS, "%s", unit->name);
        axas_hosted_fail_from(unit->tree.arena, 0);
        fault = unit_fault(scene.lazy + 3 * page, X);
        cr_expect_eq(unchanged(&scene, &fault), AXAS_FAULT_DENIED, "%s", unit->name);
        fill_in(unit, scene.lazy + 3 * page, scene.linear);
        expect_numbers(unit, scene.lazy, scene.linear);
        unit_space_end(unit);
    }
}

Test(fault, a_host_that_maps_by_functions_is_asked)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit = {0};
        unit_machine(&unit.tree, &at, false);
        unit_map_by_functions(&unit.tree.hal);
        unit.config.table = unit.tree.config;
        cr_assert_eq(axas_space_init(&unit.space, &unit.config), AXAS_OK, "%s", unit.tree.name);
        unit_sizes(&unit.tree, &unit.space.table);
        unit.name = unit.tree.name;
        unit.page = unit.tree.page;
        const uint64_t size = 8 * unit.page;
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(0), size, RW, AXAS_LAZY), AXAS_OK);
        fill_in(&unit, 0, size);
        expect_numbers(&unit, 0, size);
        cr_expect_eq(unit_touch(&unit, unit.page, W), AXAS_FAULT_SPURIOUS, "%s", unit.name);
        cr_expect(unit_host_calls != 0);
        unit_space_end(&unit);
    }
}

Test(fault, beside_the_last_one_what_changed_meanwhile_counts)
{
    for (FOR_EACH_CASE(at)) {
        struct scene scene;
        make(&scene, &at);
        struct unit_space *unit = &scene.unit;
        struct axas_space *space = &unit->space;
        const uint64_t page = unit->page, size = PAGES * page;
        fill_in(unit, scene.lazy, scene.lazy + 3 * page);
        /* less access */
        cr_assert_eq(axas_space_protect(space, axas_gpa_of(scene.lazy), size, R), AXAS_OK);
        cr_expect_eq(unit_touch(unit, scene.lazy + 3 * page, W), AXAS_FAULT_DENIED, "%s", unit->name);
        cr_assert_eq(axas_space_protect(space, axas_gpa_of(scene.lazy), size, RW), AXAS_OK);
        fill_in(unit, scene.lazy + 3 * page, scene.lazy + 5 * page);
        /* a part gone */
        cr_assert_eq(axas_space_unmap(space, axas_gpa_of(scene.lazy + 5 * page), page), AXAS_OK);
        cr_expect_eq(unit_touch(unit, scene.lazy + 5 * page, W), AXAS_FAULT_UNMAPPED, "%s", unit->name);
        fill_in(unit, scene.lazy + 6 * page, scene.linear);
        expect_numbers(unit, scene.lazy, scene.lazy + 5 * page);
        /* all gone, the table with it, and back */
        cr_assert_eq(axas_space_clear(space), AXAS_OK);
        cr_expect_eq(unit_touch(unit, scene.lazy, W), AXAS_FAULT_UNMAPPED, "%s", unit->name);
        cr_assert_eq(axas_space_map_alloc(space, axas_gpa_of(scene.lazy), size, RW, AXAS_LAZY), AXAS_OK);
        fill_in(unit, scene.lazy, scene.linear);
        expect_numbers(unit, scene.lazy, scene.linear);
        /* a reader whose notes are of an area that went and came */
        cr_assert_eq(axas_space_unmap(space, axas_gpa_of(scene.lazy), size), AXAS_OK);
        cr_assert_eq(axas_space_map_alloc(space, axas_gpa_of(scene.lazy + page), page, RW, AXAS_LAZY),
                     AXAS_OK);
        cr_expect_eq(unit_touch(unit, scene.lazy + 2 * page, W), AXAS_FAULT_UNMAPPED, "%s", unit->name);
        fill_in(unit, scene.lazy + page, scene.lazy + 2 * page);
        unit_space_end(unit);
    }
}

Test(fault, beside_the_last_one_the_next_table_is_another)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const struct axas_format *format = at.format;
        const struct axas_level *level = &format->levels[format->level_count - 1];
        const uint64_t span = UINT64_C(1) << (level->shift + level->index_bits), size = 4 * unit.page;
        if (span < axas_table_limit(&unit.space.table)) {
            cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(span - size), 2 * size, RW, AXAS_LAZY),
                         AXAS_OK);
            fill_in(&unit, span - size, span - unit.page);
            fill_in(&unit, span, span + 2 * unit.page);
            fill_in(&unit, span - unit.page, span);
            fill_in(&unit, span + 2 * unit.page, span + size);
            expect_numbers(&unit, span - size, span + size);
            cr_expect_eq(unit_guest_bytes(&unit), 2 * size, "%s", unit.name);
        }
        unit_space_end(&unit);
    }
}

/* Memory for which no frame is needed. */
static enum axas_status provide_far(const struct axas_space *space, const struct axas_area *area,
                                    axas_gpa gpa, struct axas_run *run)
{
    *run =
        (struct axas_run){gpa, axas_hpa_of(area->data + gpa.raw), axas_table_page_size(&space->table), NULL};
    return AXAS_OK;
}

static const struct axas_backend far = {.name = "far", .provide = provide_far, .brief = true};

Test(fault, beside_the_last_one_a_piece_without_a_record_answers_for_itself)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t pages = 400, page = unit.page;
        cr_assert_eq(
            axas_space_map(&unit.space, axas_gpa_of(0), pages * page, RW, &far, NULL, FAR_HPA, AXAS_LAZY),
            AXAS_OK, "%s", unit.name);
        for (uint64_t i = 0; i < pages; i += 4) { /* so that every table is there */
            cr_assert_eq(unit_touch(&unit, i * page, W), AXAS_FAULT_RESOLVED);
        }
        axas_hosted_fail_from(unit.tree.arena, 1);
        for (uint64_t i = 1; i < pages; i += 4) {
            cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(i * page), page), AXAS_OK);
        }
        cr_assert_not_null(unit.space.areas.gaps, "there was a record for each piece");
        for (uint64_t i = 0; i < pages; i++) {
            static const enum axas_fault_result expected[4] = {AXAS_FAULT_SPURIOUS, AXAS_FAULT_UNMAPPED,
                                                               AXAS_FAULT_RESOLVED, AXAS_FAULT_RESOLVED};
            struct axas_fault fault = unit_fault(i * page, W);
            unit_scrub_stack();
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault), expected[i % 4], "%s: page %" PRIu64,
                         unit.name, i);
            cr_expect(i % 4 == 1 || fault.hpa.raw == FAR_HPA + i * page, "%s: page %" PRIu64, unit.name, i);
        }
        axas_hosted_fail_from(unit.tree.arena, 0);
        unit_space_end(&unit);
    }
}

/* Memory that is lent: what was given and what came back. */
struct lent {
    uint64_t hpa;    /* of the next page; the space's address of the page is added */
    uint64_t before; /* bytes that it begins before the page */
    unsigned larger; /* it is 1 << this pages */
    unsigned given, back;
    uint64_t last_back;
};

static enum axas_status provide_lent(const struct axas_space *space, const struct axas_area *area,
                                     axas_gpa gpa, struct axas_run *run)
{
    struct lent *lent = area->context;
    lent->given++;
    const uint64_t start = gpa.raw - lent->before;
    *run = (struct axas_run){axas_gpa_of(start), axas_hpa_of(lent->hpa + start),
                             axas_table_page_size(&space->table) << lent->larger, NULL};
    return AXAS_OK;
}

static void take_lent_back(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct lent *lent = context;
    lent->back++;
    lent->last_back = hpa.raw - gpa.raw;
    cr_expect_geq(size, AXAS_FRAME_SIZE);
}

static const struct axas_backend lender = {
    .name = "lender", .provide = provide_lent, .release = take_lent_back, .brief = true};

Test(fault, anything_but_the_page_is_no_answer_under_the_lock)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t page = unit.page;
        const struct lent wrong[] = {{.hpa = FAR_HPA, .before = page},
                                     {.hpa = FAR_HPA, .before = 0 - page},
                                     {.hpa = FAR_HPA, .larger = 1},
                                     {.hpa = FAR_HPA, .before = page, .larger = 1}};
        struct lent lent = {.hpa = FAR_HPA};
        cr_assert_eq(axas_space_map(&unit.space, axas_gpa_of(0), 8 * page, RW, &lender, &lent, 0, AXAS_LAZY),
                     AXAS_OK, "%s", unit.name);
        cr_assert_eq(unit_touch(&unit, 0, W), AXAS_FAULT_RESOLVED, "so that the table is there");
        const struct unit_picture before = unit_space_picture(&unit);
        for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            lent = wrong[i];
            cr_expect_eq(unit_touch(&unit, 4 * page, W), AXAS_FAULT_BROKEN, "%s: %u", unit.name, i);
            const struct unit_picture after = unit_space_picture(&unit);
            cr_expect(unit_same(&before, &after), "%s: %u", unit.name, i);
            cr_expect_eq(lent.given, 1, "%s: %u", unit.name, i);
        }
        lent = (struct lent){.hpa = FAR_HPA};
        cr_expect_eq(unit_touch(&unit, 4 * page, W), AXAS_FAULT_RESOLVED, "%s", unit.name);
        unit_space_end(&unit);
    }
}

Test(fault, a_page_that_no_entry_can_name_goes_back)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const unsigned physical = unit.space.table.physical_bits;
        struct lent lent = {.hpa = FAR_HPA};
        cr_assert_eq(
            axas_space_map(&unit.space, axas_gpa_of(0), 4 * unit.page, RW, &lender, &lent, 0, AXAS_LAZY),
            AXAS_OK, "%s", unit.name);
        cr_assert_eq(unit_touch(&unit, 0, W), AXAS_FAULT_RESOLVED, "so that the table is there");
        if (physical < 64) {
            lent = (struct lent){.hpa = UINT64_C(1) << physical};
            for (uint64_t i = 1; i < 3; i++) {
                cr_expect_eq(unit_touch(&unit, i * unit.page, W), AXAS_FAULT_NO_MEMORY, "%s", unit.name);
                cr_expect_gt(lent.given, 0);
                cr_expect_eq(lent.back, lent.given, "%s: %u of %u", unit.name, lent.back, lent.given);
                cr_expect_eq(lent.last_back, lent.hpa);
            }
            lent = (struct lent){.hpa = FAR_HPA};
            cr_expect_eq(unit_touch(&unit, unit.page, W), AXAS_FAULT_RESOLVED, "%s: all is as before",
                         unit.name);
            cr_expect_eq(lent.given, 1);
            cr_expect_eq(lent.back, 0);
        }
        unit_space_end(&unit);
    }
}

/* The root that is loaded may get another identifier while faults come. */
Test(fault, its_invalidation_names_its_page_and_the_identifier_given_last)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        const uint64_t size = PAGES * unit.page;
        struct lent lent = {.hpa = FAR_HPA};
        cr_assert_eq(axas_space_map(&unit.space, axas_gpa_of(0), size, RW, &lender, &lent, 0, AXAS_LAZY),
                     AXAS_OK, "%s", unit.name);
        cr_assert_eq(axas_space_map_alloc(&unit.space, axas_gpa_of(size), size, RW, AXAS_LAZY), AXAS_OK);
        const struct axas_transition *change = &unit.space.table.change[AXAS_CHANGE_FAULT];
        const bool all = change->scope == AXAS_INVALIDATE_ALL;
        for (uint32_t i = 0; i < 2 * PAGES && change->scope != AXAS_INVALIDATE_NONE; i++) {
            const uint64_t page = (i * 3) % (2 * PAGES) * unit.page;
            struct axas_fault fault = unit_fault(page + 8, W);
            struct axas_root root;
            cr_assert_eq(axas_space_root(&unit.space, 1 + i / 4, &root), AXAS_OK);
            axas_hosted_record(unit.tree.arena, 50000);
            cr_assert_eq(axas_space_handle_fault(&unit.space, &fault), AXAS_FAULT_RESOLVED);
            axas_hosted_record_stop(unit.tree.arena);
            const uint64_t count = axas_hosted_event_count(unit.tree.arena);
            cr_assert_gt(count, 0);
            const struct axas_hosted_event *last = &axas_hosted_events(unit.tree.arena)[count - 1];
            cr_assert_eq(last->kind, AXAS_HOSTED_INVALIDATE, "%s, fault %" PRIu32, unit.name, i);
            const struct axas_invalidation *what = &last->invalidation;
            cr_expect_eq(what->scope, change->scope, "%s", unit.name);
            cr_expect_eq(what->local, change->local, "%s", unit.name);
            cr_expect_eq(what->vmid, 1 + i / 4, "%s, fault %" PRIu32 ": vmid %" PRIu32, unit.name, i,
                         what->vmid);
            cr_expect_eq(what->gpa.raw, all ? 0 : page, "%s, fault %" PRIu32, unit.name, i);
            cr_expect_eq(what->size, all ? 0 : unit.page, "%s", unit.name);
            cr_expect_eq(what->leaf_size, unit.page, "%s", unit.name);
            cr_expect_eq(what->root.raw, root.root.raw, "%s", unit.name);
            cr_expect_eq(what->format, unit.space.table.format, "%s", unit.name);
        }
        unit_space_end(&unit);
    }
}
