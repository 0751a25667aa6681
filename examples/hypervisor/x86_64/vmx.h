/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vmx.h
 * One virtual CPU of Intel VMX with EPT, without VPIDs: the CPU forgets linear addresses at each entry, and
 * only what it knows of the EPT stays. Sections are of the Intel SDM vol. 3C.
 */
#ifndef VMX_H
#define VMX_H

/* Fields of the VMCS, appendix B. */
#define VMCS_GUEST_ES_SELECTOR 0x0800
#define VMCS_HOST_ES_SELECTOR 0x0c00
#define VMCS_HOST_CS_SELECTOR 0x0c02
#define VMCS_HOST_SS_SELECTOR 0x0c04
#define VMCS_HOST_DS_SELECTOR 0x0c06
#define VMCS_HOST_FS_SELECTOR 0x0c08
#define VMCS_HOST_GS_SELECTOR 0x0c0a
#define VMCS_HOST_TR_SELECTOR 0x0c0c
#define VMCS_EPT_POINTER 0x201a
#define VMCS_VIRTUALIZATION_EXCEPTION 0x202a
#define VMCS_LINK_POINTER 0x2800
#define VMCS_GUEST_EFER 0x2806
#define VMCS_HOST_EFER 0x2c02
#define VMCS_PIN_CONTROLS 0x4000
#define VMCS_PROCESSOR_CONTROLS 0x4002
#define VMCS_EXCEPTION_BITMAP 0x4004
#define VMCS_PAGE_FAULT_MASK 0x4006
#define VMCS_PAGE_FAULT_MATCH 0x4008
#define VMCS_CR3_TARGETS 0x400a
#define VMCS_EXIT_CONTROLS 0x400c
#define VMCS_EXIT_MSR_STORES 0x400e
#define VMCS_EXIT_MSR_LOADS 0x4010
#define VMCS_ENTRY_CONTROLS 0x4012
#define VMCS_ENTRY_MSR_LOADS 0x4014
#define VMCS_ENTRY_INTERRUPTION 0x4016
#define VMCS_SECONDARY_CONTROLS 0x401e
#define VMCS_INSTRUCTION_ERROR 0x4400
#define VMCS_EXIT_REASON 0x4402
#define VMCS_EXIT_INTERRUPTION 0x4404
#define VMCS_EXIT_INSTRUCTION_LENGTH 0x440c
#define VMCS_GUEST_ES_LIMIT 0x4800
#define VMCS_GUEST_GDTR_LIMIT 0x4810
#define VMCS_GUEST_IDTR_LIMIT 0x4812
#define VMCS_GUEST_ES_RIGHTS 0x4814
#define VMCS_GUEST_INTERRUPTIBILITY 0x4824
#define VMCS_GUEST_ACTIVITY 0x4826
#define VMCS_GUEST_SYSENTER_CS 0x482a
#define VMCS_HOST_SYSENTER_CS 0x4c00
#define VMCS_CR0_MASK 0x6000
#define VMCS_CR4_MASK 0x6002
#define VMCS_CR0_SHADOW 0x6004
#define VMCS_CR4_SHADOW 0x6006
#define VMCS_EXIT_QUALIFICATION 0x6400
#define VMCS_GUEST_LINEAR_ADDRESS 0x640a
#define VMCS_GUEST_CR0 0x6800
#define VMCS_GUEST_CR3 0x6802
#define VMCS_GUEST_CR4 0x6804
#define VMCS_GUEST_ES_BASE 0x6806
#define VMCS_GUEST_GDTR_BASE 0x6816
#define VMCS_GUEST_IDTR_BASE 0x6818
#define VMCS_GUEST_DR7 0x681a
#define VMCS_GUEST_RSP 0x681c
#define VMCS_GUEST_RIP 0x681e
#define VMCS_GUEST_RFLAGS 0x6820
#define VMCS_GUEST_PENDING_DEBUG 0x6822
#define VMCS_GUEST_SYSENTER_ESP 0x6824
#define VMCS_GUEST_SYSENTER_EIP 0x6826
#define VMCS_HOST_CR0 0x6c00
#define VMCS_HOST_CR3 0x6c02
#define VMCS_HOST_CR4 0x6c04
#define VMCS_HOST_FS_BASE 0x6c06
#define VMCS_HOST_GS_BASE 0x6c08
#define VMCS_HOST_TR_BASE 0x6c0a
#define VMCS_HOST_GDTR_BASE 0x6c0c
#define VMCS_HOST_IDTR_BASE 0x6c0e
#define VMCS_HOST_SYSENTER_ESP 0x6c10
#define VMCS_HOST_SYSENTER_EIP 0x6c12
#define VMCS_HOST_RSP 0x6c14
#define VMCS_HOST_RIP 0x6c16

#ifndef __ASSEMBLER__
#include "registers.h"

#include <axas/table.h>

/* Exit reasons, appendix C. */
#define VMX_EXIT_VMCALL 18
#define VMX_EXIT_EPT_VIOLATION 48
#define VMX_EXIT_EPT_MISCONFIGURATION 49

/** The segments as the VMCS lists them, for VMCS_GUEST_ES_... + 2 * number. */
enum vmx_segment { VMX_ES, VMX_CS, VMX_SS, VMX_DS, VMX_FS, VMX_GS, VMX_LDTR, VMX_TR, VMX_SEGMENTS };

/** Access rights (24.4.1): accessed, present, 4 KiB granular, for privilege level 0. */
#define VMX_RIGHTS_CODE32 UINT64_C(0xc09b)
#define VMX_RIGHTS_CODE64 UINT64_C(0xa09b)
#define VMX_RIGHTS_DATA UINT64_C(0xc093)
#define VMX_RIGHTS_LEVEL(level) ((uint64_t)(level) << 5)

/** How a guest begins. */
enum vmx_guest {
    VMX_GUEST_FLAT32, /**< protected mode without paging, which needs "unrestricted guest" */
    VMX_GUEST_LONG64, /**< 64-bit mode; the caller sets CR3 */
};

/** Enters VMX operation and makes the one VMCS current, with the host's half of it filled in. */
void vmx_on(void);

/** Fills in the guest's half; RIP, RSP, and CR3 are left to the caller. */
void vmx_guest_init(enum vmx_guest kind);

/** The format of the second stage and what this CPU has of it. */
void vmx_table_config(struct axas_table_config *config);

/** Puts the guest on that tree. */
void vmx_root_load(const struct axas_root *root);

/** Runs the guest until an exit. False if the CPU refused to enter it, for vmx_describe. */
bool vmx_run(struct registers *registers);

/** Basic exit reason of the last exit. */
unsigned vmx_exit_reason(void);

/** Prints the last exit, or why there was no entry. */
void vmx_describe(void);

uint64_t vmx_read(uint64_t field);
void vmx_write(uint64_t field, uint64_t value);
#endif

#endif
