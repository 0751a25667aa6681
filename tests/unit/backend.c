/* SPDX-License-Identifier: Apache-2.0 */
/* A backend of the user's own is the same kind of thing as those that are shipped. */
#include "unit.h"

#include <pthread.h>

/* Memory from a buffer of the test's, page by page or all at once. */
struct source {
    struct axas_hosted *arena;
    uint64_t page;
    uint64_t provided, released; /**< bytes */
    unsigned calls;
    enum axas_status answer;
    bool astray; /**< give a run that does not hold the address */
    struct axas_area seen;
    struct axas_run wanted;
};

static enum axas_status provide(const struct axas_space *space, const struct axas_area *area, axas_gpa gpa,
                                struct axas_run *run)
{
    struct source *source = area->context;
    const struct axas_hal *hal = axas_hosted_hal(source->arena);
    source->calls++;
    source->seen = *area;
    source->wanted = *run;
    cr_expect_eq(space->table.hal->context, hal->context);
    cr_expect_eq(gpa.raw & (source->page - 1), 0, "gpa is a page's");
    cr_expect(run->gpa.raw <= gpa.raw && gpa.raw - run->gpa.raw < run->size, "the wanted run holds it");
    if (source->answer != AXAS_OK) {
        return source->answer;
    }
    axas_hpa frame;
    if (!hal->frame_alloc(hal->context, source->page, AXAS_FRAME_GUEST, &frame)) {
        return AXAS_ERR_NO_MEMORY;
    }
    memset(axas_hal_virt(hal, frame), (int)(gpa.raw / source->page & 0x7f), source->page);
    hal->frame_publish(hal->context, frame, source->page, area->attr);
    source->provided += source->page;
    run->gpa = source->astray ? axas_gpa_of(gpa.raw + source->page) : gpa;
    run->hpa = frame;
    run->size = source->page;
    if (source->astray) {
        hal->frame_free(hal->context, frame, source->page, AXAS_FRAME_GUEST);
        source->provided -= source->page;
    }
    return AXAS_OK;
}

static void release(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct source *source = context;
    const struct axas_hal *hal = axas_hosted_hal(source->arena);
    (void)gpa;
    for (uint64_t at = 0; at < size; at += source->page) {
        hal->frame_free(hal->context, axas_hpa_of(hpa.raw + at), source->page, AXAS_FRAME_GUEST);
    }
    source->released += size;
}

static const struct axas_backend own = {.name = "own", .provide = provide, .release = release};

static void make(struct unit_space *unit, struct source *source, const struct unit_case *at)
{
    unit_space_make(unit, at);
    memset(source, 0, sizeof *source);
    source->arena = unit->tree.arena;
    source->page = unit->page;
}

static enum axas_status map(struct unit_space *unit, struct source *source, uint64_t gpa, uint64_t size,
                            uint32_t flags)
{
    return axas_space_map(&unit->space, axas_gpa_of(gpa), size, RW, &own, source, 42, flags);
}

Test(backend, a_fault_asks_it_for_the_page_and_removal_gives_it_back)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct source source;
        make(&unit, &source, &at);
        uint64_t page = unit.page;
        cr_assert_eq(map(&unit, &source, 4 * page, 8 * page, AXAS_LAZY), AXAS_OK);
        cr_expect_eq(source.calls, 0, "lazy");
        cr_assert_eq(unit_touch(&unit, 6 * page + 3, W), AXAS_FAULT_RESOLVED, "%s", unit.name);
        cr_expect_eq(source.calls, 1);
        cr_expect_eq(source.seen.gpa.raw, 4 * page);
        cr_expect_eq(source.seen.size, 8 * page);
        cr_expect_eq(source.seen.attr, RW);
        cr_expect_eq(source.seen.data, 42);
        cr_expect_eq(source.seen.backend, &own);
        unsigned char byte = 0;
        cr_assert_eq(axas_guest_read(&unit.space, axas_gpa_of(6 * page), &byte, 1), AXAS_OK);
        cr_expect_eq(byte, 6, "its contents are the guest's");
        cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(4 * page), 8 * page), AXAS_OK);
        cr_expect_eq(source.released, page);
        unit_space_end(&unit);
    }
}

Test(backend, populating_asks_it_for_every_page)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct source source;
        make(&unit, &source, &at);
        uint64_t page = unit.page;
        cr_assert_eq(map(&unit, &source, 0, 8 * page, AXAS_POPULATE), AXAS_OK);
        cr_expect_eq(source.provided, 8 * page, "%s", unit.name);
        for (uint64_t i = 0; i < 8; i++) {
            unsigned char byte = 0;
            cr_assert_eq(
                axas_guest_read_flags(&unit.space, axas_gpa_of(i * page), &byte, 1, AXAS_GUEST_NO_POPULATE),
                AXAS_OK);
            cr_expect_eq(byte, i);
        }
        cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(2 * page), page), AXAS_OK);
        cr_expect_eq(source.released, page, "a part");
        unit_space_end(&unit);
        cr_expect_eq(source.released, 8 * page, "all of it in the end");
    }
}

Test(backend, parts_of_an_area_keep_where_it_began)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct source source;
        make(&unit, &source, &at);
        uint64_t page = unit.page;
        cr_assert_eq(map(&unit, &source, 4 * page, 8 * page, AXAS_LAZY), AXAS_OK);
        cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(6 * page), page), AXAS_OK);
        cr_assert_eq(unit_touch(&unit, 9 * page, R), AXAS_FAULT_RESOLVED);
        cr_expect_eq(source.seen.gpa.raw, 7 * page, "%s", unit.name);
        cr_expect_eq(source.seen.size, 5 * page);
        cr_expect_eq(source.seen.origin.raw, 4 * page);
        cr_expect_eq(source.seen.data, 42);
        unit_space_end(&unit);
    }
}

Test(backend, without_memory_the_fault_says_so_and_nothing_changes)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct source source;
        make(&unit, &source, &at);
        cr_assert_eq(map(&unit, &source, 0, 8 * unit.page, AXAS_LAZY), AXAS_OK);
        source.answer = AXAS_ERR_NO_MEMORY;
        struct unit_picture before = unit_space_picture(&unit);
        cr_expect_eq(unit_touch(&unit, 0, W), AXAS_FAULT_NO_MEMORY, "%s", unit.name);
        struct unit_picture after = unit_space_picture(&unit);
        cr_expect(unit_same(&before, &after), "%s", unit.name);
        source.answer = AXAS_OK;
        cr_expect_eq(unit_touch(&unit, 0, W), AXAS_FAULT_RESOLVED);
        unit_space_end(&unit);
    }
}

Test(backend, populating_that_fails_takes_everything_back)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct source source;
        make(&unit, &source, &at);
        for (unsigned turn = 0; turn < 2; turn++) { /* in an empty space, and beside another area */
            struct unit_picture before = unit_space_picture(&unit);
            axas_hosted_fail_at(unit.tree.arena, 40);
            enum axas_status status = map(&unit, &source, 0, 64 * unit.page, AXAS_POPULATE);
            axas_hosted_fail_at(unit.tree.arena, 0);
            struct unit_picture after = unit_space_picture(&unit);
            cr_expect_eq(status, AXAS_ERR_NO_MEMORY, "%s", unit.name);
            cr_expect(unit_same(&before, &after), "%s, turn %u", unit.name, turn);
            cr_expect_eq(source.released, source.provided);
            cr_assert_eq(
                axas_space_map_trap(&unit.space, axas_gpa_of((100 + turn) * unit.page), unit.page, NULL),
                AXAS_OK);
        }
        unit_space_end(&unit);
    }
}

Test(backend, a_run_that_misses_the_page_is_no_answer)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        struct source source;
        make(&unit, &source, &at);
        cr_assert_eq(map(&unit, &source, 0, 8 * unit.page, AXAS_LAZY), AXAS_OK);
        source.astray = true;
        struct unit_picture before = unit_space_picture(&unit);
        cr_expect_eq(unit_touch(&unit, unit.page, W), AXAS_FAULT_BROKEN, "%s", unit.name);
        struct unit_picture after = unit_space_picture(&unit);
        cr_expect(unit_same(&before, &after), "%s", unit.name);
        unit_space_end(&unit);
    }
}

/* ---- While an area is being filled ---- */

struct meddling {
    struct unit_space *unit;
    bool done;
};

static void *meddle(void *argument)
{
    struct meddling *meddling = argument;
    struct axas_space *space = &meddling->unit->space;
    const axas_gpa gpa = {0};
    uint64_t page = meddling->unit->page;
    unsigned char byte = 0;
    struct axas_area area;
    cr_expect_eq(axas_space_unmap(space, gpa, page), AXAS_ERR_BUSY);
    cr_expect_eq(axas_space_unmap(space, gpa, 100 * page), AXAS_ERR_BUSY);
    cr_expect_eq(axas_space_protect(space, gpa, page, R), AXAS_ERR_BUSY);
    cr_expect_eq(axas_space_clear(space), AXAS_ERR_BUSY);
    cr_expect_eq(axas_guest_read(space, gpa, &byte, 1), AXAS_ERR_BUSY);
    cr_expect_eq(axas_space_map_linear(space, gpa, axas_hpa_of(0), page, R), AXAS_ERR_EXISTS);
    cr_expect_eq(axas_space_next_area(space, gpa, &area), AXAS_OK);
    cr_expect_neq(area.flags & AXAS_AREA_FILLING, 0);
    /* its neighbour, which is the same but for that, is not */
    cr_expect_eq(axas_space_next_area(space, axas_gpa_of(8 * page), &area), AXAS_OK);
    cr_expect_eq(area.flags & AXAS_AREA_FILLING, 0);
    cr_expect_eq(axas_space_protect(space, axas_gpa_of(8 * page), page, R), AXAS_OK);
    cr_expect_eq(axas_space_protect(space, axas_gpa_of(8 * page), page, RW), AXAS_OK);
    /* a fault on what is not there yet asks nobody for memory */
    struct axas_fault fault = unit_fault(7 * page, W);
    cr_expect_eq(axas_space_handle_fault(space, &fault), AXAS_FAULT_SPURIOUS);
    cr_expect_eq(fault.hpa.raw, AXAS_NO_HPA);
    /* what is elsewhere goes on as ever */
    cr_expect_eq(axas_space_map_linear(space, axas_gpa_of(64 * page), axas_hpa_of(FAR_HPA), page, R),
                 AXAS_OK);
    cr_expect_eq(axas_space_unmap(space, axas_gpa_of(64 * page), page), AXAS_OK);
    return NULL;
}

static enum axas_status provide_slowly(const struct axas_space *space, const struct axas_area *area,
                                       axas_gpa gpa, struct axas_run *run)
{
    struct meddling *meddling = area->context;
    const struct axas_hal *hal = space->table.hal;
    if (gpa.raw <= meddling->unit->page) { /* before the first page is there, and after it */
        pthread_t other;
        meddling->done = true;
        cr_assert_eq(pthread_create(&other, NULL, meddle, meddling), 0);
        cr_assert_eq(pthread_join(other, NULL), 0);
    }
    uint64_t page = meddling->unit->page;
    if (!hal->frame_alloc(hal->context, page, AXAS_FRAME_GUEST, &run->hpa)) {
        return AXAS_ERR_NO_MEMORY;
    }
    memset(axas_hal_virt(hal, run->hpa), 0, page);
    hal->frame_publish(hal->context, run->hpa, page, area->attr);
    run->gpa = gpa;
    run->size = page;
    return AXAS_OK;
}

static void release_slowly(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct meddling *meddling = context;
    const struct axas_hal *hal = &meddling->unit->tree.hal;
    (void)gpa;
    for (uint64_t at = 0; at < size; at += meddling->unit->page) {
        hal->frame_free(hal->context, axas_hpa_of(hpa.raw + at), meddling->unit->page, AXAS_FRAME_GUEST);
    }
}

static const struct axas_backend slow = {
    .name = "slow", .provide = provide_slowly, .release = release_slowly};

Test(backend, others_are_told_that_the_area_is_busy, .timeout = 60)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        struct meddling meddling = {.unit = &unit};
        cr_assert_eq(axas_space_map(&unit.space, axas_gpa_of(8 * unit.page), unit.page, RW, &slow, &meddling,
                                    0, AXAS_LAZY),
                     AXAS_OK, "%s", unit.name);
        cr_assert_eq(axas_space_map(&unit.space, axas_gpa_of(0), 8 * unit.page, RW, &slow, &meddling, 0,
                                    AXAS_POPULATE),
                     AXAS_OK, "%s", unit.name);
        cr_expect(meddling.done);
        struct axas_area area;
        cr_assert_eq(axas_space_next_area(&unit.space, axas_gpa_of(0), &area), AXAS_OK);
        cr_expect_eq(area.flags & AXAS_AREA_FILLING, 0);
        cr_expect_eq(unit_guest_bytes(&unit), 8 * unit.page);
        cr_expect_eq(unit_touch(&unit, 8 * unit.page, W), AXAS_FAULT_RESOLVED, "%s", unit.name);
        cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), unit.page), AXAS_OK);
        cr_expect_eq(unit_touch(&unit, unit.page, W), AXAS_FAULT_SPURIOUS, "%s", unit.name);
        cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), 9 * unit.page), AXAS_OK);
        unit_space_end(&unit);
    }
}

/* ---- Pure ---- */

static enum axas_status mirror(const struct axas_space *space, const struct axas_area *area, axas_gpa gpa,
                               struct axas_run *run)
{
    /* every page shows the same host page */
    (void)space;
    run->gpa = gpa;
    run->hpa = axas_hpa_of(area->data);
    run->size = *(const uint64_t *)area->context;
    return AXAS_OK;
}

static const struct axas_backend pure = {.name = "mirror", .provide = mirror, .pure = true};

Test(backend, a_pure_one_is_filled_when_it_is_mapped)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        uint64_t page = unit.page;
        cr_assert_eq(
            axas_space_map(&unit.space, axas_gpa_of(0), 5 * page, R, &pure, &page, FAR_HPA, AXAS_LAZY),
            AXAS_OK);
        for (uint64_t i = 0; i < 5; i++) {
            axas_hpa hpa;
            cr_assert_eq(axas_space_translate(&unit.space, axas_gpa_of(i * page + 7), &hpa), AXAS_OK);
            cr_expect_eq(hpa.raw, FAR_HPA + 7, "%s", unit.name);
        }
        cr_expect_eq(unit_touch(&unit, 0, R), AXAS_FAULT_SPURIOUS);
        unit_space_end(&unit);
    }
}

Test(backend, a_pure_one_has_nothing_to_release)
{
    struct unit_case at = {0};
    cr_assert(unit_next_case(&at));
    struct unit_space unit;
    unit_space_make(&unit, &at);
    struct axas_backend confused = pure;
    confused.release = release;
    EXPECT_SPACE_REFUSED(
        &unit, AXAS_ERR_INVALID,
        axas_space_map(&unit.space, axas_gpa_of(0), unit.page, R, &confused, &unit.page, 0, AXAS_LAZY));
    unit_space_end(&unit);
}

/* ---- The shipped ones ---- */

Test(backend, the_shipped_ones_have_names)
{
    cr_expect_str_eq(axas_backend_linear.name, "linear");
    cr_expect_str_eq(axas_backend_alloc.name, "alloc");
    cr_expect_str_eq(axas_backend_trap.name, "trap");
    cr_expect_null(axas_backend_trap.provide);
    cr_expect_null(axas_backend_linear.release);
    cr_expect(axas_backend_linear.pure);
    cr_expect_not(axas_backend_alloc.pure);
}

Test(backend, alloc_that_fails_half_way_takes_everything_back)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_space unit;
        unit_space_make(&unit, &at);
        for (uint64_t n = 1; n < 40; n++) {
            struct unit_picture before = unit_space_picture(&unit);
            axas_hosted_fail_at(unit.tree.arena, n);
            enum axas_status status =
                axas_space_map_alloc(&unit.space, axas_gpa_of(0), 12 * unit.page, RW, AXAS_POPULATE);
            axas_hosted_fail_at(unit.tree.arena, 0);
            if (status == AXAS_OK) {
                cr_assert_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), 12 * unit.page), AXAS_OK);
                continue;
            }
            struct unit_picture after = unit_space_picture(&unit);
            cr_expect_eq(status, AXAS_ERR_NO_MEMORY, "%s", unit.name);
            cr_expect(unit_same(&before, &after), "%s, allocation %" PRIu64, unit.name, n);
        }
        unit_space_end(&unit);
    }
}

/* ---- Without any memory ---- */

static const struct axas_backend nothing = {.name = "nothing"};

Test(backend, one_that_never_has_memory_leaves_faults_to_the_caller_also_if_populated)
{
    for (FOR_EACH_CASE(at)) {
        const uint32_t flags[] = {AXAS_LAZY, AXAS_POPULATE};
        for (unsigned i = 0; i < 2; i++) {
            struct unit_space unit;
            unit_space_make(&unit, &at);
            cr_assert_eq(
                axas_space_map(&unit.space, axas_gpa_of(0), 4 * unit.page, RW, &nothing, &unit, 0, flags[i]),
                AXAS_OK, "%s", unit.name);
            struct axas_fault fault = unit_fault(unit.page, R);
            cr_expect_eq(axas_space_handle_fault(&unit.space, &fault), AXAS_FAULT_TRAP, "%s", unit.name);
            cr_expect_eq(fault.cookie, &unit);
            cr_expect_eq(axas_space_unmap(&unit.space, axas_gpa_of(0), 4 * unit.page), AXAS_OK);
            unit_space_end(&unit);
        }
    }
}

/* ---- The last frame ---- */

struct race {
    struct unit_space *unit;
    struct axas_fault fault; /**< of the one that loses */
    unsigned calls;
};

static void *win(void *argument)
{
    struct race *race = argument;
    struct axas_fault fault = race->fault;
    fault.reader = 1;
    cr_expect_eq(axas_space_handle_fault(&race->unit->space, &fault), AXAS_FAULT_RESOLVED);
    return NULL;
}

/* The first that asks gets nothing, since another vCPU gets the last frame meanwhile. */
static enum axas_status provide_last(const struct axas_space *space, const struct axas_area *area,
                                     axas_gpa gpa, struct axas_run *run)
{
    struct race *race = area->context;
    const struct axas_hal *hal = space->table.hal;
    if (race->calls++ == 0) {
        pthread_t other;
        cr_assert_eq(pthread_create(&other, NULL, win, race), 0);
        cr_assert_eq(pthread_join(other, NULL), 0);
        return AXAS_ERR_NO_MEMORY;
    }
    cr_expect_eq(race->calls, 2, "who looks again finds the page");
    run->gpa = gpa;
    run->size = race->unit->page;
    return hal->frame_alloc(hal->context, run->size, AXAS_FRAME_GUEST, &run->hpa) ? AXAS_OK
                                                                                  : AXAS_ERR_NO_MEMORY;
}

static void release_last(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct race *race = context;
    const struct axas_hal *hal = &race->unit->tree.hal;
    (void)gpa;
    hal->frame_free(hal->context, hpa, size, AXAS_FRAME_GUEST);
}

static const struct axas_backend scarce[] = {
    {.name = "scarce", .provide = provide_last, .release = release_last},
    {.name = "scarce, brief", .provide = provide_last, .release = release_last, .brief = true}};

Test(backend, who_misses_the_last_frame_to_a_vcpu_on_the_same_page_finds_it_there, .timeout = 60)
{
    for (FOR_EACH_CASE(at)) {
        for (unsigned i = 0; i < 4; i++) {
            struct unit_space unit;
            const struct axas_config config = {.readers = 2};
            unit_space_make_with(&unit, &at, false, &config);
            struct race race = {.unit = &unit, .fault = unit_fault(unit.page, i < 2 ? W : 0)};
            cr_assert_eq(axas_space_map(&unit.space, axas_gpa_of(0), 2 * unit.page, RW, &scarce[i % 2], &race,
                                        0, AXAS_LAZY),
                         AXAS_OK, "%s", unit.name);
            /* With the tables there nothing else is needed, and a page is all that is wanted. */
            cr_expect_eq(axas_space_handle_fault(&unit.space, &race.fault), AXAS_FAULT_SPURIOUS, "%s: %s",
                         unit.name, scarce[i % 2].name);
            struct axas_mapping mapping;
            cr_assert_eq(axas_space_query(&unit.space, axas_gpa_of(unit.page), &mapping), AXAS_OK);
            cr_expect_eq(race.fault.hpa.raw, mapping.hpa.raw);
            cr_expect_eq(unit_guest_bytes(&unit), unit.page);
            unit_space_end(&unit);
        }
    }
}
