/* SPDX-License-Identifier: Apache-2.0 */
/* SVM with nested paging: what arch.h has for it, and the guest of monitor.h. Sections are of APM vol. 2. */
#include "../probe.h"

#include "arch.h"
#include "console.h"
#include "home.h"
#include "monitor.h"
#include "pc.h"
#include "svm.h"

#include <axas/cpu/x86_64.h>
#include <axas/formats/x86_64_npt.h>

#define CPUID_EXTENDED 0x80000001u
#define EXTENDED_C_SVM BIT(2)
#define CPUID_SVM 0x8000000au
#define SVM_D_NESTED_PAGING BIT(0)
#define SVM_D_FLUSH_BY_ASID BIT(6)

#define MSR_PAT 0x277u
#define MSR_HOST_SAVE 0xc0010117u
#define CR4_LA57 BIT(12)
#define EFER_SVME BIT(12)

#define INTERCEPT_3_CPUID BIT(18)
#define INTERCEPT_3_SHUTDOWN BIT(31)
#define INTERCEPT_4_VMRUN BIT(0)

#define TLB_KEEP 0u
#define TLB_FLUSH_ALL 1u
#define TLB_FLUSH_GUEST 3u

#define EXIT_CPUID 0x72
#define EXIT_NESTED_PAGE_FAULT 0x400
#define EXIT_INVALID UINT64_MAX

/* As after a reset but for 64-bit mode. */
#define GUEST_CR0 UINT64_C(0x80000033)
#define GUEST_CR4 BIT(5)
#define GUEST_DR6 UINT64_C(0xffff0ff0)
#define GUEST_DR7 UINT64_C(0x400)
#define GUEST_RFLAGS UINT64_C(2)
#define GUEST_PAT UINT64_C(0x0007040600070406)

/* 4.8.1 and 4.8.2, packed as in the block. */
#define ATTRIBUTES_CODE64 0xa9bu
#define ATTRIBUTES_DATA 0xc93u
#define ATTRIBUTES_TASK 0x8bu
#define ATTRIBUTES_LEVEL(level) ((level) << 5)

static uint8_t host_save[4096] __attribute__((aligned(4096)));
static struct vmcb vmcb __attribute__((aligned(4096)));

/* ---- arch.h ---- */

void arch_init(void)
{
    pc_init();
    if ((pc_cpuid(CPUID_EXTENDED).c & EXTENDED_C_SVM) == 0 ||
        (pc_cpuid(CPUID_SVM).d & SVM_D_NESTED_PAGING) == 0) {
        print("This CPU has no SVM, or no nested paging.\n");
        arch_exit(3);
    }
    /* The walk of the nested tables obeys the host's NXE (15.25.4). */
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SVME | EFER_NXE);
    write_msr(MSR_HOST_SAVE, (uintptr_t)host_save);
}

void arch_table_config(struct axas_table_config *config)
{
    static struct axas_capabilities cpu;
    config->format = axas_format_find("x86_64_npt");
    if (axas_x86_64_capabilities(config->format, &cpu) != AXAS_OK) {
        return;
    }
    config->capabilities = &cpu;
    config->features = cpu.features | cpu.switched; /* arch_root_load loads the host's PAT */
    config->mode = axas_mode_find(config->format, (READ_CR(4) & CR4_LA57) != 0 ? "5level" : "4level");
}

/* No instruction takes a guest-physical address (15.16): the guest's next entry forgets all of its own. There
 * is no other CPU. */
static void invalidate(void *context, const struct axas_invalidation *what)
{
    (void)context;
    (void)what;
    vmcb.tlb_control = (pc_cpuid(CPUID_SVM).d & SVM_D_FLUSH_BY_ASID) != 0 ? TLB_FLUSH_GUEST : TLB_FLUSH_ALL;
}

void arch_hal(struct axas_hal *hal)
{
    hal->invalidate = invalidate;
    hal->barrier = NULL;
    hal->frame_publish = NULL;
    hal->table_write_back = NULL;
}

void arch_root_load(const struct axas_root *root)
{
    vmcb.nested_cr3 = root->register_value[AXAS_X86_64_NPT_ROOT_NESTED_CR3];
    vmcb.guest_asid = (uint32_t)root->register_value[AXAS_X86_64_NPT_ROOT_GUEST_ASID];
    vmcb.nested_control = root->register_value[AXAS_X86_64_NPT_ROOT_NESTED_CONTROL];
    write_msr(MSR_PAT, root->register_value[AXAS_X86_64_NPT_ROOT_HOST_PAT]);
    if ((READ_CR(4) & CR4_LA57) != root->register_value[AXAS_X86_64_NPT_ROOT_HOST_CR4_LA57]) {
        print("The tables have another number of levels than the host's own.\n");
        arch_exit(3);
    }
    monitor_forget();
}

/* The nested tables have as many levels as the host's own, which are as the ROM made them. */
bool probe_has(const struct axas_format *format, const struct axas_mode *mode, uint8_t width)
{
    (void)width;
    return ((mode->with & axas_feature_find(format, "la57")) != 0) == ((READ_CR(4) & CR4_LA57) != 0);
}

/* ---- monitor.h ---- */

void monitor_init(void)
{
    vmcb.intercept_exceptions = UINT32_MAX;
    vmcb.intercept_3 = INTERCEPT_3_CPUID | INTERCEPT_3_SHUTDOWN;
    vmcb.intercept_4 = INTERCEPT_4_VMRUN;
    for (unsigned i = VMCB_ES; i <= VMCB_GS; i++) {
        vmcb.segment[i] =
            (struct vmcb_segment){.selector = HOST_DATA, .attributes = ATTRIBUTES_DATA, .limit = UINT32_MAX};
    }
    vmcb.segment[VMCB_CS] = (struct vmcb_segment){.limit = UINT32_MAX};
    vmcb.segment[VMCB_TR] = (struct vmcb_segment){.attributes = ATTRIBUTES_TASK, .limit = HOST_TASK_SIZE - 1};
    vmcb.efer = EFER_SVME | EFER_LME | EFER_LMA;
    vmcb.cr0 = GUEST_CR0;
    vmcb.cr4 = GUEST_CR4;
    vmcb.dr6 = GUEST_DR6;
    vmcb.dr7 = GUEST_DR7;
    vmcb.pat = GUEST_PAT;
}

void monitor_guest_root(uint64_t cr3)
{
    vmcb.cr3 = cr3;
    monitor_forget();
}

static void set_level(unsigned level)
{
    vmcb.segment[VMCB_CS].selector = (uint16_t)(HOST_CODE | level);
    vmcb.segment[VMCB_CS].attributes = (uint16_t)(ATTRIBUTES_CODE64 | ATTRIBUTES_LEVEL(level));
    vmcb.segment[VMCB_SS].selector = (uint16_t)(HOST_DATA | level);
    vmcb.segment[VMCB_SS].attributes = (uint16_t)(ATTRIBUTES_DATA | ATTRIBUTES_LEVEL(level));
    vmcb.cpl = (uint8_t)level;
}

/* The window's entry has changed, without the guest's doing anything about it. */
static void forget_window(void)
{
    __asm__ volatile("invlpga" ::"a"((uint64_t)HOME_WINDOW), "c"(vmcb.guest_asid) : "memory");
}

enum monitor_stop monitor_run(struct registers *registers, uint64_t rip, unsigned level,
                              uint64_t fault_registers[AXAS_MAX_FAULT_REGISTERS])
{
    set_level(level);
    forget_window();
    vmcb.rip = rip;
    vmcb.rax = registers->rax;
    vmcb.rflags = GUEST_RFLAGS;
    svm_enter(registers, &vmcb);
    registers->rax = vmcb.rax;
    vmcb.tlb_control = TLB_KEEP;
    switch (vmcb.exit_code) {
    case EXIT_CPUID:
        return MONITOR_CPUID;
    case EXIT_NESTED_PAGE_FAULT:
        fault_registers[AXAS_X86_64_NPT_FAULT_EXIT_CODE] = vmcb.exit_code;
        fault_registers[AXAS_X86_64_NPT_FAULT_EXIT_INFO1] = vmcb.exit_info1;
        fault_registers[AXAS_X86_64_NPT_FAULT_EXIT_INFO2] = vmcb.exit_info2;
        return MONITOR_FAULT;
    default:
        print("SVM: exit 0x%lx, information 0x%lx and 0x%lx; guest at 0x%lx\n", vmcb.exit_code,
              vmcb.exit_info1, vmcb.exit_info2, vmcb.rip);
        return MONITOR_OTHER;
    }
}

bool monitor_enters(const struct axas_root *root)
{
    struct registers registers = {.rax = 0};
    arch_root_load(root);
    vmcb.rip = HOME_LOAD;
    svm_enter(&registers, &vmcb);
    return vmcb.exit_code != EXIT_INVALID;
}

uint64_t monitor_rip(void)
{
    return vmcb.rip;
}

void monitor_forget(void)
{
    invalidate(NULL, NULL);
}
