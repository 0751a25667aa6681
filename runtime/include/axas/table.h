/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file table.h
 * The table layer: one tree of one format, without areas and without a lock. Usable alone, for instance
 * to feed an IOMMU. The space (space.h) is built on it.
 *
 * Each function says whether it is *exclusive* (the caller keeps everybody else out) or *shared* (any
 * number at once, but no exclusive one beside them). "Unchanged" means: entries, frames and counters are
 * as before the call.
 *
 * Ranges are in bytes, multiples of axas_table_page_size, never rounded, and may end at the tree's last
 * byte. Every function that gives a status gives AXAS_ERR_INVALID for a null pointer and for bits of an
 * axas_attr outside AXAS_ATTR_MASK, AXAS_ERR_ALIGN before AXAS_ERR_RANGE, and changes nothing then.
 *
 * axas_table_translate begins in the caller's code, from where it is one jump to the mode's own function; the
 * library has it as well.
 */
#ifndef AXAS_TABLE_H
#define AXAS_TABLE_H

#include <axas/format.h>

#ifdef __cplusplus
extern "C" {
#endif

struct axas_table_config {
    const struct axas_hal *hal; /**< must outlive the tree */
    const struct axas_format *format;
    const struct axas_mode *mode; /**< NULL: the first that fits gpa_bits, the default mode first */
    uint64_t features;            /**< bits of format->features that this CPU has; see `capabilities` */
    uint8_t physical_bits;  /**< width of the CPU's physical addresses; 0 for all that an entry can hold */
    uint8_t gpa_bits;       /**< width of guest addresses; 0 for what the mode prefers */
    uint8_t max_leaf_shift; /**< no leaf larger than 1 << this; 0 for no cap */
    uint8_t max_exec_leaf_shift; /**< the same for executable leaves (CVE-2018-12207); 0 for no cap */
    uint64_t table_limit;        /**< cap on tables, the root included; 0 for none */
    /**
     * NULL, or what this CPU has of the format (axas_capabilities_decode). Then only its modes are taken;
     * `features` are 0 for all of its `features`, or else those that are to be used, of its `features` and,
     * for what the host has turned on, its `switched`; and the smaller of both physical widths counts, where
     * both are known. A mode has no wider guest addresses than the CPU takes (`gpa_bits` there): where all of
     * the mode's are, they have the CPU's width. What no register tells (`untold` in the format's file) the
     * host adds to the structure's `features` itself.
     */
    const struct axas_capabilities *capabilities;
    /** Not 0: guest addresses have at least this width, and the mode is the one with the fewest levels whose
     * guest addresses can be so wide, with the narrowest of its widths that is enough. `gpa_bits` is 0. */
    uint8_t gpa_bits_least;
    const char **why; /**< NULL, or where a failing axas_table_init says what was wrong: a literal */
};

/**
 * Makes an empty tree: takes the root from the HAL and fills it.
 * Returns AXAS_ERR_INVALID (null pointers, features or caps that the format does not have, two widths of
 * guest addresses, capabilities of another format, a HAL without a required function), AXAS_ERR_UNSUPPORTED
 * (no mode fits the width of guest addresses, the features, the capabilities and physical_bits; the CPU lacks
 * the format, or features that are asked for; or the entries have 8 bytes and this CPU cannot store them at
 * once), AXAS_ERR_NO_MEMORY. On failure *table is untouched, no frame is kept, and *config->why says which of
 * these it was.
 *
 * Where no mode fits it says what stops the one that comes closest, in this order: its width of guest
 * addresses, the CPU's modes, its features, its physical width, guest addresses wider than that, and guest
 * addresses wider than those that the CPU takes.
 *
 * Required of the HAL: frame_alloc, frame_free, invalidate, and both phys_to_virt and virt_to_phys or
 * neither. A frame for a table that is not aligned to its size, or lies beyond the physical width, is given
 * back at once and counts as none. Where gpa_bits is 0 and the mode may not go beyond the CPU's physical
 * width, it gets the smaller of what it prefers and that width; the same of the guest addresses that the CPU
 * takes.
 */
enum axas_status axas_table_init(struct axas_table *table, const struct axas_table_config *config)
    AXAS_CONFIG_CHECKED(axas_table_init);

/**
 * Exclusive. Frees every table, the root and the reserve, calling `release` (if not NULL) for each run of
 * leaf memory. No CPU may have the tree loaded. Asks for one invalidation of everything first. Cannot fail.
 * A tree that is destroyed or all zero is left alone.
 */
void axas_table_destroy(struct axas_table *table, axas_release_fn *release, void *context);

/** Size of the smallest leaf, bytes: what addresses and sizes are multiples of. */
static inline uint64_t axas_table_page_size(const struct axas_table *table)
{
    return table->page_size;
}
/** The leaf sizes that this tree may make with that attribute: bit n set for 1 << n bytes. What the mode, the
 *  CPU's features and the caps allow, up to the first size that they do not, since leaves are split one level
 *  at a time. */
uint64_t axas_table_leaf_sizes(const struct axas_table *table, axas_attr attr);
/** First address above the tree's range; 0 if that is 2^64. */
uint64_t axas_table_limit(const struct axas_table *table);
/** What a table of that level (not a root) takes from the HAL, bytes. */
uint64_t axas_table_bytes(const struct axas_table *table, unsigned level);

/**
 * Exclusive. Maps [gpa, gpa+size) to [hpa, hpa+size) with the largest leaves that fit, and marks each aligned
 * group of leaves that the call fills as one for the TLB, where the features have such groups (the contiguous
 * bit of Arm, Svnapot). Nothing may be there yet. Returns AXAS_ERR_ALIGN, _RANGE (also if hpa+size is beyond
 * the physical width), _EXISTS, _UNSUPPORTED (attr, or no access at all), _NO_MEMORY; unchanged on each. An
 * entry that this library does not write counts as something that is there. Issues the publish barrier, and
 * the invalidation that the format's "make" transition asks for.
 */
enum axas_status axas_table_map(struct axas_table *table, axas_gpa gpa, axas_hpa hpa, uint64_t size,
                                axas_attr attr);

/**
 * Prepares a gather whose leaves are released through `release` (NULL: nothing hangs on them).
 *
 * Adjoining leaves are released as one run where both addresses go on, so a run may have any page-aligned
 * start and size, and hold memory of several allocations. Whoever gives it back to hal->frame_free splits it
 * into the parts that were allocated, or into aligned powers of two.
 */
void axas_gather_init(struct axas_gather *gather, axas_release_fn *release, void *context);
/**
 * Exclusive. Asks for one invalidation of what the gather has noted, if anything. What it holds may then be
 * freed. What was taken out of a range, or changed in it, has to be flushed before anything is mapped or
 * changed there again: until then a CPU may hold the old translation, and on Arm the new one may not be made
 * beside it (break before make, DDI 0487 D8.14.1).
 */
void axas_gather_flush(struct axas_table *table, struct axas_gather *gather);
/** Frees what the gather holds and leaves it empty; needs no exclusion, but a flush before. A gather that
 *  fills up during an operation is flushed and freed by that operation, with `release` called from it. */
void axas_gather_free(struct axas_table *table, struct axas_gather *gather);

/**
 * Exclusive. Empties [gpa, gpa+size), skipping holes, splitting leaves that cross its ends exactly, taking
 * contiguous groups that do apart, and unlinking tables that become empty. Nothing is freed and nothing
 * invalidated until the caller flushes and frees the gather. Returns AXAS_ERR_ALIGN, _RANGE, _CORRUPT, or
 * _NO_MEMORY when a leaf has to be split and neither the HAL nor the reserve (axas_table_reserve) has a
 * table; unchanged on each. table_limit does not hold it back. Issues the publish barrier. AXAS_ERR_CORRUPT:
 * an entry that this library does not write stands where a table or a large leaf at the ends could be; one
 * among the smallest leaves is left as it is.
 */
enum axas_status axas_table_unmap(struct axas_table *table, axas_gpa gpa, uint64_t size,
                                  struct axas_gather *gather);

/**
 * Exclusive. Gives every leaf in [gpa, gpa+size) the attribute, skipping holes, splitting at the ends, where
 * contiguous groups are taken apart as well. One that loses all access is no group any more.
 * Access 0 keeps the memory and lets no access through ("held"). Keeps accessed, dirty and software bits.
 * Leaves larger than axas_table_leaf_sizes has for the attribute are split as well. Returns as
 * axas_table_unmap, and AXAS_ERR_UNSUPPORTED; leaves the reserve alone, so _NO_MEMORY is what the HAL or
 * table_limit say. Issues the publish barrier; the caller flushes the gather, and has called
 * hal->frame_publish for memory that becomes executable or changes its type.
 */
enum axas_status axas_table_protect(struct axas_table *table, axas_gpa gpa, uint64_t size, axas_attr attr,
                                    struct axas_gather *gather);

/** Exclusive. Tops the reserve up so that one unmap can split at both its ends; it stays that full until an
 *  unmap finds the HAL empty. AXAS_ERR_NO_MEMORY leaves what could be had. */
enum axas_status axas_table_reserve(struct axas_table *table);

/** Shared. AXAS_OK fills *leaf; AXAS_ERR_NOT_MAPPED, _RANGE, _CORRUPT leave it alone. A held leaf is found,
 *  with no access in its attr. */
enum axas_status axas_table_query(const struct axas_table *table, axas_gpa gpa, struct axas_leaf *leaf);
/** Shared. The host address of one byte. As axas_table_query, but a held leaf is AXAS_ERR_NOT_MAPPED, and of
 * the smallest leaves nothing is asked but whether one is there. */
inline enum axas_status axas_table_translate(const struct axas_table *table, axas_gpa gpa, axas_hpa *hpa)
{
    if (table == NULL || hpa == NULL) {
        return AXAS_ERR_INVALID;
    }
    if (gpa.raw > table->last) {
        return AXAS_ERR_RANGE;
    }
    const uint64_t found = table->translate(table, gpa.raw);
    if (AXAS_IS_NO_HPA(found)) {
        return AXAS_WHY_NO_HPA(found);
    }
    hpa->raw = found;
    return AXAS_OK;
}
/** Shared. The host address of each of `count` bytes, whose walks go down the tree together and so wait for
 *  memory together; AXAS_NO_HPA for one that axas_table_translate gives no address for. The arrays may not
 *  overlap. AXAS_ERR_INVALID: a null pointer. */
enum axas_status axas_table_translate_batch(const struct axas_table *table, const axas_gpa *gpas,
                                            axas_hpa *hpas, size_t count);
/** Shared. Calls `visit` for each leaf and held leaf that touches the range, in order, until it returns
 * false. AXAS_ERR_ALIGN, _RANGE. */
enum axas_status axas_table_visit(const struct axas_table *table, axas_gpa gpa, uint64_t size,
                                  axas_visit_fn *visit, void *context);

/**
 * Shared. Puts one leaf of `size` bytes, aligned to its size, where nothing is, by compare-and-swap;
 * missing tables come from `pool`. AXAS_ERR_EXISTS: somebody was first. AXAS_ERR_NO_MEMORY: the pool lacks a
 * table, or table_limit is reached; calls that run side by side may each go over it by their own tables.
 * _UNSUPPORTED: attr, or no leaf of that size may have it. Also _ALIGN, _RANGE. Unchanged on each. Issues the
 * publish barrier; the invalidation that the "fault" transition asks for is the caller's
 * (axas_table_after_fault).
 */
enum axas_status axas_table_install(struct axas_table *table, axas_gpa gpa, axas_hpa hpa, uint64_t size,
                                    axas_attr attr, struct axas_pool *pool);
/** Adds the tables for a leaf of `level` below a hole at `hole_level` to the pool, from the HAL: one of each
 *  level below the hole down to the leaf's. AXAS_ERR_NO_MEMORY (also at the cap): the pool keeps what it got.
 *  AXAS_ERR_INVALID: levels that the mode does not have. */
enum axas_status axas_pool_fill(struct axas_table *table, struct axas_pool *pool, unsigned hole_level,
                                unsigned level);
/** Gives everything in the pool back to the HAL. */
void axas_pool_drain(struct axas_table *table, struct axas_pool *pool);
/** The local invalidation before a vCPU goes back to the guest after a fault on the page at gpa. */
void axas_table_after_fault(const struct axas_table *table, axas_gpa gpa);
/** The same after AXAS_CAUSE_CONFLICT (fault.h): of everything, whatever the format's transitions ask for. */
void axas_table_after_conflict(const struct axas_table *table);

/** What a vCPU needs to run on a tree. */
struct axas_root {
    axas_hpa root;
    const struct axas_mode *mode;
    uint8_t levels;
    uint8_t gpa_bits;
    uint32_t vmid;
    uint8_t register_count;
    /** As the format lists them. Where it writes the root down in several ways (the context entry and the
     * PASID-table entry of an IOMMU), all of them are there, and the host takes those of one way. */
    const char *const *register_name;
    uint64_t register_value[AXAS_MAX_ROOT_REGISTERS];
};

/** Exclusive. The root and every register value; remembers the vmid for invalidations. AXAS_ERR_RANGE: the
 *  vmid does not fit its field; *root is then untouched. */
enum axas_status axas_table_root(struct axas_table *table, uint32_t vmid, struct axas_root *root);

/**
 * Decodes fault registers, in the order of format->fault_registers, into the first part of *fault, and
 * clears the second. AXAS_ERR_INVALID: a null pointer, or not a second-stage fault; *fault is untouched.
 * If fault->gpa_known is false the hardware did not give the address: find it by the means of that CPU
 * (the format's last fault register says which) and decode again.
 */
enum axas_status axas_fault_decode(const struct axas_format *format,
                                   const uint64_t registers[AXAS_MAX_FAULT_REGISTERS],
                                   struct axas_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
