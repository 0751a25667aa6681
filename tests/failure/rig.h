/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rig.h
 * A space with some of everything in it, and a picture of it to compare with later.
 */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include "tree.h"
#include "world.h"

struct rig {
    const struct world *world;
    const char *doing; /* said when something is wrong */
    uint64_t number;   /* the same: which allocation failed, which turn */
    struct axas_hosted *arena;
    const struct axas_hal *hal;
    struct axas_space space;
    bool open; /* space is initialised */
    uint64_t page;
    uint64_t large;  /* the smallest leaf larger than a page, or 16 pages if there is none */
    uint64_t linear; /* two large leaves of linear memory, read and write */
    uint64_t linear_hpa;
    uint64_t lazy;      /* a large leaf's worth of lazy memory, two pages of it there */
    uint64_t populated; /* 40 pages, or a large frame where the HAL and the format have them */
    uint64_t populated_size;
    uint64_t trap; /* 4 pages */
    uint64_t room; /* from here on nothing is there: at least 6 large leaves */
    struct tree tree;
};

/** Everything about a space that an operation without effect must leave alone. */
struct picture {
    uint64_t areas, tree;
    struct axas_hosted_ledger ledger;
    struct axas_usage usage;
};

/** Makes the arena and the configuration that the space begins with. */
struct axas_config rig_arena(struct rig *rig, const struct world *world);
/** rig_arena, and the space with its areas. */
void rig_open(struct rig *rig, const struct world *world);
/** Destroys the space and the arena; nothing may be left. */
void rig_close(struct rig *rig);
/** Prints where the test was, and ends it. */
void rig_fail(const struct rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

struct picture rig_picture(struct rig *rig);
/** Fails unless both say the same. */
void rig_same(struct rig *rig, const struct picture *before, const struct picture *after);

/** Fails unless the page is there, at hpa, with the attribute. An hpa of 0 is not compared. */
void rig_expect_page(struct rig *rig, uint64_t gpa, uint64_t hpa, axas_attr attr);
void rig_expect_hole(struct rig *rig, uint64_t gpa);
/** Where a page is. */
uint64_t rig_hpa(struct rig *rig, uint64_t gpa);
/** Serves a fault. */
enum axas_fault_result rig_fault(struct rig *rig, uint64_t gpa, axas_attr access);

#define RIG_OK(rig, call)                                                                              \
    do {                                                                                               \
        enum axas_status rig_status_ = (call);                                                         \
        if (rig_status_ != AXAS_OK) {                                                                  \
            rig_fail((rig), "%s:%d: %s: %s", __FILE__, __LINE__, #call, axas_status_str(rig_status_)); \
        }                                                                                              \
    } while (0)

#define RIG_TRUE(rig, condition)                                              \
    do {                                                                      \
        if (!(condition)) {                                                   \
            rig_fail((rig), "%s:%d: not %s", __FILE__, __LINE__, #condition); \
        }                                                                     \
    } while (0)

/** Runs fn in each world of the formats that the arguments name, or of all. For main. */
int rig_main(int count, char **names, enum worlds which, world_fn *fn);

#endif
