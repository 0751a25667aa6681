/* SPDX-License-Identifier: Apache-2.0 */
/* The lock by one thread; tests/threads has it contended. */
#include <axas/lock.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define READERS 4u

static struct axas_lock lock;
static void *slots;

static void setup(void)
{
    slots = aligned_alloc(AXAS_LOCK_SLOT_BYTES, READERS * AXAS_LOCK_SLOT_BYTES);
    cr_assert_not_null(slots);
    memset(slots, 0, READERS * AXAS_LOCK_SLOT_BYTES);
    memset(&lock, 0, sizeof lock);
    axas_lock_init(&lock, slots, READERS);
}

static void teardown(void)
{
    free(slots);
}

TestSuite(lock, .init = setup, .fini = teardown, .timeout = 10);

Test(lock, readers_share_and_a_writer_gets_in_when_all_have_left)
{
    axas_lock_state a = axas_lock_read(&lock, 0);
    axas_lock_state b = axas_lock_read(&lock, 1);
    axas_lock_state c = axas_lock_read(&lock, 1);
    axas_unlock_read(&lock, 1, b);
    axas_unlock_read(&lock, 0, a);
    axas_unlock_read(&lock, 1, c);
    axas_lock_state w = axas_lock_write(&lock);
    axas_unlock_write(&lock, w);
    a = axas_lock_read(&lock, 3);
    axas_unlock_read(&lock, 3, a);
}

Test(lock, any_slot_number_will_do)
{
    for (unsigned slot = 0; slot < 10 * READERS; slot++) {
        axas_lock_state state = axas_lock_read(&lock, slot);
        axas_unlock_read(&lock, slot, state);
    }
    axas_lock_state state = axas_lock_read(&lock, UINT32_MAX);
    axas_unlock_read(&lock, UINT32_MAX, state);
    state = axas_lock_write(&lock);
    axas_unlock_write(&lock, state);
}

Test(lock, a_reader_in_any_slot_keeps_a_writer_out, .signal = SIGALRM, .timeout = 20)
{
    /* The writer spins for ever; only the alarm ends it. */
    (void)axas_lock_read(&lock, READERS - 1);
    alarm(1);
    (void)axas_lock_write(&lock);
}

Test(lock, who_found_a_slot_taken_keeps_a_writer_out, .signal = SIGALRM, .timeout = 20)
{
    axas_lock_state first = axas_lock_read(&lock, 2);
    (void)axas_lock_read(&lock, 2);
    axas_unlock_read(&lock, 2, first);
    alarm(1);
    (void)axas_lock_write(&lock);
}

Test(lock, who_has_taken_a_slot_keeps_a_writer_out_when_others_left_it, .signal = SIGALRM, .timeout = 20)
{
    (void)axas_lock_read(&lock, 2);
    axas_lock_state second = axas_lock_read(&lock, 2);
    axas_lock_state third = axas_lock_read(&lock, 2 + READERS);
    axas_unlock_read(&lock, 2, second);
    axas_unlock_read(&lock, 2 + READERS, third);
    alarm(1);
    (void)axas_lock_write(&lock);
}

Test(lock, a_slot_that_was_shared_is_free_when_all_have_left)
{
    axas_lock_state first = axas_lock_read(&lock, 2);
    axas_lock_state second = axas_lock_read(&lock, 2);
    axas_unlock_read(&lock, 2, first);
    axas_lock_state third = axas_lock_read(&lock, 2);
    axas_unlock_read(&lock, 2, second);
    axas_lock_state fourth = axas_lock_read(&lock, 2);
    axas_unlock_read(&lock, 2, third);
    axas_unlock_read(&lock, 2, fourth);
    axas_lock_state w = axas_lock_write(&lock);
    axas_unlock_write(&lock, w);
}

Test(lock, a_writer_keeps_a_reader_out, .signal = SIGALRM, .timeout = 20)
{
    (void)axas_lock_write(&lock);
    alarm(1);
    (void)axas_lock_read(&lock, 2);
}

/* What happens while this thread waits. */
static axas_lock_state leaves;

static void writer_leaves(int signal)
{
    (void)signal;
    axas_unlock_write(&lock, NULL);
}

static void reader_and_writer_leave(int signal)
{
    (void)signal;
    axas_unlock_read(&lock, 2, leaves);
    axas_unlock_write(&lock, NULL);
}

static void soon(void (*handler)(int))
{
    const struct itimerval when = {.it_value.tv_usec = 50000};
    cr_assert_neq(signal(SIGALRM, handler), SIG_ERR);
    cr_assert_eq(setitimer(ITIMER_REAL, &when, NULL), 0);
}

Test(lock, a_reader_that_waited_for_a_writer_is_in)
{
    (void)axas_lock_write(&lock);
    soon(writer_leaves);
    const axas_lock_state state = axas_lock_read(&lock, 2);
    cr_expect_not_null(axas_lock_notes(state), "nobody else is in the slot");
    cr_expect_eq(lock.slots[2].taken, 1, "so that the next writer waits");
    cr_expect_eq(lock.slots[2].beside, 0);
    axas_unlock_read(&lock, 2, state);
    axas_unlock_write(&lock, axas_lock_write(&lock));
}

Test(lock, a_reader_that_waited_beside_another_is_in)
{
    const axas_lock_state other = axas_lock_read(&lock, 2);
    lock.writer = 1; /* one that waits for the other */
    soon(writer_leaves);
    const axas_lock_state state = axas_lock_read(&lock, 2);
    cr_expect_null(axas_lock_notes(state), "they are the other's");
    cr_expect_eq(lock.slots[2].taken, 1);
    cr_expect_eq(lock.slots[2].beside, 1);
    axas_unlock_read(&lock, 2, other);
    axas_unlock_read(&lock, 2, state);
    axas_unlock_write(&lock, axas_lock_write(&lock));
}

Test(lock, a_reader_that_waited_until_another_left_has_its_slot)
{
    leaves = axas_lock_read(&lock, 2);
    lock.writer = 1;
    soon(reader_and_writer_leave);
    const axas_lock_state state = axas_lock_read(&lock, 2);
    cr_expect_not_null(axas_lock_notes(state));
    cr_expect_eq(lock.slots[2].taken, 1);
    cr_expect_eq(lock.slots[2].beside, 0);
    axas_unlock_read(&lock, 2, state);
    axas_unlock_write(&lock, axas_lock_write(&lock));
}

Test(lock, a_writer_keeps_a_writer_out, .signal = SIGALRM, .timeout = 20)
{
    (void)axas_lock_write(&lock);
    alarm(1);
    (void)axas_lock_write(&lock);
}

Test(lock, slots_do_not_share_a_cache_line)
{
    cr_expect_geq(AXAS_LOCK_SLOT_BYTES, 64);
    cr_expect_eq(sizeof(struct axas_lock_slot), AXAS_LOCK_SLOT_BYTES);
}

Test(lock, a_slot_keeps_the_notes_of_the_one_that_has_it)
{
    axas_lock_state first = axas_lock_read(&lock, 1);
    unsigned char *notes = axas_lock_notes(first);
    cr_assert_not_null(notes);
    for (unsigned i = 0; i < AXAS_LOCK_NOTES_BYTES; i++) {
        cr_expect_eq(notes[i], 0);
        notes[i] = 0xa5;
    }
    axas_lock_state beside = axas_lock_read(&lock, 1);
    axas_lock_state other = axas_lock_read(&lock, 2);
    cr_expect_null(axas_lock_notes(beside));
    cr_expect_neq(axas_lock_notes(other), (void *)notes);
    axas_unlock_read(&lock, 1, first);
    axas_unlock_read(&lock, 1, beside);
    axas_unlock_read(&lock, 2, other);
    first = axas_lock_read(&lock, 1 + READERS);
    cr_expect_eq(axas_lock_notes(first), (void *)notes);
    cr_expect_eq(notes[AXAS_LOCK_NOTES_BYTES - 1], 0xa5);
    axas_unlock_read(&lock, 1 + READERS, first);
    axas_lock_state w = axas_lock_write(&lock); /* nobody is in because of them */
    axas_unlock_write(&lock, w);
}
