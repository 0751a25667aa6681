/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hosted.h
 * A HAL for an ordinary process, to try and to test the library with. Part of the library `axas_hosted`,
 * which uses libc.
 *
 * An arena of anonymous memory stands for the physical memory of a machine. Physical addresses begin at a
 * base that is not zero and differ from the pointers by a constant, as in a kernel's direct map, so an
 * address of the wrong kind is soon noticed. Frames are counted and poisoned, and each is in a ledger: giving
 * back what was not taken, twice, in the wrong size, or writing to it afterwards is an error. An allocation
 * that a test names fails. What the library does to memory and asks of the CPU can be recorded, in order.
 *
 * Every function may be called by several threads at once, unless it says otherwise.
 */
#ifndef AXAS_HOSTED_H
#define AXAS_HOSTED_H

#include <axas/hal.h>

#ifdef AXAS_DIRECT_MAP_OFFSET
#error \
    "the hosted HAL learns its direct map at run time: a configuration with a constant one is for another host"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Every byte of a run that was just taken: memory that should have been cleared shows. */
#define AXAS_HOSTED_FRESH 0xa5u
/** Every byte of memory that was given back. */
#define AXAS_HOSTED_FREED 0xdbu

/** What an arena can find wrong. */
enum axas_hosted_error {
    AXAS_HOSTED_BAD_SIZE,  /**< taking or giving back a size that is no power of two or less than a frame */
    AXAS_HOSTED_UNALIGNED, /**< giving back an address that is not a multiple of the size */
    AXAS_HOSTED_FOREIGN_FREE, /**< giving back what lies outside the arena */
    AXAS_HOSTED_DOUBLE_FREE,  /**< giving back what is not taken */
    AXAS_HOSTED_PARTIAL_FREE, /**< giving back another run than was taken, where parts are not allowed */
    AXAS_HOSTED_WRONG_USE,    /**< giving back with another use, or an unknown one */
    AXAS_HOSTED_USED_FREED,   /**< memory that is not taken was written to */
    AXAS_HOSTED_LEAK,         /**< memory was still taken when the arena was destroyed */
    AXAS_HOSTED_BAD_REQUEST,  /**< an invalidation or publication that makes no sense */
    AXAS_HOSTED_ERRORS
};

/** A short English name; never NULL. */
const char *axas_hosted_error_str(enum axas_hosted_error error);

/** The default for each field is 0. */
struct axas_hosted_config {
    uint64_t size; /**< bytes, rounded up to a power of two; 0 for 64 MiB. Untouched memory costs nothing */
    uint64_t
        physical_base;  /**< where it begins, a multiple of its size; 0 for what `size` rounds 1 GiB up to */
    bool free_in_parts; /**< axas_hal.free_in_parts */
    bool count_errors;  /**< errors are counted; otherwise the first is printed and aborts the process */
};

struct axas_hosted;

/** Makes an arena; config may be NULL. NULL if the process has no memory for it or the base is not aligned.
 */
struct axas_hosted *axas_hosted_create(const struct axas_hosted_config *config);
/** Checks as axas_hosted_check does, and that nothing is taken any more; then gives everything up. NULL is
 *  allowed. Returns the number of errors that the arena found in its life. */
uint64_t axas_hosted_destroy(struct axas_hosted *arena);

/** The HAL, with every function present; lives as long as the arena. A copy may be changed, for instance to
 *  leave an optional function out. */
const struct axas_hal *axas_hosted_hal(struct axas_hosted *arena);
/** The first physical address, and the size of the arena in bytes. */
axas_hpa axas_hosted_base(const struct axas_hosted *arena);
uint64_t axas_hosted_size(const struct axas_hosted *arena);
/** Sets what hal->reader_slot returns in the calling thread (0 at first). */
void axas_hosted_set_reader(unsigned slot);

/** Looks for writes to memory that is not taken. */
void axas_hosted_check(struct axas_hosted *arena);
/** How many errors of that kind were found. */
uint64_t axas_hosted_errors(struct axas_hosted *arena, enum axas_hosted_error error);
/** How many were found of any kind. */
uint64_t axas_hosted_error_count(struct axas_hosted *arena);

/** What is taken from an arena. */
struct axas_hosted_ledger {
    uint64_t bytes[AXAS_FRAME_USES]; /**< by use */
    uint64_t digest;   /**< of which frames are taken for which use; equal sets have equal digests */
    uint64_t attempts; /**< calls of frame_alloc in the arena's life, failed ones included */
    uint64_t failures; /**< those that failed, for whatever reason */
};

/** A copy of the ledger as it stands. */
struct axas_hosted_ledger axas_hosted_ledger_now(struct axas_hosted *arena);
/** True if as many bytes are taken for each use. */
bool axas_hosted_ledger_same(const struct axas_hosted_ledger *a, const struct axas_hosted_ledger *b);
/** What that use holds now, in bytes. */
uint64_t axas_hosted_bytes(struct axas_hosted *arena, enum axas_frame_use use);
/** True if the frame with that address is taken for that use. */
bool axas_hosted_owns(struct axas_hosted *arena, axas_hpa frame, enum axas_frame_use use);

/** Makes the n-th allocation from now fail (1 is the next), and those after it succeed again; 0: none. */
void axas_hosted_fail_at(struct axas_hosted *arena, uint64_t n);
/** Makes the n-th allocation from now fail and all that follow, until it is called with 0. */
void axas_hosted_fail_from(struct axas_hosted *arena, uint64_t n);

/** What an arena records. */
enum axas_hosted_event_kind {
    AXAS_HOSTED_STORE,      /**< to a table. Needs a library built with hosted_config.h */
    AXAS_HOSTED_BARRIER,    /**< hal->barrier */
    AXAS_HOSTED_INVALIDATE, /**< hal->invalidate */
    AXAS_HOSTED_PUBLISH,    /**< hal->frame_publish */
    AXAS_HOSTED_WRITE_BACK, /**< hal->table_write_back */
    AXAS_HOSTED_ALLOC,      /**< hal->frame_alloc that succeeded */
    AXAS_HOSTED_FREE,       /**< hal->frame_free */
};

struct axas_hosted_event {
    enum axas_hosted_event_kind kind;
    unsigned thread; /**< reader slot of the thread that did it */
    axas_hpa hpa;    /**< STORE: the slot; PUBLISH, WRITE_BACK, ALLOC, FREE: the first byte */
    uint64_t size;   /**< bytes of the same */
    uint64_t value;  /**< STORE: what was stored, as it stands in memory, zero-extended; PUBLISH: 1 if every
                          byte was 0 at that moment, else 0 */
    uint64_t
        old; /**< STORE: what was there before; `value` after a compare-and-swap, which is noted once done */
    uint32_t watched;                      /**< STORE: what the watched word held then */
    enum axas_frame_use use;               /**< ALLOC, FREE */
    axas_attr attr;                        /**< PUBLISH */
    struct axas_invalidation invalidation; /**< INVALIDATE */
};

/** Forgets what was recorded and records from now on, up to `limit` events. */
void axas_hosted_record(struct axas_hosted *arena, uint64_t limit);
/** Stops recording; what was recorded stays. */
void axas_hosted_record_stop(struct axas_hosted *arena);
/** Each store that is recorded from now on tells what *word held, for instance whether a lock was taken.
 * `word` has to stay until another is named; NULL for none, which reads as 0. */
void axas_hosted_watch(struct axas_hosted *arena, const uint32_t *word);
/** How many events were recorded. */
uint64_t axas_hosted_event_count(struct axas_hosted *arena);
/** How many did not find room. A test that walks the record checks that this is 0. */
uint64_t axas_hosted_events_lost(struct axas_hosted *arena);
/** The events, oldest first; good until recording starts anew or the arena is destroyed, and only while
 * nothing is being recorded. NULL if there are none. */
const struct axas_hosted_event *axas_hosted_events(struct axas_hosted *arena);

#ifdef __cplusplus
}
#endif

#endif
