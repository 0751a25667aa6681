/* SPDX-License-Identifier: Apache-2.0 */
/* Invalidate once, then free. */
#include "unit.h"

struct log {
    unsigned runs;
    uint64_t bytes;
};

static uint64_t invalidations(struct axas_hosted *arena)
{
    uint64_t count = 0;
    axas_hosted_record_stop(arena);
    const struct axas_hosted_event *events = axas_hosted_events(arena);
    for (uint64_t i = 0; i < axas_hosted_event_count(arena); i++) {
        count += events[i].kind == AXAS_HOSTED_INVALIDATE;
    }
    return count;
}

static void release(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    struct log *log = context;
    cr_expect_eq(hpa.raw - gpa.raw, FAR_HPA, "the host address goes with the guest address");
    log->runs++;
    log->bytes += size;
}

static void map(struct unit_tree *tree, uint64_t gpa, uint64_t size)
{
    cr_assert_eq(axas_table_map(&tree->table, axas_gpa_of(gpa), axas_hpa_of(FAR_HPA + gpa), size, RW),
                 AXAS_OK, "%s", tree->name);
}

Test(gather, nothing_is_freed_or_invalidated_before_the_caller_says_so)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct log log = {0};
        struct axas_gather gather;
        map(&tree, 0, 4 * tree.page);
        uint64_t tables = axas_hosted_bytes(tree.arena, AXAS_FRAME_TABLE);
        axas_gather_init(&gather, release, &log);
        axas_hosted_record(tree.arena, 10000);
        cr_assert_eq(axas_table_unmap(&tree.table, axas_gpa_of(0), 4 * tree.page, &gather), AXAS_OK);
        cr_expect_eq(log.runs, 0, "%s", tree.name);
        cr_expect_eq(axas_hosted_bytes(tree.arena, AXAS_FRAME_TABLE), tables);
        axas_gather_flush(&tree.table, &gather);
        cr_expect_eq(log.runs, 0, "a flush frees nothing");
        cr_expect_eq(axas_hosted_bytes(tree.arena, AXAS_FRAME_TABLE), tables);
        cr_expect_eq(invalidations(tree.arena), 1, "%s", tree.name);
        const struct axas_hosted_event *events = axas_hosted_events(tree.arena);
        for (uint64_t i = 0; i < axas_hosted_event_count(tree.arena); i++) {
            if (events[i].kind == AXAS_HOSTED_INVALIDATE) {
                const struct axas_invalidation *what = &events[i].invalidation;
                cr_expect_eq(what->format, at.format);
                cr_expect_eq(what->root.raw, tree.table.root_hpa.raw);
                cr_expect_not(what->local, "%s: taking away concerns every CPU", tree.name);
                if (what->scope != AXAS_INVALIDATE_ALL) {
                    cr_expect_eq(what->gpa.raw, 0);
                    cr_expect_geq(what->size, 4 * tree.page);
                }
            }
        }
        axas_gather_free(&tree.table, &gather);
        cr_expect_eq(log.bytes, 4 * tree.page);
        cr_expect_eq(axas_hosted_bytes(tree.arena, AXAS_FRAME_TABLE), tree.table.root_size);
        axas_gather_free(&tree.table, &gather);
        cr_expect_eq(log.bytes, 4 * tree.page, "freed once");
        unit_tree_end(&tree);
    }
}

Test(gather, leaves_that_adjoin_are_released_as_one_run)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct log log = {0};
        struct axas_gather gather;
        map(&tree, 0, 8 * tree.page);
        axas_gather_init(&gather, release, &log);
        /* the table stays, because the last page does */
        cr_assert_eq(axas_table_unmap(&tree.table, axas_gpa_of(0), 7 * tree.page, &gather), AXAS_OK);
        axas_gather_flush(&tree.table, &gather);
        axas_gather_free(&tree.table, &gather);
        cr_expect_eq(log.runs, 1, "%s: %u runs", tree.name, log.runs);
        cr_expect_eq(log.bytes, 7 * tree.page);
        unit_tree_end(&tree);
    }
}

Test(gather, one_gather_takes_several_operations_and_one_invalidation)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct log log = {0};
        struct axas_gather gather;
        map(&tree, 0, 10 * tree.page); /* too few for a contiguous group, which would be taken apart */
        axas_gather_init(&gather, release, &log);
        axas_hosted_record(tree.arena, 10000);
        for (uint64_t i = 1; i < 10; i += 2) {
            cr_assert_eq(axas_table_unmap(&tree.table, axas_gpa_of(i * tree.page), tree.page, &gather),
                         AXAS_OK);
        }
        axas_gather_flush(&tree.table, &gather);
        axas_gather_flush(&tree.table, &gather);
        cr_expect_eq(invalidations(tree.arena), 1, "%s", tree.name);
        axas_gather_free(&tree.table, &gather);
        cr_expect_eq(log.runs, 5);
        cr_expect_eq(log.bytes, 5 * tree.page);
        unit_tree_end(&tree);
    }
}

/* Which pages were invalidated since they were mapped; release asks for each page that it gets. */
struct watch {
    uint64_t page;
    bool forgotten[8 * AXAS_GATHER_ITEMS];
    uint64_t invalidations, released;
};

static struct watch watch;

static void watch_invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    watch.invalidations++;
    for (uint64_t i = 0; i < 8 * AXAS_GATHER_ITEMS; i++) {
        uint64_t gpa = i * watch.page;
        if (what->scope == AXAS_INVALIDATE_ALL ||
            (gpa >= what->gpa.raw && gpa - what->gpa.raw < what->size)) {
            watch.forgotten[i] = true;
        }
    }
}

static void watch_release(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size)
{
    (void)context;
    (void)hpa;
    for (uint64_t at = gpa.raw; at < gpa.raw + size; at += watch.page) {
        cr_expect(watch.forgotten[at / watch.page], "0x%" PRIx64 " is freed while a CPU may still use it",
                  at);
        watch.released++;
    }
}

Test(gather, a_full_batch_is_invalidated_before_it_is_freed)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        struct axas_gather gather;
        unit_machine(&tree, &at, false);
        tree.hal.invalidate = watch_invalidate;
        cr_assert_eq(axas_table_init(&tree.table, &tree.config), AXAS_OK);
        unit_sizes(&tree, &tree.table);
        /* every second page, so that nothing adjoins; the last one keeps the table */
        uint64_t pages = 3 * AXAS_GATHER_ITEMS;
        for (uint64_t i = 0; i <= pages; i++) {
            map(&tree, 2 * i * tree.page, tree.page);
        }
        memset(&watch, 0, sizeof watch);
        watch.page = tree.page;
        axas_gather_init(&gather, watch_release, NULL);
        cr_assert_eq(axas_table_unmap(&tree.table, axas_gpa_of(0), 2 * pages * tree.page, &gather), AXAS_OK);
        axas_gather_flush(&tree.table, &gather);
        axas_gather_free(&tree.table, &gather);
        cr_expect_leq(watch.invalidations, pages / AXAS_GATHER_ITEMS + 1, "%s: %" PRIu64 " invalidations",
                      tree.name, watch.invalidations);
        cr_expect_eq(watch.released, pages, "%s", tree.name);
        unit_tree_end(&tree);
    }
}

Test(gather, whole_subtrees_need_no_room_in_it)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        struct log log = {0};
        struct axas_gather gather;
        for (uint64_t i = 0; i < 2 * AXAS_GATHER_ITEMS; i++) {
            map(&tree, 2 * i * tree.page, tree.page);
        }
        axas_gather_init(&gather, release, &log);
        axas_hosted_record(tree.arena, 100000);
        cr_assert_eq(axas_table_unmap(&tree.table, axas_gpa_of(0), tree.limit, &gather), AXAS_OK);
        axas_gather_flush(&tree.table, &gather);
        axas_gather_free(&tree.table, &gather);
        cr_expect_eq(log.bytes, 2 * AXAS_GATHER_ITEMS * tree.page);
        if (at.mode->level_count > 1) {
            cr_expect_eq(invalidations(tree.arena), 1, "%s", tree.name);
        }
        cr_expect_eq(tree.table.tables, 1);
        unit_tree_end(&tree);
    }
}

/* Protects a page; what the change asks for is left to the gather, or, where the entry was broken, done. */
static void check_protect(struct unit_tree *tree, axas_attr attr, enum axas_change kind)
{
    const struct axas_transition *change = &tree->table.change[kind];
    struct axas_gather gather;
    axas_gather_init(&gather, NULL, NULL);
    axas_hosted_record(tree->arena, 1000);
    cr_assert_eq(axas_table_protect(&tree->table, axas_gpa_of(0), tree->page, attr, &gather), AXAS_OK);
    cr_expect_eq(invalidations(tree->arena), change->breaks, "%s", tree->name);
    if (!change->breaks) {
        cr_expect_eq(gather.scope, change->scope, "%s", tree->name);
    }
    axas_gather_flush(&tree->table, &gather);
    cr_expect_eq(gather.scope, AXAS_INVALIDATE_NONE);
    axas_gather_free(&tree->table, &gather);
}

Test(gather, protect_invalidates_as_the_transition_says)
{
    for (FOR_EACH_CASE(at)) {
        struct unit_tree tree;
        unit_tree_make(&tree, &at);
        map(&tree, 0, 2 * tree.page);
        check_protect(&tree, R, AXAS_CHANGE_PERMISSIONS_LESS);
        check_protect(&tree, RW, AXAS_CHANGE_PERMISSIONS_MORE);
        unit_tree_end(&tree);
    }
}
