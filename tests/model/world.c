/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"
#include "groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t dice(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t dice_below(struct dice *d, uint64_t n)
{
    return dice(d) % n;
}

bool dice_once_in(struct dice *d, uint64_t n)
{
    return dice_below(d, n) == 0;
}

uint64_t env_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

uint64_t world_steps(const struct world *world, uint64_t otherwise)
{
#ifdef AXAS_SANITIZED
    otherwise /= 4; /* each step takes several times as long there, and the plain builds go all the way */
#endif
    for (unsigned i = 0; i < world->format->level_count; i++) {
        if (world->format->levels[i].index_bits > 9) {
            return env_number("AXAS_STEPS", otherwise / 4);
        }
    }
    return env_number("AXAS_STEPS", otherwise);
}

struct axas_table_config world_table_config(const struct world *world, const struct axas_hal *hal)
{
    struct axas_table_config config = {0};
    config.hal = hal;
    config.format = world->format;
    config.mode = world->mode;
    config.features = world->features;
    config.gpa_bits = world->gpa_bits;
    config.physical_bits = world->physical_bits;
    config.max_leaf_shift = world->max_leaf_shift;
    config.max_exec_leaf_shift = world->max_exec_leaf_shift;
    return config;
}

unsigned world_attrs(const struct world *world, axas_attr attrs[256], unsigned *with_access)
{
    struct axas_leaf_code code;
    unsigned count = 0;
    for (axas_attr access = AXAS_ACCESS_MASK + 1u; access-- > 0;) {
        if (access == 0) {
            *with_access = count;
        }
        for (axas_attr memory = 0; memory <= AXAS_MEM_MASK; memory += 0x10u) {
            if (world->format->encode(access | memory, world->features, &code) == AXAS_OK) {
                attrs[count++] = access | memory;
            }
        }
    }
    return count;
}

struct enumeration {
    world_fn *fn;
    void *context;
    unsigned count;
};

static void visit(struct enumeration *e, struct world world)
{
    (void)snprintf(world.name, sizeof world.name,
                   "%s %s features 0x%llx gpa_bits %u physical_bits %u max_leaf_shift %u/%u%s",
                   world.format->name, world.mode->name, (unsigned long long)world.features, world.gpa_bits,
                   world.physical_bits, world.max_leaf_shift, world.max_exec_leaf_shift,
                   world.free_in_parts ? " large frames" : "");
    e->count++;
    e->fn(&world, e->context);
}

/* Those of groups that groups.h has no facts of are left out: a format's own file is enough for the rest. */
static uint64_t all_features(const struct axas_format *format)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < format->feature_count; i++) {
        all |= format->features[i].bit;
    }
    for (unsigned i = 0; i < format->level_count; i++) {
        if (format->levels[i].group_size != 0 && groups_at(format, i) == NULL) {
            all &= ~format->levels[i].group_with;
        }
    }
    return all;
}

static void visit_widths(struct enumeration *e, struct world world)
{
    const struct axas_mode *mode = world.mode;
    uint8_t least = axas_mode_gpa_bits_min(mode, world.features);
    uint8_t middle = (uint8_t)((least + mode->gpa_bits_max) / 2);
    uint8_t widths[] = {least, (uint8_t)(least + 1), middle, (uint8_t)(mode->gpa_bits_max - 1),
                        mode->gpa_bits_max};
    for (size_t i = 0; i < sizeof widths; i++) {
        bool repeated = widths[i] == mode->gpa_bits_preferred;
        for (size_t k = 0; k < i; k++) {
            repeated = repeated || widths[k] == widths[i];
        }
        if (!repeated && widths[i] >= least && widths[i] <= mode->gpa_bits_max) {
            world.gpa_bits = widths[i];
            visit(e, world);
        }
    }
}

static void visit_caps(struct enumeration *e, struct world world)
{
    const struct axas_mode *mode = world.mode;
    for (unsigned level = mode->root_level; level + 1u < mode->root_level + mode->level_count; level++) {
        const struct axas_level *at = &world.format->levels[level];
        if ((at->kinds & (1u << AXAS_ENTRY_LEAF)) == 0 || (at->leaf_with & ~world.features) != 0) {
            continue;
        }
        struct world capped = world;
        capped.max_leaf_shift = world.format->levels[level + 1u].shift;
        visit(e, capped);
        capped = world;
        capped.max_exec_leaf_shift = world.format->levels[level + 1u].shift;
        visit(e, capped);
    }
}

/* The features that other modes need and this one does not. */
static uint64_t other_modes(const struct axas_format *format, const struct axas_mode *mode)
{
    uint64_t features = 0;
    for (unsigned i = 0; i < format->mode_count; i++) {
        features |= format->modes[i].with;
    }
    return features & ~mode->with;
}

unsigned worlds_each(const char *format_name, enum worlds which, world_fn *fn, void *context)
{
    struct enumeration e = {fn, context, 0};
    for (size_t f = 0; axas_formats[f] != NULL; f++) {
        const struct axas_format *format = axas_formats[f];
        if (format_name != NULL && strcmp(format->name, format_name) != 0) {
            continue;
        }
        uint64_t all = all_features(format);
        for (unsigned m = 0; m < format->mode_count; m++) {
            struct world world = {0};
            world.format = format;
            world.mode = &format->modes[m];
            world.gpa_bits = world.mode->gpa_bits_preferred;
            world.features = world.mode->with;
            visit(&e, world);
            world.features = all;
            world.free_in_parts = true;
            visit(&e, world);
            if (which == WORLDS_FEW) {
                continue;
            }
            for (unsigned i = 0; i < format->feature_count; i++) {
                uint64_t bit = format->features[i].bit;
                if ((bit & all) == 0 || (bit & other_modes(format, world.mode)) != 0) {
                    continue; /* left out, or makes another mode possible; `all` has it in this one too */
                }
                world.features = bit | world.mode->with;
                world.free_in_parts = (i & 1u) != 0;
                if (world.features != world.mode->with && world.features != all) {
                    visit(&e, world);
                }
                world.features = all & ~bit;
                if ((bit & world.mode->with) == 0 && format->feature_count > 2) {
                    visit(&e, world);
                }
            }
            world.features = all;
            world.free_in_parts = true;
            visit_widths(&e, world);
            visit_caps(&e, world);
            world.physical_bits = format->output_bits > 40 ? 40 : (uint8_t)(format->output_bits - 1);
            if (world.physical_bits < world.mode->physical_bits_min) {
                world.physical_bits = world.mode->physical_bits_min;
            }
            if (world.mode->within_physical && world.gpa_bits > world.physical_bits) {
                world.gpa_bits = world.physical_bits;
            }
            if (world.gpa_bits >= axas_mode_gpa_bits_min(world.mode, world.features) &&
                world.physical_bits < format->output_bits) {
                visit(&e, world);
            }
        }
    }
    return e.count;
}
