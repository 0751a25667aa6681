/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file layout.h
 * A space that is built and changed at random through its public interface, beside a list of what was asked
 * for: the first of the two predictions (the second is axas_space_query).
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "probe.h"

enum layout_kind { LAYOUT_LINEAR, LAYOUT_EAGER, LAYOUT_LAZY, LAYOUT_TRAP, LAYOUT_HOME };

struct layout_piece {
    enum layout_kind kind;
    uint64_t gpa, size;
    uint64_t hpa; /**< LAYOUT_LINEAR: of the first byte */
    axas_attr attr;
};

#define LAYOUT_PIECES 256
#define LAYOUT_ATTRS 256

struct layout {
    struct axas_hal hal;
    struct axas_space space;
    struct layout_piece piece[LAYOUT_PIECES];
    unsigned count;
    axas_attr attr[LAYOUT_ATTRS]; /**< every one that this CPU supports, with an access bit */
    unsigned attr_count;
    uint64_t page;
    uint64_t budget;     /**< bytes that areas of the allocator may still cover */
    uint64_t leaves;     /**< how many it may have, but for those that splits make */
    unsigned parts;      /**< how many areas were placed, so that they go round all of the root */
    uint64_t touched[2]; /**< the range of the last change */
    void (*about_to_change)(uint64_t gpa, uint64_t size); /**< called before an unmap or a protect */
};

/** The cookie of every trap area. */
extern char layout_cookie;

/** Makes the space and its first areas, and loads it. False: that configuration cannot be had. */
bool layout_build(struct layout *layout, const struct axas_config *config);

/** One change: map, unmap or protect. */
void layout_change(struct layout *layout);

/** The most access to normal memory that the format has a code for: a device fetches nothing. */
axas_attr layout_all_access(const struct axas_table *table);

/** The piece at gpa, or NULL. */
const struct layout_piece *layout_find(const struct layout *layout, uint64_t gpa);

#endif
