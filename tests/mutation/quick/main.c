/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

struct quick_test *quick_tests;

int main(void)
{
    if (quick_tests == NULL) {
        printf("no tests\n");
        return 1;
    }
    for (const struct quick_test *test = quick_tests; test != NULL; test = test->next) {
        test->body();
    }
    return 0;
}
