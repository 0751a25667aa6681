/* SPDX-License-Identifier: Apache-2.0 */
#include "home.h"

    .bss
    .balign 4096 * HOME_PAGES
    .global home
home:
    .skip 4096 * HOME_PAGES

/* What is copied to the last of the pages in use. The stub that probe_mark leaves is alike. */
    .section .rodata.home, "a"
    .balign 8
    .global home_code, home_code_end
home_code:
    movq (%rbx), %rax
    cpuid
    .org home_code + HOME_STORE
    movq %rcx, (%rbx)
    cpuid
home_code_end:
