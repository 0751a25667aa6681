/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file negative.h
 * Deliberately broken tables. Each has to be rejected by the emulated CPU, as a fault of the access that
 * would use it, and by the library's own check alike; where the emulator accepts what the manual forbids, the
 * library's check still has to reject it.
 */
#ifndef NEGATIVE_H
#define NEGATIVE_H

#include <axas/table.h>

/** One rule of the manual, and how to break it. */
struct negative_control {
    const char *rule;
    const char *level;         /**< by the format's name; NULL: a root register is broken instead */
    enum axas_entry_kind kind; /**< what is broken at that level: AXAS_ENTRY_TABLE or AXAS_ENTRY_LEAF */
    unsigned root_register;    /**< if level is NULL */
    uint64_t clear, set;       /**< bits of the entry or the register */
    const char *mode;          /**< NULL: the default mode */
    uint8_t gpa_bits;          /**< 0: what the mode prefers */
    uint8_t physical_bits;     /**< 0: the CPU's */
    bool emulator_accepts;     /**< this emulator does not mind */
    const char *accepts_with;  /**< NULL, or: only on a CPU with that feature */
    const char *lacking;       /**< NULL, or: only a CPU without that feature minds */
    /** If level is NULL: whether the library refuses to make that root. */
    bool (*library_refuses)(const struct axas_table_config *config);
};

/** Those of a format; each architecture's controls.c. */
const struct negative_control *negative_controls(const struct axas_format *format, unsigned *count);

/** Runs them all. `cpu` is what probe_init left. */
void negative(const struct axas_table_config *cpu);

#endif
