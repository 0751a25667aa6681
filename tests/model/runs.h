/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file runs.h
 * The model of a guest's address space: what each page is, as a plain sorted array of runs of pages that are
 * alike. It knows nothing of levels, tables or leaves. Every run is a fact about each of its pages; an
 * operation cuts the runs at its ends and then goes through them one by one.
 */
#ifndef TESTS_RUNS_H
#define TESTS_RUNS_H

#include "tree.h"

enum run_kind {
    RUN_HOLE,   /**< no area */
    RUN_LINEAR, /**< memory at a fixed distance */
    RUN_ALLOC,  /**< frames of the HAL */
    RUN_OWN,    /**< frames of the test's own backend */
    RUN_PURE,   /**< memory of the test's own backend that can be had again at any time */
    RUN_TRAP,
};

struct run {
    uint64_t first, last; /**< first and last byte */
    enum run_kind kind;
    axas_attr attr;
    unsigned area;   /**< which call made it */
    uint64_t origin; /**< first byte of the range of that call */
    uint64_t data;   /**< LINEAR, PURE: host address at origin */
    bool present;    /**< has memory */
    uint64_t hpa;    /**< of `first`, if present */
    bool seen;       /**< what follows was read from an entry and has to stay */
    bool accessed, dirty;
    uint64_t software;
};

struct runs {
    struct run *run;
    size_t count, room;
};

/** One hole, from `first` to `last`. */
void runs_init(struct runs *runs, uint64_t first, uint64_t last);
void runs_free(struct runs *runs);
/** The run that holds that address. */
size_t runs_at(const struct runs *runs, uint64_t gpa);
/** Cuts so that the runs [*from, *to) are exactly the range. */
void runs_cut(struct runs *runs, uint64_t first, uint64_t last, size_t *from, size_t *to);
/** Makes neighbours that say the same into one. */
void runs_join(struct runs *runs);
/** Bytes present, of that kind. */
uint64_t runs_present(const struct runs *runs, enum run_kind kind);
/** True if every page of the range is a hole. */
bool runs_empty(const struct runs *runs, uint64_t first, uint64_t last);

/** How a tree may differ from the runs: a hole where LINEAR or PURE memory is. */
#define RUNS_HOLES_ALLOWED 0x1u
/** Accessed and dirty bits may have been set since. */
#define RUNS_MARKED 0x2u

/**
 * Compares each page of the runs with the leaves of the tree: presence, host address, attribute, accessed,
 * dirty and software bits. Takes over what an entry says when it is seen for the first time. False: `problem`
 * says where and how they differ.
 */
bool runs_match(struct runs *runs, const struct tree *tree, const struct axas_format *format, unsigned flags,
                char problem[200]);

#endif
