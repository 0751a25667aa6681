/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fault.h
 * A second-stage fault, as the hardware reported it and as the space answered it.
 */
#ifndef AXAS_FAULT_H
#define AXAS_FAULT_H

#include <axas/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Why the walk stopped, as far as the CPU says.
 *
 * AXAS_CAUSE_CONFLICT (Arm's TLB conflict abort) is nothing wrong with the tables: a CPU that lets a leaf
 * change its size without a break (FEAT_BBM level 2) may hold the old translation beside the new one until it
 * is told to forget them, and a guest that changes its own tables so may bring that about too. No address is
 * needed to serve it. The answer is SPURIOUS with AXAS_NO_HPA, after one local AXAS_INVALIDATE_ALL of this
 * root, which is all that the TLB is owed: another CPU that holds both faults for itself.
 */
enum axas_fault_cause {
    AXAS_CAUSE_UNKNOWN = 0,   /**< the CPU does not tell */
    AXAS_CAUSE_TRANSLATION,   /**< nothing is mapped */
    AXAS_CAUSE_PERMISSION,    /**< something is mapped and refuses the access */
    AXAS_CAUSE_ACCESS_FLAG,   /**< the accessed flag is clear and software has to set it */
    AXAS_CAUSE_ADDRESS_SIZE,  /**< an address is wider than was configured */
    AXAS_CAUSE_MISCONFIGURED, /**< an entry is one that no table may hold */
    AXAS_CAUSE_CONFLICT,      /**< this CPU's TLB holds several translations of one address */
    AXAS_CAUSE_OTHER,         /**< not about translation, for instance an external abort */
};

/** axas_fault.level when the CPU does not report one. */
#define AXAS_LEVEL_UNKNOWN INT8_MAX

struct axas_cache;

/**
 * One fault. The format's decoder (axas_fault_decode) fills the first part from the CPU's registers; a
 * caller that has other sources may fill it by hand. axas_space_handle_fault reads it and fills the
 * second part.
 */
struct axas_fault {
    axas_gpa gpa;    /**< the guest physical address; page-aligned where low bits are unknown */
    bool gpa_known;  /**< false: the hardware did not give it, see axas_fault_decode */
    bool guest_walk; /**< made by the walk of the guest's own tables, which reads, not by the access itself */
    bool gva_known;
    int8_t level;     /**< as the architecture's manual counts, or AXAS_LEVEL_UNKNOWN */
    axas_attr access; /**< what was tried at gpa: AXAS_READ, AXAS_WRITE or AXAS_EXEC; 0 unknown */
    enum axas_fault_cause cause;
    uint64_t gva; /**< the guest virtual address, if gva_known */

    unsigned reader;          /**< reader slot of this vCPU; any number is correct, its own one is fastest */
    struct axas_cache *cache; /**< frames put aside for this vCPU, or NULL to ask the HAL */

    axas_hpa hpa;  /**< out, RESOLVED and SPURIOUS: where the byte at gpa is; AXAS_NO_HPA: not known */
    void *cookie;  /**< out, TRAP: what axas_space_map_trap was given */
    axas_gpa area; /**< out, TRAP and DENIED: first byte of the area */
};

/** What axas_space_handle_fault made of a fault, and what the hypervisor does next. */
enum axas_fault_result {
    AXAS_FAULT_RESOLVED = 0, /**< the entry is there now: run the guest again */
    AXAS_FAULT_SPURIOUS,     /**< it was there already, or only the TLB was at odds: run the guest again */
    AXAS_FAULT_DENIED,       /**< an area is there and does not allow the access: inject an abort, or stop */
    AXAS_FAULT_UNMAPPED,     /**< no area is there: emulate a device, inject an abort, or stop */
    AXAS_FAULT_TRAP,         /**< a trap area: emulate with fault->cookie */
    AXAS_FAULT_NO_MEMORY,    /**< the HAL has no frame: free some and run the guest again, or stop */
    AXAS_FAULT_ADDRESS_UNKNOWN, /**< find the address (see axas_fault_decode), set gpa and try again */
    AXAS_FAULT_BROKEN,          /**< misconfigured, corrupt, or not about translation: stop the guest */
    AXAS_FAULT_INVALID,         /**< the arguments make no sense */
};

#define AXAS_FAULT_RESULT_COUNT ((unsigned)AXAS_FAULT_INVALID + 1u)

/** A short English sentence without a full stop; never NULL. */
const char *axas_fault_result_str(enum axas_fault_result result);

#ifdef __cplusplus
}
#endif

#endif
