/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file guest.h
 * The host's access to guest memory. Each function is *shared*, checks the whole range and its permission
 * before the first byte moves, crosses pages and areas, and moves no byte through a device mapping, a trap
 * area or a hole of no area.
 *
 * Lazy holes are populated first (which allocates) unless AXAS_GUEST_NO_POPULATE is given; then they are
 * AXAS_ERR_NOT_MAPPED. Accesses count as the guest's: where the hardware sets accessed and dirty bits by
 * itself, they set them.
 *
 * AXAS_ERR_INVALID (null pointer, unknown flag), _RANGE (overflow, outside the space), _NOT_MAPPED (also a
 * trap area), _PERMISSION, _UNSUPPORTED (device memory), _BUSY (an area that is being populated),
 * _NO_MEMORY, _CORRUPT. A length of 0 is AXAS_OK and touches nothing. A call that fails has moved no byte and
 * leaves its out-parameters alone; holes that it populated before it failed stay populated.
 */
#ifndef AXAS_GUEST_H
#define AXAS_GUEST_H

#include <axas/space.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AXAS_GUEST_LOAD_IMAGE \
    0x1u /**< the host loads the guest: write also where the guest may only read; then publish */
#define AXAS_GUEST_NO_POPULATE 0x2u /**< a page that has no entry just now is AXAS_ERR_NOT_MAPPED */

/** Copies from the guest. Not atomic as a whole. */
enum axas_status axas_guest_read(struct axas_space *space, axas_gpa gpa, void *buffer, uint64_t length);
/** Copies to the guest. Not atomic as a whole. */
enum axas_status axas_guest_write(struct axas_space *space, axas_gpa gpa, const void *buffer,
                                  uint64_t length);
/** Both with flags; AXAS_GUEST_LOAD_IMAGE is for writing only. Pages that were written are published
 *  (hal->frame_publish) where they are executable, not write-back memory, or part of an image. */
enum axas_status axas_guest_read_flags(struct axas_space *space, axas_gpa gpa, void *buffer, uint64_t length,
                                       uint32_t flags);
enum axas_status axas_guest_write_flags(struct axas_space *space, axas_gpa gpa, const void *buffer,
                                        uint64_t length, uint32_t flags);

/** One object of 1, 2, 4 or 8 bytes, aligned to its width (else AXAS_ERR_ALIGN), moved in one access: never
 * torn, read once. The value is in the host's byte order; a load extends it with zeros, a store takes its
 * low bytes. A load is an acquire, a store a release. 8 bytes are AXAS_ERR_UNSUPPORTED on a CPU of 32 bits
 * that has no such access. */
enum axas_status axas_guest_load(struct axas_space *space, axas_gpa gpa, unsigned width, uint64_t *value);
enum axas_status axas_guest_store(struct axas_space *space, axas_gpa gpa, unsigned width, uint64_t value);

/** A piece of guest memory that is contiguous for the host. */
struct axas_guest_span {
    void *data;      /**< host-virtual */
    uint64_t length; /**< bytes, at most what was asked for */
    axas_gpa gpa;
    axas_attr access;
    unsigned reader; /**< this and the next: the library's own */
    axas_lock_state state;
};

/**
 * Gives the longest piece at gpa, up to `length` bytes, that is contiguous in host memory, allows `access`
 * (AXAS_READ, AXAS_WRITE or both) and lies in one leaf or in adjoining leaves. Unlike the copies it checks
 * only the piece that it gives. From begin to end the shared side of the lock is held, so that what it points
 * to is not freed: exclusive calls wait. The same CPU may therefore make no call on the space in between. A
 * hole at gpa is populated; the piece ends before the next one. With AXAS_WRITE the end publishes as a write
 * does. AXAS_ERR_RANGE also for length 0, _INVALID for another access. *span is untouched on failure.
 */
enum axas_status axas_guest_span_begin(struct axas_space *space, axas_gpa gpa, uint64_t length,
                                       axas_attr access, struct axas_guest_span *span);
void axas_guest_span_end(struct axas_space *space, struct axas_guest_span *span);

/**
 * Walks a guest buffer span by span:
 *
 *     struct axas_guest_iterator it;
 *     enum axas_status status;
 *     axas_guest_iterate(&it, space, gpa, length, AXAS_READ);
 *     while (axas_guest_next(&it, &status)) {
 *         use(it.span.data, it.span.length);
 *     }
 *     // status is AXAS_OK if the whole buffer was walked, else what stopped the walk
 *
 * axas_guest_next ends one span before it begins the next.
 */
struct axas_guest_iterator {
    struct axas_space *space;
    axas_gpa gpa;
    uint64_t length; /**< bytes not handed out yet */
    axas_attr access;
    bool open;
    struct axas_guest_span span;
};

void axas_guest_iterate(struct axas_guest_iterator *iterator, struct axas_space *space, axas_gpa gpa,
                        uint64_t length, axas_attr access);
/** True while *there is a next span*; false when the buffer is done or *status (if not NULL) is not AXAS_OK.
 */
bool axas_guest_next(struct axas_guest_iterator *iterator, enum axas_status *status);
/** Ends the span that is open, for leaving a walk early. */
void axas_guest_iterate_end(struct axas_guest_iterator *iterator);

#ifdef __cplusplus
}
#endif

#endif
