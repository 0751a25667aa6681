/* SPDX-License-Identifier: Apache-2.0 */
/* A host that replaces all that it may: its own lock, its own idea of a direct map, its own assertion. */
#define AXAS_CONFIG_TAG a_site

#define AXAS_DIRECT_MAP_OFFSET UINT64_C(0x1000000000)

#define AXAS_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())

#define AXAS_CUSTOM_LOCK
typedef unsigned axas_lock_state;

struct axas_lock {
    unsigned readers, writers; /* inside now */
    unsigned taken;            /* ever */
};

#define SITE_READ_STATE 0x12u
#define SITE_WRITE_STATE 0x34u

static inline axas_lock_state axas_lock_read(struct axas_lock *lock, unsigned slot)
{
    (void)slot;
    AXAS_ASSERT(lock->writers == 0);
    lock->readers++;
    lock->taken++;
    return SITE_READ_STATE;
}

static inline void axas_unlock_read(struct axas_lock *lock, unsigned slot, axas_lock_state state)
{
    (void)slot;
    AXAS_ASSERT(state == SITE_READ_STATE && lock->readers != 0);
    lock->readers--;
}

static inline axas_lock_state axas_lock_write(struct axas_lock *lock)
{
    AXAS_ASSERT(lock->readers == 0 && lock->writers == 0);
    lock->writers++;
    lock->taken++;
    return SITE_WRITE_STATE;
}

static inline void axas_unlock_write(struct axas_lock *lock, axas_lock_state state)
{
    AXAS_ASSERT(state == SITE_WRITE_STATE && lock->writers == 1);
    lock->writers--;
}
