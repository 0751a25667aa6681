/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config.h
 * The host's habits, as one optional header named at build time (AXAS_CONFIG_HEADER).
 *
 * The build's option of that name copies the header to <axas/site_config.h> beside the others, so that
 * whoever uses the library compiles with what it was built with. Without the build system, define
 * AXAS_CONFIG_HEADER as the header's name in quotes or angle brackets. The header must define
 * AXAS_CONFIG_TAG, an identifier of its own, and may define AXAS_DIRECT_MAP_OFFSET (hal.h), what lock.h
 * lists, and the macros below.
 */
#ifndef AXAS_CONFIG_H
#define AXAS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(AXAS_CONFIG_HEADER)
#include AXAS_CONFIG_HEADER
#ifndef AXAS_CONFIG_TAG
#error "the configuration header must define AXAS_CONFIG_TAG, an identifier of its own"
#endif
#elif defined(__has_include)
#if __has_include(<axas/site_config.h>)
#include <axas/site_config.h>
#endif
#endif

/** Names the configuration; without a header it is `default`. */
#ifndef AXAS_CONFIG_TAG
#define AXAS_CONFIG_TAG default
#endif

/**
 * Follows the declaration of a function that every user needs: the tag becomes part of its symbol, so that
 * code compiled with another configuration than the library's does not link, and the linker names the tag.
 */
#define AXAS_CONFIG_CHECKED(name) \
    __asm__(AXAS_STRING(__USER_LABEL_PREFIX__) #name ".axas_config_is_" AXAS_STRING(AXAS_CONFIG_TAG))
#define AXAS_STRING(word) AXAS_STRING_OF(word)
#define AXAS_STRING_OF(word) #word

/** Whether this CPU loads and stores 8 bytes in one access, as entries of that size ask for. */
#define AXAS_CPU_MOVES_8_BYTES __atomic_always_lock_free(8, NULL)

/** Whether the library makes contiguous groups, where the features have them: the build's option
 * AXAS_CONTIGUOUS. */
#ifndef AXAS_CONTIGUOUS
#define AXAS_CONTIGUOUS 1
#endif

/** Called with each store to a table, before it is made (a compare-and-swap: once it succeeded). An
 * expression: AXAS_ON_STORE(slot, value, bytes). AXAS_STORES_ARE_WATCHED, one too, may say that at the moment
 * nobody listens: then an instruction may fill a table that nothing links yet, without a call for each. */
#ifndef AXAS_ON_STORE
#define AXAS_ON_STORE(slot, value, bytes) ((void)0)
#define AXAS_STORES_ARE_WATCHED 0
#elif !defined(AXAS_STORES_ARE_WATCHED)
#define AXAS_STORES_ARE_WATCHED 1
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
