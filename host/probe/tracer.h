/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of all CPUs, recorded by an instance of the kernel's tracer that is nobody
 * else's (Documentation/trace/ftrace.rst, "Instances"), stamped by CLOCK_MONOTONIC.
 *
 * An instance, and not perf events: a record costs the traced little more than half, and its
 * buffers outlive a CPU that goes offline, with what happens on it until then. What a killed
 * process leaves behind goes on recording until it is opened again, or removed (rmdir).
 */
#ifndef LIFELINE_PROBE_TRACER_H
#define LIFELINE_PROBE_TRACER_H

#include "host/probe/page.h"

#define TRACER_CPUS   64u
#define TRACER_EVENTS 8u
#define TRACER_NAME   32u

/**
 * TRACER_KIB - of a CPU's buffer
 *
 * So that nobody need read it within a window: reading costs what is measured. Of a machine with
 * many CPUs each has less: TRACER_BUDGET are all that an instance takes.
 */
#define TRACER_KIB    4096u
#define TRACER_BUDGET 32768u

/**
 * struct tracer - an instance
 * @name: of its folder; empty: it is not open
 * @folder: file of the folder, locked (flock(2)): one process uses it
 * @keep: it was there before, and is to stay
 * @cpus: how many CPUs, from 0 on, be they online or not
 * @pages: of a CPU's buffer, at most
 * @raw: files of the CPUs' buffers
 * @stats: files of their counters
 * @events: how many tracepoints
 * @event: their names
 * @broken: pages that made no sense
 */
struct tracer {
	char name[TRACER_NAME];
	int folder;
	bool keep;
	unsigned int cpus, pages;
	int raw[TRACER_CPUS], stats[TRACER_CPUS];
	unsigned int events;
	const char *event[TRACER_EVENTS];
	uint64_t broken;
};

/**
 * tracer_open() - take the instance @name, or make it
 *
 * One that is there, and set up as tracer_open() does it, is taken in no time; to make it costs
 * an emulated board 0.2 s, and as much to remove it.
 *
 * Nothing is recorded before tracer_enable(). Return: 0 or -errno, with one line in @error: -EBUSY
 * another process uses it, -ENOENT no tracefs.
 */
int tracer_open(struct tracer *t, const char *name, char *error, size_t size);

/**
 * tracer_add() - record tracepoint @event
 * @event: "block/block_rq_issue"; it must live as long as the tracer
 * @filter: Documentation/trace/events.rst, "Event filtering"; empty: none
 *
 * Return: 0 or -errno, with one line in @error.
 */
int tracer_add(struct tracer *t, const char *event, const char *filter, char *error, size_t size);

/**
 * tracer_enable() - record from now on
 *
 * What was added last begins first: who adds beginnings before ends sees no beginning
 * whose end he misses. Return: 0 or -errno, with one line in @error.
 */
int tracer_enable(struct tracer *t, char *error, size_t size);

/** tracer_read() - take a page out of the buffer of @cpu; false: there is none. Never waits */
bool tracer_read(struct tracer *t, unsigned int cpu, uint8_t bytes[PAGE_BYTES], struct page *page);

/** tracer_lost() - records that found no room, ever, and pages that made no sense */
uint64_t tracer_lost(const struct tracer *t);

/** tracer_parse_stats() - what of a CPU's records was lost, by the text of its stats file */
uint64_t tracer_parse_stats(const char *text);

/** tracer_close() - stop, and remove the instance if it is not to be kept; also what tracer_open() could not finish */
void tracer_close(struct tracer *t);

#endif
