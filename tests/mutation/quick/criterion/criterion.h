/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file criterion.h
 * As much of Criterion as the golden tests use, for mutants: all tests in one process, which ends at the
 * first check that fails. Criterion starts a process for each test, which takes longer than the rest of a
 * mutant.
 */
#ifndef AXAS_TESTS_MUTATION_CRITERION_H
#define AXAS_TESTS_MUTATION_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct quick_test {
    void (*body)(void);
    struct quick_test *next;
};

/** The tests of the program. */
extern struct quick_test *quick_tests;

#define Test(suite, name)                                               \
    static void suite##_##name(void);                                   \
    __attribute__((constructor)) static void add_##suite##_##name(void) \
    {                                                                   \
        static struct quick_test test = {.body = suite##_##name};       \
        test.next = quick_tests;                                        \
        quick_tests = &test;                                            \
    }                                                                   \
    static void suite##_##name(void)

/* The text says what the check was, and what the test says of it, if anything. */
#define QUICK_FAIL(what, ...)                            \
    do {                                                 \
        printf("%s:%d: %s: ", __FILE__, __LINE__, what); \
        printf("" __VA_ARGS__);                          \
        printf("\n");                                    \
        exit(1);                                         \
    } while (0)
#define QUICK_CHECK(condition, what, ...)  \
    do {                                   \
        if (!(condition)) {                \
            QUICK_FAIL(what, __VA_ARGS__); \
        }                                  \
    } while (0)

#define cr_assert_fail(...) QUICK_FAIL("failed", __VA_ARGS__)
#define cr_expect(value, ...) QUICK_CHECK(value, #value, __VA_ARGS__)
#define cr_expect_not(value, ...) QUICK_CHECK(!(value), "not " #value, __VA_ARGS__)
#define cr_expect_null(value, ...) QUICK_CHECK((value) == NULL, #value " is NULL", __VA_ARGS__)
#define cr_expect_not_null(value, ...) QUICK_CHECK((value) != NULL, #value " is not NULL", __VA_ARGS__)
#define cr_expect_eq(a, b, ...) QUICK_CHECK((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) QUICK_CHECK((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) QUICK_CHECK((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) QUICK_CHECK((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) QUICK_CHECK((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) QUICK_CHECK((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) QUICK_CHECK(strcmp(a, b) == 0, #a " is " #b, __VA_ARGS__)
#define cr_assert cr_expect
#define cr_assert_not_null cr_expect_not_null
#define cr_assert_eq cr_expect_eq
#define cr_assert_neq cr_expect_neq
#define cr_assert_lt cr_expect_lt

#endif
