/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file device.h
 * Where an emulated device sits, and how wide an access to it is: memory-mapped registers, x86 I/O ports
 * and system registers, each a type of its own, with inclusive ranges of each.
 *
 * A range goes from `first` to `last`, both included, so it is never empty and can hold the last address
 * there is. Those made by the functions here are never reversed.
 */
#ifndef AXAS_DEVICE_H
#define AXAS_DEVICE_H

#include <axas/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How much one access moves. The value is the number of bytes. */
enum axas_width {
    AXAS_WIDTH_1 = 1,
    AXAS_WIDTH_2 = 2,
    AXAS_WIDTH_4 = 4,
    AXAS_WIDTH_8 = 8,
};

/** The bits of a register that an access covers, both ends included. */
struct axas_bit_range {
    unsigned first, last;
};

/** The width of so many bytes. AXAS_ERR_INVALID: not 1, 2, 4 or 8, or a null pointer; *width is untouched. */
static inline enum axas_status axas_width_make(uint64_t bytes, enum axas_width *width)
{
    if (width == NULL || (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)) {
        return AXAS_ERR_INVALID;
    }
    *width = (enum axas_width)bytes;
    return AXAS_OK;
}

/** In bytes. */
static inline uint64_t axas_width_size(enum axas_width width)
{
    return (uint64_t)width;
}

/** From bit 0 to the highest bit that an access of that width moves. */
static inline struct axas_bit_range axas_width_bits(enum axas_width width)
{
    struct axas_bit_range bits = {0, (unsigned)width * 8u - 1u};
    return bits;
}

/** Those bits as a mask: `value & axas_width_mask(width)` is what such an access moves. */
static inline uint64_t axas_width_mask(enum axas_width width)
{
    return UINT64_MAX >> (63u - axas_width_bits(width).last);
}

/** An x86 I/O port number. */
typedef struct {
    uint16_t raw;
} axas_port;

/** The number of a system register, as the architecture's trap reports it: an MSR index, a CSR number, or
 *  op0 to op2 of an AArch64 register as they stand in the syndrome. */
typedef struct {
    uint32_t raw;
} axas_sysreg;

static inline axas_port axas_port_of(uint16_t raw)
{
    axas_port port;
    port.raw = raw;
    return port;
}

static inline axas_sysreg axas_sysreg_of(uint32_t raw)
{
    axas_sysreg sysreg;
    sysreg.raw = raw;
    return sysreg;
}

/** Guest physical addresses: the registers of a memory-mapped device. */
struct axas_gpa_range {
    axas_gpa first, last;
};

struct axas_port_range {
    axas_port first, last;
};

struct axas_sysreg_range {
    axas_sysreg first, last;
};

/*
 * For each kind of range:
 *   make      AXAS_ERR_RANGE: last lies before first; AXAS_ERR_INVALID: a null pointer; *range is untouched
 *   contains  whether the address is in the range
 *   overlaps  whether any address is in both
 */

static inline enum axas_status axas_gpa_range_make(axas_gpa first, axas_gpa last,
                                                   struct axas_gpa_range *range)
{
    if (range == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (last.raw < first.raw) {
        return AXAS_ERR_RANGE;
    }
    range->first = first;
    range->last = last;
    return AXAS_OK;
}

static inline bool axas_gpa_range_contains(struct axas_gpa_range range, axas_gpa gpa)
{
    return range.first.raw <= gpa.raw && gpa.raw <= range.last.raw;
}

static inline bool axas_gpa_range_overlaps(struct axas_gpa_range a, struct axas_gpa_range b)
{
    return a.first.raw <= b.last.raw && b.first.raw <= a.last.raw;
}

static inline enum axas_status axas_port_range_make(axas_port first, axas_port last,
                                                    struct axas_port_range *range)
{
    if (range == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (last.raw < first.raw) {
        return AXAS_ERR_RANGE;
    }
    range->first = first;
    range->last = last;
    return AXAS_OK;
}

static inline bool axas_port_range_contains(struct axas_port_range range, axas_port port)
{
    return range.first.raw <= port.raw && port.raw <= range.last.raw;
}

static inline bool axas_port_range_overlaps(struct axas_port_range a, struct axas_port_range b)
{
    return a.first.raw <= b.last.raw && b.first.raw <= a.last.raw;
}

static inline enum axas_status axas_sysreg_range_make(axas_sysreg first, axas_sysreg last,
                                                      struct axas_sysreg_range *range)
{
    if (range == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (last.raw < first.raw) {
        return AXAS_ERR_RANGE;
    }
    range->first = first;
    range->last = last;
    return AXAS_OK;
}

static inline bool axas_sysreg_range_contains(struct axas_sysreg_range range, axas_sysreg sysreg)
{
    return range.first.raw <= sysreg.raw && sysreg.raw <= range.last.raw;
}

static inline bool axas_sysreg_range_overlaps(struct axas_sysreg_range a, struct axas_sysreg_range b)
{
    return a.first.raw <= b.last.raw && b.first.raw <= a.last.raw;
}

#ifdef __cplusplus
}
#endif

#endif
