/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file types.h
 * The words that every part of libaxas speaks: addresses, attributes, status codes.
 */
#ifndef AXAS_TYPES_H
#define AXAS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A guest physical address: what the guest's own translation produces (GPA, IPA). */
typedef struct {
    uint64_t raw;
} axas_gpa;

/** A host physical address: what the second stage produces. */
typedef struct {
    uint64_t raw;
} axas_hpa;

static inline axas_gpa axas_gpa_of(uint64_t raw)
{
    axas_gpa gpa;
    gpa.raw = raw;
    return gpa;
}

static inline axas_hpa axas_hpa_of(uint64_t raw)
{
    axas_hpa hpa;
    hpa.raw = raw;
    return hpa;
}

/**
 * What a guest may do with a piece of memory, and how the memory behaves: access bits combined with
 * one memory type. A format has codes only for the combinations that its hardware accepts; asking for
 * another is AXAS_ERR_UNSUPPORTED, never a silent approximation.
 */
typedef uint32_t axas_attr;

#define AXAS_READ 0x1u
#define AXAS_WRITE 0x2u
#define AXAS_KERNEL_EXEC 0x4u                         /**< execute at the guest's kernel level */
#define AXAS_USER_EXEC 0x8u                           /**< execute at the guest's user level */
#define AXAS_EXEC (AXAS_KERNEL_EXEC | AXAS_USER_EXEC) /**< execute at every level */
#define AXAS_ACCESS_MASK 0xfu

#define AXAS_MEM_NORMAL 0x00u           /**< ordinary write-back memory */
#define AXAS_MEM_DEVICE 0x10u           /**< device registers: every access is made, as it is and in order */
#define AXAS_MEM_UNCACHED 0x20u         /**< normal memory, not cached */
#define AXAS_MEM_WRITE_COMBINING 0x30u  /**< not cached, writes may be gathered */
#define AXAS_MEM_WRITE_THROUGH 0x40u    /**< cached, writes go through */
#define AXAS_MEM_DEVICE_NONPOSTED 0x50u /**< as DEVICE, and a write ends only at the device itself */
#define AXAS_MEM_WRITE_PROTECTED 0x80u  /**< reads are cached, a write goes to memory and evicts the line */
#define AXAS_MEM_DEVICE_UNORDERED 0x90u /**< as DEVICE, but accesses may pass each other */
#define AXAS_MEM_DEVICE_GATHERED 0xd0u  /**< as DEVICE_UNORDERED, and several accesses may become one */
#define AXAS_MEM_MASK 0xf0u

#define AXAS_ATTR_MASK (AXAS_ACCESS_MASK | AXAS_MEM_MASK)

/** True for AXAS_MEM_DEVICE and its variants: what is behind need not be memory, and reading may change it.
 */
static inline bool axas_attr_is_device(axas_attr attr)
{
    return (attr & 0x30u) == AXAS_MEM_DEVICE;
}

/** What became of a call. Everything but AXAS_OK means that nothing was changed, unless the function says
 *  otherwise. */
enum axas_status {
    AXAS_OK = 0,
    AXAS_ERR_INVALID,     /**< a null pointer, an unknown flag, a value that no call takes */
    AXAS_ERR_ALIGN,       /**< an address or a size is not a multiple of what the format needs */
    AXAS_ERR_RANGE,       /**< empty, overflowing, outside the space, or beyond the CPU's addresses */
    AXAS_ERR_EXISTS,      /**< something is mapped or reserved there already */
    AXAS_ERR_NOT_MAPPED,  /**< nothing is there */
    AXAS_ERR_PERMISSION,  /**< something is there, and it does not allow that access */
    AXAS_ERR_UNSUPPORTED, /**< the format, the mode or the CPU cannot express it */
    AXAS_ERR_NO_MEMORY,   /**< the HAL has no frame, or the space reached its cap */
    AXAS_ERR_BUSY,        /**< the area is being filled or emptied by another caller */
    AXAS_ERR_CORRUPT,     /**< a table holds an entry that this library does not write */
};

#define AXAS_STATUS_COUNT ((unsigned)AXAS_ERR_CORRUPT + 1u)

/** A short English sentence without a full stop; never NULL, also for a number that is no status. */
const char *axas_status_str(enum axas_status status);

/** The values that made a call fail. */
struct axas_error {
    enum axas_status status;
    const char *what; /**< what was wrong with them, a literal */
    axas_gpa gpa;     /**< the first guest address concerned */
    axas_hpa hpa;
    uint64_t size; /**< bytes */
    axas_attr attr;
};

#ifdef __cplusplus
}
#endif

#endif
