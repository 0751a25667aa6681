/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removal with a HAL that gives nothing: unmap, clear and destroy succeed and are exact, also page by page
 * until nothing is left, and in large leaves of linear and of allocated memory. For every format and mode.
 */
#include "rig.h"

#include <axas/guest.h>

#include <stdlib.h>

#define RW (AXAS_READ | AXAS_WRITE)

static void expect_linear(struct rig *rig, uint64_t gpa)
{
    axas_hpa hpa = axas_hpa_of(0);
    RIG_OK(rig, axas_space_translate(&rig->space, axas_gpa_of(gpa), &hpa));
    RIG_TRUE(rig, hpa.raw == rig->linear_hpa + (gpa - rig->linear));
}

/* The middle of a large leaf of linear memory, then of the other. */
static void unmap_in_linear(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping pages of large linear leaves";
    axas_hosted_fail_from(rig.arena, 1);
    for (rig.number = 0; rig.number < 2; rig.number++) {
        uint64_t gpa = rig.linear + rig.number * rig.large + 3 * rig.page;
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(gpa), rig.page));
        rig_expect_hole(&rig, gpa);
        expect_linear(&rig, gpa - rig.page);
        expect_linear(&rig, gpa + rig.page);
    }
    axas_hosted_fail_from(rig.arena, 0);
    for (uint64_t gpa = rig.linear; gpa < rig.linear + 2 * rig.large; gpa += rig.page) {
        if ((gpa - rig.linear) % rig.large != 3 * rig.page) {
            enum axas_fault_result result = rig_fault(&rig, gpa, AXAS_WRITE);
            RIG_TRUE(&rig, result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS);
            rig_expect_page(&rig, gpa, rig.linear_hpa + (gpa - rig.linear), RW);
        } else {
            RIG_TRUE(&rig, rig_fault(&rig, gpa, AXAS_WRITE) == AXAS_FAULT_UNMAPPED);
        }
    }
    rig_close(&rig);
}

/* A page out of each of many large leaves, one after the other, with nothing to refill a reserve from. */
static void unmap_many(const struct world *world, bool allocated)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = allocated ? "unmapping a page of each large allocated leaf"
                          : "unmapping a page of each large linear leaf";
    bool frames = world->free_in_parts && rig.large <= UINT64_C(2) << 20;
    uint64_t leaves = allocated ? (frames ? 4 : 0) : 6;
    for (uint64_t i = 0; i < leaves; i++) {
        uint64_t gpa = rig.room + i * rig.large;
        if (allocated) {
            RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(gpa), rig.large, RW, AXAS_POPULATE));
            RIG_OK(&rig, axas_guest_store(&rig.space, axas_gpa_of(gpa + 6 * rig.page), 8, gpa));
        } else {
            RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(gpa), axas_hpa_of(2 * rig.large),
                                               rig.large, RW));
        }
    }
    axas_hosted_fail_from(rig.arena, 1);
    for (uint64_t turn = 0; turn < 2; turn++) {
        for (uint64_t i = 0; i < leaves; i++) {
            uint64_t gpa = rig.room + i * rig.large + (5 + 2 * turn) * rig.page;
            uint64_t guest = axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST);
            rig.number = turn * leaves + i;
            RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(gpa), rig.page));
            rig_expect_hole(&rig, gpa);
            if (allocated) {
                uint64_t value = 0;
                RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == guest - rig.page);
                RIG_OK(&rig, axas_guest_load(&rig.space, axas_gpa_of(rig.room + i * rig.large + 6 * rig.page),
                                             8, &value));
                RIG_TRUE(&rig, value == rig.room + i * rig.large);
            } else {
                axas_hpa hpa = axas_hpa_of(0);
                RIG_OK(&rig, axas_space_translate(&rig.space, axas_gpa_of(gpa + rig.page), &hpa));
                RIG_TRUE(&rig, hpa.raw == 2 * rig.large + (6 + 2 * turn) * rig.page);
            }
        }
    }
    RIG_OK(&rig, axas_space_clear(&rig.space));
    rig_close(&rig);
}

/* Every second page of one area, one after the other: each cuts an area in two. */
static void unmap_every_second_page(const struct world *world, bool lazy)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing =
        lazy ? "unmapping every second page of a lazy area" : "unmapping every second page of linear memory";
    uint64_t pages = rig.large / rig.page > 1024 ? 1024 : rig.large / rig.page;
    if (lazy) {
        pages = 2048;
        pages = pages * rig.page > 6 * rig.large ? 6 * rig.large / rig.page : pages;
        RIG_OK(&rig,
               axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), pages * rig.page, RW, AXAS_LAZY));
    } else {
        RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(rig.room), axas_hpa_of(0),
                                           pages * rig.page, RW));
    }
    axas_hosted_fail_from(rig.arena, 1);
    for (uint64_t i = 1; i < pages; i += 2) {
        rig.number = i;
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.room + i * rig.page), rig.page));
    }
    struct axas_usage usage;
    RIG_OK(&rig, axas_space_usage(&rig.space, &usage));
    for (uint64_t i = 0; i < pages; i++) {
        struct axas_area area;
        uint64_t gpa = rig.room + i * rig.page;
        rig.number = i;
        enum axas_status status = axas_space_next_area(&rig.space, axas_gpa_of(gpa), &area);
        if (i % 2 == 0) {
            RIG_TRUE(&rig, status == AXAS_OK && area.gpa.raw == gpa && area.size == rig.page);
        } else {
            RIG_TRUE(&rig, status != AXAS_OK || area.gpa.raw != gpa);
        }
    }
    RIG_OK(&rig, axas_space_clear(&rig.space));
    rig_close(&rig);
}

/* Everything in ranges that begin and end in the middle of leaves. */
static void unmap_across(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping across areas";
    uint64_t kept = rig_hpa(&rig, rig.populated + 5 * rig.page);
    axas_hosted_fail_from(rig.arena, 1);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.linear + rig.page),
                                  rig.populated + 5 * rig.page - (rig.linear + rig.page)));
    rig_expect_hole(&rig, rig.linear + rig.page);
    rig_expect_hole(&rig, rig.lazy + rig.page);
    rig_expect_hole(&rig, rig.populated + 4 * rig.page);
    rig_expect_page(&rig, rig.populated + 5 * rig.page, kept, RW);
    expect_linear(&rig, rig.linear);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_space_base(&rig.space), axas_space_size(&rig.space)));
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.areas == 0 && rig.tree.tables == 1);
    RIG_TRUE(&rig, empty.ledger.bytes[AXAS_FRAME_GUEST] == 0);
    rig_close(&rig);
}

/* Memory that no access is allowed to is still there, and goes with the rest (CVE-2022-23033). */
static void unmap_held(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "unmapping memory without access";
    RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(rig.populated), rig.populated_size, 0));
    axas_hosted_fail_from(rig.arena, 1);
    uint64_t guest = axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.populated + rig.page), rig.page));
    RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == guest - rig.page);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    RIG_TRUE(&rig, axas_hosted_bytes(rig.arena, AXAS_FRAME_GUEST) == 0);
    rig_close(&rig);
}

static void clear_and_destroy(const struct world *world)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "clearing";
    axas_hosted_fail_from(rig.arena, 1);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.areas == 0 && rig.tree.tables == 1);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    rig_close(&rig);
    rig_open(&rig, world);
    axas_hosted_fail_from(rig.arena, 1);
    rig_close(&rig);
}

/* Three areas that adjoin, and which of their pages are there, as the test knows it. */
#define EACH UINT64_C(2500)
struct pages {
    uint64_t first;
    bool there[3 * EACH];
};

static uint64_t pieces(const struct pages *pages)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < 3 * EACH; i++) {
        count += pages->there[i] && (i % EACH == 0 || !pages->there[i - 1]) ? 1 : 0;
    }
    return count;
}

/* Goes over all areas, and asks at some pages by a fault. */
static void expect_pages(struct rig *rig, const struct pages *pages, struct dice *dice)
{
    struct axas_usage usage;
    struct axas_area area;
    uint64_t i = 0;
    RIG_OK(rig, axas_space_usage(&rig->space, &usage));
    RIG_TRUE(rig, usage.areas == pieces(pages));
    while (i < 3 * EACH) {
        uint64_t from = i;
        while (from < 3 * EACH && !pages->there[from]) {
            from++;
        }
        uint64_t to = from;
        while (to < 3 * EACH && pages->there[to] && (to == from || to % EACH != 0)) {
            to++;
        }
        enum axas_status status =
            axas_space_next_area(&rig->space, axas_gpa_of(pages->first + i * rig->page), &area);
        if (from == 3 * EACH) {
            RIG_TRUE(rig, status == AXAS_ERR_NOT_MAPPED);
        } else {
            RIG_TRUE(rig, status == AXAS_OK && area.gpa.raw == pages->first + from * rig->page &&
                              area.size == (to - from) * rig->page &&
                              area.origin.raw == pages->first + from / EACH * EACH * rig->page);
        }
        i = to;
    }
    for (unsigned n = 0; n < 20; n++) {
        i = dice_below(dice, 3 * EACH);
        enum axas_fault_result result = rig_fault(rig, pages->first + i * rig->page, AXAS_READ);
        RIG_TRUE(rig, (result == AXAS_FAULT_UNMAPPED) == !pages->there[i]);
        RIG_TRUE(rig, (result == AXAS_FAULT_TRAP) == (pages->there[i] && i >= 2 * EACH));
    }
}

static void take_pages(struct rig *rig, struct pages *pages, struct dice *dice, uint64_t *left,
                       uint64_t until)
{
    while (*left > until) {
        uint64_t at = dice_below(dice, 3 * EACH);
        uint64_t some = dice_once_in(dice, 50) ? 1 + dice_below(dice, 30) : 1;
        some = some < 3 * EACH - at ? some : 3 * EACH - at;
        /* late, when few are left, the next one that is there */
        while (at < 3 * EACH - 1 && !pages->there[at] && *left < EACH) {
            at++;
            some = 1;
        }
        rig->number = at;
        RIG_OK(rig,
               axas_space_unmap(&rig->space, axas_gpa_of(pages->first + at * rig->page), some * rig->page));
        for (; some-- > 0; at++) {
            *left -= pages->there[at] ? 1 : 0;
            pages->there[at] = false;
        }
        if (dice_once_in(dice, 200)) {
            expect_pages(rig, pages, dice);
        }
    }
    expect_pages(rig, pages, dice);
}

static void map_pages(struct rig *rig, struct pages *pages)
{
    uint64_t size = EACH * rig->page;
    RIG_OK(rig, axas_space_map_linear(&rig->space, axas_gpa_of(pages->first), axas_hpa_of(0), size, RW));
    RIG_OK(rig, axas_space_map_alloc(&rig->space, axas_gpa_of(pages->first + size), size, RW, AXAS_LAZY));
    RIG_OK(rig, axas_space_map_trap(&rig->space, axas_gpa_of(pages->first + 2 * size), size, rig));
    for (uint64_t i = 0; i < 3 * EACH; i++) {
        pages->there[i] = true;
    }
}

/* Page by page in any order until nothing is left; half-way, the HAL has frames again. */
static void unmap_page_by_page(const struct world *world, bool revive)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    struct dice dice = {revive ? 5 : 6};
    struct pages *pages = calloc(1, sizeof *pages);
    RIG_TRUE(&rig, pages != NULL);
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = revive ? "unmapping page by page, with frames again half-way" : "unmapping page by page";
    rig.page = axas_table_page_size(&rig.space.table);
    uint64_t stretch = UINT64_C(32256) * rig.page; /* what the reserve counts in, see axas_space_unmap */
    pages->first = stretch - 4000 * rig.page;
    if (!axas_space_contains(&rig.space, axas_gpa_of(pages->first), 3 * EACH * rig.page)) {
        pages->first = 0;
    }
    map_pages(&rig, pages);
    for (uint64_t i = EACH; i < 2 * EACH; i += 97) {
        (void)rig_fault(&rig, pages->first + i * rig.page, AXAS_WRITE);
    }
    uint64_t left = 3 * EACH;
    axas_hosted_fail_from(rig.arena, 1);
    if (revive) {
        take_pages(&rig, pages, &dice, &left, 2 * EACH);
        struct picture before = rig_picture(&rig);
        enum axas_status status = axas_space_map_trap(
            &rig.space, axas_gpa_of(pages->first + 3 * EACH * rig.page), 8 * rig.page, NULL);
        RIG_TRUE(&rig, status == AXAS_ERR_NO_MEMORY);
        struct picture after = rig_picture(&rig);
        rig_same(&rig, &before, &after);
        /* With more and more frames, something else where pages went. */
        for (unsigned frames = 1; status != AXAS_OK; frames++) {
            uint64_t at = dice_below(&dice, 3 * EACH);
            while (pages->there[at]) {
                at = dice_below(&dice, 3 * EACH);
            }
            axas_gpa gpa = axas_gpa_of(pages->first + at * rig.page);
            axas_hosted_fail_from(rig.arena, frames);
            status = axas_space_map_trap(&rig.space, gpa, rig.page, NULL);
            if (status == AXAS_OK) {
                RIG_OK(&rig, axas_space_unmap(&rig.space, gpa, rig.page));
            }
            expect_pages(&rig, pages, &dice);
        }
        axas_hosted_fail_from(rig.arena, 1);
    }
    take_pages(&rig, pages, &dice, &left, 0);
    axas_hosted_fail_from(rig.arena, 0);
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.areas == 0 && rig.tree.tables == 1);
    RIG_TRUE(&rig, empty.ledger.bytes[AXAS_FRAME_GUEST] == 0);
    map_pages(&rig, pages);
    expect_pages(&rig, pages, &dice);
    rig_close(&rig);
    free(pages);
}

/* An area that was added although the HAL soon had nothing can be cut as any other. */
static void unmap_what_was_hard_to_map(const struct world *world)
{
    enum axas_status status = AXAS_ERR_NO_MEMORY;
    for (unsigned frames = 1; status != AXAS_OK; frames++) {
        struct rig rig;
        struct axas_config config = rig_arena(&rig, world);
        RIG_OK(&rig, axas_space_init(&rig.space, &config));
        rig.open = true;
        rig.doing = "unmapping pages of an area for which there was just enough";
        rig.page = axas_table_page_size(&rig.space.table);
        uint64_t pages = axas_space_size(&rig.space) / rig.page;
        uint64_t size = pages < 100000 ? 30000 : 100000;
        size = size < pages ? size : pages;
        axas_hosted_fail_from(rig.arena, frames);
        status = axas_space_map_trap(&rig.space, axas_gpa_of(0), size * rig.page, &rig);
        RIG_TRUE(&rig, status == AXAS_OK || status == AXAS_ERR_NO_MEMORY);
        for (rig.number = 1; status == AXAS_OK && rig.number < size; rig.number += 222) {
            RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(rig.number * rig.page), rig.page));
        }
        rig_close(&rig);
    }
}

/* Pages of a trap area that touches many stretches. With room for each of them every removal succeeds; with a
 * reserve for one, 28 cuts do, and the first that does not changes nothing. */
static void unmap_beyond_the_limit(const struct world *world, bool all)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    config.reserve_limit = all ? 0 : 1;
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = all ? "cutting a reserve's worth of stretches" : "cutting more stretches than the limit";
    rig.page = axas_table_page_size(&rig.space.table);
    uint64_t stretch = UINT64_C(32256) * rig.page;
    uint64_t stretches = axas_space_size(&rig.space) / stretch;
    stretches = stretches < 300 ? stretches : 300;
    struct dice dice = {7};
    if (stretches >= (all ? 3 : 64)) {
        RIG_OK(&rig, axas_space_map_trap(&rig.space, axas_gpa_of(0), stretches * stretch, &rig));
        struct axas_usage usage;
        RIG_OK(&rig, axas_space_usage(&rig.space, &usage));
        uint64_t frames = usage.reserve_bytes / AXAS_FRAME_SIZE;
        uint64_t rest = 64; /* the spare records, and the tables for the two ends */
        for (unsigned level = world->mode->root_level + 1u; level < world->format->level_count; level++) {
            rest += 2 * axas_table_bytes(&rig.space.table, level) / AXAS_FRAME_SIZE;
        }
        RIG_TRUE(&rig, all ? frames >= stretches && frames < stretches + rest : frames < rest);
        /* One frame more than nothing: the reserve is then short of a split by one. */
        axas_hosted_fail_from(rig.arena, all ? 2 : 1);
        enum axas_status status = AXAS_OK;
        struct picture before = rig_picture(&rig);
        for (; rig.number < 40 * stretches && status == AXAS_OK; rig.number++) {
            /* every second page at most, so that each is a cut */
            uint64_t page = 1 + 2 * dice_below(&dice, stretches * 32256 / 2 - 1);
            if (!all) {
                before = rig_picture(&rig);
            }
            status = axas_space_unmap(&rig.space, axas_gpa_of(page * rig.page), rig.page);
        }
        if (all) {
            RIG_OK(&rig, status);
            /* from the middle of the first stretch to the middle of the last */
            RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(stretch / 32256 * 16000),
                                          (stretches - 1) * stretch));
            RIG_OK(&rig, axas_space_unmap(&rig.space, axas_space_base(&rig.space), 7 * rig.page));
        } else {
            RIG_TRUE(&rig, status == AXAS_ERR_NO_MEMORY && rig.number > 28);
            struct picture after = rig_picture(&rig);
            rig_same(&rig, &before, &after);
        }
        RIG_OK(&rig, axas_space_clear(&rig.space));
    }
    rig_close(&rig);
}

/* A page out of each of many large leaves of a space that no fault brings anything back to. */
static void unmap_in_a_populate_only_space(const struct world *world, bool limited)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    config.populate_only = true;
    config.reserve_limit = limited ? 3 : 0;
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = "unmapping a page of each large leaf of a populate_only space";
    rig.page = axas_table_page_size(&rig.space.table);
    uint64_t larger = axas_table_leaf_sizes(&rig.space.table, RW) & ~rig.page;
    rig.large = larger & (~larger + 1u);
    if (rig.large == 0 || rig.space.table.change[AXAS_CHANGE_SPLIT].breaks) {
        rig_close(&rig);
        return;
    }
    const uint64_t leaves = 16;
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(rig.large), axas_hpa_of(3 * rig.large),
                                       leaves * rig.large, RW));
    axas_hosted_fail_from(rig.arena, 1);
    enum axas_status status = AXAS_OK;
    struct picture before = rig_picture(&rig);
    while (rig.number < leaves && status == AXAS_OK) {
        uint64_t gpa = (1 + rig.number) * rig.large + 5 * rig.page;
        before = rig_picture(&rig);
        status = axas_space_unmap(&rig.space, axas_gpa_of(gpa), rig.page);
        if (status == AXAS_OK) {
            rig_expect_hole(&rig, gpa);
            rig_expect_page(&rig, gpa + rig.page, gpa + rig.page + 2 * rig.large, RW);
            rig_expect_page(&rig, gpa - rig.page, gpa - rig.page + 2 * rig.large, RW);
            rig.number++;
        }
    }
    if (limited) {
        RIG_TRUE(&rig, status == AXAS_ERR_NO_MEMORY && rig.number == 3);
        struct picture after = rig_picture(&rig);
        rig_same(&rig, &before, &after);
    } else {
        RIG_OK(&rig, status);
    }
    axas_hosted_fail_from(rig.arena, 0);
    /* What is put aside goes with the leaves it is for. */
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(2 * rig.large), leaves * rig.large));
    if (!rig.space.table.change[AXAS_CHANGE_PERMISSIONS_LESS].breaks) {
        RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(2 * rig.large), axas_hpa_of(0),
                                           4 * rig.large, RW));
        for (uint64_t i = 2; i < 6; i++) {
            RIG_OK(&rig, axas_space_protect(&rig.space, axas_gpa_of(i * rig.large), rig.page, AXAS_READ));
        }
        RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(2 * rig.large), 4 * rig.large));
    }
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        RIG_TRUE(&rig, rig.space.table.pool.count[level] <= 2);
    }
    RIG_OK(&rig, axas_space_clear(&rig.space));
    struct picture empty = rig_picture(&rig);
    RIG_TRUE(&rig, empty.usage.reserve_bytes == 0 && rig.tree.tables == 1);
    rig_close(&rig);
}

static void run_world(const struct world *world, void *context)
{
    (void)context;
    unmap_in_linear(world);
    unmap_many(world, false);
    unmap_many(world, true);
    unmap_every_second_page(world, false);
    unmap_every_second_page(world, true);
    unmap_page_by_page(world, false);
    unmap_page_by_page(world, true);
    unmap_what_was_hard_to_map(world);
    unmap_beyond_the_limit(world, false);
    unmap_beyond_the_limit(world, true);
    unmap_in_a_populate_only_space(world, false);
    unmap_in_a_populate_only_space(world, true);
    unmap_across(world);
    unmap_held(world);
    clear_and_destroy(world);
}

int main(int count, char **names)
{
    return rig_main(count, names, WORLDS_FEW, run_world);
}
