/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lock.h
 * The lock of a space: many readers or one writer.
 *
 * The built-in lock spins and needs no operating system. A reader takes a slot that is a cache line of its
 * own and then looks for a writer, so readers in different slots write nothing in common; a writer raises its
 * flag and then waits until every slot is empty. Both sides are sequentially consistent there: either the
 * reader sees the flag and withdraws, or the writer sees the reader. Any number of readers may share a slot:
 * who finds it taken counts itself beside. The one that has taken it leaves by a plain store, the others by a
 * locked operation, which is slower. A waiting writer keeps new readers out, hence a thread may not read-lock
 * twice while another one could be waiting to write.
 *
 * A host that has its own locks, or that has to mask interrupts while a lock is held, replaces it. The
 * configuration header (AXAS_CONFIG_HEADER) then defines AXAS_CUSTOM_LOCK and:
 *
 *     typedef <integer type> axas_lock_state;    // what unlock takes back, e.g. the saved interrupt mask
 *     struct axas_lock { ... };                  // all bytes zero: not held; no memory of its own
 *     static inline axas_lock_state axas_lock_read(struct axas_lock *lock, unsigned slot);
 *     static inline void axas_unlock_read(struct axas_lock *lock, unsigned slot, axas_lock_state state);
 *     static inline axas_lock_state axas_lock_write(struct axas_lock *lock);
 *     static inline void axas_unlock_write(struct axas_lock *lock, axas_lock_state state);
 *
 * `slot` is any number; the same one comes with the unlock. axas_config.readers then has no effect. The
 * shared side is held between axas_guest_span_begin and _end, and while the HAL is called. Faults then look
 * for the area and the table of each page anew, and copies for the area: what one finds is kept in its slot
 * for the next.
 *
 * AXAS_CPU_RELAX() may be defined there too, with or without AXAS_CUSTOM_LOCK: what a spinning CPU does
 * between two looks.
 */
#ifndef AXAS_LOCK_H
#define AXAS_LOCK_H

#include <axas/config.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef AXAS_CPU_RELAX
#if defined(__x86_64__) || defined(__i386__)
#define AXAS_CPU_RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define AXAS_CPU_RELAX() __asm__ __volatile__("yield" ::: "memory")
#elif defined(__riscv)
/* PAUSE of Zihintpause, a FENCE without effect where that is not implemented. */
#define AXAS_CPU_RELAX() __asm__ __volatile__(".4byte 0x0100000f" ::: "memory")
#else
#define AXAS_CPU_RELAX() __asm__ __volatile__("" ::: "memory")
#endif
#endif

#ifdef AXAS_CUSTOM_LOCK

/** Bytes of memory that the lock wants for each reader slot. */
#define AXAS_LOCK_SLOT_BYTES 0u

static inline void axas_lock_init(struct axas_lock *lock, void *slots, unsigned readers)
{
    (void)lock;
    (void)slots;
    (void)readers;
}

static inline void *axas_lock_notes(axas_lock_state state)
{
    (void)state;
    return NULL;
}

#else

/** The word in which a reader is, so that leaving need not look for it again; NULL for a writer. */
typedef uint32_t *axas_lock_state;

/** Pairs of lines of 64 bytes: CPUs that fetch lines in pairs would share one otherwise. */
#define AXAS_LOCK_SLOT_BYTES 256u
/** How much of that is for the notes of the reader that has the slot. */
#define AXAS_LOCK_NOTES_BYTES 248u

struct axas_lock_slot {
    uint32_t taken;  /**< 1 while one reader has it */
    uint32_t beside; /**< readers that found it taken */
    uint64_t notes[AXAS_LOCK_NOTES_BYTES / sizeof(uint64_t)];
} __attribute__((aligned(AXAS_LOCK_SLOT_BYTES)));

struct axas_lock {
    struct axas_lock_slot *slots;
    uint32_t slot_count;
    uint32_t writer; /**< 1 from the moment when a writer wants in until it leaves */
};

/** `slots`: zeroed memory for `readers` slots, aligned to AXAS_LOCK_SLOT_BYTES; `readers` is not 0. */
static inline void axas_lock_init(struct axas_lock *lock, void *slots, unsigned readers)
{
    lock->slots = (struct axas_lock_slot *)slots;
    lock->slot_count = readers;
    lock->writer = 0;
}

static inline struct axas_lock_slot *axas_lock_slot_of(struct axas_lock *lock, unsigned slot)
{
    return &lock->slots[slot < lock->slot_count ? slot : slot % lock->slot_count];
}

/* A slot is aligned, so the word's address says which of its two words it is. */
static inline bool axas_lock_is_beside(axas_lock_state state)
{
    return ((uintptr_t)state & sizeof *state) != 0;
}

static inline void axas_unlock_read(struct axas_lock *lock, unsigned slot, axas_lock_state state)
{
    (void)lock;
    (void)slot;
    if (__builtin_expect(axas_lock_is_beside(state), 0)) {
        (void)__atomic_fetch_sub(state, 1u, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(state, 0u, __ATOMIC_RELEASE);
    }
}

/* axas_lock_read where the slot was found taken, or a writer wants in. Not inlined: what is seldom done keeps
 * nothing of its caller's on the stack. */
__attribute__((noinline, unused)) static axas_lock_state
axas_lock_read_later(struct axas_lock *lock, struct axas_lock_slot *own, bool was_taken)
{
    for (;;) {
        uint32_t *word = &own->taken;
        if (was_taken) {
            word = &own->beside;
            (void)__atomic_fetch_add(word, 1u, __ATOMIC_SEQ_CST);
        }
        if (__atomic_load_n(&lock->writer, __ATOMIC_SEQ_CST) == 0) {
            return word;
        }
        axas_unlock_read(lock, 0, word);
        while (__atomic_load_n(&lock->writer, __ATOMIC_RELAXED) != 0) {
            AXAS_CPU_RELAX();
        }
        was_taken = __atomic_exchange_n(&own->taken, 1u, __ATOMIC_SEQ_CST) != 0;
    }
}

static inline axas_lock_state axas_lock_read(struct axas_lock *lock, unsigned slot)
{
    struct axas_lock_slot *own = axas_lock_slot_of(lock, slot);
    const bool was_taken = __atomic_exchange_n(&own->taken, 1u, __ATOMIC_SEQ_CST) != 0;
    if (__builtin_expect(!was_taken && __atomic_load_n(&lock->writer, __ATOMIC_SEQ_CST) == 0, 1)) {
        return &own->taken;
    }
    return axas_lock_read_later(lock, own, was_taken);
}

/** What the last reader that had this slot noted there, and this one may note for the next, until it unlocks;
 *  zeroed at first. NULL for one that found the slot taken. */
static inline void *axas_lock_notes(axas_lock_state state)
{
    return axas_lock_is_beside(state) ? NULL : ((struct axas_lock_slot *)(void *)state)->notes;
}

static inline axas_lock_state axas_lock_write(struct axas_lock *lock)
{
    uint32_t slot;
    while (__atomic_exchange_n(&lock->writer, 1u, __ATOMIC_SEQ_CST) != 0) {
        while (__atomic_load_n(&lock->writer, __ATOMIC_RELAXED) != 0) {
            AXAS_CPU_RELAX();
        }
    }
    for (slot = 0; slot < lock->slot_count; slot++) {
        const struct axas_lock_slot *reader = &lock->slots[slot];
        while (__atomic_load_n(&reader->taken, __ATOMIC_SEQ_CST) != 0 ||
               __atomic_load_n(&reader->beside, __ATOMIC_SEQ_CST) != 0) {
            AXAS_CPU_RELAX();
        }
    }
    return NULL;
}

static inline void axas_unlock_write(struct axas_lock *lock, axas_lock_state state)
{
    (void)state;
    __atomic_store_n(&lock->writer, 0u, __ATOMIC_RELEASE);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
