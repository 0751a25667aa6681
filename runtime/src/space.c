/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address space: what takes the exclusive side of the lock, and the look-ups.
 *
 * An exclusive call checks everything, then puts aside the nodes and tables that it will take, and only then
 * changes something; until that moment failing means giving back what was put aside.
 */
#include <axas/walk.h>

#include "format_internal.h"
#include "space_internal.h"
#include "tree.h"

/* Areas that one step of axas_space_clear removes. */
#define AREAS_PER_STEP 64u

static bool alive(const struct axas_space *space)
{
    return space != NULL && space->table.root != NULL;
}

/* What is put aside */

/* How much the reserves held when a call began. */
struct aside {
    uint32_t tables[AXAS_MAX_LEVELS];
    uint64_t nodes, gap_frames;
};

static void note_aside(const struct axas_space *space, struct aside *aside)
{
    __builtin_memcpy(aside->tables, space->table.pool.count, sizeof aside->tables);
    aside->nodes = space->areas.reserved_nodes;
    aside->gap_frames = space->areas.gap_frames;
}

static void trim_tables(struct axas_space *space, const uint32_t keep[AXAS_MAX_LEVELS])
{
    struct axas_pool excess = {0};
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        while (space->table.pool.count[level] > keep[level]) {
            axas_pool_put(&excess, level, axas_pool_take(&space->table.pool, level));
        }
    }
    axas_pool_drain(&space->table, &excess);
}

/* After a failure: no more is put aside than before. */
static AXAS_OUTLINE void put_back(struct axas_space *space, const struct aside *before)
{
    trim_tables(space, before->tables);
    axas_areas_put_back(space, before->nodes, before->gap_frames);
}

/* Splits */

struct split_count {
    const struct axas_table *table;
    uint64_t first, last;
    uint64_t count[AXAS_MAX_LEVELS];
};

/* Adds, for each level of tables below a large leaf, the tables' worth of addresses that are in the range. */
static bool count_splits(void *context, const struct axas_leaf *leaf)
{
    struct split_count *of = (struct split_count *)context;
    unsigned end = (unsigned)of->table->mode->root_level + of->table->mode->level_count;
    uint64_t leaf_last = axas_last(leaf->gpa, leaf->size);
    uint64_t first = leaf->gpa.raw > of->first ? leaf->gpa.raw : of->first;
    uint64_t last = leaf_last < of->last ? leaf_last : of->last;
    for (unsigned level = leaf->level + 1; level < end; level++) {
        unsigned shift = of->table->format->levels[level - 1].shift;
        uint64_t from = (first + ((UINT64_C(1) << shift) - 1)) >> shift;
        uint64_t to = last >> shift;
        if ((last + 1) << (64 - shift) == 0) {
            to++;
        }
        of->count[level] += to > from ? to - from : 0;
    }
    return true;
}

/* Are tables put aside for the area's large leaves, since no fault brings back what is taken out with them?
 */
static bool keeps_splits(const struct axas_space *space, const struct axas_area *area)
{
    return space->populate_only && area->backend->pure && !space->table.change[AXAS_CHANGE_SPLIT].breaks;
}

/* The leaves of [first, last], which are such an area's, come or go. */
static void note_splits(struct axas_space *space, uint64_t first, uint64_t last, bool come)
{
    struct split_count of = {&space->table, first, last, {0}};
    (void)axas_walk_visit_range(&space->table, first, last, count_splits, &of);
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        space->splits[level] += come ? of.count[level] : 0 - of.count[level];
    }
}

/* A change of [first, last] of such an area splits leaves: they will not be split again. */
static void forget_splits(struct axas_space *space, uint64_t first, uint64_t last, uint64_t sizes)
{
    uint32_t need[AXAS_MAX_LEVELS] = {0};
    struct axas_walk_start start;
    (void)axas_walk_split_need(&space->table, first, last, sizes, need, &start);
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        space->splits[level] -= need[level];
    }
}

/* How many tables are put aside for splits[]. */
static void limit_splits(struct axas_space *space)
{
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        uint64_t count = space->splits[level];
        count = count < space->areas.reserve_limit ? count : space->areas.reserve_limit;
        count = count > AXAS_RESERVE_PER_LEVEL ? count : AXAS_RESERVE_PER_LEVEL;
        space->table.reserve[level] = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    }
}

/* Puts aside what removals need of tables, as far as the HAL lets it. */
static void settle_tables(struct axas_space *space)
{
    if (space->areas.count == 0) {
        axas_pool_drain(&space->table, &space->table.pool);
    } else if (space->populate_only) {
        limit_splits(space);
        (void)axas_table_reserve(&space->table);
        trim_tables(space, space->table.reserve);
    } else {
        (void)axas_table_reserve(&space->table);
    }
}

/* Ends a change, with what removals need of records and tables. */
static void settle(struct axas_space *space)
{
    space->generation++;
    axas_areas_settle(space);
    settle_tables(space);
}

static void publish(const struct axas_space *space)
{
    const struct axas_hal *hal = space->table.hal;
    if (hal->barrier != NULL) {
        hal->barrier(hal->context);
    }
}

/* Failing */

/* What is wrong; its address is what the call was given. */
struct failure {
    enum axas_status status;
    const char *what;
};

static const struct failure fine = {AXAS_OK, NULL};

static struct failure failure(enum axas_status status, const char *what)
{
    struct failure made = {status, what};
    return made;
}

static enum axas_status report(struct axas_error *error, struct failure failure, axas_gpa gpa, axas_hpa hpa,
                               uint64_t size, axas_attr attr)
{
    if (error != NULL && failure.status != AXAS_OK) {
        error->status = failure.status;
        error->what = failure.what;
        error->gpa = gpa;
        error->hpa = hpa;
        error->size = size;
        error->attr = attr;
    }
    return failure.status;
}

static bool is_aligned(const struct axas_space *space, axas_gpa gpa, uint64_t size)
{
    return ((gpa.raw | size) & (space->table.page_size - 1)) == 0;
}

static AXAS_OUTLINE struct failure bad_range(const struct axas_space *space, axas_gpa gpa, uint64_t size)
{
    return is_aligned(space, gpa, size)
               ? failure(AXAS_ERR_RANGE, "range is empty or not inside the space")
               : failure(AXAS_ERR_ALIGN, "address or size is not a multiple of the page size");
}

static inline struct failure check_range(const struct axas_space *space, axas_gpa gpa, uint64_t size)
{
    return AXAS_LIKELY(is_aligned(space, gpa, size) && axas_contains(space, gpa, size))
               ? fine
               : bad_range(space, gpa, size);
}

/* Init and destroy */

static enum axas_status take_bounds(struct axas_space *space, const struct axas_config *config)
{
    uint64_t page = axas_table_page_size(&space->table);
    uint64_t limit = axas_table_limit(&space->table);
    if (((config->base.raw | config->size) & (page - 1)) != 0) {
        return AXAS_ERR_ALIGN;
    }
    if (config->base.raw >= limit || config->size > limit - config->base.raw) {
        return AXAS_ERR_RANGE;
    }
    space->base = config->base;
    space->size = config->size == 0 ? limit - config->base.raw : config->size;
    return AXAS_OK;
}

static enum axas_status take_readers(struct axas_space *space, unsigned readers)
{
    const struct axas_hal *hal = space->table.hal;
    uint64_t wanted = (uint64_t)readers * AXAS_LOCK_SLOT_BYTES;
    if (wanted != 0) {
        uint64_t bytes = AXAS_FRAME_SIZE;
        axas_hpa frame;
        while (bytes < wanted) {
            bytes <<= 1;
        }
        if ((space->node_limit != 0 && bytes / AXAS_FRAME_SIZE > space->node_limit) ||
            !hal->frame_alloc(hal->context, bytes, AXAS_FRAME_NODE, &frame)) {
            return AXAS_ERR_NO_MEMORY;
        }
        space->reader_memory = axas_hal_virt(hal, frame);
        space->reader_bytes = bytes;
        space->node_bytes = bytes;
        __builtin_memset(space->reader_memory, 0, (size_t)bytes);
    }
    axas_lock_init(&space->lock, space->reader_memory, readers);
    return AXAS_OK;
}

/* Half of all numbers is no limit either, and a sum with it does not overflow. */
static uint64_t reserve_limit(const struct axas_config *config)
{
    uint64_t limit = config->reserve_limit == 0 ? UINT64_MAX : config->reserve_limit;
    return limit < UINT64_MAX / 2 ? limit : UINT64_MAX / 2;
}

enum axas_status axas_space_init(struct axas_space *space, const struct axas_config *config)
{
    if (space == NULL || config == NULL) {
        return AXAS_ERR_INVALID;
    }
    struct axas_space made = {0};
    const char *what = NULL;
    struct axas_table_config table = config->table;
    table.why = &what;
    enum axas_status status = axas_table_init(&made.table, &table);
    if (status == AXAS_OK) {
        made.error = config->error;
        made.holds = 1;
        made.populate_only = config->populate_only;
        made.node_limit = config->node_limit;
        made.areas.reserve_limit = reserve_limit(config);
        what = "base or size";
        status = take_bounds(&made, config);
        if (status == AXAS_OK) {
            what = "no memory for the reader slots";
            status = take_readers(&made, config->readers == 0 ? 1 : config->readers);
        }
        if (status != AXAS_OK) {
            axas_table_destroy(&made.table, NULL, NULL);
        }
    }
    if (status == AXAS_OK) {
        *space = made;
        return AXAS_OK;
    }
    if (config->table.why != NULL) {
        *config->table.why = what;
    }
    return report(config->error, failure(status, what), config->base, axas_hpa_of(0), config->size, 0);
}

axas_gpa axas_space_base(const struct axas_space *space)
{
    return space->base;
}

axas_gpa axas_space_end(const struct axas_space *space)
{
    return axas_gpa_of(space->base.raw + space->size);
}

uint64_t axas_space_size(const struct axas_space *space)
{
    return space->size;
}

bool axas_space_contains(const struct axas_space *space, axas_gpa gpa, uint64_t size)
{
    return axas_contains(space, gpa, size);
}

/* Map */

static struct failure check_map(const struct axas_space *space, const struct axas_area *area, uint32_t flags)
{
    struct axas_leaf_code code;
    if (area->backend == NULL || (flags & ~AXAS_POPULATE) != 0 || (area->attr & ~AXAS_ATTR_MASK) != 0) {
        return failure(AXAS_ERR_INVALID, "no backend, or unknown bits in flags or attribute");
    }
    if (area->backend->pure && area->backend->release != NULL) {
        return failure(AXAS_ERR_INVALID, "a pure backend has nothing to release");
    }
    struct failure range = check_range(space, area->gpa, area->size);
    if (range.status != AXAS_OK || area->backend->provide == NULL) {
        return range;
    }
    if ((area->attr & AXAS_ACCESS_MASK) == 0) {
        return failure(AXAS_ERR_UNSUPPORTED, "attribute without any access");
    }
    if (axas_walk_plain_code(&space->table.page_code, area->attr) == 0 &&
        space->table.format->encode(area->attr, space->table.features, &code) != AXAS_OK) {
        return failure(AXAS_ERR_UNSUPPORTED, "format has no code for the attribute");
    }
    if (space->populate_only && !area->backend->pure && (flags & AXAS_POPULATE) == 0) {
        return failure(AXAS_ERR_UNSUPPORTED, "lazy area in a space that is populated only");
    }
    return fine;
}

/* Removes what a failed map has put into the table; leaves end where its runs do, so nothing is split. */
static AXAS_OUTLINE void unmap_again(struct axas_space *space, uint64_t first, uint64_t end)
{
    if (first != end) {
        struct axas_gather gather;
        const struct axas_walk_start root = {NULL, 0};
        axas_gather_init(&gather, NULL, NULL);
        axas_walk_change(&space->table, &root, first, end - 1, UINT64_MAX, NULL, &gather);
        publish(space);
        axas_gather_flush(&space->table, &gather);
        axas_gather_free(&space->table, &gather);
    }
}

/* Fills the table for an area with a pure backend. Unchanged on failure. */
static struct failure map_pure(struct axas_space *space, const struct axas_area *area)
{
    uint64_t end = area->gpa.raw + area->size;
    uint64_t at = area->gpa.raw;
    while (at != end) {
        struct axas_run run = {axas_gpa_of(at), axas_hpa_of(0), end - at, NULL};
        enum axas_status status = area->backend->provide(space, area, axas_gpa_of(at), &run);
        uint64_t skip = at - run.gpa.raw;
        const char *what = "the backend has no memory";
        if (status == AXAS_OK) {
            what = "the backend's run is not what was asked for";
            status = run.gpa.raw <= at && skip < run.size ? AXAS_OK : AXAS_ERR_INVALID;
        }
        uint64_t size = run.size - skip < end - at ? run.size - skip : end - at;
        if (status == AXAS_OK) {
            what = "the table cannot hold it";
            status = axas_table_map(&space->table, axas_gpa_of(at), axas_hpa_of(run.hpa.raw + skip), size,
                                    area->attr);
        }
        if (status != AXAS_OK) {
            unmap_again(space, area->gpa.raw, at);
            return failure(status, what);
        }
        at += size;
    }
    return fine;
}

/* Puts the tables aside for an area that map_pure has filled. Empties it on failure. */
static AXAS_OUTLINE struct failure keep_splits(struct axas_space *space, const struct axas_area *area)
{
    uint64_t last = axas_last(area->gpa, area->size);
    note_splits(space, area->gpa.raw, last, true);
    limit_splits(space);
    if (axas_table_reserve(&space->table) == AXAS_OK) {
        return fine;
    }
    note_splits(space, area->gpa.raw, last, false);
    limit_splits(space);
    unmap_again(space, area->gpa.raw, last + 1);
    return failure(AXAS_ERR_NO_MEMORY, "no memory for the tables that removal needs");
}

/* Exclusive. Adds the area and, if its backend is pure, its memory. Unchanged on failure. */
static struct failure add_area(struct axas_space *space, const struct axas_area *area,
                               const struct aside *before)
{
    struct failure failed = fine;
    struct axas_areas_path path;
    const enum axas_status status = axas_areas_prepare_insert(space, area, &path);
    if (status == AXAS_ERR_EXISTS) {
        return failure(status, "an area is there already");
    }
    if (status != AXAS_OK) {
        failed = failure(AXAS_ERR_NO_MEMORY,
                         "no memory for the area's records, also those of its later parts (reserve_limit)");
    } else if (axas_table_reserve(&space->table) != AXAS_OK) {
        failed = failure(AXAS_ERR_NO_MEMORY, "no memory for the tables that removal needs");
    } else if (area->backend->pure && area->backend->provide != NULL) {
        failed = map_pure(space, area);
        if (failed.status == AXAS_OK && keeps_splits(space, area)) {
            failed = keep_splits(space, area);
        }
    }
    if (failed.status != AXAS_OK) {
        put_back(space, before);
        return failed;
    }
    axas_areas_insert(space, &path, area);
    space->generation++; /* what removals need of records is there */
    if (space->populate_only) {
        settle_tables(space); /* keep_splits may have changed how many */
    }
    return fine;
}

/* Removal */

static bool any(const uint32_t need[AXAS_MAX_LEVELS])
{
    _Static_assert(AXAS_MAX_LEVELS == 6, "all of them below");
    return (need[0] | need[1] | need[2] | need[3] | need[4] | need[5]) != 0;
}

static bool pool_holds(const struct axas_pool *pool, const uint32_t need[AXAS_MAX_LEVELS])
{
    bool holds = true;
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        holds = holds && pool->count[level] >= need[level];
    }
    return holds;
}

static void pool_move(struct axas_pool *to, struct axas_pool *from, const uint32_t count[AXAS_MAX_LEVELS])
{
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        for (uint32_t i = 0; i < count[level]; i++) {
            void *frame = axas_pool_take(from, level);
            AXAS_ASSERT(frame != NULL);
            axas_pool_put(to, level, frame);
        }
    }
}

/* Takes the deposits for the splits of an area's leaves by a change of [first, last]; see fault.c. */
static void use_deposits(struct axas_space *space, uint64_t first, uint64_t last, uint64_t sizes)
{
    uint32_t need[AXAS_MAX_LEVELS] = {0};
    struct axas_walk_start start;
    (void)axas_walk_split_need(&space->table, first, last, sizes, need, &start);
    pool_move(&space->table.pool, &space->deposits, need);
}

/* Before the leaves of [first, last] go: their deposits, but for those that splits at the ends take. */
static void return_deposits(struct axas_space *space, uint64_t first, uint64_t last)
{
    struct split_count of = {&space->table, first, last, {0}};
    struct axas_pool returned = {0};
    uint32_t count[AXAS_MAX_LEVELS];
    (void)axas_walk_visit_range(&space->table, first, last, count_splits, &of);
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        count[level] = (uint32_t)of.count[level]; /* tables that are there */
    }
    pool_move(&returned, &space->deposits, count);
    axas_pool_drain(&space->table, &returned);
}

static bool has_deposits(const struct axas_space *space)
{
    return any(space->deposits.count);
}

/* Does a change of [first, last] break a leaf, because it splits one, or takes a contiguous group apart? */
static bool splitting_breaks(const struct axas_space *space, uint64_t first, uint64_t last,
                             const uint32_t need[AXAS_MAX_LEVELS])
{
    const struct axas_table *table = &space->table;
    bool splits = any(need);
    if (table->groups == 0 || !table->change[AXAS_CHANGE_CONTIGUOUS_OFF].breaks) {
        return splits && table->change[AXAS_CHANGE_SPLIT].breaks;
    }
    struct axas_leaf leaf;
    bool low = axas_walk_query(table, first, &leaf) == AXAS_OK && (first & (leaf.group - 1)) != 0;
    bool high = axas_walk_query(table, last, &leaf) == AXAS_OK && (~last & (leaf.group - 1)) != 0;
    return splits || low || high;
}

/* What is to be removed, and the path to the first area that may be in [first, last], if there is any. */
struct removal {
    uint64_t first, last;
    bool any;
    struct axas_areas_path path;
    struct axas_walk_start start; /* of the change of tables */
};

static void find_removal(const struct axas_space *space, uint64_t first, uint64_t last,
                         struct removal *removal)
{
    removal->first = first;
    removal->last = last;
    removal->start.slot = NULL;
    removal->any = axas_areas_seek(space, first, &removal->path);
}

/* What of an area is to be removed. */
struct part {
    struct axas_area area;
    uint64_t first, last;
};

static bool clip(const struct removal *removal, struct part *part)
{
    const uint64_t last = axas_last(part->area.gpa, part->area.size);
    part->first = part->area.gpa.raw > removal->first ? part->area.gpa.raw : removal->first;
    part->last = last < removal->last ? last : removal->last;
    return part->first <= removal->last;
}

static bool first_part(const struct axas_space *space, const struct removal *removal, struct part *part)
{
    return removal->any && axas_areas_read(space, &removal->path, removal->first, &part->area) &&
           clip(removal, part);
}

static bool next_part(const struct axas_space *space, const struct removal *removal, struct part *part)
{
    return part->last != removal->last && axas_areas_next(space, part->last + 1, &part->area) &&
           clip(removal, part);
}

/* Are tables put aside for the splits at the ends of the range? Those of leaves that brought deposits are. */
static bool has_tables(const struct axas_space *space, const struct removal *removal)
{
    uint32_t need[AXAS_MAX_LEVELS] = {0};
    struct axas_walk_start start;
    struct part part;
    for (bool more = first_part(space, removal, &part); more; more = next_part(space, removal, &part)) {
        if (part.area.backend->pure) {
            (void)axas_walk_split_need(&space->table, part.first, part.last, UINT64_MAX, need, &start);
        }
    }
    return pool_holds(&space->table.pool, need);
}

/* What can make a removal fail. */
static struct failure check_removal(struct axas_space *space, struct removal *removal)
{
    uint32_t need[AXAS_MAX_LEVELS] = {0};
    if (axas_walk_split_need(&space->table, removal->first, removal->last, UINT64_MAX, need,
                             &removal->start) != AXAS_OK) {
        return failure(AXAS_ERR_CORRUPT, "a table holds an entry that is not ours");
    }
    if (space->populate_only && splitting_breaks(space, removal->first, removal->last, need)) {
        return failure(AXAS_ERR_UNSUPPORTED, "part of what is mapped as one, and splitting it needs a break");
    }
    struct aside before;
    note_aside(space, &before);
    if (any(need)) {
        (void)axas_table_reserve(&space->table);
    }
    if (removal->any && !axas_areas_prepare_removal(space, &removal->path, removal->first, removal->last)) {
        put_back(space, &before);
        return failure(AXAS_ERR_NO_MEMORY, "more pieces than the reserve has room for, and the HAL has none");
    }
    if (space->populate_only && !has_tables(space, removal)) {
        put_back(space, &before);
        return failure(AXAS_ERR_NO_MEMORY, "no table for a split, and no fault would bring the leaf back");
    }
    return fine;
}

/* Exclusive, after check_removal. Takes the range out of areas and tables; the caller frees the gather when
 * it has left the lock. */
static void remove_range(struct axas_space *space, struct removal *removal, struct axas_gather *gather)
{
    struct part part;
    axas_gather_init(gather, NULL, NULL);
    for (bool more = first_part(space, removal, &part); more; more = next_part(space, removal, &part)) {
        const struct axas_backend *backend = part.area.backend;
        if (!backend->pure && has_deposits(space)) {
            return_deposits(space, part.first, part.last);
            use_deposits(space, part.first, part.last, UINT64_MAX);
        } else if (keeps_splits(space, &part.area)) {
            note_splits(space, part.first, part.last, false);
            forget_splits(space, part.first, part.last, UINT64_MAX);
        }
        gather->release = backend->release;
        gather->context = part.area.context;
        if (backend->provide != NULL) {
            axas_walk_change(&space->table, &removal->start, part.first, part.last, UINT64_MAX, NULL, gather);
        }
    }
    publish(space);
    axas_gather_flush(&space->table, gather);
    if (removal->any) {
        axas_areas_remove_range(space, &removal->path, removal->first, removal->last);
    }
    settle(space);
}

/*
 * What most removals take out is what one map put in. Where that is a page, nobody has to be given its
 * memory, and others are in its table, nothing of it can fail and nothing has to be gathered. No table is
 * taken from the reserve then, and this is not the last area, so that only the one of records has to be
 * settled. False, and nothing was done, elsewhere.
 */
static bool remove_page(struct axas_space *space, const struct removal *removal)
{
    struct axas_table *const table = &space->table;
    const uint64_t gpa = removal->first, page = table->page_size;
    if (!removal->any || !axas_areas_is_page(space, &removal->path, gpa) ||
        !axas_tree_remove_page(table, gpa)) {
        return false;
    }
    publish(space);
    axas_walk_invalidate(table, &table->change[AXAS_CHANGE_REMOVE_LEAF], gpa, page, page);
    axas_areas_remove(space, &removal->path);
    space->generation++;
    axas_areas_settle(space);
    return true;
}

static bool is_filling(const struct axas_space *space, uint64_t first, uint64_t last)
{
    struct axas_area area;
    bool found = space->areas.filling != 0 && axas_areas_next(space, first, &area);
    while (found && area.gpa.raw <= last && (area.flags & AXAS_AREA_FILLING) == 0) {
        uint64_t area_last = axas_last(area.gpa, area.size);
        found = area_last < last && axas_areas_next(space, area_last + 1, &area);
    }
    return found && area.gpa.raw <= last;
}

enum axas_status axas_space_unmap(struct axas_space *space, axas_gpa gpa, uint64_t size)
{
    if (!alive(space)) {
        return AXAS_ERR_INVALID;
    }
    struct axas_gather gather;
    struct removal removal;
    axas_lock_state state = axas_space_hold(space);
    struct failure failed = check_range(space, gpa, size);
    if (failed.status == AXAS_OK && is_filling(space, gpa.raw, axas_last(gpa, size))) {
        failed = failure(AXAS_ERR_BUSY, "an area there is being filled");
    }
    if (failed.status == AXAS_OK) {
        find_removal(space, gpa.raw, axas_last(gpa, size), &removal);
        if (size == space->table.page_size && remove_page(space, &removal)) {
            axas_unlock_write(&space->lock, state);
            return AXAS_OK;
        }
        failed = check_removal(space, &removal);
    }
    if (failed.status == AXAS_OK) {
        remove_range(space, &removal, &gather);
    }
    (void)report(space->error, failed, gpa, axas_hpa_of(0), size, 0);
    axas_unlock_write(&space->lock, state);
    if (failed.status == AXAS_OK) {
        axas_gather_free(&space->table, &gather);
    }
    return failed.status;
}

/* Exclusive. The next areas from *at on that no one is filling, as one range; false if there are none. No
 * more of the last one than a gather holds: what is more would be freed with the lock held. */
static bool next_step(const struct axas_space *space, uint64_t *at, uint64_t *first, uint64_t *last)
{
    struct axas_area area;
    unsigned count = 0, items = AXAS_GATHER_ITEMS;
    while (count < AREAS_PER_STEP && items != 0 && axas_areas_next(space, *at, &area)) {
        uint64_t reached = axas_last(area.gpa, area.size);
        if ((area.flags & AXAS_AREA_FILLING) == 0) {
            if (area.backend->provide != NULL) {
                reached = axas_tree_reach(&space->table, area.gpa.raw, reached, area.backend->release != NULL,
                                          &items);
            }
            *first = count == 0 ? area.gpa.raw : *first;
            *last = reached;
            count++;
        } else if (count != 0) {
            break;
        }
        *at = reached + 1;
        if (*at == 0 || reached != axas_last(area.gpa, area.size)) {
            break;
        }
    }
    return count != 0;
}

enum axas_status axas_space_clear(struct axas_space *space)
{
    if (!alive(space)) {
        return AXAS_ERR_INVALID;
    }
    struct failure failed = fine;
    uint64_t at = 0;
    bool more = true;
    for (bool begun = false; more && failed.status == AXAS_OK; begun = true) {
        struct axas_gather gather;
        struct removal removal;
        uint64_t first;
        uint64_t last;
        axas_lock_state state = axas_space_hold(space);
        if (!begun && space->areas.filling != 0) {
            failed = failure(AXAS_ERR_BUSY, "an area is being filled");
        }
        more = failed.status == AXAS_OK && next_step(space, &at, &first, &last);
        if (more) {
            find_removal(space, first, last, &removal);
            failed = check_removal(space, &removal);
        }
        more = more && failed.status == AXAS_OK;
        if (more) {
            remove_range(space, &removal, &gather);
        }
        (void)report(space->error, failed, space->base, axas_hpa_of(0), space->size, 0);
        axas_unlock_write(&space->lock, state);
        if (more) {
            axas_gather_free(&space->table, &gather);
        }
        more = more && at != 0;
    }
    return failed.status;
}

void axas_space_destroy(struct axas_space *space)
{
    if (!alive(space)) {
        return;
    }
    uint64_t at = 0;
    uint64_t first;
    uint64_t last;
    while (next_step(space, &at, &first, &last)) {
        struct axas_gather gather;
        struct removal removal;
        find_removal(space, first, last, &removal);
        remove_range(space, &removal, &gather);
        axas_gather_free(&space->table, &gather);
        at = 0;
    }
    axas_areas_destroy(space);
    axas_pool_drain(&space->table, &space->deposits);
    const struct axas_hal *hal = space->table.hal;
    axas_table_destroy(&space->table, NULL, NULL);
    if (space->reader_memory != NULL) {
        hal->frame_free(hal->context, axas_hal_phys(hal, space->reader_memory), space->reader_bytes,
                        AXAS_FRAME_NODE);
    }
    __builtin_memset(space, 0, sizeof *space);
}

/* Map, with what it needs of removal */

/* Fills an area that add_area has put there as AXAS_AREA_FILLING, and publishes or removes it. */
static AXAS_OUTLINE struct failure fill_area(struct axas_space *space, struct axas_area area,
                                             const struct aside *before, uint64_t generation)
{
    struct failure failed = fine;
    enum axas_status status = axas_space_fill(space, &area, generation);
    if (status != AXAS_OK) {
        failed = failure(status, status == AXAS_ERR_NO_MEMORY ? "no memory to fill the area"
                                                              : "the backend's memory cannot be used");
    }
    struct axas_gather gather;
    struct removal removal;
    axas_lock_state state = axas_space_hold(space);
    space->areas.filling--;
    if (status == AXAS_OK) {
        area.flags &= ~AXAS_AREA_FILLING;
        axas_areas_replace(space, area.gpa.raw, &area);
        space->generation++;
        axas_walk_invalidate(&space->table, &space->table.change[AXAS_CHANGE_MAKE], area.gpa.raw, area.size,
                             axas_table_page_size(&space->table));
    } else {
        bool alone = space->generation == generation;
        find_removal(space, area.gpa.raw, axas_last(area.gpa, area.size), &removal);
        remove_range(space, &removal, &gather);
        if (alone) {
            put_back(space, before);
        }
    }
    (void)report(space->error, failed, area.gpa, axas_hpa_of(0), area.size, area.attr);
    axas_unlock_write(&space->lock, state);
    if (status != AXAS_OK) {
        axas_gather_free(&space->table, &gather);
    }
    return failed;
}

enum axas_status axas_space_map(struct axas_space *space, axas_gpa gpa, uint64_t size, axas_attr attr,
                                const struct axas_backend *backend, void *context, uint64_t data,
                                uint32_t flags)
{
    if (!alive(space)) {
        return AXAS_ERR_INVALID;
    }
    struct axas_area area = {gpa, size, gpa, attr, 0, backend, context, data};
    axas_lock_state state = axas_space_hold(space);
    struct aside before;
    note_aside(space, &before);
    struct failure failed = check_map(space, &area, flags);
    bool fills = failed.status == AXAS_OK && (flags & AXAS_POPULATE) != 0 && !backend->pure &&
                 backend->provide != NULL;
    area.flags = fills ? AXAS_AREA_FILLING : 0;
    if (failed.status == AXAS_OK) {
        failed = add_area(space, &area, &before);
        fills = fills && failed.status == AXAS_OK;
        space->areas.filling += fills ? 1 : 0;
    }
    uint64_t generation = space->generation;
    (void)report(space->error, failed, gpa, axas_hpa_of(data), size, attr);
    axas_unlock_write(&space->lock, state);
    return fills ? fill_area(space, area, &before, generation).status : failed.status;
}

enum axas_status axas_space_map_linear(struct axas_space *space, axas_gpa gpa, axas_hpa hpa, uint64_t size,
                                       axas_attr attr)
{
    return axas_space_map(space, gpa, size, attr, &axas_backend_linear, NULL, hpa.raw, AXAS_POPULATE);
}

enum axas_status axas_space_map_alloc(struct axas_space *space, axas_gpa gpa, uint64_t size, axas_attr attr,
                                      uint32_t flags)
{
    return axas_space_map(space, gpa, size, attr, &axas_backend_alloc, space, 0, flags);
}

enum axas_status axas_space_map_trap(struct axas_space *space, axas_gpa gpa, uint64_t size, void *cookie)
{
    return axas_space_map(space, gpa, size, 0, &axas_backend_trap, cookie, 0, AXAS_LAZY);
}

/* Protect */

/* Does a leaf with `from` go through "empty" when it gets `to`? */
static bool breaks(const struct axas_table *table, axas_attr from, axas_attr to)
{
    axas_attr less = from & ~to & AXAS_ACCESS_MASK;
    axas_attr more = to & ~from & AXAS_ACCESS_MASK;
    if ((from & AXAS_ACCESS_MASK) == 0 || (to & AXAS_ACCESS_MASK) == 0) {
        return false; /* held: there is an invalid entry before or after anyhow */
    }
    return (((from ^ to) & AXAS_MEM_MASK) != 0 && table->change[AXAS_CHANGE_MEMORY_TYPE].breaks) ||
           (more != 0 && table->change[AXAS_CHANGE_PERMISSIONS_MORE].breaks) ||
           (less != 0 && table->change[AXAS_CHANGE_PERMISSIONS_LESS].breaks);
}

/* Looks at every area in [first, last] and adds up the tables that splits take: those for all in *need,
 * those that do not come from deposits in *beside. *start: see axas_walk_split_need. */
static struct failure check_protect(const struct axas_space *space, uint64_t first, uint64_t last,
                                    axas_attr attr, uint32_t need[AXAS_MAX_LEVELS],
                                    uint32_t beside[AXAS_MAX_LEVELS], struct axas_walk_start *start)
{
    const struct axas_table *table = &space->table;
    uint64_t sizes = axas_table_leaf_sizes(table, attr);
    for (uint64_t at = first;;) {
        struct axas_area area;
        if (!axas_areas_find(space, at, &area)) {
            return failure(AXAS_ERR_NOT_MAPPED, "no area is there");
        }
        if (area.backend->provide == NULL) {
            return failure(AXAS_ERR_UNSUPPORTED, "a trap area is there");
        }
        if ((area.flags & AXAS_AREA_FILLING) != 0) {
            return failure(AXAS_ERR_BUSY, "an area there is being filled");
        }
        if (space->populate_only && breaks(table, area.attr, attr)) {
            return failure(AXAS_ERR_UNSUPPORTED, "the change needs a break");
        }
        uint64_t area_last = axas_last(area.gpa, area.size);
        uint64_t to = area_last < last ? area_last : last;
        uint32_t own[AXAS_MAX_LEVELS] = {0};
        if (axas_walk_split_need(&space->table, at, to, sizes, own, start) != AXAS_OK) {
            return failure(AXAS_ERR_CORRUPT, "a table holds an entry that is not ours");
        }
        for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
            axas_walk_add_need(&need[level], own[level]);
            axas_walk_add_need(&beside[level], area.backend->pure ? own[level] : 0);
        }
        if (to == last) {
            break;
        }
        at = to + 1;
    }
    if (last - first >= table->page_size) {
        start->slot = NULL; /* it may be of one area of several */
    }
    if (space->populate_only && splitting_breaks(space, first, last, need)) {
        return failure(AXAS_ERR_UNSUPPORTED, "part of what is mapped as one, and splitting it needs a break");
    }
    return fine;
}

/* Puts aside what protect takes, beside what is there for removals. */
static struct failure prepare_protect(struct axas_space *space, uint64_t first, uint64_t last,
                                      const uint32_t need[AXAS_MAX_LEVELS],
                                      const uint32_t beside[AXAS_MAX_LEVELS])
{
    struct axas_table *table = &space->table;
    struct axas_area area;
    uint64_t at[2];
    unsigned cuts = 0;
    if (axas_areas_find(space, first, &area) && area.gpa.raw != first) {
        at[cuts++] = first;
    }
    if (axas_areas_find(space, last, &area) && axas_last(area.gpa, area.size) != last) {
        at[cuts++] = last + 1;
    }
    if (axas_areas_prepare_cuts(space, at, cuts) != AXAS_OK) {
        return failure(AXAS_ERR_NO_MEMORY, "no memory for the areas");
    }
    uint64_t sum = 0;
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        sum = axas_walk_sum_need(sum, need[level]);
    }
    bool ready = axas_walk_within_limit(table, sum);
    for (unsigned level = 1; ready && level < table->format->level_count; level++) {
        for (uint32_t i = 0; ready && i < beside[level]; i++) {
            ready = axas_pool_fill(table, &table->pool, level - 1, level) == AXAS_OK;
        }
    }
    return ready ? fine : failure(AXAS_ERR_NO_MEMORY, "no memory for the tables");
}

/* Memory on its way to an attribute under which the guest may see it by another way than before. */
struct handover {
    const struct axas_hal *hal;
    uint64_t first, last;
    axas_attr attr;
};

static bool hand_over(void *context, const struct axas_leaf *leaf)
{
    const struct handover *over = (const struct handover *)context;
    uint64_t leaf_last = axas_last(leaf->gpa, leaf->size);
    uint64_t first = leaf->gpa.raw > over->first ? leaf->gpa.raw : over->first;
    uint64_t last = leaf_last < over->last ? leaf_last : over->last;
    over->hal->frame_publish(over->hal->context, axas_hpa_of(leaf->hpa.raw + (first - leaf->gpa.raw)),
                             last - first + 1, over->attr);
    return true;
}

/* The same for an area with a pure backend: also what no entry leads to just now, since the fault that makes
 * one does not publish. */
static void hand_over_pure(const struct axas_space *space, const struct axas_area *area,
                           struct handover *over)
{
    struct axas_leaf part = {0};
    for (uint64_t at = over->first;;) {
        struct axas_run run = {axas_gpa_of(at), axas_hpa_of(0), over->last - at + 1, NULL};
        const uint64_t page = space->table.page_size;
        if (area->backend->provide(space, area, axas_gpa_of(at), &run) == AXAS_OK &&
            at - run.gpa.raw < run.size) {
            part.gpa = run.gpa;
            part.hpa = run.hpa;
            part.size = run.size;
            (void)hand_over(over, &part);
            at = axas_last(run.gpa, run.size);
        } else {
            at = at + (page - 1); /* it has none now */
        }
        if (at >= over->last) {
            return;
        }
        at++;
        over->first = at;
    }
}

/* What is in [first, last] was published as data, or for another memory type; now the guest may fetch it, or
 * reach it past the caches: device memory too, where lines of its time as normal memory may be left. */
static void publish_again(const struct axas_space *space, const struct axas_area *area, uint64_t first,
                          uint64_t last, axas_attr to)
{
    struct handover over = {space->table.hal, first, last, to};
    bool fetched = (to & ~area->attr & AXAS_EXEC) != 0;
    bool retyped = ((area->attr ^ to) & AXAS_MEM_MASK) != 0;
    if (over.hal->frame_publish == NULL || (!fetched && !retyped)) {
        return;
    }
    if (area->backend->pure) {
        hand_over_pure(space, area, &over);
    } else {
        (void)axas_walk_visit_range(&space->table, first, last, hand_over, &over);
    }
}

static void protect_range(struct axas_space *space, const struct axas_walk_start *start, uint64_t first,
                          uint64_t last, axas_attr attr, const struct axas_leaf_code *code,
                          struct axas_gather *gather)
{
    struct axas_table *table = &space->table;
    uint64_t sizes = axas_table_leaf_sizes(table, attr);
    axas_areas_cut_at(space, first, last);
    axas_gather_init(gather, NULL, NULL);
    struct axas_area area;
    for (uint64_t at = first; axas_areas_find(space, at, &area);) {
        uint64_t to = axas_last(area.gpa, area.size);
        if (!area.backend->pure && has_deposits(space)) {
            use_deposits(space, at, to, sizes);
        } else if (keeps_splits(space, &area)) {
            forget_splits(space, at, to, sizes);
        }
        gather->release = area.backend->release;
        gather->context = area.context;
        publish_again(space, &area, at, to, attr);
        axas_walk_change(table, start, at, to, sizes, code, gather);
        area.attr = attr;
        axas_areas_replace(space, at, &area);
        if (to == last) {
            break;
        }
        at = to + 1;
    }
    publish(space);
    axas_gather_flush(table, gather);
    axas_areas_join(space, first, last);
    settle(space);
}

enum axas_status axas_space_protect(struct axas_space *space, axas_gpa gpa, uint64_t size, axas_attr attr)
{
    if (!alive(space)) {
        return AXAS_ERR_INVALID;
    }
    struct axas_gather gather;
    struct axas_walk_start start;
    const struct axas_leaf_code *code = NULL;
    uint64_t last = axas_last(gpa, size);
    uint32_t need[AXAS_MAX_LEVELS] = {0};
    uint32_t beside[AXAS_MAX_LEVELS] = {0};
    axas_lock_state state = axas_space_hold(space);
    struct aside before;
    note_aside(space, &before);
    struct failure failed = check_range(space, gpa, size);
    if ((attr & ~AXAS_ATTR_MASK) != 0) {
        failed = failure(AXAS_ERR_INVALID, "unknown bits in the attribute");
    }
    if (failed.status == AXAS_OK) {
        code = axas_walk_code_of(&space->table, attr);
        if (code == NULL) {
            failed = failure(AXAS_ERR_UNSUPPORTED, "format has no code for the attribute");
        }
    }
    if (failed.status == AXAS_OK) {
        failed = check_protect(space, gpa.raw, last, attr, need, beside, &start);
    }
    if (failed.status == AXAS_OK) {
        failed = prepare_protect(space, gpa.raw, last, need, beside);
        if (failed.status == AXAS_OK) {
            protect_range(space, &start, gpa.raw, last, attr, code, &gather);
        } else {
            put_back(space, &before);
        }
    }
    (void)report(space->error, failed, gpa, axas_hpa_of(0), size, attr);
    axas_unlock_write(&space->lock, state);
    if (failed.status == AXAS_OK) {
        axas_gather_free(&space->table, &gather);
    }
    return failed.status;
}

/* Looking */

enum axas_status axas_space_locate(const struct axas_space *space, axas_gpa gpa, struct axas_place *place)
{
    const struct axas_table *table = &space->table;
    place->in_area = false;
    if (!axas_contains(space, gpa, 1)) {
        return AXAS_ERR_RANGE;
    }
    place->in_area = axas_areas_find(space, gpa.raw, &place->area);
    return axas_walk_query(table, gpa.raw, &place->leaf);
}

/* With the lock held: what is at gpa; see axas_space_query. */
static enum axas_status locate_mapping(const struct axas_space *space, axas_gpa gpa,
                                       struct axas_mapping *mapping)
{
    struct axas_place place;
    enum axas_status status = axas_space_locate(space, gpa, &place);
    if (status == AXAS_OK) {
        mapping->gpa = place.leaf.gpa;
        mapping->hpa = axas_hpa_of(place.leaf.hpa.raw + (gpa.raw - place.leaf.gpa.raw));
        mapping->attr = place.leaf.attr;
        mapping->leaf_size = place.leaf.size;
        mapping->accessed = place.leaf.accessed;
        mapping->dirty = place.leaf.dirty;
        return AXAS_OK;
    }
    const struct axas_area *const area = &place.area;
    if (status != AXAS_ERR_NOT_MAPPED || !place.in_area || !area->backend->pure ||
        area->backend->provide == NULL) {
        return status;
    }
    uint64_t page = axas_table_page_size(&space->table);
    struct axas_run run = {axas_gpa_of(gpa.raw & ~(page - 1)), axas_hpa_of(0), page, NULL};
    axas_gpa start = run.gpa;
    status = area->backend->provide(space, area, start, &run);
    if (status == AXAS_OK) {
        mapping->gpa = start;
        mapping->hpa = axas_hpa_of(run.hpa.raw + (gpa.raw - run.gpa.raw));
        mapping->attr = area->attr;
        mapping->leaf_size = 0;
        mapping->accessed = false;
        mapping->dirty = false;
    }
    return status;
}

enum axas_status axas_space_query(struct axas_space *space, axas_gpa gpa, struct axas_mapping *mapping)
{
    if (!alive(space) || mapping == NULL) {
        return AXAS_ERR_INVALID;
    }
    struct axas_mapping found;
    unsigned reader = axas_space_reader(space);
    axas_lock_state state = axas_lock_read(&space->lock, reader);
    enum axas_status status = locate_mapping(space, gpa, &found);
    axas_unlock_read(&space->lock, reader, state);
    if (status == AXAS_OK) {
        *mapping = found;
    }
    return status;
}

enum axas_status axas_space_translate(struct axas_space *space, axas_gpa gpa, axas_hpa *hpa)
{
    if (!alive(space) || hpa == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (!axas_contains(space, gpa, 1)) {
        return AXAS_ERR_RANGE;
    }
    struct axas_mapping found;
    unsigned reader = axas_space_reader(space);
    axas_lock_state state = axas_lock_read(&space->lock, reader);
    uint64_t there = space->table.translate(&space->table, gpa.raw);
    enum axas_status status = AXAS_OK;
    if (AXAS_IS_NO_HPA(there)) {
        status = locate_mapping(space, gpa, &found);
        there = found.hpa.raw;
        if (status == AXAS_OK && (found.attr & AXAS_ACCESS_MASK) == 0) {
            status = AXAS_ERR_PERMISSION;
        }
    }
    axas_unlock_read(&space->lock, reader, state);
    if (status == AXAS_OK) {
        *hpa = axas_hpa_of(there);
    }
    return status;
}

enum axas_status axas_space_translate_batch(struct axas_space *space, const axas_gpa *gpas, axas_hpa *hpas,
                                            size_t count)
{
    if (!alive(space) || gpas == NULL || hpas == NULL) {
        return AXAS_ERR_INVALID;
    }
    unsigned reader = axas_space_reader(space);
    axas_lock_state state = axas_lock_read(&space->lock, reader);
    space->table.mode->translate_batch(&space->table, gpas, hpas, count);
    for (size_t i = 0; i < count; i++) {
        struct axas_mapping found;
        if (hpas[i].raw == AXAS_NO_HPA && locate_mapping(space, gpas[i], &found) == AXAS_OK &&
            (found.attr & AXAS_ACCESS_MASK) != 0) {
            hpas[i] = found.hpa;
        }
    }
    axas_unlock_read(&space->lock, reader, state);
    return AXAS_OK;
}

enum axas_status axas_space_next_area(struct axas_space *space, axas_gpa gpa, struct axas_area *area)
{
    if (!alive(space) || area == NULL) {
        return AXAS_ERR_INVALID;
    }
    unsigned reader = axas_space_reader(space);
    axas_lock_state state = axas_lock_read(&space->lock, reader);
    const bool found = axas_areas_next(space, gpa.raw, area);
    axas_unlock_read(&space->lock, reader, state);
    return found ? AXAS_OK : AXAS_ERR_NOT_MAPPED;
}

static bool first_mapping(void *context, const struct axas_leaf *leaf)
{
    struct axas_mapping *mapping = (struct axas_mapping *)context;
    mapping->gpa = leaf->gpa;
    mapping->hpa = leaf->hpa;
    mapping->attr = leaf->attr;
    mapping->leaf_size = leaf->size;
    mapping->accessed = leaf->accessed;
    mapping->dirty = leaf->dirty;
    return false;
}

enum axas_status axas_space_next_mapping(struct axas_space *space, axas_gpa gpa, struct axas_mapping *mapping)
{
    if (!alive(space) || mapping == NULL) {
        return AXAS_ERR_INVALID;
    }
    struct axas_mapping found;
    uint64_t first =
        gpa.raw > space->base.raw ? gpa.raw & ~(axas_table_page_size(&space->table) - 1) : space->base.raw;
    bool none = true;
    if (axas_contains(space, axas_gpa_of(first), 1)) {
        unsigned reader = axas_space_reader(space);
        axas_lock_state state = axas_lock_read(&space->lock, reader);
        none = axas_walk_visit_range(&space->table, first, axas_last(space->base, space->size), first_mapping,
                                     &found);
        axas_unlock_read(&space->lock, reader, state);
    }
    if (none) {
        return AXAS_ERR_NOT_MAPPED;
    }
    *mapping = found;
    return AXAS_OK;
}

static uint64_t pool_bytes(const struct axas_table *table, const struct axas_pool *pool)
{
    uint64_t bytes = 0;
    for (unsigned level = 0; level < table->format->level_count; level++) {
        bytes += __atomic_load_n(&pool->count[level], __ATOMIC_RELAXED) * axas_table_bytes(table, level);
    }
    return bytes;
}

/*
 * Bytes of the linked tables. The tree counts tables; where those of its levels differ in size, a pass over
 * the leaves and holes tells them apart: the first one below each table begins where the table does.
 */
static uint64_t linked_bytes(const struct axas_table *table)
{
    unsigned below_root = table->mode->root_level + 1u;
    unsigned last_level = axas_last_level(table->format);
    uint64_t bytes = table->root_size;
    bool alike = true;
    for (unsigned level = below_root; level < last_level; level++) {
        alike = alike && axas_table_bytes(table, level) == axas_table_bytes(table, last_level);
    }
    if (alike) {
        uint64_t tables = __atomic_load_n(&table->tables, __ATOMIC_RELAXED);
        return bytes + (tables - 1) * axas_table_bytes(table, last_level);
    }
    struct axas_leaf leaf;
    for (uint64_t at = 0; at < axas_table_limit(table); at = leaf.gpa.raw + leaf.size) {
        (void)axas_walk_query(table, at, &leaf);
        for (unsigned level = below_root; level <= leaf.level; level++) {
            uint64_t covers = UINT64_C(1) << table->format->levels[level - 1].shift;
            bytes += (at & (covers - 1)) == 0 ? axas_table_bytes(table, level) : 0;
        }
    }
    return bytes;
}

enum axas_status axas_space_usage(struct axas_space *space, struct axas_usage *usage)
{
    if (!alive(space) || usage == NULL) {
        return AXAS_ERR_INVALID;
    }
    const struct axas_table *table = &space->table;
    unsigned reader = axas_space_reader(space);
    axas_lock_state state = axas_lock_read(&space->lock, reader);
    usage->table_bytes = linked_bytes(table);
    usage->reserve_bytes = pool_bytes(table, &table->pool) + pool_bytes(table, &space->deposits) +
                           space->areas.reserved_nodes * AXAS_FRAME_SIZE;
    usage->node_bytes = space->node_bytes;
    usage->areas = space->areas.count + space->areas.gap_count;
    axas_unlock_read(&space->lock, reader, state);
    return AXAS_OK;
}

enum axas_status axas_space_root(struct axas_space *space, uint32_t vmid, struct axas_root *root)
{
    if (!alive(space) || root == NULL) {
        return AXAS_ERR_INVALID;
    }
    axas_lock_state state = axas_space_hold(space);
    enum axas_status status = axas_table_root(&space->table, vmid, root);
    (void)report(space->error, failure(status, "the identifier does not fit"), axas_gpa_of(0),
                 space->table.root_hpa, 0, 0);
    axas_unlock_write(&space->lock, state);
    return status;
}
