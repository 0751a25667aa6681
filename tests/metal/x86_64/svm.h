/* SPDX-License-Identifier: Apache-2.0 */
/** @file svm.h
 * The virtual machine control block of AMD SVM: APM vol. 2, appendix B. */
#ifndef SVM_H
#define SVM_H

#include "registers.h"

struct vmcb_segment {
    uint16_t selector, attributes;
    uint32_t limit;
    uint64_t base;
};

/** In the order of the block. */
enum vmcb_segments {
    VMCB_ES,
    VMCB_CS,
    VMCB_SS,
    VMCB_DS,
    VMCB_FS,
    VMCB_GS,
    VMCB_GDTR,
    VMCB_LDTR,
    VMCB_IDTR,
    VMCB_TR,
    VMCB_SEGMENTS
};

struct vmcb {
    uint32_t intercept_cr, intercept_dr, intercept_exceptions, intercept_3, intercept_4;
    uint8_t reserved_14[0x44];
    uint32_t guest_asid;
    uint32_t tlb_control;
    uint8_t reserved_60[0x10];
    uint64_t exit_code, exit_info1, exit_info2;
    uint8_t reserved_88[0x8];
    uint64_t nested_control;
    uint8_t reserved_98[0x18];
    uint64_t nested_cr3;
    uint8_t reserved_b8[0x348];
    struct vmcb_segment segment[VMCB_SEGMENTS];
    uint8_t reserved_4a0[0x2b];
    uint8_t cpl;
    uint8_t reserved_4cc[0x4];
    uint64_t efer;
    uint8_t reserved_4d8[0x70];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t reserved_580[0x58];
    uint64_t rsp;
    uint8_t reserved_5e0[0x18];
    uint64_t rax;
    uint8_t reserved_600[0x68];
    uint64_t pat;
    uint8_t reserved_670[0x990];
};
_Static_assert(offsetof(struct vmcb, guest_asid) == 0x58, "B.1");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "B.1");
_Static_assert(offsetof(struct vmcb, nested_cr3) == 0xb0, "B.1");
_Static_assert(offsetof(struct vmcb, segment) == 0x400, "B.2");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "B.2");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "B.2");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "B.2");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "B.2");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "B.2");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "B.2");
_Static_assert(sizeof(struct vmcb) == 0x1000, "15.5");

/** Runs the guest until an exit. RAX, RSP and RIP are in the block. */
void svm_enter(struct registers *registers, struct vmcb *vmcb);

#endif
