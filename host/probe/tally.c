// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/tally.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/probe/trace.h"

#define FORMAT 8192

static int open_counters(struct tally *t, unsigned int id)
{
	struct perf_event_attr a = { .type = PERF_TYPE_TRACEPOINT,
				     .size = sizeof(a),
				     .config = id };
	long configured = sysconf(_SC_NPROCESSORS_CONF);

	for (int cpu = 0; cpu < configured && t->cpus < TALLY_CPUS; cpu++) {
		long fd = syscall(SYS_perf_event_open, &a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

		/* A CPU that is offline has none. */
		if (fd < 0 && errno != ENODEV)
			return -errno;
		if (fd >= 0)
			t->fd[t->cpus++] = (int)fd;
	}
	return t->cpus ? 0 : -ENODEV;
}

int tally_open(struct tally *t, const char *name, char *error, size_t size)
{
	char format[FORMAT];
	unsigned int id;
	int rc;

	t->cpus = 0;
	rc = trace_load(name, &id, format, sizeof(format), error, size);
	if (rc)
		return rc;
	rc = open_counters(t, id);
	if (rc)
		(void)snprintf(error, size, "%s: cannot be counted: %s; be root", name,
			       strerror(-rc));
	return rc;
}

uint64_t tally_read(const struct tally *t)
{
	uint64_t sum = 0, count;

	for (unsigned int i = 0; i < t->cpus; i++)
		if (read(t->fd[i], &count, sizeof(count)) == (ssize_t)sizeof(count))
			sum += count;
	return sum;
}

void tally_close(struct tally *t)
{
	while (t->cpus)
		close(t->fd[--t->cpus]);
}
