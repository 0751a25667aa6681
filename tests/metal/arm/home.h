/* SPDX-License-Identifier: Apache-2.0 */
/** @file home.h
 * Where probe.c finds what is in the guest's page (home.S). */
#ifndef HOME_H
#define HOME_H

#define HOME_SIZE 0x1000
#define HOME_LOAD 0
#define HOME_STORE 0x40
#define HOME_VECTORS 0x800
#define HOME_TABLE 0xc00

/* What the guest calls with. */
#define HOME_DONE 0
#define HOME_STUB 1
#define HOME_EXCEPTION 0xdead

#endif
