/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

/** Understands %s, %c, %u (unsigned), %lu and %lx (64 bits), and %%. */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);

/** A number of bytes, as "4 KiB". */
void print_size(uint64_t bytes);

#endif
