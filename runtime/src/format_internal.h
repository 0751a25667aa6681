/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file format_internal.h
 * What the files that read the description of a format share. Not installed.
 */
#ifndef AXAS_FORMAT_INTERNAL_H
#define AXAS_FORMAT_INTERNAL_H

#include <axas/format.h>

/** One unmap splits at most one leaf of each level at each end of its range. */
#define AXAS_RESERVE_PER_LEVEL 2u

/** Are the two names the same? */
static inline bool axas_same(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

/** The level of the smallest leaves, where every mode ends. */
static inline unsigned axas_last_level(const struct axas_format *format)
{
    return format->level_count - 1u;
}

/** The smaller of two widths, of which 0 is unknown. */
static inline uint8_t axas_narrower(uint8_t one, uint8_t other)
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

#endif
