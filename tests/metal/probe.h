/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file probe.h
 * One access of a guest at one guest-physical address, made by the CPU itself: the judge of what libaxas
 * says. Implemented for each architecture on top of examples/hypervisor/arch.h, with that one's boot code.
 *
 * Every frame of the machine's memory that guests may see is marked beforehand: each aligned 8-byte word
 * holds its own host-physical address, except where probe_stub_offset() says, where a few instructions tell
 * the hypervisor their frame's number and trap. So what an access reached needs no knowledge of the tables.
 */
#ifndef PROBE_H
#define PROBE_H

#include <axas/space.h>

/** What the CPU made of one access. */
struct probe_answer {
    bool reached;                                 /**< it went through; otherwise it faulted */
    bool hpa_known;
    uint64_t hpa;                                 /**< reached: the host address of the byte at gpa */
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS]; /**< not reached: as axas_fault_decode takes them */
};

/** Called once after arch_init. */
void probe_init(void);

/** Writes the marks into one frame of AXAS_FRAME_SIZE bytes, seen by the host at `frame`. */
void probe_mark(void *frame, axas_hpa hpa);

/** Offset in each frame of the instructions that probe_mark leaves there; a multiple of 8. */
uint64_t probe_stub_offset(void);

/**
 * One access at `gpa`: AXAS_READ or AXAS_WRITE of 8 aligned bytes (a write stores `value`), AXAS_KERNEL_EXEC or
 * AXAS_USER_EXEC of the stub's instructions (gpa lies at the stub's offset) at the guest's kernel or user
 * level. The guest runs without translation of its own, or with one that maps every guest-physical address.
 * False if this CPU cannot make such an access, for instance at an address too wide for the guest.
 */
bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer);

/** Widest guest-physical address that probe_access can reach, in bits. */
unsigned probe_gpa_bits(void);

/** Makes the CPU forget every translation of its guest, as after a change that the library was not told of. */
void probe_forget(void);

#endif
