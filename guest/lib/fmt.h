/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_LIB_FMT_H
#define LIFELINE_LIB_FMT_H

#include <stdarg.h>
#include <stddef.h>

/**
 * ll_vsnprintf() - format into a buffer of fixed size
 * @buf: where to; always NUL-terminated when @size > 0
 * @size: bytes in @buf
 * @fmt: %s %c %d %u %x %% with optional '0' flag, width and l/ll length
 * @ap: arguments
 *
 * A conversion that is not in the list is copied as it stands, so that a
 * mistake is seen in the output.
 *
 * Return: the length that the whole text has, as vsnprintf() (C11 7.21.6.12).
 */
int ll_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/** ll_snprintf() - see ll_vsnprintf() */
__attribute__((format(printf, 3, 4))) int ll_snprintf(char *buf, size_t size, const char *fmt, ...);

#endif
