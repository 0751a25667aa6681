/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file format.h
 * What the generator emits for each page-table format: its description, codec and walkers.
 *
 * Levels are numbered as struct axas_format.levels lists them, root first; a mode starts at its
 * root_level. Entries are passed as their value in the CPU's own byte order, zero-extended to 64 bits.
 */
#ifndef AXAS_FORMAT_H
#define AXAS_FORMAT_H

#include <axas/fault.h>
#include <axas/hal.h>
#include <axas/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AXAS_MAX_LEVELS 6
#define AXAS_MAX_ROOT_REGISTERS 6
#define AXAS_MAX_FAULT_REGISTERS 8
#define AXAS_MAX_ID_REGISTERS 8

/** What a translate gives for an address that leads nowhere: no host address is this wide. */
#define AXAS_NO_HPA UINT64_MAX
/** What a mode's translate gives then, which says why: so a word in a register is all that comes back. */
#define AXAS_NO_HPA_BUT(status) (0 - (uint64_t)(status))
#define AXAS_IS_NO_HPA(hpa) __builtin_expect((hpa) > AXAS_NO_HPA_BUT(256), 0)
#define AXAS_WHY_NO_HPA(hpa) ((enum axas_status)(0 - (hpa)))

enum axas_entry_kind {
    AXAS_ENTRY_EMPTY = 0, /**< exactly the level's empty value */
    AXAS_ENTRY_TABLE,     /**< points to a table of the next level */
    AXAS_ENTRY_LEAF,      /**< translates */
    AXAS_ENTRY_HELD,      /**< translates nothing, and still holds the memory that it had: no access at all */
    AXAS_ENTRY_BAD,       /**< nothing that this library writes */
};

/** The kinds of change to an entry that an architecture has rules for. */
enum axas_change {
    AXAS_CHANGE_MAKE = 0,         /**< empty to leaf or table */
    AXAS_CHANGE_PERMISSIONS_MORE, /**< a leaf allows more than before */
    AXAS_CHANGE_PERMISSIONS_LESS, /**< a leaf allows less, or something else, than before */
    AXAS_CHANGE_MEMORY_TYPE,
    AXAS_CHANGE_OUTPUT_ADDRESS,
    AXAS_CHANGE_SPLIT,          /**< a leaf becomes a table of smaller leaves */
    AXAS_CHANGE_COLLAPSE,       /**< a table becomes a leaf */
    AXAS_CHANGE_CONTIGUOUS_OFF, /**< the leaves of a contiguous group become single ones; they translate alike
                                 */
    AXAS_CHANGE_REMOVE_LEAF,
    AXAS_CHANGE_REMOVE_TABLE,
    AXAS_CHANGE_FAULT, /**< none: a vCPU goes back to the guest after a fault on the entry */
    AXAS_CHANGES
};

/** What one kind of change asks for, on a CPU that has all of `with` and none of `without`. */
struct axas_transition {
    enum axas_change change;
    bool breaks; /**< the entry goes through "empty" and an invalidation before it takes the new value */
    bool local;  /**< the invalidation concerns this CPU only */
    enum axas_invalidate_scope scope;
    uint64_t with, without;
};

/** One optional part of the hardware. */
struct axas_feature {
    const char *name, *title;
    uint64_t bit;
};

struct axas_level {
    const char *name;
    int8_t number;          /**< as the architecture's manual counts */
    uint8_t shift;          /**< lowest address bit of the index; a leaf here covers 1 << shift bytes */
    uint8_t index_bits;     /**< of a table that is no widened root */
    uint8_t kinds;          /**< bit k set: an entry of enum axas_entry_kind k may be here */
    uint64_t leaf_with;     /**< features that a leaf at this level needs */
    uint64_t empty;         /**< the value that means "nothing here" */
    uint64_t accessed_mask; /**< entry bits of a leaf here; 0 if the format has none */
    uint64_t dirty_mask;    /**< a leaf or held leaf with it is dirty; 0 if the format has none */
    /** Where the CPU tells a write by the access of a leaf: the bit that it sets. With a feature of the
     *  format's hardware_dirty_features, a leaf that has it is dirty. 0 where the CPU sets dirty_mask. */
    uint64_t written_mask;
    uint64_t software_mask;          /**< bits that the hardware leaves to software, kept by every change */
    uint64_t group_size;             /**< bytes of a contiguous group of leaves here; 0 if there are none */
    uint64_t group_mask, group_mark; /**< a leaf is of a group where these bits of it have this value */
    uint64_t group_with;             /**< features that a group here needs */
};

/** A leaf (or held leaf), or, from query, the hole where the walk ended. */
struct axas_leaf {
    enum axas_entry_kind kind;
    unsigned level;
    axas_gpa gpa;   /**< first byte of the leaf, or of the hole */
    axas_hpa hpa;   /**< of that byte */
    uint64_t size;  /**< bytes */
    uint64_t group; /**< bytes of the contiguous group that it is a leaf of; its own size if it is of none */
    uint64_t entry; /**< of a group: as if it were of none */
    axas_attr attr; /**< no access bits if held */
    bool accessed, dirty;
};

/** An attribute as leaves of each level carry it: everything but the address. Made once per operation. */
struct axas_leaf_code {
    axas_attr attr;
    uint64_t at[AXAS_MAX_LEVELS];
};

/** Table frames put aside, by the level of the table they will become; linked through their first word. */
struct axas_pool {
    void *first[AXAS_MAX_LEVELS];
    uint32_t count[AXAS_MAX_LEVELS];
};

/** A leaf or held leaf that was changed, without what is kept of it, and the rules for that; NULL: none was.
 */
struct axas_known_change {
    const struct axas_transition *change;
    uint64_t seen;
    unsigned level;
};

struct axas_mode;

/** What code.attr is before a range was given a code: no attribute. */
#define AXAS_NO_CODE UINT32_MAX

/** Of a smallest leaf of normal memory, by access bits; 0: there is none, or it has no bit. */
struct axas_page_codes {
    uint64_t of[AXAS_ACCESS_MASK + 1];
};

/** Is near no address of a guest. */
#define AXAS_NO_LEAF_TABLE (UINT64_C(1) << 63)

/** One tree of one format: what the walkers need of it. Made by axas_table_init (table.h). */
struct axas_table {
    /* What every walk and every page reads stands together, at the front: x86 has shorter offsets there. */
    void *root;
    uint64_t direct_map;   /**< host-virtual = host-physical + this, unless `maps_by_call` */
    uint64_t last;         /**< last guest address */
    uint8_t root_level;    /**< of the mode */
    uint8_t first_split;   /**< the first level whose tables can take the place of a leaf */
    uint8_t groups;        /**< bit n set: map makes contiguous groups at level n */
    bool maps_by_call;     /**< hal->phys_to_virt and hal->virt_to_phys are to be asked */
    bool writes_back;      /**< hal->table_write_back is to be called */
    bool hardware_updates; /**< the CPU writes accessed and dirty bits by itself */
    uint8_t gpa_bits;
    uint8_t physical_bits;
    uint8_t page_shift;  /**< page_size is 1 << this */
    uint8_t table_shift; /**< a table of smallest leaves that is no widened root covers 1 << this bytes */
    bool announces;      /**< the CPU or the IOMMU has to be told of new entries */
    bool publishes;      /**< new entries have to be written back, or followed by the HAL's barrier */
    uint32_t vmid;
    /** Shared. The mode's translate, or what takes its place if `maps_by_call`. */
    uint64_t (*translate)(const struct axas_table *table, uint64_t gpa);
    /** Shared. The mode's install, or its put_page if `maps_by_call`, or if writing back or a barrier is to
     * follow new entries. */
    enum axas_status (*install)(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                axas_attr attr, struct axas_pool *pool);
    /** Exclusive. The mode's map_page. */
    enum axas_status (*map_page)(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                 axas_attr attr);
    uint64_t page_size;        /**< of the smallest leaf, bytes */
    uint64_t not_in_gpa;       /**< bits that no guest address of such a leaf has */
    uint64_t not_in_hpa;       /**< bits that no host address of one has */
    void *leaf_table;          /**< of the page that was mapped last by itself; for exclusive calls */
    uint64_t leaf_table_gpa;   /**< its first address, or AXAS_NO_LEAF_TABLE */
    uint64_t leaf_table_pages; /**< table_pages, or 0: there is none that map_page may look in */
    struct axas_page_codes page_code;

    const struct axas_mode *mode;
    /** Shared. The mode's empty_page, or what takes its place if `maps_by_call`. */
    void *(*empty_page)(const struct axas_table *table, uint64_t gpa);
    uint64_t page_empty;            /**< an empty entry of the smallest leaves' level */
    uint64_t table_pages;           /**< how many pages of a table of smallest leaves are within the space */
    struct axas_leaf_code code;     /**< that a range was given last; for exclusive calls */
    struct axas_known_change known; /**< the last one to that code */
    const struct axas_hal *hal;
    const struct axas_format *format;
    axas_hpa root_hpa;
    uint64_t root_size;       /**< bytes */
    uint64_t features;        /**< what this CPU has, of the format's */
    uint64_t leaf_sizes;      /**< bit n set: leaves of 1 << n bytes may be made */
    uint64_t exec_leaf_sizes; /**< the same for leaves with an execute bit */
    size_t tables;            /**< linked tables and the root; changed atomically */
    uint64_t table_limit;     /**< cap on `tables`; UINT64_MAX for none */
    struct axas_transition change[AXAS_CHANGES];
    struct axas_invalidation page_made;    /**< of a page that is mapped by itself; for exclusive calls */
    struct axas_invalidation page_faulted; /**< of a page after a fault, but for the identifier; `gpa`: the
                                              bits of it to be told */
    struct axas_pool pool;             /**< the reserve, and what the running exclusive operation prepared */
    uint32_t reserve[AXAS_MAX_LEVELS]; /**< how many tables the reserve is to hold: at least what one unmap
                                          takes */
};

/** Called with each run of leaf memory that nothing translates to any more. */
typedef void axas_release_fn(void *context, axas_gpa gpa, axas_hpa hpa, uint64_t size);

/** Return false to stop. The leaf is a copy. */
typedef bool axas_visit_fn(void *context, const struct axas_leaf *leaf);

/** One thing that was taken out of a tree and is freed after the invalidation. */
struct axas_gathered {
    axas_gpa gpa;
    uint64_t entry;           /**< a table's entry, or the host address of released memory */
    uint64_t size;            /**< bytes: of released memory, or of what is in the table */
    axas_release_fn *release; /**< for the leaves; NULL if nothing hangs on them */
    void *context;
    unsigned level; /**< where the entry stood */
    bool table;
};

#define AXAS_GATHER_ITEMS 32

/**
 * Collects what an exclusive operation took out, so that one invalidation covers it all and memory is
 * freed only after that. Allocates nothing; when full it flushes and frees by itself.
 */
struct axas_gather {
    enum axas_invalidate_scope scope; /**< AXAS_INVALIDATE_NONE: nothing to invalidate yet */
    bool local;
    uint64_t first, last;     /**< bounds of what changed */
    uint64_t leaf_size;       /**< the smallest leaf that changed, or UINT64_MAX */
    axas_release_fn *release; /**< for leaves taken out from now on */
    void *context;
    unsigned count;
    struct axas_gathered item[AXAS_GATHER_ITEMS];
};

/** A range that is mapped, free and counted. */
struct axas_map_request {
    struct axas_table *table;
    uint64_t distance; /**< from guest to host addresses */
    uint64_t sizes;    /**< of leaves that may be */
    const struct axas_leaf_code *code;
};

/** What happens to a range that is emptied or given another code. */
struct axas_change_request {
    struct axas_table *table;
    uint64_t sizes; /**< of leaves that need not be split */
    const struct axas_leaf_code *code;
    struct axas_gather *gather;
    struct axas_known_change *known; /**< the last one: what looks the same is not looked at again */
};

/**
 * The walkers of one mode. Addresses are inside the mode's range, aligned to its smallest leaf, `last`
 * is the last byte of a range and included. Callers have checked this (table.c).
 */
struct axas_mode {
    const char *name, *title;
    uint8_t root_level;
    uint8_t level_count; /**< levels from the root to the last */
    uint8_t gpa_bits_min, gpa_bits_max, gpa_bits_preferred;
    uint8_t gpa_bits_fewer; /**< the least with all of `fewer_with`; else as gpa_bits_min */
    uint8_t physical_bits_min;
    bool within_physical; /**< gpa_bits may not exceed the CPU's physical width */
    bool is_default;
    uint64_t with;       /**< features that the mode needs */
    uint64_t fewer_with; /**< features with which it takes as few bits as gpa_bits_fewer */

    /** Shared. The host address of a byte; not for a table that maps_by_call. AXAS_NO_HPA_BUT
     *  AXAS_ERR_NOT_MAPPED, also for a held leaf, or AXAS_ERR_CORRUPT. */
    uint64_t (*translate)(const struct axas_table *table, uint64_t gpa);
    /** Shared. The same for each of `count` addresses; AXAS_NO_HPA for those that lead nowhere. */
    void (*translate_batch)(const struct axas_table *table, const axas_gpa *gpas, axas_hpa *hpas,
                            size_t count);
    /** Shared. The slot where the walk to gpa ends, its level, and the entry in it, which is no table. */
    void *(*find)(const struct axas_table *table, uint64_t gpa, unsigned *level, uint64_t *entry);
    /** Shared. The slot of the smallest leaf at gpa, by the first one of the 1 << table->table_shift bytes
     * that gpa is in, and the host address of the byte. NULL, and *hpa as it was: it is no leaf. */
    const void *(*leaf_in)(const void *first, uint64_t gpa, axas_hpa *hpa);
    /** Shared. The slot of the smallest leaf at gpa, if the entry in it is empty; NULL also if the walk ends
     *  above it. Not for a table that maps_by_call. */
    void *(*empty_page)(const struct axas_table *table, uint64_t gpa);
    /** Shared. Puts one smallest leaf of normal memory, whose code is in table->page_code, where there was
     * an empty entry, by one compare-and-swap, and announces it. AXAS_ERR_EXISTS: somebody was first. */
    enum axas_status (*install_page)(struct axas_table *table, void *slot, uint64_t hpa, axas_attr attr);
    /** Shared. axas_table_install for arguments of which only the pointers are checked, by a shorter way for
     *  one smallest leaf of normal memory whose code is in table->page_code. */
    enum axas_status (*put_page)(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                 axas_attr attr, struct axas_pool *pool);
    /** Shared. The same where nothing follows new entries; not for a table that maps_by_call. */
    enum axas_status (*install)(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                axas_attr attr, struct axas_pool *pool);
    /** Exclusive. axas_table_map in the same way. */
    enum axas_status (*map_page)(struct axas_table *table, uint64_t gpa, uint64_t hpa, uint64_t size,
                                 axas_attr attr);
    /** Exclusive. Fills a table of the level below `level`, which nothing has seen yet, with what one leaf or
     *  held leaf translates, bit for bit. Of it [gpa, last] is about to change: contiguous groups that this
     *  would cut are not made. NULL where all leaves are of one size. */
    void (*divide)(const struct axas_change_request *what, void *child, unsigned level, uint64_t gpa,
                   uint64_t last, uint64_t entry);
    /*
     * Below, `slot` is the entry for gpa in a table of `level` that [gpa, last] does not leave; from the root
     * on, table.c calls them. A function calls itself for the tables below, so calls nest as deep as the
     * tree.
     */

    /** Exclusive. Maps the range with the largest leaves that fit, from table->pool. Cannot fail if nothing
     * is there and the pool holds what it takes. `linked`: the table is part of the tree already, as the root
     * is. */
    void (*map)(const struct axas_map_request *what, void *slot, unsigned level, uint64_t gpa, uint64_t last,
                bool linked);
    /**
     * Exclusive. With a code: gives the leaves and held leaves of the range its attribute, splitting at the
     * ends and what is larger than `sizes` allows; a code without access makes them held. Keeps address,
     * accessed, dirty and software bits. Cannot fail if the pool holds a table for each split.
     * With NULL: empties the range, splitting at its ends from table->pool, unlinking tables that hold
     * nothing else; `sizes` is UINT64_MAX. Where the pool lacks a table for a split and gather->release is
     * NULL, the whole leaf goes. What is no entry of ours stays.
     */
    void (*change)(const struct axas_change_request *what, void *slot, unsigned level, uint64_t gpa,
                   uint64_t last);
};

struct axas_root_request {
    const struct axas_mode *mode;
    axas_hpa root;
    uint32_t vmid;
    uint8_t gpa_bits, physical_bits;
    uint64_t features;
};

struct axas_fault_register {
    const char *name, *title;
    uint64_t initial; /**< what stands for "not given" */
};

struct axas_id_register {
    const char *name, *title;
};

/**
 * Tries a root register: writes `value` there, reads it back, puts back what was there before, and gives what
 * it read. `number` is the register's place in axas_format.root_registers.
 */
typedef uint64_t axas_probe_fn(void *context, unsigned number, uint64_t value);

/** What a CPU (or an IOMMU) has of a format. Plain data: whoever knows more, or wants less, changes it. */
struct axas_capabilities {
    const struct axas_format *format;
    const char *missing; /**< NULL, or why the CPU does not have the format at all: a literal */
    uint64_t features;   /**< that it has, and that nobody has to turn on but through the root registers */
    /** Features that it has as well, and that count only once the host has turned them on elsewhere (the
     *  feature's title says where). They have to be asked for in axas_table_config.features. */
    uint64_t switched;
    uint64_t modes;        /**< bit n set: the CPU takes format->modes[n], as far as its features allow it */
    uint8_t physical_bits; /**< width of its physical addresses; 0 where no register says */
    /** Width of the guest addresses that it takes at most, whatever the mode; 0 where no register says. */
    uint8_t gpa_bits;
};

struct axas_shape;

/** A page-table format. */
struct axas_format {
    const char *name, *title, *arch;
    uint8_t entry_bytes;
    bool big_endian;
    uint8_t level_count, mode_count, feature_count, transition_count;
    uint8_t root_register_count, fault_register_count, id_register_count;
    bool probes;                       /**< `capabilities` tries a root register */
    uint8_t output_bits;               /**< width of the host addresses that an entry can hold */
    uint8_t root_tables_max;           /**< tables that a root may be made of */
    bool hardware_updates_always;      /**< every CPU writes accessed or dirty bits */
    uint64_t hardware_update_features; /**< with any of these the CPU writes accessed or dirty bits */
    bool hardware_dirty_always;        /**< every CPU marks leaves dirty */
    uint64_t hardware_dirty_features;  /**< with any of these the CPU marks leaves dirty */
    const struct axas_level *levels;
    const struct axas_shape *shape; /**< the same levels, as codec and walkers know them (codec.h) */
    const struct axas_mode *modes;
    const struct axas_feature *features;
    const struct axas_transition *transitions;
    const char *const *root_registers;
    const struct axas_fault_register *fault_registers;
    const struct axas_id_register *id_registers; /**< NULL if the format does not say how CPUs tell */

    /** Kind of an entry; never fails, whatever the bits. */
    enum axas_entry_kind (*entry_kind)(unsigned level, uint64_t entry);
    /** True if the manual allows this entry at this level on a CPU with these features and physical address
     *  width (kind allowed, reserved bits, access and memory codes, alignment, width) and every fixed field
     * has the value that the format's description gives it, so that a foreign entry is found too. */
    bool (*entry_valid)(unsigned level, uint64_t entry, uint64_t features, unsigned physical_bits);
    /** Which entry bits any kind legal at this level declares as more than reserved or ignored. */
    uint64_t (*entry_used)(unsigned level, enum axas_entry_kind kind);
    uint64_t (*table_make)(unsigned level, uint64_t hpa);
    /** Host address that a table, leaf or held entry holds; of a leaf in a contiguous group whose leaves do
     *  not hold their own addresses, where the group's memory begins. */
    uint64_t (*entry_hpa)(unsigned level, uint64_t entry);
    /** AXAS_ERR_UNSUPPORTED: no code for attr with these features. No access bits: code of held leaves. */
    enum axas_status (*encode)(axas_attr attr, uint64_t features, struct axas_leaf_code *code);
    /** The entry for a leaf of that level; accessed and dirty as new leaves have them. */
    uint64_t (*leaf_make)(unsigned level, uint64_t hpa, const struct axas_leaf_code *code);
    /** Fills attr, accessed, dirty, hpa, kind, entry and level from a leaf or held entry.
     *  AXAS_ERR_CORRUPT if the entry is neither or has no legal code; *leaf is then untouched. */
    enum axas_status (*leaf_read)(unsigned level, uint64_t entry, uint64_t features, struct axas_leaf *leaf);
    /** The values of the root registers, in the order of `root_registers`. AXAS_ERR_RANGE: the vmid does
     *  not fit, or the root is not where the register can say. */
    enum axas_status (*root_encode)(const struct axas_root_request *request,
                                    uint64_t values[AXAS_MAX_ROOT_REGISTERS]);
    /** Reads the fault registers, in the order of `fault_registers`. AXAS_ERR_INVALID: not a second-stage
     * fault. */
    enum axas_status (*fault_decode)(const uint64_t registers[AXAS_MAX_FAULT_REGISTERS],
                                     struct axas_fault *fault);
    /** Reads the identification registers, in the order of `id_registers`; see axas_capabilities_decode. NULL
     * if the format does not say. */
    void (*capabilities)(const uint64_t registers[AXAS_MAX_ID_REGISTERS], axas_probe_fn *probe, void *context,
                         struct axas_capabilities *found);
};

/** Every format in this build, ended by NULL. */
extern const struct axas_format *const axas_formats[];

/** A format of this build by name, or NULL. */
const struct axas_format *axas_format_find(const char *name);
/** A mode by name, or NULL. A NULL name gives the default mode. */
const struct axas_mode *axas_mode_find(const struct axas_format *format, const char *name);
/** The fewest bits of a guest address that the mode takes on a CPU with these features. */
static inline uint8_t axas_mode_gpa_bits_min(const struct axas_mode *mode, uint64_t features)
{
    return (mode->fewer_with & ~features) == 0 ? mode->gpa_bits_fewer : mode->gpa_bits_min;
}
/** The bit of a feature by name, or 0. */
uint64_t axas_feature_find(const struct axas_format *format, const char *name);

/**
 * What a CPU has of a format, from the values of its identification registers, in the order of
 * format->id_registers. Where format->probes, `probe` is called once for each mode with the value that
 * selects it, all else 0; else it is not called and may be NULL. Touches no register by itself: the files of
 * axas/cpu/ read them on the CPU that they are for.
 *
 * AXAS_ERR_INVALID: a null pointer. AXAS_ERR_UNSUPPORTED: the format does not say how CPUs tell. *found is
 * then untouched. That the CPU lacks the format is no failure: found->missing says so.
 */
enum axas_status axas_capabilities_decode(const struct axas_format *format,
                                          const uint64_t registers[AXAS_MAX_ID_REGISTERS],
                                          axas_probe_fn *probe, void *context,
                                          struct axas_capabilities *found);

/**
 * Leaves in *common what it and *other both have, for a space that CPUs of different kinds run: features,
 * modes, the smaller widths. What one of them has by itself and the other has to be turned on counts
 * as `switched`. Where one lacks the format, `missing` is its. AXAS_ERR_INVALID: a null pointer, or
 * capabilities of two formats; *common is then untouched.
 */
enum axas_status axas_capabilities_meet(struct axas_capabilities *common,
                                        const struct axas_capabilities *other);

#ifdef __cplusplus
}
#endif

#endif
