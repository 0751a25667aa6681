/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cp15.h
 * The system registers that the program uses, as operands of MRC and MCR, and of MRRC and MCRR for those of
 * 64 bits (DDI 0406C.d, B3.17).
 */
#ifndef CP15_H
#define CP15_H

#include <stdint.h>

#define READ(name)                                                   \
    __extension__({                                                  \
        uint32_t value_;                                             \
        __asm__ volatile("mrc p15, " name : "=r"(value_)::"memory"); \
        value_;                                                      \
    })
#define WRITE(name, value) __asm__ volatile("mcr p15, " name ::"r"((uint32_t)(value)) : "memory")
#define READ_64(name)                                                 \
    __extension__({                                                   \
        uint64_t value_;                                              \
        __asm__ volatile("mrrc p15, " name : "=r"(value_)::"memory"); \
        value_;                                                       \
    })
#define WRITE_64(name, value) __asm__ volatile("mcrr p15, " name ::"r"((uint64_t)(value)) : "memory")
#define BARRIER() __asm__ volatile("dsb ish\nisb" ::: "memory")

/* Of Hyp mode. */
#define HCR "4, %0, c1, c1, 0"
#define HSCTLR "4, %0, c1, c0, 0"
#define HTCR "4, %0, c2, c0, 2"
#define HTTBR "4, %Q0, %R0, c2"
#define HMAIR0 "4, %0, c10, c2, 0"
#define VTCR "4, %0, c2, c1, 2"
#define VTTBR "6, %Q0, %R0, c2"
#define HSR "4, %0, c5, c2, 0"
#define HPFAR "4, %0, c6, c0, 4"
#define HDFAR "4, %0, c6, c0, 0"
#define TLBIALLH "4, %0, c8, c7, 0"
#define TLBIALLNSNH "4, %0, c8, c7, 4"
#define ATS12NSOPR "0, %0, c7, c8, 4"
#define ATS12NSOPW "0, %0, c7, c8, 5"
#define PAR "0, %Q0, %R0, c7"

/* Of the guest. */
#define SCTLR "0, %0, c1, c0, 0"
#define TTBCR "0, %0, c2, c0, 2"
#define TTBR0 "0, %Q0, %R0, c2"
#define MAIR0 "0, %0, c10, c2, 0"
#define VBAR "0, %0, c12, c0, 0"

#endif
