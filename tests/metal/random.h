/* SPDX-License-Identifier: Apache-2.0 */
/** @file random.h
 * Numbers that a seed repeats (SplitMix64). */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

extern uint64_t random_state;

static inline uint64_t random_word(void)
{
    uint64_t word = random_state += UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

/** One of 0 to count - 1; count is not 0. */
static inline uint64_t random_below(uint64_t count)
{
    return random_word() % count;
}

#endif
