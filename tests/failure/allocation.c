/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation of every operation fails once: the k-th alone, and all from the k-th on, for k = 1, 2, ...
 * until the operation meets no failure any more. An operation that fails for it leaves areas, entries, frames
 * and counters as they were, and succeeds when it is tried again. For every format and mode.
 */
#include "rig.h"

#include <axas/guest.h>

#include <inttypes.h>
#include <string.h>

/* One operation on a rig that was just opened. */
typedef enum axas_status operation(struct rig *rig);

static enum axas_status map_linear_page(struct rig *rig)
{
    return axas_space_map_linear(&rig->space, axas_gpa_of(rig->room), axas_hpa_of(rig->page), rig->page,
                                 AXAS_READ);
}

/* Ends in the middle of leaves on both sides. */
static enum axas_status map_linear_large(struct rig *rig)
{
    return axas_space_map_linear(&rig->space, axas_gpa_of(rig->room + rig->large - rig->page),
                                 axas_hpa_of(8 * rig->large - rig->page), 2 * rig->large + 2 * rig->page,
                                 AXAS_READ | AXAS_WRITE);
}

static enum axas_status map_far_away(struct rig *rig)
{
    uint64_t last = axas_space_end(&rig->space).raw - 1u;
    return axas_space_map_linear(&rig->space, axas_gpa_of(last - (2 * rig->page - 1u)), axas_hpa_of(0),
                                 2 * rig->page, AXAS_READ);
}

static enum axas_status map_lazy(struct rig *rig)
{
    return axas_space_map_alloc(&rig->space, axas_gpa_of(rig->room), 3 * rig->large, AXAS_READ, AXAS_LAZY);
}

static enum axas_status map_populated(struct rig *rig)
{
    return axas_space_map_alloc(&rig->space, axas_gpa_of(rig->room + rig->large - 6 * rig->page),
                                12 * rig->page, AXAS_READ | AXAS_WRITE, AXAS_POPULATE);
}

static enum axas_status map_trap(struct rig *rig)
{
    return axas_space_map_trap(&rig->space, axas_gpa_of(rig->room), rig->large, NULL);
}

static enum axas_status protect_page_of_large_leaf(struct rig *rig)
{
    return axas_space_protect(&rig->space, axas_gpa_of(rig->linear + 3 * rig->page), rig->page, AXAS_READ);
}

static enum axas_status protect_across_leaves(struct rig *rig)
{
    return axas_space_protect(&rig->space, axas_gpa_of(rig->linear + rig->page),
                              2 * rig->large - 2 * rig->page, AXAS_READ);
}

static enum axas_status protect_to_nothing(struct rig *rig)
{
    return axas_space_protect(&rig->space, axas_gpa_of(rig->populated + rig->page), 2 * rig->page, 0);
}

static enum axas_status protect_lazy(struct rig *rig)
{
    return axas_space_protect(&rig->space, axas_gpa_of(rig->lazy + rig->page), 5 * rig->page, AXAS_READ);
}

static enum axas_status of_fault(enum axas_fault_result result)
{
    return result == AXAS_FAULT_RESOLVED    ? AXAS_OK
           : result == AXAS_FAULT_NO_MEMORY ? AXAS_ERR_NO_MEMORY
                                            : AXAS_ERR_INVALID;
}

/* A fault where no table is yet. */
static enum axas_status fault_far_away(struct rig *rig)
{
    return of_fault(rig_fault(rig, axas_space_end(&rig->space).raw - rig->page, AXAS_WRITE));
}

static void prepare_fault_far_away(struct rig *rig)
{
    uint64_t last = axas_space_end(&rig->space).raw - 1u;
    RIG_OK(rig, axas_space_map_alloc(&rig->space, axas_gpa_of(last - (3 * rig->page - 1u)), 3 * rig->page,
                                     AXAS_READ | AXAS_WRITE, AXAS_LAZY));
}

static enum axas_status fill_cache_and_drain(struct rig *rig)
{
    struct axas_cache cache;
    memset(&cache, 0, sizeof cache);
    enum axas_status status = axas_cache_fill(&rig->space, &cache, 3);
    axas_cache_drain(&rig->space, &cache);
    return status;
}

static enum axas_status guest_store(struct rig *rig)
{
    return axas_guest_store(&rig->space, axas_gpa_of(axas_space_end(&rig->space).raw - 8u), 8, 1);
}

struct scenario {
    const char *name;
    operation *run;
    void (*prepare)(struct rig *rig);
};

static const struct scenario scenarios[] = {
    {"map a linear page", map_linear_page, NULL},
    {"map linear memory with large leaves", map_linear_large, NULL},
    {"map where no table is", map_far_away, NULL},
    {"map lazily", map_lazy, NULL},
    {"map and populate", map_populated, NULL},
    {"map a trap", map_trap, NULL},
    {"protect a page of a large leaf", protect_page_of_large_leaf, NULL},
    {"protect across leaves", protect_across_leaves, NULL},
    {"protect to no access", protect_to_nothing, NULL},
    {"protect lazy memory", protect_lazy, NULL},
    {"fault where no table is", fault_far_away, prepare_fault_far_away},
    {"fill a cache", fill_cache_and_drain, NULL},
    {"store to lazy memory", guest_store, prepare_fault_far_away},
};

/* The k-th allocation fails, alone or with all that follow. False when none failed. */
static bool fail_once(const struct world *world, const struct scenario *scenario, uint64_t k, bool all)
{
    struct rig rig;
    rig_open(&rig, world);
    if (scenario->prepare != NULL) {
        scenario->prepare(&rig);
    }
    rig.doing = scenario->name;
    rig.number = k;
    struct picture before = rig_picture(&rig);
    if (all) {
        axas_hosted_fail_from(rig.arena, k);
    } else {
        axas_hosted_fail_at(rig.arena, k);
    }
    enum axas_status status = scenario->run(&rig);
    axas_hosted_fail_from(rig.arena, 0);
    axas_hosted_fail_at(rig.arena, 0);
    struct picture after = rig_picture(&rig);
    bool failed = after.ledger.failures != before.ledger.failures;
    if (status == AXAS_ERR_NO_MEMORY) {
        RIG_TRUE(&rig, failed);
        rig_same(&rig, &before, &after);
        RIG_OK(&rig, scenario->run(&rig));
    } else {
        RIG_OK(&rig, status);
    }
    rig_close(&rig);
    return failed;
}

/* As above for axas_space_init. */
static bool fail_init(const struct world *world, uint64_t k, bool all)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    struct axas_space untouched;
    memset(&rig.space, 0x5a, sizeof rig.space);
    memset(&untouched, 0x5a, sizeof untouched);
    rig.doing = "init";
    rig.number = k;
    if (all) {
        axas_hosted_fail_from(rig.arena, k);
    } else {
        axas_hosted_fail_at(rig.arena, k);
    }
    enum axas_status status = axas_space_init(&rig.space, &config);
    axas_hosted_fail_from(rig.arena, 0);
    axas_hosted_fail_at(rig.arena, 0);
    struct axas_hosted_ledger ledger = axas_hosted_ledger_now(rig.arena);
    if (status == AXAS_ERR_NO_MEMORY) {
        RIG_TRUE(&rig, ledger.failures != 0);
        RIG_TRUE(&rig, memcmp(&rig.space, &untouched, sizeof untouched) == 0);
        RIG_TRUE(&rig, ledger.bytes[AXAS_FRAME_TABLE] == 0);
        RIG_TRUE(&rig, ledger.bytes[AXAS_FRAME_NODE] == 0);
        status = axas_space_init(&rig.space, &config);
    }
    RIG_OK(&rig, status);
    rig.open = true;
    rig_close(&rig);
    return ledger.failures != 0;
}

/* Areas are added while every first attempt fails, so that every way the bookkeeping grows is met. */
static void fail_while_areas_grow(const struct world *world, uint64_t from)
{
    struct rig rig;
    rig_open(&rig, world);
    rig.doing = "adding areas";
    uint64_t areas = 6 * rig.large / (2 * rig.page);
    areas = areas > 700 ? 700 : areas;
    for (uint64_t i = 0; i < areas; i++) {
        uint64_t at = i * 7 % areas; /* not in order, so that inner nodes split too */
        axas_gpa gpa = axas_gpa_of(rig.room + 2 * at * rig.page);
        rig.number = i;
        if (areas % 7 == 0) {
            gpa = axas_gpa_of(rig.room + 2 * i * rig.page);
        }
        struct axas_usage before, after;
        struct axas_hosted_ledger taken = axas_hosted_ledger_now(rig.arena);
        RIG_OK(&rig, axas_space_usage(&rig.space, &before));
        axas_hosted_fail_from(rig.arena, from);
        enum axas_status status = axas_space_map_trap(&rig.space, gpa, rig.page, NULL);
        axas_hosted_fail_from(rig.arena, 0);
        if (status == AXAS_OK) {
            continue;
        }
        RIG_TRUE(&rig, status == AXAS_ERR_NO_MEMORY);
        RIG_OK(&rig, axas_space_usage(&rig.space, &after));
        RIG_TRUE(&rig, before.areas == after.areas && before.node_bytes == after.node_bytes &&
                           before.reserve_bytes == after.reserve_bytes);
        struct axas_hosted_ledger then = axas_hosted_ledger_now(rig.arena);
        RIG_TRUE(&rig, axas_hosted_ledger_same(&taken, &then));
        rig_expect_hole(&rig, gpa.raw);
        RIG_OK(&rig, axas_space_map_trap(&rig.space, gpa, rig.page, NULL));
    }
    rig_close(&rig);
}

/* A write that runs out of memory on its way moves no byte. */
static void fail_while_writing(const struct world *world)
{
    for (uint64_t k = 1; k < 64; k++) {
        static uint8_t bytes[64 * 1024], zero[64 * 1024], back[64 * 1024];
        struct rig rig;
        rig_open(&rig, world);
        rig.doing = "writing to lazy memory";
        rig.number = k;
        uint64_t length = 3 * rig.page > sizeof bytes ? sizeof bytes : 3 * rig.page;
        axas_gpa gpa = axas_gpa_of(rig.room + rig.large - rig.page - 100);
        RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(rig.room), 2 * rig.large,
                                          AXAS_READ | AXAS_WRITE, AXAS_LAZY));
        memset(bytes, 0x77, sizeof bytes);
        axas_hosted_fail_at(rig.arena, k);
        uint64_t failures = axas_hosted_ledger_now(rig.arena).failures;
        enum axas_status status = axas_guest_write(&rig.space, gpa, bytes, length);
        axas_hosted_fail_at(rig.arena, 0);
        bool failed = axas_hosted_ledger_now(rig.arena).failures != failures;
        RIG_TRUE(&rig, status == AXAS_OK || (status == AXAS_ERR_NO_MEMORY && failed));
        RIG_OK(&rig, axas_guest_read(&rig.space, gpa, back, length));
        RIG_TRUE(&rig, memcmp(back, status == AXAS_OK ? bytes : zero, length) == 0);
        RIG_OK(&rig, axas_guest_write(&rig.space, gpa, bytes, length));
        rig_close(&rig);
        if (!failed) {
            break;
        }
    }
}

/* A cap on tables is like a HAL that has no more. */
static void reach_the_cap(const struct world *world)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    unsigned levels = world->mode->level_count;
    config.table.table_limit = 1u + 2u * (levels - 1u);
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = "mapping up to the cap";
    rig.page = axas_table_page_size(&rig.space.table);
    uint64_t apart = UINT64_C(1) << world->format->levels[world->mode->root_level].shift;
    uint64_t end = axas_space_end(&rig.space).raw;
    unsigned mapped = 0;
    for (uint64_t gpa = 0; gpa < end && mapped < 8; gpa += apart, mapped++) {
        struct picture before = rig_picture(&rig);
        rig.number = mapped;
        enum axas_status status =
            axas_space_map_linear(&rig.space, axas_gpa_of(gpa), axas_hpa_of(0), rig.page, AXAS_READ);
        if (status == AXAS_ERR_NO_MEMORY) {
            struct picture after = rig_picture(&rig);
            rig_same(&rig, &before, &after);
            break;
        }
        RIG_OK(&rig, status);
        RIG_TRUE(&rig, rig.space.table.tables <= config.table.table_limit);
    }
    RIG_TRUE(&rig, mapped == 2 || end / apart <= 2 || levels == 1);
    RIG_OK(&rig, axas_space_unmap(&rig.space, axas_gpa_of(0), rig.page));
    RIG_OK(&rig, axas_space_map_linear(&rig.space, axas_gpa_of(0), axas_hpa_of(0), rig.page, AXAS_READ));
    rig_close(&rig);
}

/* Likewise for faults: a guest cannot make the tables grow beyond it (CVE-2022-33747). */
static void fault_up_to_the_cap(const struct world *world)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    unsigned levels = world->mode->level_count;
    config.table.table_limit = 1u + 2u * (levels - 1u);
    config.reserve_limit = 1; /* the area is as large as the space */
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.doing = "faulting up to the cap";
    rig.page = axas_table_page_size(&rig.space.table);
    uint64_t apart = UINT64_C(1) << world->format->levels[world->mode->root_level].shift;
    uint64_t end = axas_space_end(&rig.space).raw;
    RIG_OK(&rig, axas_space_map_alloc(&rig.space, axas_gpa_of(0), end, AXAS_READ | AXAS_WRITE, AXAS_LAZY));
    unsigned served = 0;
    for (uint64_t gpa = 0; gpa < end && served < 8; gpa += apart, served++) {
        struct picture before = rig_picture(&rig);
        rig.number = served;
        enum axas_fault_result result = rig_fault(&rig, gpa, AXAS_WRITE);
        if (result == AXAS_FAULT_NO_MEMORY) {
            struct picture after = rig_picture(&rig);
            rig_same(&rig, &before, &after);
            break;
        }
        RIG_TRUE(&rig, result == AXAS_FAULT_RESOLVED);
        RIG_TRUE(&rig, rig.space.table.tables <= config.table.table_limit);
    }
    RIG_TRUE(&rig, served >= 2 || end / apart < 2);
    rig_close(&rig);
}

static void fail_cap_of_nodes(const struct world *world)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    config.node_limit = 4;
    rig.doing = "adding areas up to the cap of nodes";
    RIG_OK(&rig, axas_space_init(&rig.space, &config));
    rig.open = true;
    rig.page = axas_table_page_size(&rig.space.table);
    bool full = false;
    uint64_t most = axas_space_size(&rig.space) / (2 * rig.page);
    for (uint64_t i = 0; i < 4000 && i < most && !full; i++) {
        struct picture before = rig_picture(&rig);
        rig.number = i;
        enum axas_status status =
            axas_space_map_trap(&rig.space, axas_gpa_of(2 * i * rig.page), rig.page, NULL);
        if (status == AXAS_ERR_NO_MEMORY) {
            struct picture after = rig_picture(&rig);
            rig_same(&rig, &before, &after);
            full = true;
        } else {
            RIG_OK(&rig, status);
        }
    }
    RIG_TRUE(&rig, full);
    RIG_OK(&rig, axas_space_clear(&rig.space));
    RIG_OK(&rig, axas_space_map_trap(&rig.space, axas_gpa_of(0), rig.page, NULL));
    rig_close(&rig);
}

/* ---- the table layer alone ---------------------------------------------------------------------------- */

/* One operation on a tree with two large leaves of memory at rig->linear. */
typedef enum axas_status table_operation(struct rig *rig);

static enum axas_status table_map(struct rig *rig)
{
    return axas_table_map(&rig->space.table, axas_gpa_of(rig->room - rig->page),
                          axas_hpa_of(rig->large - rig->page), rig->large + 2 * rig->page, AXAS_READ);
}

static enum axas_status finish(struct rig *rig, struct axas_gather *gather, enum axas_status status)
{
    axas_gather_flush(&rig->space.table, gather);
    axas_gather_free(&rig->space.table, gather);
    return status;
}

static enum axas_status table_unmap(struct rig *rig)
{
    struct axas_gather gather;
    axas_gather_init(&gather, NULL, NULL);
    return finish(rig, &gather,
                  axas_table_unmap(&rig->space.table, axas_gpa_of(rig->linear + rig->page),
                                   2 * rig->large - 2 * rig->page, &gather));
}

static enum axas_status table_protect(struct rig *rig)
{
    struct axas_gather gather;
    axas_gather_init(&gather, NULL, NULL);
    return finish(rig, &gather,
                  axas_table_protect(&rig->space.table, axas_gpa_of(rig->linear + rig->page), rig->large,
                                     AXAS_READ, &gather));
}

static enum axas_status table_reserve(struct rig *rig)
{
    return axas_table_reserve(&rig->space.table);
}

static enum axas_status table_install(struct rig *rig)
{
    struct axas_table *table = &rig->space.table;
    struct axas_pool pool;
    unsigned last_level = table->mode->root_level + table->mode->level_count - 1u;
    uint64_t gpa = axas_table_limit(table) - rig->page;
    memset(&pool, 0, sizeof pool);
    enum axas_status status = axas_pool_fill(table, &pool, table->mode->root_level, last_level);
    enum axas_status installed =
        axas_table_install(table, axas_gpa_of(gpa), axas_hpa_of(0), rig->page, AXAS_READ, &pool);
    RIG_TRUE(rig, status == installed);
    axas_pool_drain(table, &pool);
    return status;
}

struct table_scenario {
    const char *name;
    table_operation *run;
    bool keeps; /* on failure it keeps what it got */
};

static const struct table_scenario table_scenarios[] = {
    {"map in a tree", table_map, false},         {"unmap in a tree", table_unmap, false},
    {"protect in a tree", table_protect, false}, {"fill a tree's reserve", table_reserve, true},
    {"install in a tree", table_install, false},
};

static bool fail_table_once(const struct world *world, const struct table_scenario *scenario, uint64_t k,
                            bool all)
{
    struct rig rig;
    struct axas_config config = rig_arena(&rig, world);
    struct axas_table *table = &rig.space.table;
    RIG_OK(&rig, axas_table_init(table, &config.table));
    rig.doing = scenario->name;
    rig.number = k;
    rig.page = axas_table_page_size(table);
    uint64_t larger = axas_table_leaf_sizes(table, AXAS_READ) & ~rig.page;
    rig.large = larger != 0 ? larger & (~larger + 1u) : 16 * rig.page;
    rig.linear = rig.large;
    rig.room = 8 * rig.large;
    RIG_OK(&rig, axas_table_map(table, axas_gpa_of(rig.linear), axas_hpa_of(0), 2 * rig.large,
                                AXAS_READ | AXAS_WRITE));
    RIG_TRUE(&rig, tree_read(&rig.tree, table));
    uint64_t hash = rig.tree.hash;
    struct axas_hosted_ledger before = axas_hosted_ledger_now(rig.arena);
    if (all) {
        axas_hosted_fail_from(rig.arena, k);
    } else {
        axas_hosted_fail_at(rig.arena, k);
    }
    enum axas_status status = scenario->run(&rig);
    axas_hosted_fail_from(rig.arena, 0);
    axas_hosted_fail_at(rig.arena, 0);
    struct axas_hosted_ledger after = axas_hosted_ledger_now(rig.arena);
    bool failed = after.failures != before.failures;
    RIG_TRUE(&rig, tree_read(&rig.tree, table));
    if (status == AXAS_ERR_NO_MEMORY) {
        RIG_TRUE(&rig, failed && rig.tree.hash == hash);
        RIG_TRUE(&rig, scenario->keeps || axas_hosted_ledger_same(&before, &after));
        status = scenario->run(&rig);
    }
    RIG_OK(&rig, status);
    axas_table_destroy(table, NULL, NULL);
    rig_close(&rig);
    return failed;
}

static void run_world(const struct world *world, void *context)
{
    (void)context;
    for (unsigned all = 0; all < 2; all++) {
        uint64_t k = 1;
        while (k < 10000 && fail_init(world, k, all != 0)) {
            k++;
        }
        for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
            for (k = 1; k < 10000 && fail_once(world, &scenarios[i], k, all != 0);) {
                k++;
            }
        }
        for (size_t i = 0; i < sizeof table_scenarios / sizeof *table_scenarios; i++) {
            for (k = 1; k < 10000 && fail_table_once(world, &table_scenarios[i], k, all != 0);) {
                k++;
            }
        }
    }
    for (uint64_t from = 1; from <= 3; from++) {
        fail_while_areas_grow(world, from);
    }
    fail_while_writing(world);
    reach_the_cap(world);
    fault_up_to_the_cap(world);
    fail_cap_of_nodes(world);
}

int main(int count, char **names)
{
    return rig_main(count, names, WORLDS_FEW, run_world);
}
