/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file order.h
 * Judges the order of what one operation did: stores to tables, write-backs, barriers, invalidations,
 * publications, allocations and frees, as the hosted HAL recorded them. What a change asks for is in rules.h,
 * by hand; the format's own transitions are not looked at.
 */
#ifndef TESTS_ORDER_H
#define TESTS_ORDER_H

#include "tree.h"

#include <axas/hosted.h>
#include <axas/space.h>

/** What the checker can complain about. */
enum order_rule {
    ORDER_KEPT = 0,          /**< nothing */
    ORDER_EVENTS_LOST,       /**< more happened than was recorded */
    ORDER_STRAY_STORE,       /**< a store to memory that is no table */
    ORDER_IN_PIECES,         /**< an entry is stored in more than one piece */
    ORDER_BEHIND_THE_RECORD, /**< memory does not hold what was stored last */
    ORDER_WITHOUT_LOCK,      /**< the shared side stores other than by compare-and-swap from empty */
    ORDER_RACE,              /**< two threads store to one entry or one table, or over an unseen value */
    ORDER_BAD_ENTRY,         /**< a value that is no entry of its level */
    ORDER_TABLE_REPLACED,    /**< a table's entry becomes something other than empty */
    ORDER_NO_BREAK,          /**< a live entry changes in one step where a break is asked for */
    ORDER_GROUP_TORN,        /**< a leaf of a contiguous group changes beside others that may not see that */
    ORDER_BREAK_NOT_INVALIDATED,  /**< a broken entry is made again before its invalidation */
    ORDER_MAY_NOT_BREAK,          /**< a leaf is gone for a moment where a device may be using it */
    ORDER_OLD_VALUE_LOST,         /**< accessed, dirty or software bits of the old entry are gone */
    ORDER_LINKED_TWICE,           /**< a table is linked that already is, or that nobody took */
    ORDER_INCOMPLETE,             /**< a table is linked before each of its entries was stored */
    ORDER_TABLE_NOT_WRITTEN_BACK, /**< a table is linked before it is written back */
    ORDER_REUSED_EARLY,           /**< a table that was taken out is used again before its invalidation */
    ORDER_ENTRY_NOT_WRITTEN_BACK, /**< a changed entry is not written back, or after its invalidation */
    ORDER_NOT_ZEROED,             /**< an entry shows memory that was not cleared */
    ORDER_NOT_PUBLISHED,          /**< an entry shows memory that was not published before */
    ORDER_NOT_FETCHABLE,          /**< an executable entry shows memory that was published as data */
    ORDER_NOT_PUBLISHED_AGAIN,    /**< ... or that the guest had already, and not for what it becomes */
    ORDER_OTHER_FORMAT,           /**< an invalidation for another format */
    ORDER_OTHER_ROOT,             /**< an invalidation for another tree */
    ORDER_OTHER_VMID,             /**< an invalidation for another guest */
    ORDER_TOO_NARROW,             /**< the invalidation is for less than changed, or in too large steps */
    ORDER_SCOPE,                  /**< the invalidation leaves tables cached that were taken out */
    ORDER_LOCAL,                  /**< the invalidation concerns one CPU, or another one */
    ORDER_NOT_INVALIDATED,        /**< none at all */
    ORDER_NO_FENCE,               /**< none after an entry was made, where holes are cached */
    ORDER_REFUSAL_STAYS, /**< none before the vCPU goes on after a fault, where refusals are cached */
    ORDER_FREED_EARLY,   /**< memory is given back before its invalidation */
    ORDER_FREED_LINKED,  /**< a table is given back while it is linked */
    ORDER_NO_BARRIER,    /**< no barrier after the last entry was made */
    ORDER_RULES
};

struct order;

/** `no_breaks`: no leaf may be gone for a moment, since a device may be using it. */
struct order *order_new(const struct axas_table *table, struct axas_hosted *arena, bool no_breaks);
void order_free(struct order *order);
/** Notes the tree as it is and starts recording. */
void order_begin(struct order *order);
/** The operation may take tables from that pool too. After order_begin. */
void order_pool(struct order *order, const struct axas_pool *pool);
/** The operation may take memory of the guest from that cache (its tables are a pool). After order_begin. */
void order_cache(struct order *order, const struct axas_cache *cache);
/** The operation runs on the shared side: it may only fill empty entries, by compare-and-swap. */
void order_shared(struct order *order);
/** The operation serves a fault at gpa, on the shared side: what is made has to be invalidated for that page
 *  only, since another fault on the rest is spurious, and ends with an invalidation of its own. */
void order_fault(struct order *order, axas_gpa gpa);
/** The vCPU that faulted at gpa goes back to its guest after what was recorded. */
void order_goes_on(struct order *order, axas_gpa gpa);
/** *writer is not 0 while somebody has the exclusive side: a store without it is one of the shared side. For
 * all operations from now on, except destruction, which nobody else may be using the tree for. */
void order_watch(struct order *order, const uint32_t *writer);
/** Stops recording and judges. `destroyed`: the operation was the destruction of the tree. */
bool order_end(struct order *order, bool destroyed, char problem[200]);
/** Which rule the last order_end found broken. */
enum order_rule order_broken(const struct order *order);

#endif
