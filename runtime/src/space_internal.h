/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file space_internal.h
 * What the files of the space share. Not installed.
 */
#ifndef AXAS_SPACE_INTERNAL_H
#define AXAS_SPACE_INTERNAL_H

#include <axas/space.h>

#include "area.h"

/** The last byte of a range that is not empty. */
static inline uint64_t axas_last(axas_gpa gpa, uint64_t size)
{
    return gpa.raw + (size - 1);
}

/** axas_space_contains. */
static inline bool axas_contains(const struct axas_space *space, axas_gpa gpa, uint64_t size)
{
    uint64_t offset = gpa.raw - space->base.raw;
    return size != 0 && offset < space->size && size - 1 < space->size - offset;
}

/** The reader slot for a call that does not say which: this CPU's own. */
static inline unsigned axas_space_reader(const struct axas_space *space)
{
    const struct axas_hal *hal = space->table.hal;
    return hal->reader_slot != NULL ? hal->reader_slot(hal->context) : 0;
}

/** Takes the exclusive side. */
static inline axas_lock_state axas_space_hold(struct axas_space *space)
{
    const axas_lock_state state = axas_lock_write(&space->lock);
    space->holds++;
    return state;
}

/** Where a fault found the entry of a page: the next one of the same vCPU is mostly in the same area, and in
 *  the same table. */
struct axas_last_page {
    uint64_t holds; /**< the space's then; 0: nothing is noted */
    uint64_t gpa;
    void *slot;
    struct axas_area area; /**< its backend gives memory */
};

/** A table of smallest leaves that was found, or a larger leaf; it holds as notes do. */
struct axas_last_leaf {
    uint64_t gpa, size; /**< what it covers; 0 bytes: nothing is noted */
    const void *first;  /**< the table's first slot for that; NULL: a larger leaf */
    uint64_t distance;  /**< of a larger leaf, from guest to host address */
};

/** Where a copy was: memory whose bytes the host may move. */
struct axas_last_copy {
    uint64_t holds; /**< as above */
    uint64_t gpa, size;
    axas_attr attr;
    struct axas_last_leaf leaf;
};

/** What a reader keeps in its slot for its next call. It holds with the shared side held, until somebody has
 *  held the lock alone. */
struct axas_notes {
    struct axas_last_page fault;
    struct axas_last_copy copy;
    struct axas_invalidation faulted; /**< what ended its last fault; zero before the first */
};

#ifndef AXAS_CUSTOM_LOCK
_Static_assert(sizeof(struct axas_notes) <= AXAS_LOCK_NOTES_BYTES, "a reader's slot has room for them");
#endif

/** What a guest address resolves to; valid while the lock is held. */
struct axas_place {
    bool in_area;
    struct axas_area area; /**< undefined if it is in none */
    struct axas_leaf leaf; /**< the leaf, held leaf or hole */
};

/**
 * With either side of the lock held. AXAS_OK: a leaf or held leaf is there (place->leaf.kind tells).
 * AXAS_ERR_NOT_MAPPED: a hole, place->leaf says where it begins and ends; place->in_area tells whether an
 * area is. AXAS_ERR_RANGE: outside the space. AXAS_ERR_CORRUPT.
 */
enum axas_status axas_space_locate(const struct axas_space *space, axas_gpa gpa, struct axas_place *place);

/**
 * Takes no lock before, the shared side inside. Makes memory be there for the page at gpa, as a fault with
 * `access` (0: any) would, without the invalidation that ends a fault. *hpa is written for RESOLVED and
 * SPURIOUS (then both mean: it is there), *area for TRAP and DENIED; `cache` may be NULL. While
 * axas_space_map is still filling the area a page that is not there yet is SPURIOUS with AXAS_NO_HPA: try
 * later.
 */
enum axas_fault_result axas_space_populate(struct axas_space *space, axas_gpa gpa, axas_attr access,
                                           unsigned reader, struct axas_cache *cache, axas_hpa *hpa,
                                           struct axas_area *area);

/** Outside the lock: brings memory to all of an area that is being filled. Whatever came before a failure
 *  stays for the caller to remove. */
enum axas_status axas_space_fill(struct axas_space *space, const struct axas_area *area, uint64_t generation);

/** True if `attr` allows every access in `access`; an unknown access (0) asks for any at all. */
static inline bool axas_allows(axas_attr attr, axas_attr access)
{
    return access == 0 ? (attr & AXAS_ACCESS_MASK) != 0 : (access & ~attr & AXAS_ACCESS_MASK) == 0;
}

#endif
