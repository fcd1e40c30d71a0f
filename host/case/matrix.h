/* SPDX-License-Identifier: GPL-2.0-only */
/* How many vectors the kernel has given out, as its own allocator says when it gives one (kernel/irq/matrix.c). */
#ifndef LIFELINE_CASE_MATRIX_H
#define LIFELINE_CASE_MATRIX_H

#include "host/case/take.h"

/** matrix_open() - listen; TAKE_SKIP: no tracefs, or a kernel without these tracepoints */
enum taken matrix_open(char why[TAKE_WHY]);

/** matrix_close() - listen no more; may be called at any time */
void matrix_close(void);

/** matrix_forget() - what was given out or taken back until now counts no more */
void matrix_forget(void);

/**
 * matrix_allocated() - vectors given out on all CPUs, as of the last one that was given or taken back
 *
 * Return: how many; -1: none was since matrix_forget().
 */
int matrix_allocated(void);

/** matrix_allocated_in() - the same of the text of a trace. Return: -1: it says nothing */
int matrix_allocated_in(const char *text);

#endif
