/* SPDX-License-Identifier: Apache-2.0 */
#include "floors.h"

#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))

void floor_fill(const struct tables *tables, uint64_t first, uint64_t step)
{
    uint64_t value = first;
    for (uint64_t t = 0; t < tables->count; t++) {
        uint64_t *entry = tables->table[t];
        for (uint64_t i = 0; i < tables->entries; i++) {
            entry[i] = value;
            value += step;
        }
    }
}

void floor_memset(const struct tables *tables)
{
    for (uint64_t t = 0; t < tables->count; t++) {
        memset(tables->table[t], 0, tables->entries * sizeof(uint64_t));
    }
}

uint64_t floor_scan(const struct tables *tables)
{
    uint64_t all = 0;
    for (uint64_t t = 0; t < tables->count; t++) {
        const uint64_t *entry = tables->table[t];
        for (uint64_t i = 0; i < tables->entries; i++) {
            all |= entry[i];
        }
    }
    return all;
}

void floor_clear_plain(const struct tables *tables, uint64_t bits)
{
    for (uint64_t t = 0; t < tables->count; t++) {
        uint64_t *entry = tables->table[t];
        for (uint64_t i = 0; i < tables->entries; i++) {
            entry[i] &= ~bits;
        }
    }
}

void floor_clear_locked(const struct tables *tables, uint64_t bits)
{
    for (uint64_t t = 0; t < tables->count; t++) {
        uint64_t *entry = tables->table[t];
        for (uint64_t i = 0; i < tables->entries; i++) {
            (void)__atomic_fetch_and(&entry[i], ~bits, __ATOMIC_RELAXED);
        }
    }
}

/* --- Walks --- */

#define MASK_LOW UINT64_C(0x000ffffffffff000)
#define MASK_UP2 UINT64_C(0x003ffffffffffc00)

static bool holds(const struct subject *subject, uint64_t mask, unsigned up)
{
    for (uint64_t hpa = subject->hpa; hpa >= 4096; hpa >>= 1) {
        if ((subject->format->table_make(subject->mode->root_level, hpa) & mask) << up != hpa) {
            return false;
        }
    }
    return true;
}

bool geometry_of(const struct subject *subject, struct geometry *geometry)
{
    const struct axas_level *level = &subject->format->levels[subject->mode->root_level];
    const unsigned levels = subject->mode->level_count;
    for (unsigned l = 0; l < levels; l++) {
        if (level[l].shift != 12 + 9 * (levels - 1 - l) || (l != 0 && level[l].index_bits != 9)) {
            return false;
        }
    }
    geometry->levels = levels;
    geometry->mask = holds(subject, MASK_LOW, 0) ? MASK_LOW : MASK_UP2;
    geometry->up = geometry->mask == MASK_LOW ? 0 : 2;
    return levels >= 3 && levels <= 5 && holds(subject, geometry->mask, geometry->up);
}

/* The entry of the smallest leaf at gpa. `levels` and what follows are constants where this is used. */
ALWAYS uint64_t *slot_of(const struct walked *walked, uint64_t gpa, unsigned levels, uint64_t mask,
                         unsigned up)
{
    uint64_t entry = walked->root[gpa >> (12 + 9 * (levels - 1))];
#define STEP(shift) \
    entry = ((const uint64_t *)(((entry & mask) << up) + walked->offset))[(gpa >> (shift)) & 511]
    if (levels > 4) {
        STEP(39);
    }
    if (levels > 3) {
        STEP(30);
    }
    STEP(21);
#undef STEP
    return (uint64_t *)(((entry & mask) << up) + walked->offset) + ((gpa >> 12) & 511);
}

ALWAYS uint64_t walk(const struct walked *walked, unsigned levels, uint64_t mask, unsigned up)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < walked->count; i++) {
        const uint64_t gpa = walked->address[i];
        sum += ((*slot_of(walked, gpa, levels, mask, up) & mask) << up) | (gpa & 4095);
    }
    return sum;
}

ALWAYS uint64_t walk_chain(const struct walked *walked, unsigned levels, uint64_t mask, unsigned up)
{
    uint64_t sum = 0, last = 0;
    for (uint64_t i = 0; i < walked->count; i++) {
        __asm__ volatile("" : "+r"(last)); /* or the compiler would know that the next line adds nothing */
        const uint64_t gpa = walked->address[i] + (last >> 63);
        last = ((*slot_of(walked, gpa, levels, mask, up) & mask) << up) | (gpa & 4095);
        sum += last;
    }
    return sum;
}

ALWAYS uint64_t store(const struct walked *walked, unsigned levels, uint64_t mask, unsigned up,
                      uint64_t first)
{
    for (uint64_t i = 0; i < walked->count; i++) {
        const uint64_t gpa = walked->address[i];
        *slot_of(walked, gpa, levels, mask, up) = first + (gpa >> up);
    }
    return 0;
}

ALWAYS uint64_t swap(const struct walked *walked, unsigned levels, uint64_t mask, unsigned up, uint64_t first,
                     uint64_t empty)
{
    for (uint64_t i = 0; i < walked->count; i++) {
        const uint64_t gpa = walked->address[i];
        uint64_t expected = empty;
        (void)__atomic_compare_exchange_n(slot_of(walked, gpa, levels, mask, up), &expected,
                                          first + (gpa >> up), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    return 0;
}

/* A copy of `body` with constants for each shape that geometry_of knows. */
#define WITH_CONSTANTS(body, ...)                         \
    switch (geometry->levels * 2 + (geometry->up != 0)) { \
    case 3 * 2:                                           \
        return body(walked, 3, MASK_LOW, 0 __VA_ARGS__);  \
    case 4 * 2:                                           \
        return body(walked, 4, MASK_LOW, 0 __VA_ARGS__);  \
    case 5 * 2:                                           \
        return body(walked, 5, MASK_LOW, 0 __VA_ARGS__);  \
    case 3 * 2 + 1:                                       \
        return body(walked, 3, MASK_UP2, 2 __VA_ARGS__);  \
    case 4 * 2 + 1:                                       \
        return body(walked, 4, MASK_UP2, 2 __VA_ARGS__);  \
    default:                                              \
        return body(walked, 5, MASK_UP2, 2 __VA_ARGS__);  \
    }
#define AND(...) , __VA_ARGS__

uint64_t floor_walk(const struct geometry *geometry, const struct walked *walked){WITH_CONSTANTS(walk, )}

uint64_t floor_walk_chain(const struct geometry *geometry, const struct walked *walked)
{
    WITH_CONSTANTS(walk_chain, )
}

static uint64_t store_with(const struct geometry *geometry, const struct walked *walked, uint64_t first)
{
    WITH_CONSTANTS(store, AND(first))
}

static uint64_t swap_with(const struct geometry *geometry, const struct walked *walked, uint64_t first,
                          uint64_t empty)
{
    WITH_CONSTANTS(swap, AND(first, empty))
}

void floor_store(const struct geometry *geometry, const struct walked *walked, uint64_t first)
{
    (void)store_with(geometry, walked, first);
}

void floor_swap(const struct geometry *geometry, const struct walked *walked, uint64_t first, uint64_t empty)
{
    (void)swap_with(geometry, walked, first, empty);
}

const void *floor_chase(const void *at, unsigned loads, uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        for (unsigned l = 0; l < loads; l++) {
            at = *(const void *const *)at;
        }
    }
    return at;
}

uint64_t floor_find(const uint64_t *keys, uint64_t count, uint64_t key)
{
    uint64_t low = 0;
    while (count > 1) {
        const uint64_t half = count / 2;
        low = keys[low + half] <= key ? low + half : low;
        count -= half;
    }
    return low;
}
