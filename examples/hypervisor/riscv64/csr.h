/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file csr.h
 * The registers of the privileged architecture that are used here, by number where not every assembler knows
 * their names (privileged specification, table 2.4 on).
 */
#ifndef CSR_H
#define CSR_H

#define MENVCFG 0x30a
#define MENVCFGH 0x31a
#define HSTATUS 0x600
#define HEDELEG 0x602
#define HIDELEG 0x603
#define HENVCFG 0x60a
#define HTINST 0x64a
#define HGATP 0x680
#define VSSTATUS 0x200
#define VSATP 0x280

#define ENVCFG_PBMTE_BIT 62 /* Svpbmt */
#define ENVCFG_ADUE_BIT 61  /* Svadu */

#define HSTATUS_SPV 0x80   /* the trap came, or sret goes, to a guest */
#define HSTATUS_SPVP 0x100 /* at its kernel's level */
#define SSTATUS_SPP 0x100

#ifndef __ASSEMBLER__
#include <stdint.h>

#define CSR_NAME(csr) CSR_STRING(csr)
#define CSR_STRING(csr) #csr
#define CSR_READ(csr)                                                         \
    __extension__({                                                           \
        unsigned long value_;                                                 \
        __asm__ volatile("csrr %0, " CSR_NAME(csr) : "=r"(value_)::"memory"); \
        (uint64_t) value_;                                                    \
    })
#define CSR_WRITE(csr, value) \
    __asm__ volatile("csrw " CSR_NAME(csr) ", %0" ::"r"((unsigned long)(value)) : "memory")
#define CSR_SET(csr, bits) \
    __asm__ volatile("csrs " CSR_NAME(csr) ", %0" ::"r"((unsigned long)(bits)) : "memory")
#define CSR_CLEAR(csr, bits) \
    __asm__ volatile("csrc " CSR_NAME(csr) ", %0" ::"r"((unsigned long)(bits)) : "memory")
#endif

#endif
