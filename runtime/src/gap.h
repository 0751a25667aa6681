/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gap.h
 * Gaps: pages that were removed although the record of an area goes on across them, because no record for
 * the piece behind them could be had (area.c). A bit for each page, in one frame for each stretch of guest
 * addresses that has a gap. The caller holds the space's lock: the exclusive side for what changes gaps.
 *
 * All pages are numbers, counted from address 0 in pages of the space.
 */
#ifndef AXAS_GAP_H
#define AXAS_GAP_H

#include <axas/space.h>

/** Pages of a stretch: a frame's bits, but for its first 64 bytes. */
#define AXAS_STRETCH_PAGES UINT64_C(32256)
/** No page has this number. */
#define AXAS_NO_PAGE UINT64_MAX

/** The number of the page at gpa. */
static inline uint64_t axas_page_of(const struct axas_space *space, uint64_t gpa)
{
    return gpa >> space->table.page_shift;
}

/** The number of the stretch that gpa is in. */
static inline uint64_t axas_stretch_of(const struct axas_space *space, uint64_t gpa)
{
    return axas_page_of(space, gpa) / AXAS_STRETCH_PAGES;
}

/** The first page of a gap at or above, at or below `page`, or AXAS_NO_PAGE. */
uint64_t axas_gap_above(const struct axas_space *space, uint64_t page);
uint64_t axas_gap_below(const struct axas_space *space, uint64_t page);
/** The first page at or above `page` that is in no gap. */
uint64_t axas_gap_end(const struct axas_space *space, uint64_t page);
/** The last page at or below `page` that is in no gap; the first page of all must be in none. */
uint64_t axas_gap_begin(const struct axas_space *space, uint64_t page);

/** How many frames axas_gap_add takes for [first, last]. */
uint64_t axas_gap_frames(const struct axas_space *space, uint64_t first, uint64_t last);
/** Makes [first, last] one gap; no gap may adjoin it or cross its ends. */
void axas_gap_add(struct axas_space *space, uint64_t first, uint64_t last);
/** Makes an end of all gaps in [first, last]; none may cross its ends. Frees what frames that leaves empty.
 */
void axas_gap_remove(struct axas_space *space, uint64_t first, uint64_t last);

#endif
