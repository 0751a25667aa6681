/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    return memmove(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if ((uintptr_t)target <= (uintptr_t)source) {
        for (size_t i = 0; i < size; i++) {
            target[i] = source[i];
        }
    } else {
        for (size_t i = size; i > 0; i--) {
            target[i - 1] = source[i - 1];
        }
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    uint8_t *target = to;
    const uint64_t word = (uint8_t)byte * UINT64_C(0x0101010101010101);
    size_t i = 0;
    for (; i < size && ((uintptr_t)(target + i) & 7) != 0; i++) {
        target[i] = (uint8_t)byte;
    }
    for (; size - i >= 8; i += 8) {
        *(uint64_t *)(void *)(target + i) = word;
    }
    for (; i < size; i++) {
        target[i] = (uint8_t)byte;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t size)
{
    const uint8_t *a = one, *b = other;
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}
