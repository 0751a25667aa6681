/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attributes.h
 * Memory attributes on CPUs that show them. With HCR.DC the guest's first stage says "normal, write-back" for
 * everything, so that what is left in PAR is the second stage's part (DDI 0487J.a, D8.6.6; D8.6.7 with
 * FEAT_S2FWB; DDI 0406C.d, B3.8). What is expected is written by hand from the manual; each architecture's
 * attributes.c.
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include "probe.h"

struct attributes_expected {
    const char *name;
    axas_attr type;
    bool with_fwb, without_fwb; /**< offered with forced write-back, and without */
    uint8_t attr, shareability; /**< as PAR has them */
};
extern const struct attributes_expected attributes_expected[];
extern const unsigned attributes_count;

#define ATTRIBUTES_OUTER_SHAREABLE 2
#define ATTRIBUTES_INNER_SHAREABLE 3

/** Turns HCR.DC on or off. */
void attributes_default_cacheable(bool on);

/** PAR after a translation of both stages for a read at EL1. */
uint64_t attributes_translate(axas_gpa gpa);

#endif
