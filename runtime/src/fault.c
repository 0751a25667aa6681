/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults, and whatever else makes memory appear in an area outside the exclusive side of the lock.
 *
 *      hold 1 (shared)   area? leaf? allowed?  ->  copy the area, note the hole and the generation
 *      no lock           the backend's memory, the tables for it
 *      hold 2 (shared)   generation, or else the area, still the same?  ->  install by compare-and-swap
 *
 * Deposits
 * --------
 * When part of a leaf that is larger than a page is unmapped, the leaf becomes a table of smaller ones. If
 * no table can be had, a leaf of a pure backend can go as a whole and come back by faults; memory of any
 * other backend has to stay where it is. Therefore whoever installs such a leaf puts the tables into
 * space->deposits into which it could be split completely: for each level of tables below the leaf, one for
 * each table's worth of addresses. A split of such a leaf takes its tables from there, and addresses that are
 * unmapped give theirs back, so that at any time
 *
 *      deposits.count[level] = sum over such leaves of (size of the leaf / what a table of the level covers)
 *
 * and a split always finds its tables. Where no deposit can be had, smaller leaves are installed: they take
 * the same tables at once. Faults put deposits in side by side, by compare-and-swap; only the exclusive side
 * takes any out.
 */
#include <axas/walk.h>

#include "format_internal.h"
#include "space_internal.h"
#include "tree.h"

/* How often a fault looks again when areas or tables changed under it. The guest will fault once more. */
#define MOST_TURNS 8
/* Pages installed in one hold of the lock. */
#define MOST_PAGES_AT_ONCE 64

/* Deposits */

static unsigned level_of(const struct axas_table *table, uint64_t leaf_size)
{
    unsigned level = table->mode->root_level;
    while (UINT64_C(1) << table->format->levels[level].shift != leaf_size) {
        level++;
    }
    return level;
}

static bool deposit_fill(struct axas_table *table, struct axas_pool *deposit, uint64_t leaf_size)
{
    for (unsigned level = level_of(table, leaf_size) + 1; level <= axas_last_level(table->format); level++) {
        uint64_t count = leaf_size >> table->format->levels[level - 1].shift;
        while (deposit->count[level] < count) {
            if (axas_pool_fill(table, deposit, level - 1, level) != AXAS_OK) {
                axas_pool_drain(table, deposit);
                return false;
            }
        }
    }
    return true;
}

static void deposit_put(struct axas_space *space, struct axas_pool *deposit)
{
    struct axas_pool *to = &space->deposits;
    for (unsigned level = 0; level < AXAS_MAX_LEVELS; level++) {
        void *frame;
        while ((frame = axas_pool_take(deposit, level)) != NULL) {
            void *first = __atomic_load_n(&to->first[level], __ATOMIC_RELAXED);
            do {
                *(void **)frame = first;
            } while (!__atomic_compare_exchange_n(&to->first[level], &first, frame, true, __ATOMIC_RELEASE,
                                                  __ATOMIC_RELAXED));
            (void)__atomic_fetch_add(&to->count[level], 1, __ATOMIC_RELAXED);
        }
    }
}

/* Installing */

static bool same_area(const struct axas_space *space, const struct axas_area *area, uint64_t first,
                      uint64_t last)
{
    struct axas_area now;
    return axas_areas_find(space, first, &now) && last - now.gpa.raw < now.size &&
           axas_areas_are_alike(&now, area);
}

static void give_back(const struct axas_area *area, uint64_t gpa, uint64_t hpa, uint64_t size)
{
    if (size != 0 && area->backend->release != NULL) {
        area->backend->release(area->context, axas_gpa_of(gpa), axas_hpa_of(hpa), size);
    }
}

/* The largest leaf of `sizes` that can begin at gpa and hpa and has no more than `most` bytes. */
static uint64_t largest_leaf(uint64_t sizes, uint64_t gpa, uint64_t hpa, uint64_t most)
{
    uint64_t size = 0;
    for (; sizes != 0; sizes &= sizes - 1) {
        uint64_t bit = sizes & (0 - sizes);
        if (bit <= most && ((gpa | hpa) & (bit - 1)) == 0) {
            size = bit;
        }
    }
    return size;
}

/* Some memory of an area on its way into the tables. */
struct supply {
    struct axas_space *space;
    const struct axas_area *area; /* a copy */
    uint64_t generation;          /* when it was copied */
    unsigned reader;
    struct axas_cache *cache;
    struct axas_pool *pool;
    unsigned hole_level; /* tables are missing below this one */
    uint64_t distance;   /* out: from guest to host address, where something was installed */
};

static enum axas_status supply_tables(const struct supply *supply, unsigned hole_level, unsigned level)
{
    bool lacking = false;
    for (unsigned i = hole_level + 1; i <= level; i++) {
        lacking = lacking || supply->pool->count[i] == 0;
    }
    if (!lacking) {
        return AXAS_OK;
    }
    return supply->cache != NULL ? AXAS_ERR_NO_MEMORY
                                 : axas_pool_fill(&supply->space->table, supply->pool, hole_level, level);
}

/*
 * Installs leaves of `size` bytes from *at on, as many as fit below `end`, one if they are larger than pages.
 * Moves *at behind what was installed. AXAS_ERR_BUSY: the area is not what it was. AXAS_ERR_EXISTS: somebody
 * was first at *at. AXAS_ERR_NO_MEMORY: a table is missing, below supply->hole_level.
 */
static enum axas_status install_some(struct supply *supply, uint64_t *at, uint64_t end, uint64_t size,
                                     struct axas_pool *deposit)
{
    struct axas_space *space = supply->space;
    const struct axas_area *area = supply->area;
    bool pages = size == axas_table_page_size(&space->table);
    enum axas_status status = AXAS_OK;
    axas_lock_state state = axas_lock_read(&space->lock, supply->reader);
    if (space->generation != supply->generation && !same_area(space, area, *at, end - 1)) {
        status = AXAS_ERR_BUSY;
    }
    for (unsigned i = 0; status == AXAS_OK && i < (pages ? MOST_PAGES_AT_ONCE : 1) && end - *at >= size;
         i++) {
        status = axas_table_install(&space->table, axas_gpa_of(*at), axas_hpa_of(*at + supply->distance),
                                    size, area->attr, supply->pool);
        if (status == AXAS_OK) {
            deposit_put(space, deposit);
            *at += size;
        } else if (status == AXAS_ERR_NO_MEMORY) {
            struct axas_leaf hole;
            enum axas_status there = axas_walk_query(&space->table, *at, &hole);
            supply->hole_level = there == AXAS_ERR_NOT_MAPPED ? hole.level : space->table.mode->root_level;
        }
    }
    axas_unlock_read(&space->lock, supply->reader, state);
    return status;
}

/*
 * Installs a run that is not of a pure backend, and gives back what of it cannot be. AXAS_OK: the page at gpa
 * is there, by this call. AXAS_ERR_EXISTS: by another one.
 */
static enum axas_status install_run(struct supply *supply, const struct axas_run *run, uint64_t gpa)
{
    struct axas_table *table = &supply->space->table;
    const struct axas_area *area = supply->area;
    uint64_t page = axas_table_page_size(table);
    uint64_t sizes = axas_table_leaf_sizes(table, area->attr);
    uint64_t distance = run->hpa.raw - run->gpa.raw;
    uint64_t end = run->gpa.raw + run->size;
    uint64_t at = run->gpa.raw;
    supply->distance = distance;
    enum axas_status result = AXAS_ERR_EXISTS;
    for (unsigned refused = 0; at != end;) {
        struct axas_pool deposit = {0};
        uint64_t size = largest_leaf(sizes, at, at + distance, end - at);
        while (size > page && !deposit_fill(table, &deposit, size)) {
            size = largest_leaf(sizes, at, at + distance, size - 1);
        }
        uint64_t before = at;
        enum axas_status status = install_some(supply, &at, end, size, &deposit);
        axas_pool_drain(table, &deposit);
        if (gpa >= before && gpa < at) {
            result = AXAS_OK;
        }
        if (status == AXAS_ERR_EXISTS && size == page) {
            give_back(area, at, at + distance, page);
            at += page;
        } else if (status == AXAS_ERR_EXISTS) {
            sizes &= size - 1; /* smaller leaves are below: fill the holes between them */
        } else if (status == AXAS_ERR_NO_MEMORY && refused++ < MOST_TURNS) {
            status = supply_tables(supply, supply->hole_level, level_of(table, size));
            if (status != AXAS_OK) {
                give_back(area, at, at + distance, end - at);
                return result == AXAS_OK ? AXAS_OK : status;
            }
        } else if (status != AXAS_OK) {
            give_back(area, at, at + distance, end - at);
            /* Memory that no entry can name is as good as none. */
            status = status == AXAS_ERR_RANGE ? AXAS_ERR_NO_MEMORY : status;
            return result == AXAS_OK ? AXAS_OK : status;
        }
    }
    return result;
}

/* Of the leaves that lie in [first, last] and hold gpa: the largest of `sizes`, as a run. */
static struct axas_run largest_around(uint64_t sizes, uint64_t gpa, uint64_t first, uint64_t last)
{
    struct axas_run run = {axas_gpa_of(0), axas_hpa_of(0), 0, NULL};
    for (; sizes != 0; sizes &= sizes - 1) {
        uint64_t size = sizes & (0 - sizes);
        uint64_t start = gpa & ~(size - 1);
        if (start >= first && start <= last && last - start >= size - 1) {
            run.gpa = axas_gpa_of(start);
            run.size = size;
        }
    }
    return run;
}

static bool run_is_in(const struct axas_run *run, uint64_t gpa, uint64_t first, uint64_t last, uint64_t page)
{
    return run->size != 0 && ((run->gpa.raw | run->hpa.raw | run->size) & (page - 1)) == 0 &&
           run->gpa.raw >= first && run->gpa.raw <= last && run->size - 1 <= last - run->gpa.raw &&
           gpa >= run->gpa.raw && gpa - run->gpa.raw < run->size;
}

/*
 * Brings memory to the page at gpa, which is a hole; leaves of `sizes` inside [first, last] may be made.
 * *end: first address behind the memory. AXAS_OK, AXAS_ERR_EXISTS (somebody was first), AXAS_ERR_BUSY (the
 * area changed), AXAS_ERR_NO_MEMORY; AXAS_ERR_INVALID: the backend broke its contract.
 */
static enum axas_status supply_at(struct supply *supply, uint64_t gpa, uint64_t sizes, uint64_t first,
                                  uint64_t last, uint64_t *end)
{
    struct axas_table *table = &supply->space->table;
    const struct axas_area *area = supply->area;
    uint64_t page = axas_table_page_size(table);
    struct axas_run wanted = largest_around(sizes, gpa, first, last);
    enum axas_status status = supply_tables(supply, supply->hole_level, level_of(table, wanted.size));
    if (status != AXAS_OK) {
        return status;
    }
    wanted.cache = supply->cache;
    struct axas_run run = wanted;
    status = area->backend->provide(supply->space, area, axas_gpa_of(gpa), &run);
    if (status != AXAS_OK) {
        return status;
    }
    if (!area->backend->pure) {
        if (!run_is_in(&run, gpa, wanted.gpa.raw, axas_last(wanted.gpa, wanted.size), page)) {
            return AXAS_ERR_INVALID;
        }
        *end = run.gpa.raw + run.size;
        return install_run(supply, &run, gpa);
    }
    if (!run_is_in(&run, gpa, area->gpa.raw, axas_last(area->gpa, area->size), page)) {
        return AXAS_ERR_INVALID;
    }
    /* One leaf, in the part that is both in the run and in the hole, where both addresses are aligned. */
    uint64_t distance = run.hpa.raw - run.gpa.raw;
    uint64_t run_last = axas_last(run.gpa, run.size);
    supply->distance = distance;
    first = run.gpa.raw > first ? run.gpa.raw : first;
    last = run_last < last ? run_last : last;
    struct axas_run leaf = largest_around(sizes & ((distance & (0 - distance)) * 2 - 1), gpa, first, last);
    struct axas_pool none = {0};
    for (unsigned turn = 0; turn < MOST_TURNS; turn++) {
        uint64_t at = leaf.gpa.raw;
        status = supply_tables(supply, supply->hole_level, level_of(table, leaf.size));
        if (status != AXAS_OK) {
            return status;
        }
        status = install_some(supply, &at, at + leaf.size, leaf.size, &none);
        if (status != AXAS_ERR_NO_MEMORY) {
            break;
        }
    }
    *end = leaf.gpa.raw + leaf.size;
    return status;
}

enum axas_status axas_space_fill(struct axas_space *space, const struct axas_area *area, uint64_t generation)
{
    struct axas_pool pool = {0};
    struct supply supply = {space, area, generation, axas_space_reader(space), NULL, &pool, 0, 0};
    uint64_t sizes = axas_table_leaf_sizes(&space->table, area->attr);
    uint64_t last = axas_last(area->gpa, area->size);
    uint64_t at = area->gpa.raw;
    enum axas_status status = AXAS_OK;
    while (status == AXAS_OK && at - 1 != last) {
        supply.hole_level =
            axas_last_level(space->table.format); /* what is missing comes when it is missed */
        status = supply_at(&supply, at, sizes, at, last, &at);
    }
    axas_pool_drain(&space->table, &pool);
    return status;
}

/* Faults */

/*
 * May `access` be made where `attr` is? An instruction fetch of unknown privilege (AXAS_EXEC) is let through
 * where any privilege may fetch, unless the CPU has just refused it.
 */
static bool allowed(axas_attr attr, axas_attr access, bool refused)
{
    if (access == 0 && refused) {
        return axas_allows(attr, AXAS_READ | AXAS_WRITE) && (attr & AXAS_EXEC) != 0;
    }
    if ((access & AXAS_EXEC) == AXAS_EXEC && !refused && (attr & AXAS_EXEC) != 0) {
        access &= ~AXAS_EXEC;
    }
    return axas_allows(attr, access) || (access == 0 && (attr & AXAS_EXEC) != 0);
}

/* Lazy memory that cannot be had again comes in leaves no larger than the second smallest: a guest that
 * touches one byte waits for the zeroing. */
static uint64_t lazy_sizes(const struct axas_table *table, const struct axas_area *area, bool cached)
{
    uint64_t sizes = axas_table_leaf_sizes(table, area->attr);
    if (area->backend->pure) {
        return sizes;
    }
    uint64_t page = sizes & (0 - sizes);
    uint64_t above = sizes & ~page;
    return cached ? page : page | (above & (0 - above));
}

/* supply_at for a fault at gpa, in that hole. */
static enum axas_status supply_hole(struct supply *supply, uint64_t gpa, const struct axas_leaf *hole)
{
    const struct axas_table *table = &supply->space->table;
    const struct axas_area *area = supply->area;
    uint64_t area_last = axas_last(area->gpa, area->size);
    uint64_t hole_last = axas_last(hole->gpa, hole->size);
    uint64_t end;
    supply->hole_level = hole->level;
    return supply_at(supply, gpa & ~(axas_table_page_size(table) - 1),
                     lazy_sizes(table, area, supply->cache != NULL),
                     hole->gpa.raw > area->gpa.raw ? hole->gpa.raw : area->gpa.raw,
                     hole_last < area_last ? hole_last : area_last, &end);
}

/* Hold 1. True if that was all, with *result; otherwise *area is copied and *hole is the hole. */
static bool look(struct axas_space *space, axas_gpa gpa, axas_attr access, bool refused, axas_hpa *hpa,
                 struct axas_area *area, struct axas_leaf *hole, enum axas_fault_result *result)
{
    struct axas_place place;
    enum axas_status status = axas_space_locate(space, gpa, &place);
    if (status == AXAS_ERR_RANGE || !place.in_area) {
        *result = status == AXAS_ERR_CORRUPT ? AXAS_FAULT_BROKEN : AXAS_FAULT_UNMAPPED;
        return true;
    }
    *area = place.area;
    if (status == AXAS_ERR_CORRUPT) {
        *result = AXAS_FAULT_BROKEN;
        return true;
    }
    if (area->backend->provide == NULL) {
        *result = AXAS_FAULT_TRAP;
        return true;
    }
    if (!allowed(status == AXAS_OK ? place.leaf.attr : area->attr, access, status == AXAS_OK && refused)) {
        *result = AXAS_FAULT_DENIED;
        return true;
    }
    if (status == AXAS_OK) {
        *hpa = axas_hpa_of(place.leaf.hpa.raw + (gpa.raw - place.leaf.gpa.raw));
        *result = AXAS_FAULT_SPURIOUS;
        return true;
    }
    if ((area->flags & AXAS_AREA_FILLING) != 0) {
        *hpa = axas_hpa_of(AXAS_NO_HPA);
        *result = AXAS_FAULT_SPURIOUS;
        return true;
    }
    *hole = place.leaf;
    return false;
}

static enum axas_fault_result serve(struct axas_space *space, axas_gpa gpa, axas_attr access, bool refused,
                                    unsigned reader, struct axas_cache *cache, axas_hpa *hpa,
                                    struct axas_area *area)
{
    enum axas_fault_result result = AXAS_FAULT_SPURIOUS;
    unsigned starved = AXAS_MAX_LEVELS; /* level of the hole for which there was no memory */
    struct axas_pool own = {0};
    struct supply supply = {space, area, 0, reader, cache, cache != NULL ? &cache->tables : &own, 0, 0};
    bool done = false;
    *hpa = axas_hpa_of(AXAS_NO_HPA);
    for (unsigned turn = 0; !done && turn < MOST_TURNS; turn++) {
        struct axas_leaf hole;
        axas_lock_state state = axas_lock_read(&space->lock, reader);
        done = look(space, gpa, access, refused, hpa, area, &hole, &result);
        supply.generation = space->generation;
        axas_unlock_read(&space->lock, reader, state);
        if (done || hole.level == starved) {
            break;
        }
        enum axas_status status = supply_hole(&supply, gpa.raw, &hole);
        done = status == AXAS_OK;
        if (status == AXAS_OK) {
            *hpa = axas_hpa_of(gpa.raw + supply.distance);
            result = AXAS_FAULT_RESOLVED;
        } else if (status == AXAS_ERR_NO_MEMORY) {
            /* Who has it may have served the page meanwhile, or linked the tables that it takes: look. */
            starved = hole.level;
            result = AXAS_FAULT_NO_MEMORY;
        } else if (status == AXAS_ERR_EXISTS || status == AXAS_ERR_BUSY) {
            result = AXAS_FAULT_SPURIOUS;
        } else {
            done = true;
            result = AXAS_FAULT_BROKEN;
        }
    }
    axas_pool_drain(&space->table, &own);
    return result;
}

/* Where a backend gave something else than the page at gpa: the address of that page in it, or AXAS_NO_HPA:
 * it broke its contract. A copy of the run, whose address nothing has to be kept for then. */
static AXAS_OUTLINE axas_hpa page_in(struct axas_run run, const struct axas_space *space,
                                     const struct axas_area *area, axas_gpa gpa)
{
    const bool good =
        area->backend->pure &&
        run_is_in(&run, gpa.raw, area->gpa.raw, axas_last(area->gpa, area->size), space->table.page_size);
    return axas_hpa_of(good ? run.hpa.raw + (gpa.raw - run.gpa.raw) : AXAS_NO_HPA);
}

/* One page of normal memory from the area's backend: run->hpa is its address. AXAS_ERR_INVALID: it broke its
 * contract. */
static inline enum axas_status take_page(const struct axas_space *space, const struct axas_area *area,
                                         axas_gpa gpa, struct axas_cache *cache, struct axas_run *run)
{
    run->gpa = gpa;
    run->hpa = axas_hpa_of(0);
    run->size = space->table.page_size;
    run->cache = cache;
    const enum axas_status status = area->backend->provide(space, area, gpa, run);
    if (AXAS_UNLIKELY(status != AXAS_OK)) {
        return status;
    }
    if (AXAS_UNLIKELY(run->gpa.raw != gpa.raw || run->size != space->table.page_size)) {
        run->hpa = page_in(*run, space, area, gpa);
        return run->hpa.raw != AXAS_NO_HPA ? AXAS_OK : AXAS_ERR_INVALID;
    }
    return AXAS_OK;
}

/* The table's empty_page in the area that *last notes: only another table than the noted one takes a walk. */
static inline void *empty_again(const struct axas_table *table, struct axas_last_page *last, uint64_t gpa)
{
    if (AXAS_UNLIKELY((last->gpa ^ gpa) >> table->table_shift != 0)) {
        void *found = table->empty_page(table, gpa);
        if (AXAS_LIKELY(found != NULL)) {
            last->gpa = gpa;
            last->slot = found;
        }
        return found;
    }
    const uint64_t pages = (uint64_t)((int64_t)(gpa - last->gpa) >> table->page_shift);
    void *slot = axas_tree_behind(table->format, last->slot, pages);
    return axas_tree_load(table->format, slot) == table->page_empty ? slot : NULL;
}

/* Puts a page that the area's backend gave where there was none. */
static inline enum axas_status put_page(struct axas_table *table, void *slot, axas_hpa page, axas_attr attr)
{
    return AXAS_UNLIKELY((page.raw & table->not_in_hpa) != 0)
               ? AXAS_ERR_BUSY
               : table->mode->install_page(table, slot, page.raw, attr);
}

/* Ends a fault whose page is there: a CPU may have kept that nothing was. */
static enum axas_fault_result end_resolved(const struct axas_table *table, axas_gpa gpa)
{
    axas_table_after_fault(table, gpa);
    return AXAS_FAULT_RESOLVED;
}

/* Any fault. */
static AXAS_OUTLINE enum axas_fault_result serve_any(struct axas_space *space, struct axas_fault *fault)
{
    struct axas_area area;
    axas_hpa hpa;
    /* A walk that writes sets flags in what it has read. */
    const axas_attr access = fault->access | (fault->guest_walk ? AXAS_READ : 0);
    const enum axas_fault_result result =
        serve(space, fault->gpa, access, fault->cause == AXAS_CAUSE_PERMISSION, fault->reader, fault->cache,
              &hpa, &area);
    if (result == AXAS_FAULT_RESOLVED || result == AXAS_FAULT_SPURIOUS) {
        fault->hpa = hpa;
        axas_table_after_fault(&space->table, fault->gpa);
    } else if (result == AXAS_FAULT_TRAP || result == AXAS_FAULT_DENIED) {
        fault->area = area.gpa;
        fault->cookie = result == AXAS_FAULT_TRAP ? area.context : NULL;
    }
    return result;
}

/*
 * What almost every fault is: a page of normal memory in a table that is there (serve_page). The same two
 * holds, with nothing to look up in the second unless something changed; one, where the backend may be asked
 * meanwhile. A swap waits for the stores before it, so what happens seldom is in functions of its own, for
 * which nothing has to be kept on the stack there. Each ends the hold of `state` and the fault.
 */

/* Nothing was found that could be served in this way. */
static AXAS_OUTLINE enum axas_fault_result serve_closer(struct axas_space *space, struct axas_fault *fault,
                                                        struct axas_last_page *last, axas_lock_state state)
{
    if (last->slot == NULL) { /* noted before it was known; what else was noted is good still */
        last->holds = 0;
    }
    axas_unlock_read(&space->lock, fault->reader, state);
    return serve_any(space, fault);
}

/* The backend gave no page. Where it has none, another vCPU may have got the last one for the same page. */
static enum axas_fault_result serve_without(struct axas_space *space, struct axas_fault *fault,
                                            enum axas_status status)
{
    return status == AXAS_ERR_NO_MEMORY ? serve_any(space, fault) : AXAS_FAULT_BROKEN;
}

/* The backend may take its time: it is asked between two holds. */
static AXAS_OUTLINE enum axas_fault_result serve_between(struct axas_space *space, struct axas_fault *fault,
                                                         const struct axas_area *found, void *slot,
                                                         axas_lock_state state)
{
    struct axas_table *table = &space->table;
    const axas_gpa gpa = axas_gpa_of(fault->gpa.raw & ~(table->page_size - 1));
    const struct axas_area area = *found;
    const uint64_t generation = space->generation;
    struct axas_run run;
    axas_unlock_read(&space->lock, fault->reader, state);
    enum axas_status status = take_page(space, &area, gpa, fault->cache, &run);
    if (status != AXAS_OK) {
        return serve_without(space, fault, status);
    }
    state = axas_lock_read(&space->lock, fault->reader);
    status = space->generation == generation ? put_page(table, slot, run.hpa, area.attr) : AXAS_ERR_BUSY;
    axas_unlock_read(&space->lock, fault->reader, state);
    if (status != AXAS_OK) {
        give_back(&area, gpa.raw, run.hpa.raw, table->page_size);
        return serve_any(space, fault);
    }
    fault->hpa = axas_hpa_of(run.hpa.raw + (fault->gpa.raw - gpa.raw));
    return end_resolved(table, fault->gpa);
}

/* The backend was asked under the lock, and gave no page. */
static AXAS_OUTLINE enum axas_fault_result serve_none(struct axas_space *space, struct axas_fault *fault,
                                                      enum axas_status status, axas_lock_state state)
{
    axas_unlock_read(&space->lock, fault->reader, state);
    return serve_without(space, fault, status);
}

/* A page that was taken under the lock could not be put. */
static AXAS_OUTLINE enum axas_fault_result serve_again(struct axas_space *space, struct axas_fault *fault,
                                                       const struct axas_area *found, axas_hpa page,
                                                       axas_lock_state state)
{
    const uint64_t size = space->table.page_size;
    const struct axas_area area = *found;
    axas_unlock_read(&space->lock, fault->reader, state);
    give_back(&area, fault->gpa.raw & ~(size - 1), page.raw, size);
    return serve_any(space, fault);
}

/* *last is what the fault before noted. */
static AXAS_INLINE enum axas_fault_result serve_page(struct axas_space *space, struct axas_fault *fault,
                                                     axas_gpa gpa, axas_lock_state state,
                                                     struct axas_notes *notes)
{
    struct axas_last_page *const last = &notes->fault;
    struct axas_table *table = &space->table;
    struct axas_area *const found = &last->area;
    void *slot = NULL;
    if (AXAS_LIKELY(last->holds == space->holds && gpa.raw - found->gpa.raw < found->size)) {
        if ((fault->access & ~found->attr) == 0) {
            slot = empty_again(table, last, gpa.raw);
        }
    } else {
        if (AXAS_LIKELY((axas_areas_look_up(space, gpa.raw, found) & fault->access) == 0)) {
            slot = table->empty_page(table, gpa.raw);
        }
        last->holds = space->holds;
        last->gpa = gpa.raw;
        last->slot = slot;
    }
    if (AXAS_UNLIKELY(slot == NULL)) {
        return serve_closer(space, fault, last, state);
    }
    if (AXAS_UNLIKELY(!found->backend->brief && !found->backend->pure)) {
        return serve_between(space, fault, found, slot, state);
    }
    struct axas_run run;
    enum axas_status status = take_page(space, found, gpa, fault->cache, &run);
    if (AXAS_UNLIKELY(status != AXAS_OK)) {
        return serve_none(space, fault, status, state);
    }
    if (AXAS_UNLIKELY(put_page(table, slot, run.hpa, found->attr) != AXAS_OK)) {
        return serve_again(space, fault, found, run.hpa, state);
    }
    if (AXAS_UNLIKELY(table->page_faulted.scope != AXAS_INVALIDATE_NONE)) {
        axas_tree_forget_fault(table, gpa.raw, &notes->faulted);
    }
    axas_unlock_read(&space->lock, fault->reader, state);
    fault->hpa = axas_hpa_of(run.hpa.raw + (fault->gpa.raw - gpa.raw));
    return AXAS_FAULT_RESOLVED;
}

/* The same where nothing is noted, and nothing can be. */
static AXAS_OUTLINE enum axas_fault_result serve_page_anew(struct axas_space *space, struct axas_fault *fault,
                                                           axas_gpa gpa, axas_lock_state state)
{
    struct axas_notes none = {0};
    return serve_page(space, fault, gpa, state, &none);
}

static AXAS_INLINE enum axas_fault_result hold_and_serve_page(struct axas_space *space,
                                                              struct axas_fault *fault)
{
    /* Read before the lock is taken: what was stored just before a locked operation is slow to load after it.
     */
    const axas_gpa gpa = axas_gpa_of(fault->gpa.raw & ~(space->table.page_size - 1));
    const axas_lock_state state = axas_lock_read(&space->lock, fault->reader);
    struct axas_notes *const notes = (struct axas_notes *)axas_lock_notes(state);
    return AXAS_LIKELY(notes != NULL) ? serve_page(space, fault, gpa, state, notes)
                                      : serve_page_anew(space, fault, gpa, state);
}

/* A fault that serve_page may serve: the CPU told what was tried and where, and found nothing amiss in the
 * tables. What it refused, where nothing is any more, is served like what was never there. */
static inline bool is_usual(const struct axas_fault *fault)
{
    return fault->access - 1 < AXAS_ACCESS_MASK && fault->gpa_known && fault->cause <= AXAS_CAUSE_ACCESS_FLAG;
}

static AXAS_OUTLINE enum axas_fault_result serve_unusual(struct axas_space *space, struct axas_fault *fault)
{
    if ((fault->access & ~AXAS_ACCESS_MASK) != 0) {
        return AXAS_FAULT_INVALID;
    }
    if (fault->cause == AXAS_CAUSE_MISCONFIGURED || fault->cause == AXAS_CAUSE_OTHER) {
        return AXAS_FAULT_BROKEN;
    }
    if (fault->cause == AXAS_CAUSE_CONFLICT) {
        axas_table_after_conflict(&space->table);
        fault->hpa = axas_hpa_of(AXAS_NO_HPA);
        return AXAS_FAULT_SPURIOUS;
    }
    if (!fault->gpa_known) {
        return AXAS_FAULT_ADDRESS_UNKNOWN;
    }
    if (fault->cause == AXAS_CAUSE_ADDRESS_SIZE && axas_contains(space, fault->gpa, 1)) {
        /* Not the guest's address then, but one that a table of ours holds. */
        return AXAS_FAULT_BROKEN;
    }
    return serve_any(space, fault);
}

enum axas_fault_result axas_space_populate(struct axas_space *space, axas_gpa gpa, axas_attr access,
                                           unsigned reader, struct axas_cache *cache, axas_hpa *hpa,
                                           struct axas_area *area)
{
    return serve(space, gpa, access, false, reader, cache, hpa, area);
}

enum axas_fault_result axas_space_handle_fault(struct axas_space *space, struct axas_fault *fault)
{
    if (space == NULL || fault == NULL || space->table.root == NULL) {
        return AXAS_FAULT_INVALID;
    }
    return AXAS_LIKELY(is_usual(fault)) ? hold_and_serve_page(space, fault) : serve_unusual(space, fault);
}
