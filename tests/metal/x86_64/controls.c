/* SPDX-License-Identifier: Apache-2.0 */
/* Of EPT: sections of the Intel SDM vol. 3C. Of nested paging: sections of APM vol. 2. Of VT-d: sections of
 * its specification. */
#include "../negative.h"

#include "arch.h"

#define BIT(n) (UINT64_C(1) << (n))
#define TABLE AXAS_ENTRY_TABLE
#define LEAF AXAS_ENTRY_LEAF

#define EPT_READ BIT(0)
#define EPT_WRITE BIT(1)
#define EPT_EXEC BIT(2)
#define EPT_TYPE(type) ((uint64_t)(type) << 3)

static const struct negative_control ept[] = {
    {.rule = "write without read (29.3.3.1)", .level = "pt", .kind = LEAF, .clear = EPT_READ | EPT_EXEC},
    {.rule = "write and execute without read", .level = "pt", .kind = LEAF, .clear = EPT_READ},
    {.rule = "write without read in a 2 MiB leaf", .level = "pd", .kind = LEAF, .clear = EPT_READ},
    {.rule = "write without read in a table entry", .level = "pd", .kind = TABLE, .clear = EPT_READ},
    {.rule = "memory type 2 (29.3.3.1)",
     .level = "pt",
     .kind = LEAF,
     .clear = EPT_TYPE(7),
     .set = EPT_TYPE(2)},
    {.rule = "memory type 3", .level = "pt", .kind = LEAF, .clear = EPT_TYPE(7), .set = EPT_TYPE(3)},
    {.rule = "memory type 7", .level = "pt", .kind = LEAF, .set = EPT_TYPE(7)},
    {.rule = "memory type 7 in a 2 MiB leaf", .level = "pd", .kind = LEAF, .set = EPT_TYPE(7)},
    {.rule = "a page's address beyond the physical width", .level = "pt", .kind = LEAF, .set = BIT(51)},
    {.rule = "a page's address beyond it by the lowest bit that is",
     .level = "pt",
     .kind = LEAF,
     .set = BIT(40)},
    {.rule = "a 2 MiB leaf's address beyond it", .level = "pd", .kind = LEAF, .set = BIT(40)},
    {.rule = "a table's address beyond it", .level = "pd", .kind = TABLE, .set = BIT(40)},
    {.rule = "the address of a table of tables beyond it", .level = "pml4", .kind = TABLE, .set = BIT(51)},
    {.rule = "a 2 MiB leaf that is not aligned (bits 20:12 reserved)",
     .level = "pd",
     .kind = LEAF,
     .set = BIT(20)},
    {.rule = "a 2 MiB leaf that is not aligned, by bit 12",
     .level = "pd",
     .kind = LEAF,
     .set = BIT(12),
     .emulator_accepts = true},
    {.rule = "a leaf at the root (bit 7 reserved)", .level = "pml4", .kind = TABLE, .set = BIT(7)},
    {.rule = "bit 3 of a root entry, which is reserved", .level = "pml4", .kind = TABLE, .set = BIT(3)},
    {.rule = "bit 6 of a table entry, which is reserved", .level = "pdpt", .kind = TABLE, .set = BIT(6)},
    {.rule = "bit 4 of a table entry, which is reserved", .level = "pd", .kind = TABLE, .set = BIT(4)},
};

static const struct negative_control ept_1gib[] = {
    {.rule = "a 1 GiB leaf that is not aligned (bits 29:12 reserved)",
     .level = "pdpt",
     .kind = LEAF,
     .set = BIT(29)},
    {.rule = "a 1 GiB leaf that is not aligned, by bit 12",
     .level = "pdpt",
     .kind = LEAF,
     .set = BIT(12),
     .emulator_accepts = true},
    {.rule = "a 1 GiB leaf's address beyond the physical width",
     .level = "pdpt",
     .kind = LEAF,
     .set = BIT(40)},
};

static const struct negative_control ept_no_1gib[] = {
    {.rule = "a 1 GiB leaf on a CPU without", .level = "pdpt", .kind = TABLE, .set = BIT(7)},
};

#define NPT_USER BIT(2)

static const struct negative_control npt[] = {
    {.rule = "a page that is not the user's (15.25.5)", .level = "pt", .kind = LEAF, .clear = NPT_USER},
    {.rule = "a 2 MiB leaf that is not the user's", .level = "pd", .kind = LEAF, .clear = NPT_USER},
    {.rule = "a table that is not the user's", .level = "pd", .kind = TABLE, .clear = NPT_USER},
    {.rule = "a table of tables that is not the user's", .level = "pml4", .kind = TABLE, .clear = NPT_USER},
    {.rule = "a page's address beyond the physical width", .level = "pt", .kind = LEAF, .set = BIT(51)},
    {.rule = "a page's address beyond it by the lowest bit that is",
     .level = "pt",
     .kind = LEAF,
     .set = BIT(40)},
    {.rule = "a 2 MiB leaf's address beyond it", .level = "pd", .kind = LEAF, .set = BIT(40)},
    {.rule = "a table's address beyond it", .level = "pd", .kind = TABLE, .set = BIT(40)},
    {.rule = "a 2 MiB leaf that is not aligned (bits 20:13 reserved)",
     .level = "pd",
     .kind = LEAF,
     .set = BIT(13)},
    {.rule = "a 512 GiB leaf (bit 7 must be zero)", .level = "pml4", .kind = TABLE, .set = BIT(7)},
    {.rule = "bit 8 of a PML4 entry, which must be zero",
     .level = "pml4",
     .kind = TABLE,
     .set = BIT(8),
     .emulator_accepts = true},
};

static const struct negative_control npt_1gib[] = {
    {.rule = "a 1 GiB leaf that is not aligned (bits 29:13 reserved)",
     .level = "pdp",
     .kind = LEAF,
     .set = BIT(13)},
    {.rule = "a 1 GiB leaf's address beyond the physical width",
     .level = "pdp",
     .kind = LEAF,
     .set = BIT(40)},
};

static const struct negative_control npt_no_1gib[] = {
    {.rule = "a 1 GiB leaf on a CPU without", .level = "pdp", .kind = TABLE, .set = BIT(7)},
};

#define VTD_READ BIT(0)
#define VTD_WRITE BIT(1)

static const struct negative_control vtd[] = {
    {.rule = "a page without read and write (9.8)",
     .level = "pt",
     .kind = LEAF,
     .clear = VTD_READ | VTD_WRITE},
    {.rule = "a table without read", .level = "pd", .kind = TABLE, .clear = VTD_READ},
    {.rule = "a table of tables without read", .level = "pml4", .kind = TABLE, .clear = VTD_READ},
    {.rule = "bit 62 of a page (reserved without device TLBs)", .level = "pt", .kind = LEAF, .set = BIT(62)},
    {.rule = "bit 62 of a table entry, which is reserved", .level = "pd", .kind = TABLE, .set = BIT(62)},
    {.rule = "bit 11 of a table entry, which is reserved", .level = "pdp", .kind = TABLE, .set = BIT(11)},
    {.rule = "bit 11 of a root entry, which is reserved", .level = "pml4", .kind = TABLE, .set = BIT(11)},
    {.rule = "a leaf at the root (bit 7 reserved)", .level = "pml4", .kind = TABLE, .set = BIT(7)},
    {.rule = "a page's address beyond the host's", .level = "pt", .kind = LEAF, .set = BIT(51)},
    {.rule = "a page's address beyond them by the lowest bit that is",
     .level = "pt",
     .kind = LEAF,
     .set = BIT(48)},
    {.rule = "a 2 MiB leaf's address beyond them", .level = "pd", .kind = LEAF, .set = BIT(48)},
    {.rule = "a table's address beyond them", .level = "pd", .kind = TABLE, .set = BIT(48)},
    {.rule = "the address of a table of tables beyond them", .level = "pml4", .kind = TABLE, .set = BIT(51)},
    {.rule = "a 2 MiB leaf that is not aligned (bits 20:12 reserved)",
     .level = "pd",
     .kind = LEAF,
     .set = BIT(20)},
    {.rule = "a 2 MiB leaf that is not aligned, by bit 12", .level = "pd", .kind = LEAF, .set = BIT(12)},
    {.rule = "bit 62 of a 2 MiB leaf", .level = "pd", .kind = LEAF, .set = BIT(62)},
    {.rule = "of 3 levels: a page without read and write",
     .level = "pt",
     .kind = LEAF,
     .mode = "3level",
     .clear = VTD_READ | VTD_WRITE},
    {.rule = "of 3 levels: bit 11 of a root entry",
     .level = "pdp",
     .kind = TABLE,
     .mode = "3level",
     .set = BIT(11)},
};

static const struct negative_control vtd_1gib[] = {
    {.rule = "a 1 GiB leaf that is not aligned (bits 29:12 reserved)",
     .level = "pdp",
     .kind = LEAF,
     .set = BIT(29)},
    {.rule = "a 1 GiB leaf that is not aligned, by bit 12", .level = "pdp", .kind = LEAF, .set = BIT(12)},
    {.rule = "a 1 GiB leaf's address beyond the host's", .level = "pdp", .kind = LEAF, .set = BIT(48)},
    {.rule = "of 3 levels: a 1 GiB leaf in the root that is not aligned",
     .level = "pdp",
     .kind = LEAF,
     .mode = "3level",
     .set = BIT(29)},
};

#define LIST(name) .list = (name), .count = sizeof(name) / sizeof *(name)
enum condition { ALWAYS, WITH_1GIB, WITHOUT_1GIB };

static const struct {
    const char *format;
    enum condition condition;
    const struct negative_control *list;
    size_t count;
} lists[] = {
    {"x86_64_ept", ALWAYS, LIST(ept)},
    {"x86_64_ept", WITH_1GIB, LIST(ept_1gib)},
    {"x86_64_ept", WITHOUT_1GIB, LIST(ept_no_1gib)},
    {"x86_64_npt", ALWAYS, LIST(npt)},
    {"x86_64_npt", WITH_1GIB, LIST(npt_1gib)},
    {"x86_64_npt", WITHOUT_1GIB, LIST(npt_no_1gib)},
    {"vtd_second_stage", ALWAYS, LIST(vtd)},
    {"vtd_second_stage", WITH_1GIB, LIST(vtd_1gib)},
};

#define CONTROLS_MAX 32
_Static_assert(sizeof ept + sizeof ept_1gib + sizeof ept_no_1gib <= CONTROLS_MAX * sizeof *ept, "room");
_Static_assert(sizeof npt + sizeof npt_1gib + sizeof npt_no_1gib <= CONTROLS_MAX * sizeof *npt, "room");
_Static_assert(sizeof vtd + sizeof vtd_1gib <= CONTROLS_MAX * sizeof *vtd, "room");

const struct negative_control *negative_controls(const struct axas_format *format, unsigned *count)
{
    static struct negative_control controls[CONTROLS_MAX];
    struct axas_table_config cpu = {.format = NULL};
    arch_table_config(&cpu);
    const bool has_1gib = (cpu.capabilities->features & axas_feature_find(format, "leaf_1gib")) != 0;
    const enum condition other = has_1gib ? WITHOUT_1GIB : WITH_1GIB;
    unsigned chosen = 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (format != axas_format_find(lists[i].format) || lists[i].condition == other) {
            continue;
        }
        for (size_t j = 0; j < lists[i].count; j++) {
            controls[chosen++] = lists[i].list[j];
        }
    }
    *count = chosen;
    return controls;
}
