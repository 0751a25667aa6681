/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file order.h
 * Judges the order of what one operation of one thread did: stores to tables, write-backs, barriers,
 * invalidations, publications and frees, as the hosted HAL recorded them.
 *
 *  - A table is linked by one store, when it is complete, and written back if the HAL has a write-back.
 *  - A leaf that the format wants broken is first emptied, then invalidated, then made.
 *  - What a change asks to be invalidated is, after the store and its write-back: scope, range, reach,
 * stride.
 *  - Neither a table nor memory of the guest is given back before no CPU can reach it.
 *  - Memory that was taken in the operation is published before an entry shows it.
 *  - A barrier follows the last store that made something.
 *  - Every store to a table was seen, so none was made in pieces or behind the record.
 *
 * What a change asks for is table->change, the format's transitions for the CPU; the rules are written here.
 */
#ifndef TESTS_ORDER_H
#define TESTS_ORDER_H

#include "tree.h"

#include <axas/hosted.h>

struct order;

/** `no_breaks`: no leaf may be gone for a moment, since a device may be using it. */
struct order *order_new(const struct axas_table *table, struct axas_hosted *arena, bool no_breaks);
void order_free(struct order *order);
/** Notes the tree as it is and starts recording. */
void order_begin(struct order *order);
/** The operation may take tables from that pool too. After order_begin. */
void order_pool(struct order *order, const struct axas_pool *pool);
/** The operation serves a fault at gpa: what is made has to be invalidated for that page only, since another
 *  fault on the rest is spurious, and ends with an invalidation of its own. */
void order_fault(struct order *order, axas_gpa gpa);
/** Stops recording and judges. `destroyed`: the operation was the destruction of the tree. */
bool order_end(struct order *order, bool destroyed, char problem[200]);

#endif
