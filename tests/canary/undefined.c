/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

int main(void)
{
    volatile int number = INT_MAX;
    number = number + 1;
    return 0;
}
