/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory attributes. With HCR_EL2.DC the guest's first stage says "normal, write-back" for everything, so
 * that what AT leaves in PAR_EL1 is the second stage's part (D8.6.6; D8.6.7 with FEAT_S2FWB). What is
 * expected is written by hand from the manual.
 */
#include "../probe.h"

#include "../machine.h"
#include "../report.h"

#include "console.h"

#define READ(name)                                                  \
    __extension__({                                                 \
        uint64_t value_;                                            \
        __asm__ volatile("mrs %0, " name : "=r"(value_)::"memory"); \
        value_;                                                     \
    })
#define WRITE(name, value) __asm__ volatile("msr " name ", %0" ::"r"((uint64_t)(value)) : "memory")

#define HCR_DC (UINT64_C(1) << 12)

/* PAR_EL1.ATTR (as MAIR has them) and SH. */
#define PAR_ATTR(par) ((par) >> 56)
#define PAR_SH(par) ((par) >> 7 & 3)
#define OUTER_SHAREABLE 2
#define INNER_SHAREABLE 3

static const struct {
    const char *name;
    axas_attr type;
    bool with_fwb, without_fwb;
    uint8_t attr, shareability;
} expected[] = {
    {"normal", AXAS_MEM_NORMAL, true, true, 0xff, INNER_SHAREABLE},
    {"device", AXAS_MEM_DEVICE, true, true, 0x04, OUTER_SHAREABLE},                       /* nGnRE */
    {"device, not posted", AXAS_MEM_DEVICE_NONPOSTED, true, true, 0x00, OUTER_SHAREABLE}, /* nGnRnE */
    {"device, unordered", AXAS_MEM_DEVICE_UNORDERED, true, true, 0x08, OUTER_SHAREABLE},  /* nGRE */
    {"device, gathered", AXAS_MEM_DEVICE_GATHERED, true, true, 0x0c, OUTER_SHAREABLE},    /* GRE */
    {"uncached", AXAS_MEM_UNCACHED, true, true, 0x44, OUTER_SHAREABLE},
    {"write-through", AXAS_MEM_WRITE_THROUGH, false, true, 0xbb, INNER_SHAREABLE},
};
#define NORMAL 0
#define TYPES (sizeof expected / sizeof expected[0])

#define PAGE UINT64_C(0x10000) /* of the largest granule, and a few of the smaller ones */

static axas_gpa page_of(unsigned type)
{
    return axas_gpa_of(UINT64_C(0x40000000) + type * PAGE);
}

/* What AT says of the page of that type. */
static void check(unsigned type, const char *guest)
{
    __asm__ volatile("at s12e1r, %0\nisb" ::"r"(page_of(type).raw) : "memory");
    const uint64_t par = READ("par_el1");
    report.attributes++;
    if ((par & 1) != 0 || PAR_ATTR(par) != expected[type].attr ||
        PAR_SH(par) != expected[type].shareability) {
        print("memory type \"%s\", %s: PAR_EL1 = 0x%lx\n", expected[type].name, guest, par);
        report_disagreement("the CPU shows other memory attributes");
    }
}

/* True if the type is there. */
static bool map(struct axas_space *space, unsigned type, bool forced)
{
    const bool offered = forced ? expected[type].with_fwb : expected[type].without_fwb;
    const enum axas_status status = axas_space_map_linear(space, page_of(type), axas_hpa_of(machine_pool.hpa),
                                                          PAGE, AXAS_READ | expected[type].type);
    if (status != (offered ? AXAS_OK : AXAS_ERR_UNSUPPORTED)) {
        report_disagreement("a memory type is offered where it should not be, or the other way round");
    }
    return status == AXAS_OK;
}

static void check_all(const struct axas_table_config *cpu, bool forced)
{
    static struct axas_hal hal;
    static struct axas_space space;
    struct axas_config config = {.table = *cpu, .readers = 1};
    struct axas_root root;
    const uint64_t fwb = axas_feature_find(cpu->format, "fwb");
    machine_hal(&hal);
    config.table.hal = &hal;
    config.table.features = forced ? cpu->features | fwb : cpu->features & ~fwb;
    if (axas_space_init(&space, &config) != AXAS_OK || axas_space_root(&space, 1, &root) != AXAS_OK) {
        report_disagreement("the space for memory attributes cannot be made");
        return;
    }
    probe_load(&root, config.table.features);
    for (unsigned type = 0; type < TYPES; type++) {
        if (map(&space, type, forced)) {
            check(type, forced ? "forced write-back on" : "forced write-back off");
        }
    }
    if (forced) {
        /* That is what forcing means: a guest with its caches off uses them. */
        WRITE("hcr_el2", READ("hcr_el2") & ~HCR_DC);
        check(NORMAL, "forced write-back on, the guest's caches off");
    }
    axas_space_destroy(&space);
    machine_expect_no_frames();
}

void probe_own(const struct axas_table_config *cpu)
{
    const uint64_t before = READ("hcr_el2");
    WRITE("hcr_el2", before | HCR_DC);
    check_all(cpu, false);
    if ((cpu->features & axas_feature_find(cpu->format, "fwb")) != 0) {
        check_all(cpu, true);
    }
    WRITE("hcr_el2", before);
}
