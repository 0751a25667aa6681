/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stage2.h
 * The tests of an Arm second stage whose attributes stand where those of the 4 KiB granule do. Included at
 * the end of a file that gives its own values, worked out by hand, in these tables:
 *
 *     FORMAT          its name; VTCR and VTTBR, those of its root registers
 *     WITHIN_PHYSICAL whether a guest's addresses may not be wider than the CPU's
 *     DIRTY_STATE     whether some CPUs tell by S2AP[1] that a leaf was written through (D8.5.2)
 *     levels          root first
 *     modes           in any order
 *     tables, leaves  entries and what they are made from
 *     states          entries with what they say of access, accessed and dirty
 *     legal, illegal  entries and what the manual says of them
 *     refused         attributes without an entry
 *     roots           register values; bad_roots: what no register can say
 *     entry_bits      every bit of each kind at each level
 *     held            a leaf's level and an address that survives the loss of all access
 */
#include "golden.h"

struct stage2_level {
    const char *name;
    int8_t number;
    uint8_t shift, index_bits;
};

struct stage2_mode {
    const char *name, *root, *features;
    uint8_t fewer, min; /* with FEAT_TTST, and without */
    uint8_t preferred, max, physical_min;
    bool is_default;
};

struct stage2_root {
    const char *mode, *features;
    uint8_t gpa_bits, physical_bits;
    uint32_t vmid;
    uint64_t root, vtcr, vttbr;
};

struct stage2_bad_root {
    const char *what, *mode, *features;
    uint8_t gpa_bits;
    uint32_t vmid;
    uint64_t root;
};

struct stage2_held {
    const char *level;
    uint64_t hpa;
};
