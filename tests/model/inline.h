/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file inline.h
 * The walks of axas/inline.h of every mode in the build as functions, for tests that are written for all
 * modes.
 */
#ifndef AXAS_TESTS_INLINE_H
#define AXAS_TESTS_INLINE_H

#include <axas/table.h>

/** One mode's. Each makes a walker of the table, which may be of any mode, and calls the function of it. */
struct inline_walks {
    const char *format, *mode;
    enum axas_status (*translate)(struct axas_table *table, axas_gpa gpa, axas_hpa *hpa);
    enum axas_status (*map_page)(struct axas_table *table, axas_gpa gpa, axas_hpa hpa, axas_attr attr);
    enum axas_status (*map_scattered_page)(struct axas_table *table, axas_gpa gpa, axas_hpa hpa,
                                           axas_attr attr);
    enum axas_status (*install_page)(struct axas_table *table, axas_gpa gpa, axas_hpa hpa, axas_attr attr,
                                     struct axas_pool *pool);
};

/** Ends with one that has no format. */
extern const struct inline_walks inline_walks[];

/** Those of that mode, which is in the build. */
const struct inline_walks *inline_walks_of(const struct axas_format *format, const struct axas_mode *mode);

#endif
