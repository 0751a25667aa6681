/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file scene.h
 * A small tree made by hand, and what a test does to it, one event after the other, for the order check to
 * judge. No walker of the library takes part: entries are put together by the codec, stores go straight to
 * the record, and everything else is asked of the hosted HAL.
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "order.h"

#include <criterion/criterion.h>

/** A CPU to play on: the name of a format, and of features, separated by blanks. */
struct machine {
    const char *format, *features;
};

/** Of the last level's table: slot 0 to 3 are pages that the HAL gave, with marks and software bits set; from
 *  4 on nothing, but for a contiguous group of memory that is nobody's, from slot s->group on, where the
 * machine has groups. Of the table above it: slot 0 is that table, slot 1 a block of memory that is nobody's.
 */
struct scene {
    struct axas_hosted *arena;
    struct axas_hal hal;
    struct axas_table table;
    struct order *order;
    const struct machine *machine;
    unsigned last, above;         /**< levels */
    uint64_t at[AXAS_MAX_LEVELS]; /**< the table of each level */
    uint64_t page, block;         /**< bytes */
    uint64_t page_hpa[4], block_hpa, group_hpa;
    uint64_t group; /**< the first slot of the group, and how many leaves it has; 0 if there is none */
    uint64_t software, marks; /**< what the pages and the block carry */
    uint32_t vmid;            /**< that invalidations are asked for */
    uint64_t root;
    const struct axas_format *format;
};

#define RW (AXAS_READ | AXAS_WRITE)

/** Sets the scene and begins to record. `device`: no leaf may be gone for a moment. */
void scene_open(struct scene *scene, const struct machine *machine, bool device);
/** Judges what happened since, which has to break that rule and no other before it, and closes the scene. */
void scene_close(struct scene *scene, enum order_rule expected);

/** A value for a leaf of the group, and for the same by itself. */
uint64_t together(const struct scene *scene, uint64_t index, axas_attr attr);
uint64_t alone(const struct scene *scene, uint64_t index, axas_attr attr);
/** A value for an entry. */
uint64_t leaf(const struct scene *scene, unsigned level, uint64_t hpa, axas_attr attr);
uint64_t link_to(const struct scene *scene, unsigned level, uint64_t table);
uint64_t empty(const struct scene *scene, unsigned level);
/** Where an entry is. */
uint64_t slot(const struct scene *scene, unsigned level, uint64_t index);
/** The guest address that an entry of the tables in `at` begins with. */
uint64_t gpa_of(const struct scene *scene, unsigned level, uint64_t index);
/** What an entry holds. */
uint64_t look(const struct scene *scene, uint64_t slot);

/** One store, and the same by compare-and-swap, in halves, and where nobody sees it. */
void put(struct scene *scene, uint64_t slot, uint64_t value);
void swap(struct scene *scene, uint64_t slot, uint64_t value);
void put_halves(struct scene *scene, uint64_t slot, uint64_t value);
void put_unseen(struct scene *scene, uint64_t slot, uint64_t value);
/** Writes `count` entries back. */
void back(struct scene *scene, uint64_t slot, uint64_t count);
/** A store and its write-back. */
void change(struct scene *scene, uint64_t slot, uint64_t value);
void barrier(struct scene *scene);
/** Asks for an invalidation, on every CPU or on this one; `step`: the smallest leaf in the range. */
void forget(struct scene *scene, enum axas_invalidate_scope scope, uint64_t gpa, uint64_t size,
            uint64_t step);
void forget_here(struct scene *scene, enum axas_invalidate_scope scope, uint64_t gpa, uint64_t size,
                 uint64_t step);
/** Ends an operation that made something at gpa: fence and barrier. */
void settle(struct scene *scene, uint64_t gpa, uint64_t size);
/** Takes a table of that level, memory of the guest, and gives either back. */
uint64_t take_table(struct scene *scene, unsigned level);
uint64_t take_page(struct scene *scene);
void give_table(struct scene *scene, uint64_t table, unsigned level);
void give_page(struct scene *scene, uint64_t page);
void clear_page(struct scene *scene, uint64_t page);
void publish(struct scene *scene, uint64_t page, axas_attr attr);
/** Stores every entry of a table of the last level: `count` pages of the block, the rest empty; with its
 * marks and software bits if `inherit`. */
void fill(struct scene *scene, uint64_t table, uint64_t count, bool inherit);
/** How many entries such a table has. */
uint64_t entries(const struct scene *scene);

#endif
