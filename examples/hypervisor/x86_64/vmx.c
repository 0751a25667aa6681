/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx.h"

#include "../arch.h"
#include "../console.h"
#include "pc.h"

#include <axas/cpu/x86_64.h>
#include <axas/formats/x86_64_ept.h>

/* Special registers, appendix A. */
#define MSR_FEATURE_CONTROL 0x3au
#define FEATURE_CONTROL_LOCK BIT(0)
#define FEATURE_CONTROL_VMX BIT(2)
#define MSR_BASIC 0x480u
#define BASIC_TRUE_CONTROLS BIT(55)
#define MSR_PIN_CONTROLS 0x481u
#define MSR_PROCESSOR_CONTROLS 0x482u
#define MSR_EXIT_CONTROLS 0x483u
#define MSR_ENTRY_CONTROLS 0x484u
#define MSR_TRUE_CONTROLS (0x48du - MSR_PIN_CONTROLS) /* where their "true" variants are, from there on */
#define MSR_CR0_FIXED0 0x486u
#define MSR_CR0_FIXED1 0x487u
#define MSR_CR4_FIXED0 0x488u
#define MSR_CR4_FIXED1 0x489u
#define MSR_SECONDARY_CONTROLS 0x48bu
#define MSR_EPT_CAPABILITIES 0x48cu

#define CR0_PE BIT(0)
#define CR0_PG BIT(31)
#define CR4_PAE BIT(5)

#define PROCESSOR_SECONDARY BIT(31)
#define SECONDARY_EPT BIT(1)
#define SECONDARY_UNRESTRICTED BIT(7)
#define EXIT_HOST_64 BIT(9)
#define EXIT_SAVE_EFER BIT(20)
#define EXIT_LOAD_EFER BIT(21)
#define ENTRY_GUEST_64 BIT(9)
#define ENTRY_LOAD_EFER BIT(15)

#define EXIT_REASON_BASIC 0xffff
#define EXIT_REASON_FAILED_ENTRY BIT(31)

#define RFLAGS_FIXED UINT64_C(2)
#define DR7_RESET UINT64_C(0x400)
#define RIGHTS_TASK UINT64_C(0x8b)
#define RIGHTS_UNUSABLE UINT64_C(0x10000)

bool vmx_enter(struct registers *registers, bool launched);

static struct {
    uint32_t revision;
    uint8_t rest[4092];
} on_region __attribute__((aligned(4096))), vmcs __attribute__((aligned(4096)));

static bool launched, entered;

static _Noreturn void give_up(const char *what, uint64_t value)
{
    print("VMX: %s: 0x%lx.\n", what, value);
    arch_exit(3);
}

/* ---- fields ---- */

/* "a": the instruction set neither CF nor ZF. */
void vmx_write(uint64_t field, uint64_t value)
{
    bool done;
    __asm__ volatile("vmwrite %1, %2" : "=@cca"(done) : "r"(value), "r"(field) : "memory");
    if (!done) {
        give_up("there is no such field to write", field);
    }
}

uint64_t vmx_read(uint64_t field)
{
    bool done;
    uint64_t value;
    __asm__ volatile("vmread %2, %1" : "=@cca"(done), "=r"(value) : "r"(field) : "memory");
    if (!done) {
        give_up("there is no such field to read", field);
    }
    return value;
}

/* A.3 to A.5: the low half of the register has the bits that must be set, the high half those that may. */
static void write_controls(uint64_t field, uint32_t msr, uint64_t wanted)
{
    const uint64_t limits = read_msr(msr);
    const uint64_t value = (wanted | (limits & UINT32_MAX)) & limits >> 32;
    if ((value & wanted) != wanted) {
        give_up("this CPU lacks controls", wanted & ~value);
    }
    vmx_write(field, value);
}

/* ---- the host ---- */

static void write_host(void)
{
    for (uint64_t field = VMCS_HOST_ES_SELECTOR; field <= VMCS_HOST_GS_SELECTOR; field += 2) {
        vmx_write(field, field == VMCS_HOST_CS_SELECTOR ? HOST_CODE : HOST_DATA);
    }
    vmx_write(VMCS_HOST_TR_SELECTOR, HOST_TASK);
    vmx_write(VMCS_HOST_TR_BASE, (uintptr_t)host_task);
    vmx_write(VMCS_HOST_GDTR_BASE, (uintptr_t)host_gdt);
    vmx_write(VMCS_HOST_IDTR_BASE, pc_idt());
    vmx_write(VMCS_HOST_CR0, READ_CR(0));
    vmx_write(VMCS_HOST_CR3, READ_CR(3));
    vmx_write(VMCS_HOST_CR4, READ_CR(4));
    vmx_write(VMCS_HOST_EFER, read_msr(MSR_EFER));
}

void vmx_on(void)
{
    if ((pc_cpuid(1).c & BIT(5)) == 0) {
        give_up("this CPU has none; CPUID 1 says", pc_cpuid(1).c);
    }
    if ((read_msr(MSR_FEATURE_CONTROL) & FEATURE_CONTROL_LOCK) == 0) {
        write_msr(MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX);
    }
    WRITE_CR(0, (READ_CR(0) | read_msr(MSR_CR0_FIXED0)) & read_msr(MSR_CR0_FIXED1));
    WRITE_CR(4, (READ_CR(4) | read_msr(MSR_CR4_FIXED0)) & read_msr(MSR_CR4_FIXED1));

    on_region.revision = vmcs.revision = (uint32_t)read_msr(MSR_BASIC) & INT32_MAX;
    const uint64_t on_address = (uintptr_t)&on_region, vmcs_address = (uintptr_t)&vmcs;
    bool done;
    __asm__ volatile("vmxon %1" : "=@cca"(done) : "m"(on_address) : "memory");
    if (!done) {
        give_up("VMXON failed, IA32_FEATURE_CONTROL is", read_msr(MSR_FEATURE_CONTROL));
    }
    __asm__ volatile("vmclear %1" : "=@cca"(done) : "m"(vmcs_address) : "memory");
    if (done) {
        __asm__ volatile("vmptrld %1" : "=@cca"(done) : "m"(vmcs_address) : "memory");
    }
    if (!done) {
        give_up("no VMCS, the revision is", vmcs.revision);
    }
    write_host();
}

/* ---- the guest ---- */

static void write_segments(uint64_t code_rights)
{
    for (uint64_t i = 0; i < VMX_SEGMENTS; i++) {
        const bool memory = i <= VMX_GS;
        vmx_write(VMCS_GUEST_ES_SELECTOR + 2 * i, i == VMX_CS ? HOST_CODE : memory ? HOST_DATA : 0);
        vmx_write(VMCS_GUEST_ES_LIMIT + 2 * i, memory ? UINT32_MAX : HOST_TASK_SIZE - 1);
        vmx_write(VMCS_GUEST_ES_BASE + 2 * i, 0);
        vmx_write(VMCS_GUEST_ES_RIGHTS + 2 * i, i == VMX_CS     ? code_rights
                                                : i == VMX_LDTR ? RIGHTS_UNUSABLE
                                                : i == VMX_TR   ? RIGHTS_TASK
                                                                : VMX_RIGHTS_DATA);
    }
    vmx_write(VMCS_GUEST_GDTR_LIMIT, 0);
    vmx_write(VMCS_GUEST_IDTR_LIMIT, 0);
}

/* A new VMCS may hold anything (24.11.3), so what is not wanted is cleared. */
static void write_zeros(void)
{
    static const uint16_t fields[] = {
        VMCS_EXCEPTION_BITMAP,
        VMCS_ENTRY_INTERRUPTION,
        VMCS_PAGE_FAULT_MASK,
        VMCS_PAGE_FAULT_MATCH,
        VMCS_CR3_TARGETS,
        VMCS_EXIT_MSR_STORES,
        VMCS_EXIT_MSR_LOADS,
        VMCS_ENTRY_MSR_LOADS,
        VMCS_GUEST_INTERRUPTIBILITY,
        VMCS_GUEST_ACTIVITY,
        VMCS_GUEST_SYSENTER_CS,
        VMCS_HOST_SYSENTER_CS,
        VMCS_CR0_MASK,
        VMCS_CR4_MASK,
        VMCS_CR0_SHADOW,
        VMCS_CR4_SHADOW,
        VMCS_GUEST_GDTR_BASE,
        VMCS_GUEST_IDTR_BASE,
        VMCS_GUEST_PENDING_DEBUG,
        VMCS_GUEST_SYSENTER_ESP,
        VMCS_GUEST_SYSENTER_EIP,
        VMCS_HOST_FS_BASE,
        VMCS_HOST_GS_BASE,
        VMCS_HOST_SYSENTER_ESP,
        VMCS_HOST_SYSENTER_EIP,
    };
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        vmx_write(fields[i], 0);
    }
}

void vmx_guest_init(enum vmx_guest kind)
{
    const bool is_64 = kind == VMX_GUEST_LONG64;
    write_zeros();
    const uint32_t msr = (read_msr(MSR_BASIC) & BASIC_TRUE_CONTROLS) != 0 ? MSR_TRUE_CONTROLS : 0;
    write_controls(VMCS_PIN_CONTROLS, msr + MSR_PIN_CONTROLS, 0);
    write_controls(VMCS_PROCESSOR_CONTROLS, msr + MSR_PROCESSOR_CONTROLS, PROCESSOR_SECONDARY);
    write_controls(VMCS_SECONDARY_CONTROLS, MSR_SECONDARY_CONTROLS,
                   SECONDARY_EPT | (is_64 ? 0 : SECONDARY_UNRESTRICTED));
    write_controls(VMCS_EXIT_CONTROLS, msr + MSR_EXIT_CONTROLS,
                   EXIT_HOST_64 | EXIT_SAVE_EFER | EXIT_LOAD_EFER);
    write_controls(VMCS_ENTRY_CONTROLS, msr + MSR_ENTRY_CONTROLS,
                   ENTRY_LOAD_EFER | (is_64 ? ENTRY_GUEST_64 : 0));

    const uint64_t cr0 = read_msr(MSR_CR0_FIXED0), cr4 = read_msr(MSR_CR4_FIXED0);
    vmx_write(VMCS_GUEST_CR0, is_64 ? cr0 | CR0_PE | CR0_PG : (cr0 | CR0_PE) & ~CR0_PG);
    vmx_write(VMCS_GUEST_CR4, is_64 ? cr4 | CR4_PAE : cr4);
    vmx_write(VMCS_GUEST_EFER, is_64 ? EFER_LME | EFER_LMA : 0);
    vmx_write(VMCS_GUEST_DR7, DR7_RESET);
    vmx_write(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
    vmx_write(VMCS_LINK_POINTER, UINT64_MAX);
    write_segments(is_64 ? VMX_RIGHTS_CODE64 : VMX_RIGHTS_CODE32);
}

void vmx_table_config(struct axas_table_config *config)
{
    static struct axas_capabilities cpu;
    config->format = axas_format_find("x86_64_ept");
    if (axas_x86_64_capabilities(config->format, &cpu) == AXAS_OK) {
        config->capabilities = &cpu;
    }
}

void vmx_root_load(const struct axas_root *root)
{
    const uint64_t eptp = root->register_value[AXAS_X86_64_EPT_ROOT_EPTP];
    vmx_write(VMCS_EPT_POINTER, eptp);
    /* What the CPU holds of a tree that stood at this place before is unknown. */
    if (!axas_x86_64_invept(eptp)) {
        give_up("INVEPT refused EPTP", eptp);
    }
}

/* ---- running ---- */

bool vmx_run(struct registers *registers)
{
    entered = vmx_enter(registers, launched);
    if (entered && (vmx_read(VMCS_EXIT_REASON) & EXIT_REASON_FAILED_ENTRY) != 0) {
        entered = false;
    } else if (entered) {
        launched = true;
    }
    return entered;
}

unsigned vmx_exit_reason(void)
{
    return (unsigned)(vmx_read(VMCS_EXIT_REASON) & EXIT_REASON_BASIC);
}

void vmx_describe(void)
{
    if (!entered) {
        print("VMX: the guest was not entered, instruction error %lu. ", vmx_read(VMCS_INSTRUCTION_ERROR));
    }
    print(
        "Exit reason 0x%lx, qualification 0x%lx, interruption 0x%lx; guest at 0x%lx, CR0 0x%lx, CR3 0x%lx\n",
        vmx_read(VMCS_EXIT_REASON), vmx_read(VMCS_EXIT_QUALIFICATION), vmx_read(VMCS_EXIT_INTERRUPTION),
        vmx_read(VMCS_GUEST_RIP), vmx_read(VMCS_GUEST_CR0), vmx_read(VMCS_GUEST_CR3));
}
