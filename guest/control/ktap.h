/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest says: KTAP (Documentation/dev-tools/ktap.rst) on the console.
 * A line is written by one hypercall and is at most KTAP_LINE bytes, because
 * Xen's console keeps only so much together against its own messages.
 */
#ifndef LIFELINE_CONTROL_KTAP_H
#define LIFELINE_CONTROL_KTAP_H

#include <stdbool.h>

#define KTAP_LINE 127

/** ktap_line() - one line; the newline is added; what is too long is cut */
__attribute__((format(printf, 1, 2))) void ktap_line(const char *fmt, ...);

/** ktap_read_byte() - next byte of console input, -1 if there is none */
int ktap_read_byte(void);

#endif
