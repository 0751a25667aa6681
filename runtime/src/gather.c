/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invalidate, then free. An entry that leaves the tree is first cleared, then noted (axas_gather_note), and
 * only then given to the gather, which may be full and flush at once: that flush then covers both what it
 * frees and what it takes.
 */
#include <axas/table.h>
#include <axas/walk.h>

static inline void invalidate(const struct axas_table *table, enum axas_invalidate_scope scope, bool local,
                              uint64_t first, uint64_t last, uint64_t leaf_size)
{
    struct axas_invalidation what;
    what.format = table->format;
    what.root = table->root_hpa;
    what.vmid = table->vmid;
    what.scope = scope;
    what.local = local;
    what.leaf_size = leaf_size;
    if (first == 0 && last == UINT64_MAX) {
        /* No size says this. */
        what.scope = AXAS_INVALIDATE_ALL;
    }
    if (what.scope == AXAS_INVALIDATE_ALL) {
        what.gpa = axas_gpa_of(0);
        what.size = 0;
    } else {
        what.gpa = axas_gpa_of(first);
        what.size = last - first + 1;
    }
    table->hal->invalidate(table->hal->context, &what);
}

void axas_walk_invalidate(const struct axas_table *table, const struct axas_transition *change, uint64_t gpa,
                          uint64_t size, uint64_t leaf_size)
{
    if (change->scope != AXAS_INVALIDATE_NONE) {
        invalidate(table, change->scope, change->local, gpa, gpa + (size - 1), leaf_size);
    }
}

void axas_walk_free(struct axas_table *table, void *frame, uint64_t size)
{
    const struct axas_hal *hal = table->hal;
    (void)__atomic_fetch_sub(&table->tables, 1, __ATOMIC_RELAXED);
    hal->frame_free(hal->context, axas_hal_phys(hal, frame), size, AXAS_FRAME_TABLE);
}

void axas_gather_init(struct axas_gather *gather, axas_release_fn *release, void *context)
{
    gather->scope = AXAS_INVALIDATE_NONE;
    gather->local = true;
    gather->first = 0;
    gather->last = 0;
    gather->leaf_size = UINT64_MAX;
    gather->release = release;
    gather->context = context;
    gather->count = 0;
}

void axas_gather_note(struct axas_gather *gather, const struct axas_transition *change, uint64_t gpa,
                      uint64_t last, uint64_t leaf_size)
{
    if (change->scope == AXAS_INVALIDATE_NONE) {
        return;
    }
    if (gather->scope == AXAS_INVALIDATE_NONE) {
        gather->first = gpa;
        gather->last = last;
        gather->local = change->local;
        gather->leaf_size = leaf_size;
    } else {
        gather->first = gpa < gather->first ? gpa : gather->first;
        gather->last = last > gather->last ? last : gather->last;
        gather->local = gather->local && change->local;
        gather->leaf_size = leaf_size < gather->leaf_size ? leaf_size : gather->leaf_size;
    }
    if (change->scope > gather->scope) {
        gather->scope = change->scope;
    }
}

void axas_gather_flush(struct axas_table *table, struct axas_gather *gather)
{
    if (gather->scope == AXAS_INVALIDATE_NONE) {
        return;
    }
    uint64_t leaf_size = table->page_size;
    if (gather->leaf_size != UINT64_MAX && gather->leaf_size > leaf_size) {
        leaf_size = gather->leaf_size;
    }
    invalidate(table, gather->scope, gather->local, gather->first, gather->last, leaf_size);
    gather->scope = AXAS_INVALIDATE_NONE;
    gather->leaf_size = UINT64_MAX;
}

void axas_gather_free(struct axas_table *table, struct axas_gather *gather)
{
    /* Freeing what a CPU may still reach is the one thing that must never happen. */
    AXAS_ASSERT(gather->scope == AXAS_INVALIDATE_NONE);
    for (unsigned i = 0; i < gather->count; i++) {
        const struct axas_gathered *item = &gather->item[i];
        if (item->table) {
            axas_walk_free_below(table, item->entry, item->level, item->gpa.raw,
                                 item->gpa.raw + (item->size - 1), item->release, item->context);
        } else {
            item->release(item->context, item->gpa, axas_hpa_of(item->entry), item->size);
        }
    }
    gather->count = 0;
}

static struct axas_gathered *gather_item(struct axas_table *table, struct axas_gather *gather, uint64_t gpa)
{
    if (gather->count == AXAS_GATHER_ITEMS) {
        axas_gather_flush(table, gather);
        axas_gather_free(table, gather);
    }
    struct axas_gathered *item = &gather->item[gather->count++];
    item->gpa = axas_gpa_of(gpa);
    item->release = gather->release;
    item->context = gather->context;
    return item;
}

void axas_gather_table(struct axas_table *table, struct axas_gather *gather, uint64_t gpa, uint64_t last,
                       uint64_t entry, unsigned level)
{
    struct axas_gathered *item = gather_item(table, gather, gpa);
    item->entry = entry;
    item->size = last - gpa + 1;
    item->level = level;
    item->table = true;
}

void axas_gather_memory(struct axas_table *table, struct axas_gather *gather, uint64_t gpa, uint64_t hpa,
                        uint64_t size)
{
    if (gather->release == NULL) {
        return;
    }
    if (gather->count != 0) {
        struct axas_gathered *last = &gather->item[gather->count - 1];
        if (!last->table && last->release == gather->release && last->context == gather->context &&
            last->gpa.raw + last->size == gpa && last->entry + last->size == hpa) {
            last->size += size;
            return;
        }
    }
    struct axas_gathered *item = gather_item(table, gather, gpa);
    item->entry = hpa;
    item->size = size;
    item->level = 0;
    item->table = false;
}
