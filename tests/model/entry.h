/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file entry.h
 * Entries of tables in memory, read and written without the walkers. The tests run on little-endian hosts.
 */
#ifndef TESTS_ENTRY_H
#define TESTS_ENTRY_H

#include <axas/format.h>

#include <string.h>

/** A word as memory has it, with its bits as the format counts them; and the other way round. */
static inline uint64_t entry_in_order(const struct axas_format *format, uint64_t word)
{
    if (!format->big_endian) {
        return word;
    }
    return format->entry_bytes == 4 ? __builtin_bswap32((uint32_t)word) : __builtin_bswap64(word);
}

static inline uint64_t entry_read(const struct axas_format *format, const void *slot)
{
    uint64_t word;
    if (format->entry_bytes == 4) {
        uint32_t narrow;
        memcpy(&narrow, slot, 4);
        word = narrow;
    } else {
        memcpy(&word, slot, 8);
    }
    return entry_in_order(format, word);
}

static inline void entry_write(const struct axas_format *format, void *slot, uint64_t entry)
{
    uint64_t word = entry_in_order(format, entry);
    memcpy(slot, &word, format->entry_bytes);
}

#endif
