/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(canary, address)
{
    const size_t size = 16;
    volatile unsigned char *bytes = malloc(size);
    cr_assert(bytes != NULL);
    bytes[size] = 1;
    free((void *)(size_t)bytes);
}
