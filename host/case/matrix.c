// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/probe/file.h"

/* An instance of its own: nobody else's trace is in it, and it is in nobody's. */
#define INSTANCE "/sys/kernel/tracing/instances/lifeline"
#define EVENTS	 INSTANCE "/events/irq_matrix"
#define TEXT	 (64ul * 1024)

enum taken matrix_open(char why[TAKE_WHY])
{
	if (mkdir(INSTANCE, 0700) && errno != EEXIST) {
		(void)snprintf(why, TAKE_WHY, INSTANCE ": %m");
		return TAKE_SKIP;
	}
	if (file_write(EVENTS "/irq_matrix_alloc/enable", "1") ||
	    file_write(EVENTS "/irq_matrix_free/enable", "1")) {
		(void)snprintf(why, TAKE_WHY,
			       "no tracepoints irq_matrix_alloc and irq_matrix_free");
		matrix_close();
		return TAKE_SKIP;
	}
	return TAKEN;
}

void matrix_close(void)
{
	(void)rmdir(INSTANCE);
}

/* Documentation/trace/ftrace.rst: opening it with O_TRUNC clears it. */
void matrix_forget(void)
{
	int fd = open(INSTANCE "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

int matrix_allocated_in(const char *text)
{
	static const char key[] = "total_alloc=";
	const char *last = NULL;

	for (const char *at = strstr(text, key); at; at = strstr(at + 1, key))
		last = at + sizeof(key) - 1;
	return last && *last >= '0' && *last <= '9' ? (int)strtol(last, NULL, 10) : -1;
}

int matrix_allocated(void)
{
	char *text = malloc(TEXT);
	int n = -1;

	if (text && file_read(INSTANCE "/trace", text, TEXT) > 0)
		n = matrix_allocated_in(text);
	free(text);
	return n;
}
