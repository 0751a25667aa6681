/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stddef.h>

static unsigned counter;

static void *count(void *argument)
{
    for (unsigned i = 0; i < 100000; i++) {
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
