/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config.h
 * The host's habits, as one optional header named at build time (AXAS_CONFIG_HEADER).
 */
#ifndef AXAS_CONFIG_H
#define AXAS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef AXAS_CONFIG_HEADER
#include AXAS_CONFIG_HEADER
#endif

/** Called with each store to a table, before it is made: AXAS_ON_STORE(slot, value, bytes). */
#ifndef AXAS_ON_STORE
#define AXAS_ON_STORE(slot, value, bytes) ((void)0)
#endif

/** Something that the library itself must have got wrong. */
#ifndef AXAS_ASSERT
#define AXAS_ASSERT(condition) \
    do {                       \
        if (!(condition)) {    \
            __builtin_trap();  \
        }                      \
    } while (0)
#endif

#endif
