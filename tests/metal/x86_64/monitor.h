/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file monitor.h
 * What the accesses of probe.c need of VMX or SVM: a guest in 64-bit mode, and each way out of it.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include "registers.h"

#include <axas/table.h>

enum monitor_stop {
    MONITOR_CPUID, /**< the guest came to a CPUID instruction */
    MONITOR_FAULT, /**< the second stage stopped it */
    MONITOR_OTHER,
};

/** The guest is as it should be but for its page tables. */
void monitor_init(void);

/** Where the guest's page tables are, as the guest sees it. */
void monitor_guest_root(uint64_t cr3);

/** Runs the guest at `rip`, at a privilege level of 0 or 3. MONITOR_FAULT fills in fault_registers. */
enum monitor_stop monitor_run(struct registers *registers, uint64_t rip, unsigned level,
                              uint64_t fault_registers[AXAS_MAX_FAULT_REGISTERS]);

/** Whether the CPU enters its guest at all with the registers of that root. */
bool monitor_enters(const struct axas_root *root);

/** Where the guest stopped. */
uint64_t monitor_rip(void);

/** The CPU forgets what it holds of the second stage. */
void monitor_forget(void);

#endif
