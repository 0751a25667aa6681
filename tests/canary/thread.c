/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stddef.h>

/* Volatile, or the loop would be one addition, which two threads may do at once without either being seen. */
static volatile unsigned counter;

static void *count(void *argument)
{
    for (unsigned i = 0; i < 1000; i++) { /* of 100000 one run in 1000 was not told */
        counter++;
    }
    return argument;
}

int main(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, count, NULL) != 0) {
        return 0;
    }
    (void)count(NULL);
    (void)pthread_join(thread, NULL);
    return 0;
}
