/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <limits.h>

Test(canary, undefined)
{
    volatile int number = INT_MAX;
    number = number + 1;
}
