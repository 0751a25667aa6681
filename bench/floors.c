/* SPDX-License-Identifier: Apache-2.0 */
#include "floors.h"

#include <string.h>

void floor_memset(const struct runs *runs, uint64_t entry_bytes)
{
    for (uint64_t r = 0; r < runs->count; r++) {
        memset(runs->run[r].at, 0, runs->run[r].count * entry_bytes);
    }
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
