/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's one page. Its own table is in it, for the program to write. */
#include "home.h"

    .arch_extension virt
    .arm

    .section .data.home, "aw"
    .balign HOME_SIZE
    .global home_page
home_page:
    ldrd r2, r3, [r1]
    hvc #HOME_DONE

    .org home_page + HOME_STORE
    strd r2, r3, [r1]
    hvc #HOME_DONE

    /* The guest's vectors: an SVC ends each stub, at either level of the guest. Nothing else should end here. */
    .org home_page + HOME_VECTORS
    hvc #HOME_EXCEPTION
    hvc #HOME_EXCEPTION
    hvc #HOME_STUB
    .rept 5
    hvc #HOME_EXCEPTION
    .endr

    .org home_page + HOME_TABLE
    .space HOME_SIZE - HOME_TABLE
