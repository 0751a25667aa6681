/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file registers.h
 * The guest's general registers but RSP, as assembler and C see them.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#define REGISTERS_RAX (0 * 8)
#define REGISTERS_RBX (1 * 8)
#define REGISTERS_RCX (2 * 8)
#define REGISTERS_RDX (3 * 8)
#define REGISTERS_RSI (4 * 8)
#define REGISTERS_RDI (5 * 8)
#define REGISTERS_RBP (6 * 8)
#define REGISTERS_R8 (7 * 8)
#define REGISTERS_R9 (8 * 8)
#define REGISTERS_R10 (9 * 8)
#define REGISTERS_R11 (10 * 8)
#define REGISTERS_R12 (11 * 8)
#define REGISTERS_R13 (12 * 8)
#define REGISTERS_R14 (13 * 8)
#define REGISTERS_R15 (14 * 8)

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
};
_Static_assert(offsetof(struct registers, rbp) == REGISTERS_RBP, "assembler");
_Static_assert(offsetof(struct registers, r15) == REGISTERS_R15, "assembler");
#endif

#endif
