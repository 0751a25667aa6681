/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file arch.h
 * What the hypervisor needs of a CPU and its machine. Each architecture has one directory that implements
 * this.
 */
#ifndef ARCH_H
#define ARCH_H

#include <axas/space.h>

/** Prepares the CPU for the hypervisor itself (its own translation, traps, the console). Called first. */
void arch_init(void);

/** One character to the machine's console. */
void arch_put(char character);

/** Leaves the emulator with an exit status. */
_Noreturn void arch_exit(int status);

/** The machine's memory that neither the hypervisor nor its image occupies: [first, end). */
struct arch_memory {
    uint64_t first, end;
};
struct arch_memory arch_memory(void);

/** A page of device registers that the guest may read: its first word is GUEST_DEVICE_ID (guest.h). */
axas_hpa arch_device(void);

/** Fills in the format, what the CPU reports of it (`capabilities`), and the features among these that the
 * host turns on or the widths that no register says. A format that is there already stays, where the
 * architecture has several. */
void arch_table_config(struct axas_table_config *config);

/** Fills in what concerns the CPU: invalidate, barrier, frame_publish, table_write_back. */
void arch_hal(struct axas_hal *hal);

/** Makes the CPU run its guest on that tree. */
void arch_root_load(const struct axas_root *root);

enum arch_exit_kind {
    ARCH_EXIT_CALL,  /**< the guest called the hypervisor */
    ARCH_EXIT_FAULT, /**< a second-stage fault */
    ARCH_EXIT_OTHER, /**< anything else; arch_guest_describe prints what */
};

/** Why the guest stopped. */
struct arch_exit {
    enum arch_exit_kind kind;
    uint64_t call[4];                             /**< the number of the call and its arguments */
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS]; /**< for axas_fault_decode */
};

/** Puts the one virtual CPU at an address of the guest, as after a reset. */
void arch_guest_init(axas_gpa entry);

/** Runs it until it stops. */
void arch_guest_run(struct arch_exit *stop);

/** The answer to a call. */
void arch_guest_answer(uint64_t value);

/** Does not let the faulting access happen: the guest goes on where it said (guest.h) and is told. */
void arch_guest_refuse(void);

/** The faulting access to a device, as the instruction makes it. */
struct arch_access {
    bool write;
    unsigned width; /**< bytes */
    uint64_t value; /**< what is written */
};

/** False if the CPU does not say; *access is then untouched. */
bool arch_guest_access(struct arch_access *access);

/** The access happened: a read gets `value`. The guest goes on behind it. */
void arch_guest_complete(uint64_t value);

/** Prints the state of the virtual CPU. */
void arch_guest_describe(void);

#endif
