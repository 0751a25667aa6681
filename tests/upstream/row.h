/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file row.h
 * One test for each mistake that others made, in every format and mode.
 */
#ifndef TESTS_ROW_H
#define TESTS_ROW_H

#include "order.h"
#include "rig.h"

#include <criterion/criterion.h>

#define RW (AXAS_READ | AXAS_WRITE)

/** ROW(name) { body }: a Criterion test whose body runs with each `world`. rig_fail ends it. */
#define ROW(name)                                                                        \
    static void name(const struct world *world, void *context);                          \
    Test(upstream, name)                                                                 \
    {                                                                                    \
        cr_assert(worlds_each(NULL, WORLDS_FEW, name, NULL) != 0, "there is no format"); \
    }                                                                                    \
    static void name(const struct world *world, __attribute__((unused)) void *context)

#endif
