/* SPDX-License-Identifier: Apache-2.0 */
#include "expected.h"

#include "console.h"
#include "guest/guest.h"

enum kind { FAULT, REPORT };

struct expectation {
    enum kind kind;
    /* FAULT */
    enum axas_fault_result result;
    axas_attr access;
    bool guest_walk;
    uint64_t gpa;
    /* REPORT */
    uint64_t outcome, value;
};

#define FAULT_OF(answer, how, where)                                                       \
    {                                                                                      \
        .kind = FAULT, .result = AXAS_FAULT_##answer, .access = AXAS_##how, .gpa = (where) \
    }
#define WALK_FAULT_OF(answer, how, where)                                                       \
    {                                                                                           \
        .kind = FAULT, .result = AXAS_FAULT_##answer, .access = AXAS_##how, .guest_walk = true, \
        .gpa = (where)                                                                          \
    }
#define REPORT_OF(what_became, word)                                    \
    {                                                                   \
        .kind = REPORT, .outcome = GUEST_##what_became, .value = (word) \
    }

static const struct expectation expectations[] = {
    /* start */
    FAULT_OF(RESOLVED, WRITE, GUEST_STACK + GUEST_STACK_SIZE - 16),
    /* use_lazy_memory: new memory is zero, and comes once */
    FAULT_OF(RESOLVED, READ, GUEST_FIRST),
    REPORT_OF(READ, 0),
    REPORT_OF(DONE, 0),
    REPORT_OF(READ, GUEST_FIRST_WORD),
    FAULT_OF(RESOLVED, WRITE, GUEST_SECOND),
    REPORT_OF(DONE, 0),
    REPORT_OF(READ, GUEST_SECOND_WORD),
    /* use_devices */
    REPORT_OF(READ, GUEST_DEVICE_ID),
    FAULT_OF(DENIED, WRITE, GUEST_DEVICE),
    REPORT_OF(REFUSED, 0),
    FAULT_OF(TRAP, READ, GUEST_CONSOLE_STATUS),
    REPORT_OF(READ, GUEST_CONSOLE_READY),
    /* try_what_is_forbidden */
    REPORT_OF(READ, GUEST_SHARED_WORD),
    FAULT_OF(DENIED, WRITE, GUEST_SHARED),
    REPORT_OF(REFUSED, 0),
    REPORT_OF(READ, GUEST_SHARED_WORD),
    FAULT_OF(DENIED, WRITE, GUEST_IMAGE),
    REPORT_OF(REFUSED, 0),
    FAULT_OF(RESOLVED, WRITE, GUEST_CODE_IN_RAM),
    REPORT_OF(DONE, 0),
    FAULT_OF(DENIED, EXEC, GUEST_CODE_IN_RAM),
    REPORT_OF(REFUSED, 0),
    FAULT_OF(UNMAPPED, READ, GUEST_NOWHERE),
    REPORT_OF(REFUSED, 0),
    /* have_memory_changed */
    REPORT_OF(READ, GUEST_FIRST_WORD),
    FAULT_OF(DENIED, WRITE, GUEST_FIRST),
    REPORT_OF(REFUSED, 0),
    FAULT_OF(UNMAPPED, READ, GUEST_SECOND),
    REPORT_OF(REFUSED, 0),
    /* use_own_tables: the CPU's walk of them faults, then the guest's new table is found empty */
    FAULT_OF(RESOLVED, WRITE, GUEST_TABLE_ROOT),
    WALK_FAULT_OF(RESOLVED, READ, GUEST_TABLE_NEXT),
    REPORT_OF(OWN_FAULT, 0),
    REPORT_OF(READ, GUEST_SHARED_WORD),
    FAULT_OF(DENIED, WRITE, GUEST_SHARED),
    REPORT_OF(REFUSED, 0),
};
#define EXPECTATIONS (sizeof expectations / sizeof expectations[0])

static unsigned next, checks, deviations;

static void print_fault(const char *what, bool walk, axas_attr access, uint64_t gpa,
                        enum axas_fault_result result)
{
    print("    %s: fault%s, access 0x%lx at 0x%lx, answered \"%s\"\n", what, walk ? " of a walk" : "",
          (unsigned long)access, gpa, axas_fault_result_str(result));
}

static void print_expected(const struct expectation *expected)
{
    if (expected == NULL) {
        print("    expected: nothing more\n");
    } else if (expected->kind == FAULT) {
        print_fault("expected", expected->guest_walk, expected->access, expected->gpa, expected->result);
    } else {
        print("    expected: report of outcome %lu, value 0x%lx\n", expected->outcome, expected->value);
    }
}

static const struct expectation *take(void)
{
    checks++;
    return next < EXPECTATIONS ? &expectations[next++] : NULL;
}

static void deviation(void)
{
    deviations++;
    print("!!! That should not have happened.\n");
}

/* HPFAR_EL2 and its like know the page of a walk, not the byte. */
static bool same_address(const struct axas_fault *fault, uint64_t gpa)
{
    return fault->guest_walk ? fault->gpa.raw / GUEST_PAGE_SIZE == gpa / GUEST_PAGE_SIZE
                             : fault->gpa.raw == gpa;
}

/* A walk reads; a CPU that sets flags in second-stage entries may count it as a write (EPT does). */
static bool same_access(const struct axas_fault *fault, axas_attr access)
{
    return fault->access == access || (fault->guest_walk && fault->access == AXAS_WRITE);
}

void expect_fault(const struct axas_fault *fault, enum axas_fault_result result)
{
    const struct expectation *expected = take();
    if (expected == NULL || expected->kind != FAULT || expected->result != result ||
        !same_access(fault, expected->access) || expected->guest_walk != fault->guest_walk ||
        !same_address(fault, expected->gpa)) {
        deviation();
        print_expected(expected);
        print_fault("happened", fault->guest_walk, fault->access, fault->gpa.raw, result);
    }
}

void expect_report(uint64_t outcome, uint64_t value)
{
    const struct expectation *expected = take();
    if (expected == NULL || expected->kind != REPORT || expected->outcome != outcome ||
        expected->value != value) {
        deviation();
        print_expected(expected);
        print("    happened: report of outcome %lu, value 0x%lx\n", outcome, value);
    }
}

void expect_end(void)
{
    checks++;
    if (next < EXPECTATIONS) {
        deviation();
        print_expected(&expectations[next]);
        print("    happened: the guest ended\n");
    }
}

void expect_equal(const char *what, uint64_t got, uint64_t wanted)
{
    checks++;
    if (got != wanted) {
        deviation();
        print("    %s: expected 0x%lx, got 0x%lx\n", what, wanted, got);
    }
}

void expect_never(const char *what)
{
    checks++;
    deviation();
    print("    %s\n", what);
}

unsigned expect_checks(void)
{
    return checks;
}

unsigned expect_deviations(void)
{
    return deviations;
}
