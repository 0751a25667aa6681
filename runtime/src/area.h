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

/** The area that holds the byte at gpa, or NULL. *piece is room for one that has no record (gap.h). */
const struct axas_area *axas_areas_find(const struct axas_space *space, uint64_t gpa,
                                        struct axas_area *piece);
/** The area that holds gpa, or else the first above it, or NULL. */
const struct axas_area *axas_areas_next(const struct axas_space *space, uint64_t gpa,
                                        struct axas_area *piece);

/**
 * Fills the reserve with what `inserts` further areas may take that begin at the addresses `at`, beside what
 * has to stay there for removals when they are in the tree and `size` bytes (0: none) are new. Makes records
 * for everything: no gap is left. AXAS_ERR_NO_MEMORY: the HAL has no frame, or the tree would outgrow its
 * cap; the reserve keeps what it got (axas_areas_trim).
 */
enum axas_status axas_areas_prepare(struct axas_space *space, const uint64_t *at, unsigned inserts,
                                    uint64_t size);
/** For a removal of [first, last]: takes what the reserve and the HAL have. False only in the case that
 * area.c speaks of. */
bool axas_areas_prepare_removal(struct axas_space *space, uint64_t first, uint64_t last);
/** Gives nodes of the reserve back to the HAL until `keep` are left. */
void axas_areas_trim(struct axas_space *space, uint64_t keep);
/** Ends a change that was made: brings the reserve to its level, as far as the HAL lets it. */
void axas_areas_settle(struct axas_space *space);

/** Adds a new area, which overlaps none. */
void axas_areas_insert(struct axas_space *space, const struct axas_area *area);
/** Takes out the area that begins at gpa. */
void axas_areas_remove(struct axas_space *space, uint64_t gpa);
/** Puts `area` where the one that begins at `gpa` is; it may be smaller, not reach beyond it. */
void axas_areas_replace(struct axas_space *space, uint64_t gpa, const struct axas_area *area);
/** Removes [first, last] from the areas, cutting those that reach beyond it. */
void axas_areas_remove_range(struct axas_space *space, uint64_t first, uint64_t last);
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
