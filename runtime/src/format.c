/* SPDX-License-Identifier: Apache-2.0 */
#include "format_internal.h"

const struct axas_format *axas_format_find(const char *name)
{
    if (name == NULL) {
        return NULL;
    }
    for (const struct axas_format *const *format = axas_formats; *format != NULL; format++) {
        if (axas_same((*format)->name, name)) {
            return *format;
        }
    }
    return NULL;
}

const struct axas_mode *axas_mode_find(const struct axas_format *format, const char *name)
{
    if (format == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < format->mode_count; i++) {
        const struct axas_mode *mode = &format->modes[i];
        if (name == NULL ? mode->is_default : axas_same(mode->name, name)) {
            return mode;
        }
    }
    return NULL;
}

uint64_t axas_feature_find(const struct axas_format *format, const char *name)
{
    if (format == NULL || name == NULL) {
        return 0;
    }
    for (unsigned i = 0; i < format->feature_count; i++) {
        if (axas_same(format->features[i].name, name)) {
            return format->features[i].bit;
        }
    }
    return 0;
}

enum axas_status axas_capabilities_decode(const struct axas_format *format,
                                          const uint64_t registers[AXAS_MAX_ID_REGISTERS],
                                          axas_probe_fn *probe, void *context,
                                          struct axas_capabilities *found)
{
    if (format == NULL || registers == NULL || found == NULL || (format->probes && probe == NULL)) {
        return AXAS_ERR_INVALID;
    }
    if (format->capabilities == NULL) {
        return AXAS_ERR_UNSUPPORTED;
    }
    format->capabilities(registers, probe, context, found);
    return AXAS_OK;
}

enum axas_status axas_capabilities_meet(struct axas_capabilities *common,
                                        const struct axas_capabilities *other)
{
    if (common == NULL || other == NULL || common->format != other->format) {
        return AXAS_ERR_INVALID;
    }
    const uint64_t both = (common->features | common->switched) & (other->features | other->switched);
    common->features &= other->features;
    common->switched = both & ~common->features;
    common->modes &= other->modes;
    if (common->missing == NULL) {
        common->missing = other->missing;
    }
    common->physical_bits = axas_narrower(common->physical_bits, other->physical_bits);
    common->gpa_bits = axas_narrower(common->gpa_bits, other->gpa_bits);
    return AXAS_OK;
}
