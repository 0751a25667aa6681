/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file expected.h
 * What has to happen when this guest runs, in order, and whether it did. Every deviation is printed with what
 * was expected instead.
 */
#ifndef EXPECTED_H
#define EXPECTED_H

#include <axas/fault.h>

/** A fault was answered that way. */
void expect_fault(const struct axas_fault *fault, enum axas_fault_result result);

/** The guest reports what became of an access (guest.h). */
void expect_report(uint64_t outcome, uint64_t value);

/** The guest ended: nothing is missing. */
void expect_end(void);

/** A plain check beside the list. */
void expect_equal(const char *what, uint64_t got, uint64_t wanted);

/** Something happened that never should. */
void expect_never(const char *what);

unsigned expect_checks(void);
unsigned expect_deviations(void);

#endif
