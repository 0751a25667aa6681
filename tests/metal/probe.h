/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file probe.h
 * One access of a guest at one guest-physical address, made by the CPU itself: the judge of what libaxas
 * says. Implemented for each architecture on top of examples/hypervisor/arch.h, with that one's boot code.
 *
 * Every frame of the machine's memory that guests may see is marked beforehand: each aligned 8-byte word
 * holds its own host-physical address, except the PROBE_STUB_SIZE bytes at probe_stub_offset(), where a few
 * instructions tell the hypervisor their frame's number and trap. So what an access reached needs no
 * knowledge of the tables.
 */
#ifndef PROBE_H
#define PROBE_H

#include <axas/space.h>

/** What the CPU made of one access. */
struct probe_answer {
    bool reached;   /**< it went through; otherwise it faulted */
    bool hpa_known; /**< reached: always for reads and execution, for writes where the CPU tells */
    uint64_t hpa;   /**< the host address of the byte at gpa */
    uint64_t registers[AXAS_MAX_FAULT_REGISTERS]; /**< not reached: as axas_fault_decode takes them */
    uint64_t unknown; /**< not reached: the low bits of the address that the registers do not tell */
    const char *odd;  /**< NULL, or in what the CPU contradicts itself or leaves what was asked for */
};

/** Called once after arch_init, with what arch_table_config says of the CPU, as plain fields. Adds to its
 *  features those that the CPU has and does not report. */
void probe_init(struct axas_table_config *cpu);

#define PROBE_STUB_SIZE 32

/** Writes the marks into one frame of AXAS_FRAME_SIZE bytes, seen by the host at `frame`. */
void probe_mark(void *frame, axas_hpa hpa);

/** Offset in each frame of the instructions that probe_mark leaves there; a multiple of PROBE_STUB_SIZE. */
uint64_t probe_stub_offset(void);

/** The guest's own few pages, which have to be mapped before it can make an access: its instructions, and
 *  its translation tables if it has any. */
struct probe_home {
    axas_hpa hpa;
    uint64_t size; /**< bytes, a power of two; also the alignment of its place; 0 if it needs none */
    axas_attr attr;
};
struct probe_home probe_home(void);

/** Says where the home is mapped; before the first access after that. */
void probe_settle(axas_gpa gpa);

/** Makes the CPU run its guest on that tree, as on a CPU with `features` of the format's: others are turned
 *  off where the CPU lets. */
void probe_load(const struct axas_root *root, uint64_t features);

/**
 * One access at `gpa`: AXAS_READ or AXAS_WRITE of 8 aligned bytes (a write stores `value`), AXAS_KERNEL_EXEC
 * or AXAS_USER_EXEC of the stub's instructions (gpa lies at the stub's offset) at the guest's kernel or user
 * level. The guest runs without translation of its own, or with one that maps every guest-physical address.
 * False if this CPU cannot make such an access, for instance at an address too wide for the guest.
 */
bool probe_access(axas_gpa gpa, axas_attr access, uint64_t value, struct probe_answer *answer);

/**
 * Where a read or a write at `gpa` would go if it were made. For addresses behind which there is no marked
 * memory; `expected` is where the library says. False if this CPU does not tell without making the access,
 * and it cannot be made without harm.
 */
bool probe_translate(axas_gpa gpa, axas_attr access, axas_hpa expected, struct probe_answer *answer);

/**
 * One access while the guest's own translation is on, its root table at `table`, a page where the walk may
 * not read: it faults on its way. False if this CPU or this program cannot do that.
 */
bool probe_walk(axas_gpa table, struct probe_answer *answer);

/** What only this CPU shows, beyond what is asked for above: it counts into `report`. */
void probe_own(const struct axas_table_config *cpu);

/** False if this emulator lacks a mode that the manual has, with guest-physical addresses of that width.
 *  Those that lack none need not define it. */
bool probe_has(const struct axas_format *format, const struct axas_mode *mode, uint8_t width);

/** Widest guest-physical address that probe_access can reach, in bits. */
unsigned probe_gpa_bits(void);

/** Makes the CPU forget every translation of its guest, as after a change that the library was not told of.
 */
void probe_forget(void);

#endif
