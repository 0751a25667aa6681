/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file space.h
 * The guest-physical address space of one virtual machine: areas, their backends, the lock, faults.
 *
 * *Exclusive* functions take the exclusive side of the space's lock, *shared* ones the shared side; none may
 * be called from a HAL function or a backend. Ranges are in bytes and multiples of the format's page size;
 * nothing is rounded. A range may end at the last byte of the space. Every function that gives a status gives
 * AXAS_ERR_INVALID for a null pointer, a space that was not made, and bits that it does not know. Unless a
 * function says otherwise, a status that is not AXAS_OK means: areas, entries, frames and counters are as
 * before the call, and every out-parameter is untouched. (One thing is not put back: a map or protect that
 * fails may have made records that an axas_space_unmap before it could not make.)
 */
#ifndef AXAS_SPACE_H
#define AXAS_SPACE_H

#include <axas/fault.h>
#include <axas/lock.h>
#include <axas/table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct axas_area;
struct axas_space;
struct axas_stretch;

/** A run of host memory that a backend gives for a part of its area. */
struct axas_run {
    axas_gpa gpa; /**< first byte, aligned to the page size */
    axas_hpa hpa;
    uint64_t size;            /**< bytes, a multiple of the page size */
    struct axas_cache *cache; /**< in: what the vCPU put aside (axas_cache_take); NULL: ask the HAL */
};

/**
 * Where the memory of an area comes from. The shipped backends (linear, alloc, trap) use nothing that a
 * backend of yours could not.
 *
 * A fault or guest-buffer call that began while the area was there may still call provide and release with
 * the area's context when axas_space_unmap has returned: what they brought is then given back. So the backend
 * and its context have to last until every such call has returned.
 */
struct axas_backend {
    const char *name;
    /**
     * Gives memory for the page at `gpa`: *run must cover it and stay inside the area; *run comes in as the
     * largest run that is wanted (one leaf), and may leave smaller, or, for a pure backend, larger. Zeroed
     * and published memory only (axas_frame_alloc_zeroed and hal->frame_publish). Called without a lock
     * unless `pure` or `brief`, by several CPUs at once. AXAS_ERR_NO_MEMORY: none now. NULL: never any; the
     * area's faults are the caller's (AXAS_FAULT_TRAP).
     */
    enum axas_status (*provide)(const struct axas_space *space, const struct axas_area *area, axas_gpa gpa,
                                struct axas_run *run);
    /** Takes memory back that nothing translates to any more, in runs that provide gave, parts of them, or
     *  several that adjoin. Called without a lock or, where one removal takes out many pieces, with it held.
     *  NULL: there is nothing to take back. */
    axas_release_fn *release;
    /** provide has no side effect, gives the same answer each time, and may be called with the lock held:
     *  such an area is filled when it is mapped, and a hole in it can be filled again at any time. It has no
     *  release. */
    bool pure;
    /** provide neither waits nor clears memory, so a fault may call it with the shared side of the lock held,
     *  and is served in one hold instead of two. */
    bool brief;
};

/** A piece of the guest's address space with one backend and one attribute. */
struct axas_area {
    axas_gpa gpa;
    uint64_t size;   /**< bytes */
    axas_gpa origin; /**< where the area began when it was mapped; parts of it keep this */
    axas_attr attr;
    uint32_t flags; /**< AXAS_AREA_* */
    const struct axas_backend *backend;
    void *context; /**< the backend's: given to release; the cookie of a trap area */
    uint64_t data; /**< the backend's: for linear, the host address of `origin` */
};

#define AXAS_AREA_FILLING 0x1u /**< being populated by axas_space_map; other calls get AXAS_ERR_BUSY */

struct axas_config {
    struct axas_table_config table; /**< hal, format, mode, features, widths, caps */
    axas_gpa base;                  /**< first guest address of the space */
    uint64_t size;                  /**< bytes; 0 for everything from base to the end of the mode's range */
    unsigned readers;               /**< reader slots: one per vCPU is fastest, 0 counts as 1 */
    uint64_t node_limit;            /**< cap on bookkeeping frames; 0 for none */
    uint64_t reserve_limit;   /**< cap on what is put aside for removals, in stretches of 32256 pages; 0 for
                                 none. With one, a removal can fail: see axas_space_unmap */
    bool populate_only;       /**< the space feeds an IOMMU: no lazy areas, no change that needs a break */
    struct axas_error *error; /**< NULL, or where a failing exclusive call leaves the offending values */
};

/** Bytes that a space holds beside the guest's memory. */
struct axas_usage {
    uint64_t table_bytes;   /**< linked tables and the root */
    uint64_t reserve_bytes; /**< tables and records put aside for removals; not part of the caps */
    uint64_t node_bytes;    /**< records of areas, reader slots */
    uint64_t areas;         /**< how many */
};

/** All fields are the library's own; they are here so that a caller can place the structure. */
struct axas_space {
    struct axas_table table;
    struct axas_lock lock;
    axas_gpa base;
    uint64_t size;
    uint64_t generation; /**< counts exclusive changes, so that a fault sees that the areas changed */
    uint64_t holds;      /**< counts exclusive holds, from 1 on: nothing that a reader saw moves in between */
    struct axas_error *error;
    bool populate_only;
    struct {
        void *root; /**< B+ tree of areas, see area.c */
        struct axas_stretch *gaps;
        uint32_t height;
        void *free_nodes;
        uint64_t reserved_nodes, reserve_limit;
        uint64_t leaves, inners; /**< nodes in the tree */
        uint64_t stretches;      /**< that the records of each leaf node touch, added up */
        uint64_t gap_frames, gap_count;
        uint64_t count; /**< records */
        uint64_t cuts;  /**< how many more areas removals could make of these */
        uint64_t filling;
    } areas;
    struct axas_pool deposits; /**< tables for the large leaves that cannot be had again, see fault.c */
    /** Of a populate_only space: into how many tables the large leaves of pure backends could be split. */
    uint64_t splits[AXAS_MAX_LEVELS];
    uint64_t node_bytes, node_limit;
    void *reader_memory;
    uint64_t reader_bytes;
};

/**
 * Makes an empty space. AXAS_ERR_INVALID, _RANGE (base and size outside the mode's range), _ALIGN,
 * _UNSUPPORTED, _NO_MEMORY; on failure *space is untouched, no frame is kept, and config->error says in
 * `what` why, as axas_table_init does: for instance what stops the mode that comes closest to fitting.
 */
enum axas_status axas_space_init(struct axas_space *space, const struct axas_config *config)
    AXAS_CONFIG_CHECKED(axas_space_init);
/** Exclusive. Removes every area, in bounded steps, each of which takes the lock and invalidates once, and
 * gives memory back outside the lock; the root stays. Cannot fail for lack of memory; AXAS_ERR_BUSY while an
 * area is being filled. AXAS_ERR_CORRUPT: what earlier steps removed stays removed. Areas that others add
 * meanwhile may stay. */
enum axas_status axas_space_clear(struct axas_space *space);
/** Clears the space and frees everything. No CPU may have it loaded, no other call may run. A destroyed or
 *  zeroed space may be destroyed again. */
void axas_space_destroy(struct axas_space *space);

axas_gpa axas_space_base(const struct axas_space *space);
axas_gpa axas_space_end(const struct axas_space *space); /**< first address above the space */
uint64_t axas_space_size(const struct axas_space *space);
/** True if the range is not empty and lies inside the space. */
bool axas_space_contains(const struct axas_space *space, axas_gpa gpa, uint64_t size);

/** For axas_space_map and axas_space_map_alloc. */
#define AXAS_LAZY 0x0u     /**< memory comes with the first fault on each page */
#define AXAS_POPULATE 0x1u /**< memory comes now */

/**
 * Exclusive. Adds an area with that backend. May allocate tables, bookkeeping and, through the backend,
 * memory. Populating a backend that is not pure goes on outside the lock, and on failure everything is taken
 * back. Meanwhile unmap, protect, clear and what reads or writes the guest's memory there get AXAS_ERR_BUSY;
 * a fault on a page that is not there yet is SPURIOUS, its hpa AXAS_NO_HPA. Look-ups tell what is there just
 * then: it may be taken back.
 * AXAS_ERR_INVALID, _ALIGN, _RANGE, _EXISTS (anything is there already), _UNSUPPORTED (attr; lazy in a
 * populate_only space), _NO_MEMORY.
 */
enum axas_status axas_space_map(struct axas_space *space, axas_gpa gpa, uint64_t size, axas_attr attr,
                                const struct axas_backend *backend, void *context, uint64_t data,
                                uint32_t flags);
/** axas_space_map with axas_backend_linear: gpa to hpa at a fixed distance, the memory stays the caller's. */
enum axas_status axas_space_map_linear(struct axas_space *space, axas_gpa gpa, axas_hpa hpa, uint64_t size,
                                       axas_attr attr);
/** axas_space_map with axas_backend_alloc: zeroed frames of the HAL, larger than a page where
 * hal->free_in_parts lets them be; given back when unmapped. flags: AXAS_LAZY or AXAS_POPULATE. Given to
 * axas_space_map, that backend's context is the space. */
enum axas_status axas_space_map_alloc(struct axas_space *space, axas_gpa gpa, uint64_t size, axas_attr attr,
                                      uint32_t flags);
/** axas_space_map with axas_backend_trap: never mapped; a fault returns AXAS_FAULT_TRAP with the cookie. */
enum axas_status axas_space_map_trap(struct axas_space *space, axas_gpa gpa, uint64_t size, void *cookie);

extern const struct axas_backend axas_backend_linear, axas_backend_alloc, axas_backend_trap;

/**
 * Exclusive. Removes every area in the range, and the parts that reach into it, skipping holes; splits
 * exactly. Invalidates once, then gives memory back outside the lock: a gather has room for
 * AXAS_GATHER_ITEMS pieces, one for each table that holds nothing else, or for memory that adjoins elsewhere.
 * Where it takes more, each full batch is invalidated and given back with the lock held. AXAS_ERR_ALIGN,
 * _RANGE, _BUSY, _CORRUPT. It needs no memory from the HAL and never fails for lack of it. Where no table can
 * be had for a split, a pure backend's whole leaf goes and comes back by faults, as if nobody had accessed
 * it; any other large leaf brought its tables with it. What has to be known about the pieces of an area goes
 * into frames put aside when areas are added: one for each stretch of 32256 pages (126 MiB of 4 KiB pages;
 * they begin at multiples of that) that areas touch, and fewer where no more pieces can come of them. There
 * pages are told apart by bits until the HAL has memory for records again (area.c). In a populate_only space
 * nothing may go that a fault would have to bring back: splitting a leaf is AXAS_ERR_UNSUPPORTED if the
 * format asks for a break there. Otherwise the tables for all splits of the large leaves of pure backends are
 * put aside as well (0.2 %).
 *
 * All that is 8 GiB for a trap area of 2^48 bytes. Where it is too much, config.reserve_limit caps it: areas
 * that touch no more stretches than that are as safe as without. Beyond, at least 28 times that many cuts out
 * of the middle of an area succeed in a row while the HAL gives not one frame, and, in a populate_only space,
 * that many splits of each level; only one after those is AXAS_ERR_NO_MEMORY.
 */
enum axas_status axas_space_unmap(struct axas_space *space, axas_gpa gpa, uint64_t size);
/**
 * Exclusive. Gives the range, which areas must cover without a hole, a new attribute; later faults inherit
 * it. Areas there that adjoin, that began at the same address when they were mapped and are alike in all
 * else, become one. No access bits keep the memory and refuse every access. Memory that becomes executable or
 * changes its type is published again (hal->frame_publish) before its entries change. AXAS_ERR_ALIGN, _RANGE,
 * _NOT_MAPPED, _UNSUPPORTED (attr; a trap area; in a populate_only space a change that needs a break),
 * _NO_MEMORY, _BUSY, _CORRUPT.
 */
enum axas_status axas_space_protect(struct axas_space *space, axas_gpa gpa, uint64_t size, axas_attr attr);

/** What is at one guest address. */
struct axas_mapping {
    axas_gpa gpa; /**< first byte of the leaf */
    axas_hpa hpa; /**< of the byte that was asked for */
    axas_attr attr;
    uint64_t leaf_size; /**< bytes; 0 if a pure backend knows the address and no entry is there just now */
    bool accessed,
        dirty; /**< as the hardware or, without its help, the format's rule for new entries left them */
};

/** Shared. AXAS_ERR_NOT_MAPPED: no memory there (yet), or a trap area. AXAS_ERR_RANGE: outside the space.
 *  AXAS_ERR_CORRUPT: the table holds an entry there that this library does not write. */
enum axas_status axas_space_query(struct axas_space *space, axas_gpa gpa, struct axas_mapping *mapping);
/** Shared. The host address of one byte; a page without any access is AXAS_ERR_PERMISSION. Otherwise as
 * axas_space_query. */
enum axas_status axas_space_translate(struct axas_space *space, axas_gpa gpa, axas_hpa *hpa);
/** Shared, in one hold. The host address of each of `count` bytes, whose walks wait for memory together;
 * AXAS_NO_HPA for one that axas_space_translate gives no address for. The arrays may not overlap.
 * AXAS_ERR_INVALID: a null pointer. */
enum axas_status axas_space_translate_batch(struct axas_space *space, const axas_gpa *gpas, axas_hpa *hpas,
                                            size_t count);
/** Shared. A copy of the area at gpa, or of the next one above. AXAS_ERR_NOT_MAPPED: none. */
enum axas_status axas_space_next_area(struct axas_space *space, axas_gpa gpa, struct axas_area *area);
/** Shared. The leaf at gpa, or the next one above (mapping->hpa is of its first byte either way).
 * AXAS_ERR_NOT_MAPPED: none. What no entry of this library's leads to is passed over. */
enum axas_status axas_space_next_mapping(struct axas_space *space, axas_gpa gpa,
                                         struct axas_mapping *mapping);
/** Shared. What the space costs. */
enum axas_status axas_space_usage(struct axas_space *space, struct axas_usage *usage);

/** Exclusive. The root and the value of each register; remembers the vmid for invalidations. AXAS_ERR_RANGE:
 * vmid. */
enum axas_status axas_space_root(struct axas_space *space, uint32_t vmid, struct axas_root *root);

/** Frames that one vCPU puts aside, so that its faults need not call the allocator. Zero it before first use.
 */
struct axas_cache {
    struct axas_pool tables;
    uint64_t guest_frames; /**< how many; linked through the frames (host-virtual) */
    void *guest_first;
};

/** Fills the cache for `faults` faults of one page each. May allocate; takes no lock. AXAS_ERR_NO_MEMORY
 * keeps what it got. */
enum axas_status axas_cache_fill(struct axas_space *space, struct axas_cache *cache, unsigned faults);
/** Gives everything in the cache back. */
void axas_cache_drain(struct axas_space *space, struct axas_cache *cache);
/** For backends: takes one zeroed page, not published, out of the cache. False if it has none. */
bool axas_cache_take(const struct axas_space *space, struct axas_cache *cache, axas_hpa *page);

/**
 * Shared. Serves or refuses a fault (fault.h). Idempotent: of several vCPUs that fault on one page one gets
 * RESOLVED, the others SPURIOUS, and there is one frame. Both end with the local invalidation that the format
 * asks for, or of everything where the TLB was at odds with itself (AXAS_CAUSE_CONFLICT). Frames are got,
 * zeroed and published without a lock (see `brief`). Changes nothing unless RESOLVED, or where somebody
 * changes the areas meanwhile: then other pages of what the backend gave may be there.
 */
enum axas_fault_result axas_space_handle_fault(struct axas_space *space, struct axas_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
