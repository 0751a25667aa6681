/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

int main(void)
{
    volatile unsigned char *bytes = malloc(16);
    if (bytes != NULL) {
        bytes[0] = 1;
    }
    bytes = NULL;
    return 0;
}
