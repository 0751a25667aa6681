/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's one page. MDCR_EL2.TDE makes BRK a call of the hypervisor at EL1 and at EL0. */
#include "home.h"

    .section .rodata.home, "a"
    .balign HOME_SIZE
    .global home_page
home_page:
    ldr x0, [x1]
    brk #HOME_DONE

    .org home_page + HOME_STORE
    str x2, [x1]
    brk #HOME_DONE

    /* The guest's vectors: nothing that a probe does should end here. */
    .org home_page + HOME_VECTORS
    .rept 16
    .balign 128
    brk #HOME_EXCEPTION
    .endr
    .balign HOME_SIZE
