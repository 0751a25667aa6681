/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest: uses its memory in every way that libaxas has an answer for, says on its console what it does,
 * and reports to the hypervisor what came of it.
 */
#include "guest.h"

void guest_main(void);

static void say(const char *text)
{
    for (; *text != '\0'; text++) {
        guest_store(GUEST_CONSOLE_DATA, (uint8_t)*text);
    }
    guest_store(GUEST_CONSOLE_DATA, '\n');
}

static void report(struct guest_result result)
{
    guest_call(GUEST_CALL_REPORT, result.outcome, result.value);
}

static void use_lazy_memory(void)
{
    say("I read memory that nobody has touched.");
    report(guest_load(GUEST_FIRST));
    say("I write to it, and read it back.");
    report(guest_store(GUEST_FIRST, GUEST_FIRST_WORD));
    report(guest_load(GUEST_FIRST));
    say("I write to memory further on, and read it back.");
    report(guest_store(GUEST_SECOND, GUEST_SECOND_WORD));
    report(guest_load(GUEST_SECOND));
}

static void use_devices(void)
{
    say("I ask the device that I was given who it is.");
    report(guest_load(GUEST_DEVICE));
    say("I try to change it.");
    report(guest_store(GUEST_DEVICE, 0));
    say("I read the status of this console.");
    report(guest_load(GUEST_CONSOLE_STATUS));
}

static void try_what_is_forbidden(void)
{
    say("I read the page that the hypervisor shares with me.");
    report(guest_load(GUEST_SHARED));
    say("I try to write to it, and look whether that changed it.");
    report(guest_store(GUEST_SHARED, 0));
    report(guest_load(GUEST_SHARED));
    say("I try to change my own program.");
    report(guest_store(GUEST_IMAGE, 0));
    say("I write to memory and try to run what I wrote.");
    report(guest_store(GUEST_CODE_IN_RAM, 0));
    report(guest_jump(GUEST_CODE_IN_RAM));
    say("I read where nothing is.");
    report(guest_load(GUEST_NOWHERE));
}

static void have_memory_changed(void)
{
    say("I have a page sealed, read it, and try to write to it.");
    guest_call(GUEST_CALL_SEAL, GUEST_FIRST, GUEST_PAGE_SIZE);
    report(guest_load(GUEST_FIRST));
    report(guest_store(GUEST_FIRST, 0));
    say("I give a page back, and try to read it.");
    guest_call(GUEST_CALL_GIVE_BACK, GUEST_SECOND, GUEST_PAGE_SIZE);
    report(guest_load(GUEST_SECOND));
}

static void use_own_tables(void)
{
    say("I turn on my own page tables. One of them lies in memory that nobody has touched.");
    guest_paging_on();
    say("I read through it.");
    report(guest_load(GUEST_WINDOW));
    say("I map the shared page with it, and read through it again.");
    guest_paging_open_window();
    report(guest_load(GUEST_WINDOW));
    say("My tables let me write there. I try.");
    report(guest_store(GUEST_WINDOW, 0));
}

void guest_main(void)
{
    say("Hello.");
    use_lazy_memory();
    use_devices();
    try_what_is_forbidden();
    have_memory_changed();
    use_own_tables();
    say("Good bye.");
    guest_call(GUEST_CALL_DONE, 0, 0);
}
