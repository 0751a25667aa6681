/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file world.h
 * The machines that tests run on: every format of the build, every mode, with sets of CPU features, widths
 * of guest and physical addresses and caps on leaves. No test names a format.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <axas/hosted.h>
#include <axas/space.h>

struct world {
    const struct axas_format *format;
    const struct axas_mode *mode;
    uint64_t features;
    uint8_t gpa_bits;      /**< never 0 */
    uint8_t physical_bits; /**< 0: all that an entry holds */
    uint8_t max_leaf_shift, max_exec_leaf_shift;
    bool free_in_parts;
    char name[200];
};

typedef void world_fn(const struct world *world, void *context);

enum worlds {
    WORLDS_FEW,  /**< each mode twice: with no feature and base frames, and with all and large frames */
    WORLDS_MANY, /**< also each feature alone and each left out, each width, caps */
};

/** Calls fn for each world of the format with that name, or of every format if it is NULL. Returns how many.
 */
unsigned worlds_each(const char *format, enum worlds which, world_fn *fn, void *context);

struct axas_table_config world_table_config(const struct world *world, const struct axas_hal *hal);

/** A pseudo-random sequence (splitmix64). */
struct dice {
    uint64_t state;
};
uint64_t dice(struct dice *dice);
/** Below n, which is not 0. */
uint64_t dice_below(struct dice *dice, uint64_t n);
/** True once in n. */
bool dice_once_in(struct dice *dice, uint64_t n);

/** The number in an environment variable, or `otherwise`. */
uint64_t env_number(const char *name, uint64_t otherwise);

/** How many steps a model goes in this world: AXAS_STEPS, or as given; fewer where tables have more than 512
 *  entries, since a look at all of a tree takes longer, and under sanitizers. */
uint64_t world_steps(const struct world *world, uint64_t otherwise);

/** Every attribute that has a code in that world, those without access last; returns how many (at most 256).
 */
unsigned world_attrs(const struct world *world, axas_attr attrs[256], unsigned *with_access);

#endif
