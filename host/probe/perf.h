/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of all CPUs as perf events (perf_event_open(2)): a buffer a CPU, into
 * which all events of a set write, stamped by CLOCK_MONOTONIC. Closed by the kernel
 * with the process, whatever becomes of it.
 */
#ifndef LIFELINE_PROBE_PERF_H
#define LIFELINE_PROBE_PERF_H

#include <stddef.h>

#include "host/probe/ring.h"

#define PERF_CPUS   64u
#define PERF_EVENTS 8u

/**
 * PERF_PAGES - of a buffer: 4 MiB, 40,000 records and more
 *
 * So nobody need read it within a window: reading costs what is measured. Of a machine with many
 * CPUs each has less: PERF_BUDGET pages are all that a set takes.
 */
#define PERF_PAGES  1024u
#define PERF_BUDGET 8192u

/**
 * struct perf_set - events that share their buffers
 * @pages: of each buffer, a power of two
 * @cpus: how many CPUs are watched
 * @cpu: their numbers
 * @ring: their buffers
 * @events: how many events a CPU
 * @fd: their files; the first holds the buffer
 */
struct perf_set {
	unsigned int pages;
	unsigned int cpus;
	unsigned int cpu[PERF_CPUS];
	struct ring ring[PERF_CPUS];
	unsigned int events;
	int fd[PERF_CPUS][PERF_EVENTS];
};

/** perf_init() - an empty set, which perf_close() may be given */
void perf_init(struct perf_set *s);

/**
 * perf_add() - watch tracepoint @id on every CPU that is online
 * @s: set; nothing is recorded before perf_enable()
 * @name: for messages
 * @filter: Documentation/trace/events.rst, "Event filtering"; NULL: none
 *
 * Return: 0 or -errno, with one line in @error.
 */
int perf_add(struct perf_set *s, unsigned int id, const char *name, const char *filter, char *error,
	     size_t size);

/**
 * perf_enable() - record from now on
 *
 * What was added last begins first, on all CPUs: who adds beginnings before ends sees no
 * beginning whose end he misses. Return: 0 or -errno.
 */
int perf_enable(struct perf_set *s);

/** perf_wait() - sleep for @ns, or until a buffer is half full. Return: is one? */
bool perf_wait(const struct perf_set *s, uint64_t ns);

/** perf_close() - stop, and give all back */
void perf_close(struct perf_set *s);

#endif
