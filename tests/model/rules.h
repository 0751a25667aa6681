/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rules.h
 * What each architecture asks of whoever changes an entry, written by hand from its manual. Nothing here is
 * read from struct axas_table or from a specification, whose transitions are what the order check judges.
 */
#ifndef TESTS_RULES_H
#define TESTS_RULES_H

#include <axas/format.h>

#include <string.h>

/** What one kind of change asks for at least. */
struct rule {
    bool breaks;
    bool local; /**< the CPU that makes the change is enough */
    enum axas_invalidate_scope scope;
};

#define RULE(change) (1u << AXAS_CHANGE_##change)

/** What sets one format apart from "nothing is broken, nothing but valid translations is cached". */
struct facts {
    const char *format;         /**< its name, or what the names of several begin with */
    unsigned breaks;            /**< RULE()s that go through an empty entry and an invalidation */
    const char *resizes;        /**< feature with which split, collapse and a contiguous group that becomes
                                     single leaves need no break; NULL for none */
    bool caches_empty;          /**< a translation that found nothing may be cached ... */
    const char *sees_new;       /**< ... unless the CPU has this feature; NULL for always */
    bool caches_refused;        /**< an entry that refused an access may stay cached after the fault ... */
    const char *forgets;        /**< ... unless the CPU has this feature; NULL for always */
    const char *only_with;      /**< both only with this feature; NULL for always */
    bool elsewhere;             /**< the walker is no CPU: nothing that it has to forget concerns one alone */
    bool asks_again;            /**< the CPU looks again before it faults: more permissions need nothing */
    unsigned local, everything; /**< RULE()s that concern one CPU only, or all that is cached of the tree */
};

static const struct facts rules_facts[] = {
    /*
     * Arm DDI 0487. D8.16.1: an entry that gives a Translation fault is never cached; one that gives a
     * Permission fault may be, and stays until a TLBI. D8.16.1.2 (break-before-make): a change of memory
     * type, of the output address, and between a block and a table, unless FEAT_BBM level 2
     * (ID_AA64MMFR2_EL1.BBM) allows the last. A change of permissions alone needs no break. D8.7.1: leaves
     * with and without the contiguous bit in one group are misprogrammed (RQTRPM, RNGLXZ); permissions that
     * differ within a group are those of any of its leaves (RJQQTC). D8.17.2, RKHRBC: level 1 of FEAT_BBM
     * is enough to change the bit in place.
     */
    {
        .format = "aarch64_stage2",
        .breaks =
            RULE(MEMORY_TYPE) | RULE(OUTPUT_ADDRESS) | RULE(SPLIT) | RULE(COLLAPSE) | RULE(CONTIGUOUS_OFF),
        .resizes = "bbm2",
        .caches_refused = true,
    },
    /* DDI 0406C, B3.10: as AArch64, without the levels of break-before-make. */
    {
        .format = "armv7_lpae_stage2",
        .breaks =
            RULE(MEMORY_TYPE) | RULE(OUTPUT_ADDRESS) | RULE(SPLIT) | RULE(COLLAPSE) | RULE(CONTIGUOUS_OFF),
        .caches_refused = true,
    },
    /*
     * RISC-V privileged architecture, SFENCE.VMA and HFENCE.GVMA: an implementation may cache invalid
     * entries, so that making one needs a fence on the hart that goes on with it; Svvptc promises that a new
     * valid entry is seen in bounded time without one. A leaf that lacks a permission may be cached at any
     * time. No change asks for an invalid entry in between. Svnapot: so does a NAPOT range, unless what
     * differs in it is known to be harmless; what translates the same is, and old and new permissions are
     * until the fence, as they are for one entry.
     */
    {
        .format = "riscv32_gstage",
        .caches_empty = true,
        .sees_new = "svvptc",
        .caches_refused = true,
    },
    {
        .format = "riscv64_gstage",
        .caches_empty = true,
        .sees_new = "svvptc",
        .caches_refused = true,
    },
    /*
     * RISC-V IOMMU, 7.3.8: an entry that is not valid is never cached; one that lacks a permission may
     * be. 7.3.6: nothing but the size of a page changes without a step through an entry that is not valid.
     */
    {
        .format = "riscv_iommu",
        .breaks = RULE(PERMISSIONS_MORE) | RULE(PERMISSIONS_LESS) | RULE(MEMORY_TYPE) | RULE(OUTPUT_ADDRESS),
        .caches_refused = true,
    },
    /*
     * LoongArch volume 1, 5.4.2: the TLB holds pages that are not valid, or refuse, like any other. 5.4.1:
     * two entries must not match, so that small pages are gone from it before a large one takes their place.
     */
    {.format = "loongarch64_stage2", .breaks = RULE(COLLAPSE), .caches_empty = true, .caches_refused = true},
    {.format = "loongarch64_stage2_16k",
     .breaks = RULE(COLLAPSE),
     .caches_empty = true,
     .caches_refused = true},
    /*
     * Intel SDM volume 3, "Caching Translation Information" of VMX: nothing is cached of an entry that is not
     * present, and an EPT violation invalidates the mappings of the address it was for, so that more
     * permissions cost one more violation at most. INVEPT after anything else.
     */
    {.format = "x86_64_ept", .asks_again = true},
    /*
     * AMD APM volume 2, 5.5 and 15.25: entries that are not present are not cached; a translation that would
     * fault is dropped, and found anew. Those that point to tables are modified through an absent entry only.
     */
    {.format = "x86_64_npt", .breaks = RULE(COLLAPSE), .asks_again = true},
    /*
     * Intel VT-d, 6.1 and 6.5: without caching mode nothing is cached of an entry that gives a fault; with
     * it, as for an IOMMU that somebody emulates, anything may be, and each change to an entry asks for an
     * invalidation.
     */
    {
        .format = "vtd_second_stage",
        .caches_empty = true,
        .caches_refused = true,
        .only_with = "caching_mode",
        .elsewhere = true,
    },
    /* The made-up ones, in the words of their files. Entries are broken as on an old Arm CPU; more
     * permissions concern one CPU; a table that goes takes everything along. */
    {
        .format = "ok_narrow32",
        .breaks = RULE(MEMORY_TYPE) | RULE(OUTPUT_ADDRESS) | RULE(SPLIT) | RULE(COLLAPSE),
        .caches_refused = true,
        .local = RULE(PERMISSIONS_MORE),
        .everything = RULE(REMOVE_TABLE),
    },
    /* "sees_new: a new entry is seen without a fence": neither a hole nor a refusal stays. Another type
     * concerns all that is cached. */
    {
        .format = "ok_nonzero_empty",
        .breaks = RULE(OUTPUT_ADDRESS) | RULE(COLLAPSE),
        .everything = RULE(MEMORY_TYPE),
        .caches_empty = true,
        .sees_new = "sees_new",
        .caches_refused = true,
        .forgets = "sees_new",
    },
    /* "gentle_split: leaf sizes change without a break"; else as AArch64. */
    {
        .format = "ok_split_address",
        .breaks =
            RULE(MEMORY_TYPE) | RULE(OUTPUT_ADDRESS) | RULE(SPLIT) | RULE(COLLAPSE) | RULE(CONTIGUOUS_OFF),
        .resizes = "gentle_split",
        .caches_refused = true,
    },
    /* The reference's example: large and small leaves for one place are never in a TLB together; holes are
     * not cached, what refused an access may be. */
    {.format = "worked_example", .breaks = RULE(SPLIT) | RULE(COLLAPSE), .caches_refused = true},
    /*
     * Power ISA, Book III, "Translation Table Update Synchronization Requirements": to modify a valid entry,
     * make it invalid, tlbie, wait for it, and write the new one; the entry with more permissions is no
     * danger while the old one is in use. Nothing is cached of an entry that is not valid.
     */
    {
        .format = "ok_power_radix",
        .breaks =
            RULE(PERMISSIONS_LESS) | RULE(MEMORY_TYPE) | RULE(OUTPUT_ADDRESS) | RULE(SPLIT) | RULE(COLLAPSE),
        .caches_refused = true,
    },
    /* "What no CPU has together": even permissions that shrink need a break, holes are cached. */
    {
        .format = "ok_strange",
        .breaks =
            RULE(PERMISSIONS_LESS) | RULE(MEMORY_TYPE) | RULE(OUTPUT_ADDRESS) | RULE(SPLIT) | RULE(COLLAPSE),
        .caches_empty = true,
        .caches_refused = true,
        .local = RULE(PERMISSIONS_MORE),
        .everything = RULE(OUTPUT_ADDRESS) | RULE(COLLAPSE) | RULE(REMOVE_TABLE),
    },
};

/** Where the CPU does not set a flag in a leaf that is written through, but tells it by the leaf's access. */
struct written {
    const char *format, *with; /**< its feature; NULL: every CPU does */
    uint64_t may;              /**< a leaf with this bit may be written ... */
    uint64_t smallest, larger; /**< ... and the CPU then sets this one in a smallest leaf, or in another */
};

#define RULES_BIT(n) (UINT64_C(1) << (n))

static const struct written rules_written[] = {
    /* DDI 0487, D8.5.2: where VTCR_EL2.HA and HD are 1, a stage 2 leaf with DBM (bit 51) may be written, and
     * S2AP[1] (bit 7) is set by the first write. */
    {"aarch64_stage2", "hardware_dirty_state", RULES_BIT(51), RULES_BIT(7), RULES_BIT(7)},
    /* In the words of its file: access codes of 4 and more may write, and "mark" stands at 7 or at 13. */
    {"ok_strange", "marks", RULES_BIT(61), RULES_BIT(7), RULES_BIT(13)},
    /* "Every CPU marks what was written": bit 4 lets a leaf be written, "wrote" is bit 7. */
    {"ok_nonzero_empty", NULL, RULES_BIT(4), RULES_BIT(7), RULES_BIT(7)},
};

/** Whether a name is that one, or that one and '_' and more. */
static inline bool rules_are_for(const char *name, const char *format)
{
    size_t length = strlen(format);
    return strncmp(name, format, length) == 0 && (name[length] == '\0' || name[length] == '_');
}

/** The bits that a CPU with these features sets in that leaf when it is read, or written through. */
static inline uint64_t rules_marks(const struct axas_format *format, uint64_t features, unsigned level,
                                   uint64_t entry, bool write)
{
    const struct axas_level *at = &format->levels[level];
    uint64_t marks = at->accessed_mask;
    if (!write) {
        return marks;
    }
    for (size_t i = 0; i < sizeof rules_written / sizeof *rules_written; i++) {
        const struct written *told = &rules_written[i];
        if (rules_are_for(format->name, told->format) &&
            (told->with == NULL || (features & axas_feature_find(format, told->with)) != 0)) {
            uint64_t bit = level + 1u == format->level_count ? told->smallest : told->larger;
            return marks | ((entry & told->may) != 0 ? bit : 0);
        }
    }
    return marks | at->dirty_mask;
}

/*
 * What no architecture forgives: what was taken away or lost a permission, another type or another place is
 * invalidated on every CPU, before its memory goes. Nothing here is broken, a new entry and a refusal ask for
 * nothing.
 */
static const struct facts rules_everywhere = {.elsewhere = true, .asks_again = true};

/** The rules for a CPU of that format with these features. False if nobody wrote any for the format, so that
 *  these are only what holds everywhere. */
static inline bool rules_of(const struct axas_format *format, uint64_t features,
                            struct rule rules[AXAS_CHANGES])
{
    const struct facts *facts = NULL;
    for (size_t i = 0; i < sizeof rules_facts / sizeof *rules_facts; i++) {
        if (rules_are_for(format->name, rules_facts[i].format)) {
            facts = &rules_facts[i];
        }
    }
    bool written = facts != NULL;
    facts = written ? facts : &rules_everywhere;
    for (unsigned change = 0; change < AXAS_CHANGES; change++) {
        rules[change].breaks = (facts->breaks & (1u << change)) != 0;
        rules[change].local = (facts->local & (1u << change)) != 0;
        rules[change].scope =
            (facts->everything & (1u << change)) != 0 ? AXAS_INVALIDATE_ALL : AXAS_INVALIDATE_LEAF;
    }
    if (facts->resizes != NULL && (features & axas_feature_find(format, facts->resizes)) != 0) {
        rules[AXAS_CHANGE_SPLIT].breaks = false;
        rules[AXAS_CHANGE_COLLAPSE].breaks = false;
        rules[AXAS_CHANGE_CONTIGUOUS_OFF].breaks = false;
    }
    /* A table that goes is cached as a pointer too, on every architecture. */
    for (unsigned i = 0; i < 2; i++) {
        struct rule *rule = &rules[i == 0 ? AXAS_CHANGE_REMOVE_TABLE : AXAS_CHANGE_COLLAPSE];
        rule->scope = rule->scope == AXAS_INVALIDATE_LEAF ? AXAS_INVALIDATE_TABLES : rule->scope;
    }
    if (facts->asks_again) {
        rules[AXAS_CHANGE_PERMISSIONS_MORE].scope = AXAS_INVALIDATE_NONE;
    }
    bool caches = facts->only_with == NULL || (features & axas_feature_find(format, facts->only_with)) != 0;
    bool empty = caches && facts->caches_empty &&
                 (facts->sees_new == NULL || (features & axas_feature_find(format, facts->sees_new)) == 0);
    bool refused = caches && facts->caches_refused &&
                   (facts->forgets == NULL || (features & axas_feature_find(format, facts->forgets)) == 0);
    rules[AXAS_CHANGE_MAKE] =
        (struct rule){false, !facts->elsewhere, empty ? AXAS_INVALIDATE_LEAF : AXAS_INVALIDATE_NONE};
    rules[AXAS_CHANGE_FAULT] =
        (struct rule){false, !facts->elsewhere, refused ? AXAS_INVALIDATE_LEAF : AXAS_INVALIDATE_NONE};
    return written;
}

#endif
