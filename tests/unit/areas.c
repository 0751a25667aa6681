/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A space with very many areas: each is found, in order, and the records stay as few and as shallow as a tree
 * that is searched in a few steps has to be.
 */
#include "unit.h"

#define COUNT UINT64_C(100000)

/* Areas are one page each with a page between them, so that none could be joined with another. */
static axas_gpa place(const struct axas_space *space, uint64_t number)
{
    return axas_gpa_of(number * 2 * axas_table_page_size(&space->table));
}

/* Every number below COUNT once, in an order that is all over the place (7919 and COUNT share no factor). */
static uint64_t shuffled(uint64_t step)
{
    return step * 7919 % COUNT;
}

static void expect_exactly_multiples_of(struct axas_space *space, uint64_t every)
{
    axas_gpa at = axas_gpa_of(0);
    struct axas_area area;
    for (uint64_t number = 0; number < COUNT; number += every) {
        cr_assert_eq(axas_space_next_area(space, at, &area), AXAS_OK);
        cr_assert_eq(area.gpa.raw, place(space, number).raw);
        cr_assert_eq(area.context, (void *)(uintptr_t)(number + 1));
        at = axas_gpa_of(area.gpa.raw + area.size);
    }
    cr_expect_eq(axas_space_next_area(space, at, &area), AXAS_ERR_NOT_MAPPED);
}

static const struct axas_mode *wide_mode(const struct axas_format **format)
{
    for (unsigned i = 0; axas_formats[i] != NULL; i++) {
        for (unsigned k = 0; k < axas_formats[i]->mode_count; k++) {
            const struct axas_mode *mode = &axas_formats[i]->modes[k];
            if (mode->with == 0 && mode->gpa_bits_preferred >= 40) {
                *format = axas_formats[i];
                return mode;
            }
        }
    }
    return NULL;
}

static struct axas_hosted *make_space(struct axas_space *space)
{
    struct axas_hosted *arena = axas_hosted_create(NULL);
    const struct axas_format *format = NULL;
    const struct axas_mode *mode = wide_mode(&format);
    cr_assert_not_null(mode);
    const struct axas_config config = {
        .table = {.hal = axas_hosted_hal(arena), .format = format, .mode = mode}};
    cr_assert_eq(axas_space_init(space, &config), AXAS_OK);
    return arena;
}

Test(areas, a_hundred_thousand_are_kept_in_order_and_found_in_a_few_steps)
{
    struct axas_space space;
    struct axas_hosted *arena = make_space(&space);
    const uint64_t page = axas_table_page_size(&space.table);

    for (uint64_t step = 0; step < COUNT; step++) {
        uint64_t number = shuffled(step);
        cr_assert_eq(
            axas_space_map_trap(&space, place(&space, number), page, (void *)(uintptr_t)(number + 1)),
            AXAS_OK);
    }
    expect_exactly_multiples_of(&space, 1);

    struct axas_usage usage;
    cr_assert_eq(axas_space_usage(&space, &usage), AXAS_OK);
    cr_expect_eq(usage.areas, COUNT);
    /* A node of 4 KiB holds dozens of areas, and a third of it is in use at least: 100 000 need three levels.
     */
    cr_expect_leq(space.areas.height, 3);
    cr_expect_leq(usage.node_bytes, COUNT * 200);

    for (uint64_t step = 0; step < COUNT; step++) {
        uint64_t number = shuffled(step);
        struct axas_fault fault = {.gpa = place(&space, number), .gpa_known = true, .access = AXAS_READ};
        cr_assert_eq(axas_space_handle_fault(&space, &fault), AXAS_FAULT_TRAP);
        cr_assert_eq(fault.cookie, (void *)(uintptr_t)(number + 1));
        fault.gpa = axas_gpa_of(place(&space, number).raw + page);
        cr_assert_eq(axas_space_handle_fault(&space, &fault), AXAS_FAULT_UNMAPPED);
    }

    for (uint64_t step = 0; step < COUNT; step++) {
        uint64_t number = shuffled(step);
        if (number % 10 != 0) {
            cr_assert_eq(axas_space_unmap(&space, place(&space, number), page), AXAS_OK);
        }
    }
    expect_exactly_multiples_of(&space, 10);
    cr_assert_eq(axas_space_usage(&space, &usage), AXAS_OK);
    cr_expect_eq(usage.areas, COUNT / 10);
    cr_expect_leq(usage.node_bytes, COUNT / 10 * 200, "what is not needed any more was given back");

    axas_space_destroy(&space);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

/* Areas of several kinds, in numbers that take several nodes, in runs of the same kind and mixed. */
enum { KINDS = 5, MIXED = 400 };

/* A trap of the user's own, whose attribute refuses nothing. */
static const struct axas_backend no_memory = {.name = "no memory"};

static unsigned kind_of(uint64_t number)
{
    return (unsigned)(number < MIXED / 2 ? number / 5 : number) % KINDS;
}

static enum axas_status map_kind(struct axas_space *space, uint64_t number)
{
    const uint64_t page = axas_table_page_size(&space->table);
    const axas_gpa gpa = place(space, number);
    static const axas_attr attr[3] = {RW, R, RW | AXAS_MEM_UNCACHED};
    const unsigned kind = kind_of(number);
    if (kind == 3) {
        return axas_space_map_trap(space, gpa, page, space);
    }
    return kind == 4 ? axas_space_map(space, gpa, page, RW, &no_memory, space, 0, AXAS_LAZY)
                     : axas_space_map_alloc(space, gpa, page, attr[kind], AXAS_LAZY);
}

/* A write to each area that is there is answered as its kind is to be. */
static void expect_kinds(struct axas_space *space, uint64_t every)
{
    static const enum axas_fault_result answer[KINDS] = {
        AXAS_FAULT_RESOLVED, AXAS_FAULT_DENIED, AXAS_FAULT_RESOLVED, AXAS_FAULT_TRAP, AXAS_FAULT_TRAP};
    for (uint64_t number = 0; number < MIXED; number++) {
        const unsigned kind = kind_of(number);
        struct axas_fault fault = unit_fault(place(space, number).raw, W);
        const enum axas_fault_result expected = number % every == 0 ? answer[kind] : AXAS_FAULT_UNMAPPED;
        struct axas_mapping mapping;
        cr_assert_eq(axas_space_handle_fault(space, &fault), expected, "area %u", (unsigned)number);
        if (expected == AXAS_FAULT_RESOLVED) {
            cr_assert_eq(axas_space_query(space, fault.gpa, &mapping), AXAS_OK);
            cr_assert_eq(mapping.attr, kind == 0 ? RW : RW | AXAS_MEM_UNCACHED);
        }
    }
}

Test(areas, each_of_many_kinds_answers_a_fault_as_its_own)
{
    for (uint64_t every = 1; every <= 3; every++) {
        struct axas_space space;
        struct axas_hosted *arena = make_space(&space);
        const uint64_t page = axas_table_page_size(&space.table);
        for (uint64_t step = 0; step < MIXED; step++) {
            cr_assert_eq(map_kind(&space, step * 79 % MIXED), AXAS_OK);
        }
        for (uint64_t number = 0; number < MIXED; number++) {
            if (number % every != 0) {
                cr_assert_eq(axas_space_unmap(&space, place(&space, number), page), AXAS_OK);
            }
        }
        expect_kinds(&space, every);

        /* What an area is given later counts as well. */
        for (uint64_t number = 0; number < MIXED; number += every) {
            if (kind_of(number) == 1) {
                cr_assert_eq(axas_space_protect(&space, place(&space, number), page, RW), AXAS_OK);
                struct axas_fault fault = unit_fault(place(&space, number).raw, W);
                cr_assert_eq(axas_space_handle_fault(&space, &fault), AXAS_FAULT_RESOLVED);
            }
        }
        axas_space_destroy(&space);
        cr_expect_eq(axas_hosted_destroy(arena), 0);
    }
}

/* What the space says of its areas, page by page, is what was asked for, page by page: who has each, with
 * what data, and where the area that it is a part of began. */
enum { PAGES = 600 };

struct page {
    uintptr_t cookie; /* 0: no area is there */
    uint64_t data;
    unsigned origin;
};

static void expect_pages(struct axas_space *space, const struct page *pages)
{
    const uint64_t size = axas_table_page_size(&space->table);
    axas_gpa at = axas_gpa_of(0);
    struct axas_area area;
    unsigned page = 0;
    while (axas_space_next_area(space, at, &area) == AXAS_OK) {
        for (; page < area.gpa.raw / size; page++) {
            cr_assert_eq(pages[page].cookie, 0);
        }
        at = axas_gpa_of(area.gpa.raw + area.size);
        for (; page < at.raw / size; page++) {
            cr_assert_eq(area.context, (void *)pages[page].cookie);
            cr_assert_eq(area.data, pages[page].data);
            cr_assert_eq(area.origin.raw, pages[page].origin * size);
            cr_assert_eq(area.backend, &axas_backend_trap);
            cr_assert_eq(area.attr, 0);
        }
    }
    for (; page < PAGES; page++) {
        cr_assert_eq(pages[page].cookie, 0);
    }
}

Test(areas, what_neighbours_have_in_common_stays_the_own_of_each)
{
    struct axas_space space;
    struct axas_hosted *arena = make_space(&space);
    const uint64_t size = axas_table_page_size(&space.table);
    struct page pages[PAGES] = {0};
    uint32_t random = 1;

    for (unsigned step = 0; step < 20000; step++) {
        random = random * 1664525 + 1013904223;
        const unsigned first = (random >> 8) % (PAGES - 4), count = 1 + (random >> 20) % 4;
        const bool removes = (random >> 30) == 0;
        /* Runs of steps in which neighbours have the same cookie, or hardly ever have. */
        const uintptr_t cookie = 1 + (random >> 22) % (step % 4000 < 2000 ? 2 : 200);
        bool taken = false;
        for (unsigned page = first; page < first + count; page++) {
            taken = taken || pages[page].cookie != 0;
        }
        const axas_gpa gpa = axas_gpa_of(first * size);
        if (!removes) {
            cr_assert_eq(axas_space_map(&space, gpa, count * size, 0, &axas_backend_trap, (void *)cookie,
                                        random, AXAS_LAZY),
                         taken ? AXAS_ERR_EXISTS : AXAS_OK);
        } else {
            cr_assert_eq(axas_space_unmap(&space, gpa, count * size), AXAS_OK);
        }
        for (unsigned page = first; page < first + count && (removes || !taken); page++) {
            pages[page] = removes ? (struct page){0} : (struct page){cookie, random, first};
        }
        if (step % 16 == 0) {
            expect_pages(&space, pages);
        }
    }
    expect_pages(&space, pages);
    axas_space_destroy(&space);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}

Test(areas, above_the_last_there_is_none)
{
    struct axas_space space;
    struct axas_hosted *arena = make_space(&space);
    struct axas_area area;
    axas_hpa hpa;
    const uint64_t size = axas_table_page_size(&space.table);
    for (uint64_t count = 0; count < 20000; count++) { /* from no node over one to three levels of them */
        if (count < 130 || count % 997 == 0) {
            for (unsigned i = 0; i < 3; i++) {
                const axas_gpa beyond = axas_gpa_of(UINT64_MAX - i);
                cr_assert_eq(axas_space_next_area(&space, beyond, &area), AXAS_ERR_NOT_MAPPED, "%" PRIu64,
                             count);
                cr_assert_eq(axas_space_translate(&space, beyond, &hpa), AXAS_ERR_RANGE);
            }
        }
        cr_assert_eq(axas_space_map_trap(&space, place(&space, count), size, NULL), AXAS_OK);
    }
    axas_space_destroy(&space);
    cr_expect_eq(axas_hosted_destroy(arena), 0);
}
