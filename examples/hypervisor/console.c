/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include "arch.h"

#include <stdarg.h>

static void put_string(const char *text)
{
    for (; *text != '\0'; text++) {
        arch_put(*text);
    }
}

static void put_number(uint64_t value, unsigned base)
{
    char digits[24];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0) {
        arch_put(digits[--count]);
    }
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            arch_put(*format);
            continue;
        }
        format++;
        if (*format == 's') {
            put_string(va_arg(arguments, const char *));
        } else if (*format == 'c') {
            arch_put((char)va_arg(arguments, int));
        } else if (*format == 'u') {
            put_number(va_arg(arguments, unsigned), 10);
        } else if (*format == 'l') {
            format++;
            put_number(va_arg(arguments, uint64_t), *format == 'x' ? 16 : 10);
        } else {
            arch_put(*format);
        }
    }
    va_end(arguments);
}

void print_size(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    unsigned unit = 0;
    while (unit < 3 && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    print("%lu %s", bytes, units[unit]);
}
