/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hgatp.h
 * A hart's hgatp, for tests of what is asked of it.
 */
#ifndef AXAS_TESTS_HGATP_H
#define AXAS_TESTS_HGATP_H

#include "golden.h"

/* A root register that keeps of its modes those of a list, as hgatp does (18.2.10): what is written with
 * another mode changes nothing but the rest of it. */
struct golden_hgatp {
    unsigned shift; /* of the mode's field, which goes up to the register's end */
    uint64_t modes; /* bit n: mode n is kept */
    uint64_t held;
    unsigned calls;
};

static inline uint64_t golden_hgatp_probe(void *context, unsigned number, uint64_t value)
{
    struct golden_hgatp *hgatp = context;
    const uint64_t before = hgatp->held, mode = value >> hgatp->shift;
    cr_expect_eq(number, 0, "the only root register");
    cr_expect_eq(value, mode << hgatp->shift, "a probe has no root and no VMID: 0x%" PRIx64, value);
    hgatp->calls++;
    hgatp->held = mode < 64 && (hgatp->modes >> mode & 1) != 0 ? value : 0;
    const uint64_t read = hgatp->held | 1;
    hgatp->held = before;
    return read;
}

#endif
