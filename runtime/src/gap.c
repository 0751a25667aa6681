/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gaps are rare and short-lived: they come while the HAL has no frame, and go as soon as it has. So the
 * frames of the stretches are a list, in the order of their addresses, and none is in it without a gap.
 */
#include "gap.h"
#include "area.h"

#define WORDS (unsigned)(AXAS_STRETCH_PAGES / 64)

struct axas_stretch {
    struct axas_stretch *next;
    _Alignas(8) uint64_t number; /* not all CPUs ask for that */
    uint64_t unused[6];
    uint64_t bits[WORDS];
};

_Static_assert(AXAS_STRETCH_PAGES % 64 == 0 && sizeof(struct axas_stretch) == AXAS_FRAME_SIZE,
               "a stretch is a frame");

/* The first, or downward the last, page at or behind `from` whose bit is `bit`; AXAS_NO_PAGE: none. */
static uint64_t scan(const struct axas_stretch *stretch, uint64_t from, bool bit, bool down)
{
    const uint64_t skip = bit ? 0 : UINT64_MAX;
    while (from < AXAS_STRETCH_PAGES) { /* below zero is far above */
        uint64_t word = stretch->bits[from / 64];
        if (word == skip) {
            from = down ? (from & ~UINT64_C(63)) - 1 : (from | 63) + 1;
        } else if ((word >> (from % 64) & 1) == bit) {
            return stretch->number * AXAS_STRETCH_PAGES + from;
        } else {
            from = down ? from - 1 : from + 1;
        }
    }
    return AXAS_NO_PAGE;
}

/* The stretch of that number or the next one above. */
static const struct axas_stretch *stretch_from(const struct axas_space *space, uint64_t number)
{
    const struct axas_stretch *stretch = space->areas.gaps;
    while (stretch != NULL && stretch->number < number) {
        stretch = stretch->next;
    }
    return stretch;
}

uint64_t axas_gap_above(const struct axas_space *space, uint64_t page)
{
    const struct axas_stretch *stretch = stretch_from(space, page / AXAS_STRETCH_PAGES);
    uint64_t found = AXAS_NO_PAGE;
    if (stretch != NULL && stretch->number == page / AXAS_STRETCH_PAGES) {
        found = scan(stretch, page % AXAS_STRETCH_PAGES, true, false);
        stretch = stretch->next;
    }
    return found == AXAS_NO_PAGE && stretch != NULL ? scan(stretch, 0, true, false) : found;
}

uint64_t axas_gap_below(const struct axas_space *space, uint64_t page)
{
    uint64_t number = page / AXAS_STRETCH_PAGES;
    uint64_t found = AXAS_NO_PAGE;
    const struct axas_stretch *below = NULL;
    const struct axas_stretch *stretch = space->areas.gaps;
    for (; stretch != NULL && stretch->number < number; stretch = stretch->next) {
        below = stretch;
    }
    if (stretch != NULL && stretch->number == number) {
        found = scan(stretch, page % AXAS_STRETCH_PAGES, true, true);
    }
    return found == AXAS_NO_PAGE && below != NULL ? scan(below, AXAS_STRETCH_PAGES - 1, true, true) : found;
}

uint64_t axas_gap_end(const struct axas_space *space, uint64_t page)
{
    const struct axas_stretch *stretch = stretch_from(space, page / AXAS_STRETCH_PAGES);
    while (stretch != NULL && stretch->number == page / AXAS_STRETCH_PAGES) {
        uint64_t found = scan(stretch, page % AXAS_STRETCH_PAGES, false, false);
        if (found != AXAS_NO_PAGE) {
            return found;
        }
        page = (stretch->number + 1) * AXAS_STRETCH_PAGES;
        stretch = stretch->next;
    }
    return page;
}

uint64_t axas_gap_begin(const struct axas_space *space, uint64_t page)
{
    for (;;) {
        uint64_t number = page / AXAS_STRETCH_PAGES;
        const struct axas_stretch *stretch = stretch_from(space, number);
        if (stretch == NULL || stretch->number != number) {
            return page;
        }
        uint64_t found = scan(stretch, page % AXAS_STRETCH_PAGES, false, true);
        if (found != AXAS_NO_PAGE) {
            return found;
        }
        page = number * AXAS_STRETCH_PAGES - 1;
    }
}

uint64_t axas_gap_frames(const struct axas_space *space, uint64_t first, uint64_t last)
{
    uint64_t frames = last / AXAS_STRETCH_PAGES - first / AXAS_STRETCH_PAGES + 1;
    const struct axas_stretch *stretch = stretch_from(space, first / AXAS_STRETCH_PAGES);
    for (; stretch != NULL && stretch->number <= last / AXAS_STRETCH_PAGES; stretch = stretch->next) {
        frames--;
    }
    return frames;
}

/* How many there are in [first, last]. */
static uint64_t gaps_in(const struct axas_space *space, uint64_t first, uint64_t last)
{
    uint64_t count = 0;
    for (uint64_t at = axas_gap_above(space, first); at <= last; at = axas_gap_above(space, at)) {
        at = axas_gap_end(space, at);
        count++;
    }
    return count;
}

/* Gives the pages of [first, last] that are in the stretch that bit. */
static void fill(struct axas_stretch *stretch, uint64_t first, uint64_t last, bool bit)
{
    uint64_t start = stretch->number * AXAS_STRETCH_PAGES;
    uint64_t from = first > start ? first - start : 0;
    uint64_t to = last - start < AXAS_STRETCH_PAGES ? last - start : AXAS_STRETCH_PAGES - 1;
    for (uint64_t at = from; at <= to; at = (at | 63) + 1) {
        uint64_t mask = UINT64_MAX << (at % 64);
        if ((at | 63) > to) {
            mask &= UINT64_MAX >> (63 - to % 64);
        }
        uint64_t *word = &stretch->bits[at / 64];
        *word = bit ? *word | mask : *word & ~mask;
    }
}

void axas_gap_add(struct axas_space *space, uint64_t first, uint64_t last)
{
    space->areas.gap_count += 1 - gaps_in(space, first, last);
    struct axas_stretch **link = &space->areas.gaps;
    for (uint64_t number = first / AXAS_STRETCH_PAGES; number <= last / AXAS_STRETCH_PAGES; number++) {
        while (*link != NULL && (*link)->number < number) {
            link = &(*link)->next;
        }
        if (*link == NULL || (*link)->number != number) {
            struct axas_stretch *made = (struct axas_stretch *)axas_areas_frame_take(space);
            __builtin_memset(made, 0, sizeof *made);
            made->number = number;
            made->next = *link;
            *link = made;
            space->areas.gap_frames++;
        }
        fill(*link, first, last, true);
    }
}

void axas_gap_remove(struct axas_space *space, uint64_t first, uint64_t last)
{
    space->areas.gap_count -= gaps_in(space, first, last);
    struct axas_stretch **link = &space->areas.gaps;
    while (*link != NULL && (*link)->number < first / AXAS_STRETCH_PAGES) {
        link = &(*link)->next;
    }
    while (*link != NULL && (*link)->number <= last / AXAS_STRETCH_PAGES) {
        struct axas_stretch *stretch = *link;
        fill(stretch, first, last, false);
        if (scan(stretch, 0, true, false) == AXAS_NO_PAGE) {
            *link = stretch->next;
            space->areas.gap_frames--;
            axas_areas_frame_give(space, stretch);
        } else {
            link = &stretch->next;
        }
    }
}
