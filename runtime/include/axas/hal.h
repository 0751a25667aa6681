/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hal.h
 * What the library asks of its host: frames, a view of physical memory, and the CPU's maintenance.
 *
 * No function of the HAL may call back into the space that calls it. Any of them may be called with
 * the space's lock held, by several CPUs at once where several faults are served at once.
 */
#ifndef AXAS_HAL_H
#define AXAS_HAL_H

#include <axas/config.h>
#include <axas/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The smallest run of host memory that the library asks for, and the unit of its sizes, in bytes. */
#define AXAS_FRAME_SIZE UINT64_C(4096)

/** What a frame is for, so that a host may keep tables, bookkeeping and guest memory apart. */
enum axas_frame_use {
    AXAS_FRAME_TABLE, /**< translation tables */
    AXAS_FRAME_NODE,  /**< the space's own records: areas, reader slots */
    AXAS_FRAME_GUEST, /**< memory of the guest */
    AXAS_FRAME_USES
};

/** How much of what CPUs have cached has to go. */
enum axas_invalidate_scope {
    AXAS_INVALIDATE_NONE = 0,
    AXAS_INVALIDATE_LEAF,   /**< translations of the range; the tables above it stay as they were */
    AXAS_INVALIDATE_TABLES, /**< translations of the range and every table entry on the way to them */
    AXAS_INVALIDATE_ALL,    /**< everything of the tree */
};

struct axas_format;

/** One request to forget translations. */
struct axas_invalidation {
    const struct axas_format *format;
    axas_hpa root;                    /**< of the tree that changed */
    uint32_t vmid;                    /**< the identifier last given to axas_space_root or axas_table_root */
    enum axas_invalidate_scope scope; /**< never AXAS_INVALIDATE_NONE */
    bool local;                       /**< the calling CPU is enough; otherwise every CPU */
    axas_gpa gpa;                     /**< first byte; 0 for AXAS_INVALIDATE_ALL */
    uint64_t size;                    /**< bytes; 0 for AXAS_INVALIDATE_ALL */
    uint64_t leaf_size;               /**< the smallest leaf that may have been in the range, bytes */
};

struct axas_hal {
    void *context; /**< handed to every function below */

    /**
     * The direct map: host-virtual address = host-physical address + this. Used unless both
     * functions below are given, and fixed at build time with AXAS_DIRECT_MAP_OFFSET (config.h).
     */
    uint64_t direct_map_offset;
    void *(*phys_to_virt)(void *context, axas_hpa hpa);
    axas_hpa (*virt_to_phys)(void *context, const void *pointer);

    /**
     * Gives a run of `size` bytes, aligned to its size. `size` is a power of two, at least
     * AXAS_FRAME_SIZE. The contents need not be cleared. Returns false when there is none, and then
     * leaves *frame alone.
     */
    bool (*frame_alloc)(void *context, uint64_t size, enum axas_frame_use use, axas_hpa *frame);

    /** Takes a run back, whole, or in aligned power-of-two parts if free_in_parts says so. */
    void (*frame_free)(void *context, axas_hpa frame, uint64_t size, enum axas_frame_use use);

    /** A run that was given in one piece may be given back in several. Only then does the allocation
     *  backend use runs larger than the smallest leaf, since a guest may lose any part of one. */
    bool free_in_parts;

    /**
     * Makes CPUs forget. Returns when no CPU can use an old translation of the range any more. It may
     * wait for other CPUs to leave their guests, never for them to run host code, which could be
     * waiting for this space's lock: such a CPU forgets before it next enters the guest.
     * Orders everything that was stored to tables before the call. Required.
     */
    void (*invalidate)(void *context, const struct axas_invalidation *what);

    /**
     * The CPU's publish barrier: entries stored before it are seen by a table walk that starts after
     * it. Called once per operation. NULL where the CPU needs none.
     */
    void (*barrier)(void *context);

    /**
     * Hands a frame over to the guest, after it was filled and before an entry shows it: clean it to
     * where a guest with its caches off would read, and make instruction fetches see it if `attr` has
     * an execute bit. Also called when protect makes memory executable or changes its type, also to or
     * from a device's, and whatever backend it is from: behind a linear area there may be something that
     * the host has no mapping of. NULL where the hardware does all of that.
     */
    void (*frame_publish)(void *context, axas_hpa frame, uint64_t size, axas_attr attr);

    /**
     * Writes table bytes back to memory for a walker that does not snoop. Called after a table is
     * filled and before it is linked, and after entries of a linked table change. NULL if walkers snoop.
     */
    void (*table_write_back)(void *context, const void *bytes, uint64_t size);

    /** Which of the space's reader slots (see axas_config.readers) this CPU should use in calls that
     *  do not say; any number is correct, a CPU's own is fastest. NULL means slot 0. */
    unsigned (*reader_slot)(void *context);
};

/** Where the host sees a physical address. */
static inline void *axas_hal_virt(const struct axas_hal *hal, axas_hpa hpa)
{
#ifdef AXAS_DIRECT_MAP_OFFSET
    (void)hal;
    return (void *)(uintptr_t)(hpa.raw + (uint64_t)(AXAS_DIRECT_MAP_OFFSET));
#else
    if (hal->phys_to_virt != NULL) {
        return hal->phys_to_virt(hal->context, hpa);
    }
    return (void *)(uintptr_t)(hpa.raw + hal->direct_map_offset);
#endif
}

/** The physical address behind a pointer that axas_hal_virt gave. */
static inline axas_hpa axas_hal_phys(const struct axas_hal *hal, const void *pointer)
{
#ifdef AXAS_DIRECT_MAP_OFFSET
    (void)hal;
    return axas_hpa_of((uint64_t)(uintptr_t)pointer - (uint64_t)(AXAS_DIRECT_MAP_OFFSET));
#else
    if (hal->virt_to_phys != NULL) {
        return hal->virt_to_phys(hal->context, pointer);
    }
    return axas_hpa_of((uint64_t)(uintptr_t)pointer - hal->direct_map_offset);
#endif
}

#ifdef __cplusplus
}
#endif

#endif
