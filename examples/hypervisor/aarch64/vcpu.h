/* SPDX-License-Identifier: Apache-2.0 */
/* Where start.S finds the parts of struct vcpu (arch.c). */
#ifndef VCPU_H
#define VCPU_H

#define VCPU_X 0         /* x0 to x30 */
#define VCPU_PC (31 * 8) /* ELR_EL2 and SPSR_EL2, read and written as a pair */
#define VCPU_SIZE (33 * 8)

#endif
