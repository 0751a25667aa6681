/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file area.h
 * The areas of a space, kept in a B+ tree of frames. The caller holds the space's lock: the exclusive side
 * for what changes the tree, either side for the rest.
 *
 * Changes come in two steps. axas_areas_prepare puts the nodes aside that a change may take, and may fail;
 * what follows it cannot.
 */
#ifndef AXAS_AREA_H
#define AXAS_AREA_H

#include <axas/space.h>

/** Levels of the tree, leaf nodes included: 2^52 pages need no more, at a third of each node in use. */
#define AXAS_AREAS_HEIGHT 12u

/**
 * A way into the tree, good until the tree changes: step[h] is the node at height h and where it was left;
 * height 0 is the leaf node. One array: GCC 12 at -O2 (-fivopts with -fipa-modref) loses the stores if nodes
 * and indices are an array each.
 */
struct axas_areas_path {
    struct {
        void *node;
        unsigned index;
    } step[AXAS_AREAS_HEIGHT];
};

/** Are these the same but for their range, as parts of one area are? */
static inline bool axas_areas_are_alike(const struct axas_area *one, const struct axas_area *other)
{
    return one->origin.raw == other->origin.raw && one->attr == other->attr && one->flags == other->flags &&
           one->backend == other->backend && one->context == other->context && one->data == other->data;
}

#define AXAS_NO_AREA UINT32_MAX

/** An address in the same page that is no UINT64_MAX, which stands for no address in the tree. */
static inline uint64_t axas_areas_even(uint64_t gpa)
{
    return gpa & ~UINT64_C(1);
}

/**
 * The area that holds the page that the even address gpa is in; AXAS_NO_AREA, and *area undefined, if none
 * does. Gives the accesses (AXAS_READ, ...) for which nobody can be given a page there without a closer look:
 * those that the attribute refuses, and all where the backend gives no memory, where the area is being
 * filled, and where table->page_code has no code for the attribute.
 */
unsigned axas_areas_look_up(const struct axas_space *space, uint64_t gpa, struct axas_area *area);
/** The same for any address, where only the area is of interest. */
static inline bool axas_areas_find(const struct axas_space *space, uint64_t gpa, struct axas_area *area)
{
    return axas_areas_look_up(space, axas_areas_even(gpa), area) != AXAS_NO_AREA;
}
/** The area that holds gpa, or else the first above it; false, and *area as it was, if there is none. */
bool axas_areas_next(const struct axas_space *space, uint64_t gpa, struct axas_area *area);

/** The path to the record of that area; false if there is none. */
bool axas_areas_seek(const struct axas_space *space, uint64_t gpa, struct axas_areas_path *path);
/** After axas_areas_seek for `gpa`: the area, as from axas_areas_next. */
bool axas_areas_read(const struct axas_space *space, const struct axas_areas_path *path, uint64_t gpa,
                     struct axas_area *area);
/** After axas_areas_seek for `gpa`: is it one page that begins there, all of an area, whose memory comes from
 *  a pure backend? */
bool axas_areas_is_page(const struct axas_space *space, const struct axas_areas_path *path, uint64_t gpa);

/**
 * Fills the reserve with what a new area takes, beside what has to stay there for removals when it is in the
 * tree. Makes records for everything: no gap is left. *path leads to where the area belongs.
 * AXAS_ERR_EXISTS: another one is there; nothing was done. AXAS_ERR_NO_MEMORY: the HAL has no frame, or the
 * tree would outgrow its cap; the reserve keeps what it got (axas_areas_trim).
 */
enum axas_status axas_areas_prepare_insert(struct axas_space *space, const struct axas_area *area,
                                           struct axas_areas_path *path);
/** The same for areas that are cut in two at each of the addresses `at` (axas_areas_cut_at). */
enum axas_status axas_areas_prepare_cuts(struct axas_space *space, const uint64_t *at, unsigned cuts);
/** For a removal of [first, last]: takes what the reserve and the HAL have. False only in the case that
 * area.c speaks of. *path is from axas_areas_seek for `first`, which found an area. */
bool axas_areas_prepare_removal(struct axas_space *space, const struct axas_areas_path *path, uint64_t first,
                                uint64_t last);
/** Gives nodes of the reserve back to the HAL until `keep` are left. */
void axas_areas_trim(struct axas_space *space, uint64_t keep);
/** The same after a call failed that began with `keep` and that many frames of gaps. Where it has made
 * records of gaps, what removals need beside those stays too: the gaps' frames were a part of it. */
void axas_areas_put_back(struct axas_space *space, uint64_t keep, uint64_t gap_frames);
/** Ends a change that was made: brings the reserve to its level, as far as the HAL lets it. */
void axas_areas_settle(struct axas_space *space);

/** Adds a new area, for which axas_areas_prepare_insert was called. */
void axas_areas_insert(struct axas_space *space, const struct axas_areas_path *path,
                       const struct axas_area *area);
/** Puts `area` where the one that begins at `gpa` is; it may be smaller, not reach beyond it. */
void axas_areas_replace(struct axas_space *space, uint64_t gpa, const struct axas_area *area);
/** Removes the record that the path leads to. */
void axas_areas_remove(struct axas_space *space, const struct axas_areas_path *path);
/** Removes [first, last] from the areas, cutting those that reach beyond it. *path is from axas_areas_seek
 * for `first`, which found an area. */
void axas_areas_remove_range(struct axas_space *space, struct axas_areas_path *path, uint64_t first,
                             uint64_t last);
/** Makes areas begin and end at the bounds of [first, last], which areas cover. */
void axas_areas_cut_at(struct axas_space *space, uint64_t first, uint64_t last);
/** Makes one of neighbours that were one before: same origin, same everything but the range. */
void axas_areas_join(struct axas_space *space, uint64_t first, uint64_t last);
/** For gap.c: a frame of the reserve, and back to it. */
void *axas_areas_frame_take(struct axas_space *space);
void axas_areas_frame_give(struct axas_space *space, void *frame);
/** Frees every node. The tree is empty, as are the areas. */
void axas_areas_destroy(struct axas_space *space);

#endif
