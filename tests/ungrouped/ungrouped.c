/* SPDX-License-Identifier: Apache-2.0 */
/* A library built with AXAS_CONTIGUOUS off makes no contiguous group, though the features have them. */
#include <axas/formats.h>
#include <axas/hosted.h>
#include <axas/table.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: not so: %s\n", format->name, __LINE__, #condition); \
            exit(1);                                                                    \
        }                                                                               \
    } while (0)

/* The pages of a range that holds several groups of every format here, one of them unmapped. */
static const uint64_t gpa = 0x40000000, hpa = 0x80000000, size = 0x80000, hole = 0x13000;

static bool is_alone(void *context, const struct axas_leaf *leaf)
{
    const struct axas_format *format = context;
    const struct axas_level *level = &format->levels[leaf->level];
    CHECK(level->group_size > leaf->size);
    CHECK((leaf->entry & level->group_mask) != level->group_mark);
    CHECK(leaf->group == leaf->size);
    CHECK(leaf->hpa.raw - hpa == leaf->gpa.raw - gpa);
    return true;
}

static void test(const struct axas_format *format, const char *feature)
{
    const struct axas_hosted_config hosted = {0};
    struct axas_hosted *arena = axas_hosted_create(&hosted);
    CHECK(arena != NULL);
    const struct axas_table_config config = {
        .hal = axas_hosted_hal(arena), .format = format, .features = axas_feature_find(format, feature)};
    CHECK(config.features != 0);
    struct axas_table table;
    struct axas_gather gather;
    axas_hpa found;
    CHECK(axas_table_init(&table, &config) == AXAS_OK);
    CHECK(axas_table_map(&table, axas_gpa_of(gpa), axas_hpa_of(hpa), size, AXAS_READ | AXAS_WRITE) ==
          AXAS_OK);
    CHECK(axas_table_visit(&table, axas_gpa_of(gpa), size, is_alone, (void *)(uintptr_t)format) == AXAS_OK);
    axas_gather_init(&gather, NULL, NULL);
    CHECK(axas_table_unmap(&table, axas_gpa_of(gpa + hole), AXAS_FRAME_SIZE, &gather) == AXAS_OK);
    axas_gather_flush(&table, &gather);
    axas_gather_free(&table, &gather);
    for (uint64_t at = 0; at < size; at += AXAS_FRAME_SIZE) {
        enum axas_status status = axas_table_translate(&table, axas_gpa_of(gpa + at), &found);
        CHECK(status == (at == hole ? AXAS_ERR_NOT_MAPPED : AXAS_OK));
        CHECK(status != AXAS_OK || found.raw == hpa + at);
    }
    axas_table_destroy(&table, NULL, NULL);
    CHECK(axas_hosted_destroy(arena) == 0);
}

int main(void)
{
    test(&axas_aarch64_stage2, "contiguous_bit");
    test(&axas_riscv64_gstage, "svnapot");
    return 0;
}
