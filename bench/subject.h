/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file subject.h
 * One mode of one format, and the ranges that it is measured with.
 */
#ifndef AXAS_BENCH_SUBJECT_H
#define AXAS_BENCH_SUBJECT_H

#include "floors.h"
#include "hal.h"
#include "ways.h"

#include <axas/space.h>
#include <axas/table.h>

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)
#define RW (AXAS_READ | AXAS_WRITE)

struct subject {
    const struct axas_format *format;
    const struct axas_mode *mode;
    const struct floors *floors;
    const struct way *inline_way;
    uint64_t features;
    uint64_t page, large; /* the smallest leaf and the next one, bytes; large is 0 if there is none */
    uint64_t limit;       /* first address above the range */
    uint64_t hpa;         /* of memory that only entries speak of: aligned to more than any leaf in use */
    bool locked;          /* the hardware may write entries */
};

/** Ends the program with a message: what was measured is wrong. */
_Noreturn void bench_fail(const struct subject *subject, const char *what, uint64_t at);

/** False if the mode cannot be had with these features. */
bool subject_start(struct subject *subject, const struct axas_format *format, const struct axas_mode *mode,
                   uint64_t features);
/** The most of `size` that the mode's range and its host addresses hold, in whole large leaves. */
uint64_t subject_clip(const struct subject *subject, uint64_t size);

void subject_table(const struct subject *subject, struct axas_table *table);
void subject_space(const struct subject *subject, struct axas_space *space, unsigned readers);
/** Destroys, and compares what the HAL has given out with what it had when there was none. */
void subject_table_end(const struct subject *subject, struct axas_table *table);
void subject_space_end(const struct subject *subject, struct axas_space *space);

/** Ends the program unless [0, size) leads to hpa and on with that attribute, in leaves of that size. */
void verify_mapped(const struct subject *subject, const struct axas_table *table, uint64_t size, uint64_t hpa,
                   uint64_t leaf, axas_attr attr);
/** Ends the program if anything is mapped in [0, size), or a table but the root is linked. */
void verify_empty(const struct subject *subject, const struct axas_table *table, uint64_t size);

/** The leaves of that size for [0, size), mapped to hpa and on, which are all there: their entries where they
 * lie and what they hold, in runs as long as the table and the pieces of the address allow. `step` is what
 * the entries of a run grow by. Returns how many leaves; the caller frees runs->run. */
uint64_t subject_runs(const struct subject *subject, const struct axas_table *table, uint64_t size,
                      uint64_t leaf, uint64_t hpa, const struct axas_leaf_code *code, struct runs *runs);
/** Makes every entry of the runs `value`. */
void subject_fill(const struct subject *subject, const struct runs *runs, uint64_t value);
/** The level, in the format's list, whose leaves have that size. */
unsigned subject_level(const struct subject *subject, uint64_t leaf);

#endif
