/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hosted_config.h
 * A configuration header (AXAS_CONFIG_HEADER) for a library that tells the hosted HAL of each store to a
 * table, so that a test can check the order of stores, barriers and invalidations. Without an arena that
 * records, a store costs one load more.
 */
#ifndef AXAS_HOSTED_CONFIG_H
#define AXAS_HOSTED_CONFIG_H

#include <stdint.h>

#define AXAS_CONFIG_TAG hosted

#ifdef __cplusplus
extern "C" {
#endif

/** How many arenas record at the moment. */
extern unsigned axas_hosted_recording;

/** Adds a store to the record of the arena that the slot is in, if that arena records. */
void axas_hosted_note_store(const void *slot, uint64_t value, unsigned bytes);

#ifdef __cplusplus
}
#endif

#define AXAS_STORES_ARE_WATCHED (__atomic_load_n(&axas_hosted_recording, __ATOMIC_RELAXED) != 0)
#define AXAS_ON_STORE(slot, value, bytes) \
    (AXAS_STORES_ARE_WATCHED ? axas_hosted_note_store((slot), (uint64_t)(value), (unsigned)(bytes)) : (void)0)

#endif
