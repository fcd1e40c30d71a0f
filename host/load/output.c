// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/probe/clock.h"

int output_of_stopped(struct child *c, const char *program, int signal, uint64_t ns,
		      struct output *o, char *error, size_t size)
{
	int status, rc = child_stop(c, signal, ns, &status);

	*o = (struct output){ NULL, NULL, 0 };
	if (rc) {
		(void)snprintf(error, size,
			       "%s: did not end within %llu ms%s; is its device served?", program,
			       (unsigned long long)(ns / NS_PER_MS),
			       rc == -EBUSY ? " and hangs in the kernel" : ", killed");
		child_free(c);
		return rc == -EBUSY ? rc : -ETIMEDOUT;
	}
	o->len = child_output(c->out, &o->out);
	(void)child_output(c->err, &o->err);
	child_free(c);
	if (o->out && o->err)
		return 0;
	output_free(o);
	(void)snprintf(error, size, "%s: no memory for what it printed", program);
	return -ENOMEM;
}

void output_explain(const struct output *o, char *error, size_t size)
{
	size_t end = strlen(o->err), from, at = strnlen(error, size);

	while (end && (o->err[end - 1] == '\n' || o->err[end - 1] == '\r'))
		end--;
	for (from = end; from && o->err[from - 1] != '\n'; from--)
		;
	if (end == from || at >= size)
		return;
	(void)snprintf(error + at, size - at, "; it says: %.*s", (int)(end - from), o->err + from);
	for (; error[at]; at++)
		if (error[at] < ' ' || error[at] > '~')
			error[at] = '?';
}

void output_free(struct output *o)
{
	free(o->out);
	free(o->err);
	*o = (struct output){ NULL, NULL, 0 };
}
