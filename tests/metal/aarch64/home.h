/* SPDX-License-Identifier: Apache-2.0 */
/** @file home.h
 * Where probe.c finds what is in the guest's page (home.S). */
#ifndef HOME_H
#define HOME_H

#define HOME_SIZE 0x10000 /* room for a page of the largest granule; what is in it fits one of 4 KiB */
#define HOME_LOAD 0
#define HOME_STORE 0x40
#define HOME_VECTORS 0x800

#define HOME_DONE 0
#define HOME_EXCEPTION 0xdead

#endif
