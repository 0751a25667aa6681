/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGREEMENT_H
#define AGREEMENT_H

#include <axas/table.h>

/** Builds and changes random spaces for every mode and width of the CPU's format, and holds what the CPU
 * makes of accesses against what libaxas says. `cpu` is what arch_table_config filled in. */
void agreement(const struct axas_table_config *cpu);

#endif
