/* SPDX-License-Identifier: Apache-2.0 */
#include "attributes.h"

#include "console.h"
#include "machine.h"
#include "report.h"

/* PAR.ATTR (as MAIR has them) and SH. */
#define PAR_ATTR(par) ((par) >> 56)
#define PAR_SH(par) ((par) >> 7 & 3)
#define NORMAL 0

#define PAGE UINT64_C(0x10000) /* of the largest granule, and a few of the smaller ones */

static axas_gpa page_of(unsigned type)
{
    return axas_gpa_of(UINT64_C(0x40000000) + type * PAGE);
}

/* What the CPU says of the page of that type. */
static void check(unsigned type, const char *guest)
{
    const uint64_t par = attributes_translate(page_of(type));
    report.attributes++;
    if ((par & 1) != 0 || PAR_ATTR(par) != attributes_expected[type].attr ||
        PAR_SH(par) != attributes_expected[type].shareability) {
        print("memory type \"%s\", %s: PAR 0x%lx\n", attributes_expected[type].name, guest, par);
        report_disagreement("the CPU shows other memory attributes");
    }
}

/* True if the type is there. */
static bool map(struct axas_space *space, unsigned type, bool forced)
{
    const bool offered = forced ? attributes_expected[type].with_fwb : attributes_expected[type].without_fwb;
    const enum axas_status status = axas_space_map_linear(space, page_of(type), axas_hpa_of(machine_pool.hpa),
                                                          PAGE, AXAS_READ | attributes_expected[type].type);
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
    for (unsigned type = 0; type < attributes_count; type++) {
        if (map(&space, type, forced)) {
            check(type, forced ? "forced write-back on" : "forced write-back off");
        }
    }
    if (forced) {
        /* That is what forcing means: a guest with its caches off uses them. */
        attributes_default_cacheable(false);
        check(NORMAL, "forced write-back on, the guest's caches off");
    }
    axas_space_destroy(&space);
    machine_expect_no_frames();
}

void probe_own(const struct axas_table_config *cpu)
{
    attributes_default_cacheable(true);
    check_all(cpu, false);
    if ((cpu->features & axas_feature_find(cpu->format, "fwb")) != 0) {
        check_all(cpu, true);
    }
    attributes_default_cacheable(false);
}
