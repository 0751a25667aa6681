/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

/** Understands %s, %c, %u (unsigned), %lu and %lx (uint64_t on every CPU), and %%. */
#if __SIZEOF_LONG__ == 8
__attribute__((format(printf, 1, 2)))
#endif
void print(const char *format, ...);

/** A number of bytes, as "4 KiB". */
void print_size(uint64_t bytes);

#endif
