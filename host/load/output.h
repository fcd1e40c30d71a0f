/* SPDX-License-Identifier: GPL-2.0-only */
/* What a load has printed when it was stopped. */
#ifndef LIFELINE_LOAD_OUTPUT_H
#define LIFELINE_LOAD_OUTPUT_H

#include "host/load/child.h"

/**
 * struct output - of a program that has ended
 * @out: standard output, NUL-terminated
 * @err: standard error, NUL-terminated
 * @len: of @out
 */
struct output {
	char *out, *err;
	size_t len;
};

/**
 * output_of_stopped() - stop @c and take what it has printed; its files are given back
 * @program: for messages
 * @signal: what it is asked to end with
 * @ns: as child_stop()
 * @o: for output_free(), only after a success
 *
 * Return: 0 or -errno, with one line in @error: -ETIMEDOUT it had to be killed, -EBUSY it
 * hangs in the kernel, -ENOMEM.
 */
int output_of_stopped(struct child *c, const char *program, int signal, uint64_t ns,
		      struct output *o, char *error, size_t size);

/** output_explain() - put the last line that it printed on standard error, if any, behind @error */
void output_explain(const struct output *o, char *error, size_t size);

/** output_free() - give the memory back */
void output_free(struct output *o);

#endif
