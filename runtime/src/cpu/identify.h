/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AXAS_CPU_IDENTIFY_H
#define AXAS_CPU_IDENTIFY_H

#include "../format_internal.h"

/** An identification register by the name that specifications have for it. */
struct axas_cpu_register {
    const char *name;
    uint64_t (*read)(void);
};

/** Reads the registers that the format asks for, and no others. AXAS_ERR_UNSUPPORTED: not all are here. */
static inline enum axas_status axas_cpu_identify(const struct axas_format *format,
                                                 const struct axas_cpu_register *known, unsigned count,
                                                 axas_probe_fn *probe, struct axas_capabilities *found)
{
    uint64_t registers[AXAS_MAX_ID_REGISTERS] = {0};
    if (format == NULL || found == NULL) {
        return AXAS_ERR_INVALID;
    }
    for (unsigned i = 0; i < format->id_register_count; i++) {
        unsigned number = 0;
        while (number < count && !axas_same(known[number].name, format->id_registers[i].name)) {
            number++;
        }
        if (number == count) {
            return AXAS_ERR_UNSUPPORTED;
        }
        registers[i] = known[number].read();
    }
    return axas_capabilities_decode(format, registers, probe, NULL, found);
}

#endif
