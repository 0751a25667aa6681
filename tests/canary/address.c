/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

int main(void)
{
    const size_t size = 16;
    volatile unsigned char *bytes = malloc(size);
    if (bytes == NULL) {
        return 0;
    }
    bytes[size] = 1;
    free((void *)(size_t)bytes);
    return 0;
}
