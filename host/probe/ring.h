/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader's side of a perf buffer (linux/perf_event.h, struct
 * perf_event_mmap_page): records are taken out, lost ones are counted. It works on
 * memory alone; host/probe/perf.h has the system calls.
 */
#ifndef LIFELINE_PROBE_RING_H
#define LIFELINE_PROBE_RING_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

/* PERF_SAMPLE_TIME and PERF_SAMPLE_RAW, in the order of the kernel's perf_output_sample(). */
#define RING_SAMPLE ((uint64_t)(PERF_SAMPLE_TIME | PERF_SAMPLE_RAW))

/** RECORD_MAX - bytes of a tracepoint's data that are kept: all fields of fixed size, and a name */
#define RECORD_MAX 256u

/**
 * struct ring - a buffer and what was seen in it
 * @control: its first page, shared with the kernel
 * @data: the pages behind
 * @size: bytes of @data, a power of two
 * @lost: records that the kernel had no room for
 * @broken: times that a record made no sense; what was in the buffer then is gone
 */
struct ring {
	struct perf_event_mmap_page *control;
	const uint8_t *data;
	uint64_t size;
	uint64_t lost, broken;
};

/**
 * struct record - a sample
 * @time: by the clock of the event, ns
 * @size: bytes of @data, at most RECORD_MAX
 * @data: the tracepoint's fields as its format file lays them out; what is longer is cut
 */
struct record {
	uint64_t time;
	uint32_t size;
	uint8_t data[RECORD_MAX];
};

/**
 * ring_begin() - look at a buffer before it is emptied
 *
 * The kernel tells of what it lost with the next record that finds room. One that is full now
 * has lost something, though nobody says so yet: that counts as one.
 */
void ring_begin(struct ring *r);

/** ring_next() - take the next sample out; false: there is none */
bool ring_next(struct ring *r, struct record *out);

#endif
