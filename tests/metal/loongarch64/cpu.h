/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cpu.h
 * The emulated CPU, which sees the same memory from another process: the one in which the library runs, on
 * the machine that the test runs on, since no compiler here makes code for LoongArch.
 */
#ifndef CPU_H
#define CPU_H

#include "mailbox.h"

/** Where both put what they have to say. */
extern struct mailbox *cpu_mailbox;

/** Has the CPU do one thing, and waits for it. Returns ESTAT, or 0 if all went well. */
uint64_t cpu_do(uint64_t operation, uint64_t address, uint64_t value);

#endif
