/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file report.h
 * What the parts of the program found, and the options that the script writes into the image.
 */
#ifndef REPORT_H
#define REPORT_H

#include <axas/format.h>

struct report {
    uint64_t probes;                   /**< accesses whose outcome was judged */
    uint64_t reached[AXAS_MAX_LEVELS]; /**< those that went through, by the level of the leaf */
    uint64_t grouped[AXAS_MAX_LEVELS]; /**< those whose leaf is of a contiguous group, and that told where */
    uint32_t sixteenths;               /**< bit n: some of `reached` were in that sixteenth of their space */
    uint64_t told;                     /**< those of `reached` that the CPU only translated */
    bool attrs[AXAS_ATTR_MASK + 1];    /**< which attributes memory had that was probed */
    uint64_t changes;                  /**< to spaces */
    uint64_t spaces;                   /**< layouts that were built */
    uint64_t grouping;                 /**< layouts in which map makes contiguous groups */
    uint64_t parted;                   /**< changes that began or ended inside such a group */
    uint64_t rounds;                   /**< of probing: one after each change, and one after each building */
    uint64_t addresses;                /**< that were probed in them */
    uint64_t addresses_least;          /**< in one of them */
    uint64_t edges;                    /**< leaves whose edges were probed in them */
    uint64_t walks;                    /**< those probes in which the guest's own walk faulted */
    uint64_t faults_served;            /**< by axas_space_handle_fault, after which the access went through */
    uint64_t disagreements;
    uint64_t controls, controls_caught; /**< negative controls, and those that both sides reject */
    uint64_t controls_by_library; /**< those that the emulator accepts, and the library's check rejects */
    uint64_t attributes;          /**< memory attributes that the CPU reported */
};
extern struct report report;

/** Found by its first word's 16 characters in the image, and overwritten there. */
struct metal_options {
    char magic[16];
    uint64_t seed;
    uint64_t probes; /**< at least so many */
    char format[48]; /**< of those of the CPU; empty for its first */
};
extern volatile const struct metal_options metal_options;

/** Counts a disagreement and says where in the run it is. Ends the program after too many. */
void report_disagreement(const char *what);

#endif
