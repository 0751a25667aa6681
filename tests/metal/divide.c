/* SPDX-License-Identifier: Apache-2.0 */
/* The division of 64 bits that compilers for 32 bits leave to a library of theirs. */
#include <stdint.h>

uint64_t __udivmoddi4(uint64_t number, uint64_t by, uint64_t *rest);
uint64_t __udivdi3(uint64_t number, uint64_t by);
uint64_t __umoddi3(uint64_t number, uint64_t by);

uint64_t __udivmoddi4(uint64_t number, uint64_t by, uint64_t *rest)
{
    uint64_t quotient = 0, left = 0;
    for (int bit = 63; bit >= 0; bit--) {
        const uint64_t carry = left >> 63;
        left = left << 1 | (number >> bit & 1);
        if (carry != 0 || left >= by) {
            left -= by;
            quotient |= UINT64_C(1) << bit;
        }
    }
    *rest = left;
    return quotient;
}

uint64_t __udivdi3(uint64_t number, uint64_t by)
{
    uint64_t rest;
    return __udivmoddi4(number, by, &rest);
}

uint64_t __umoddi3(uint64_t number, uint64_t by)
{
    uint64_t rest;
    (void)__udivmoddi4(number, by, &rest);
    return rest;
}
