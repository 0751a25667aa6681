/* SPDX-License-Identifier: Apache-2.0 */
/** @file home.h
 * The guest's own pages (home.S): four tables, each with one way on, and one page of code. The guest sees its
 * code at its address 0, and behind it a window of one page, whose entry is written anew for each access.
 */
#ifndef HOME_H
#define HOME_H

#define HOME_TABLES 4
#define HOME_PAGES 8

/* Addresses of the guest. */
#define HOME_LOAD 0x000
#define HOME_STORE 0x040
#define HOME_WINDOW 0x1000

/* Every access ends with CPUID, which leaves the guest whoever made the CPU; before it one instruction. */
#define HOME_MOV_SIZE 3

#endif
