/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's tracepoints that a probe listens to, as pure data, and what one of their records says. */
#ifndef LIFELINE_PROBE_EVENT_H
#define LIFELINE_PROBE_EVENT_H

#include "host/probe/page.h"
#include "host/probe/trace.h"

/** enum watched - of which kind the thing is that a tracepoint is about */
enum watched { WATCHED_DISK, WATCHED_NIC, WATCHED_LINE };

/** enum meaning - what a record says */
enum meaning {
	MEANS_ISSUED,	 /* request @key was given to the device */
	MEANS_COMPLETED, /* request @key was completed, with an error if @result is not 0 */
	MEANS_WITHDRAWN, /* request @key was taken back from the device */
	MEANS_RECEIVED,	 /* a frame came in */
	MEANS_FREED,	 /* frame @key was let go by whoever had it: a driver that has sent it */
	MEANS_CALLED,	 /* handler @name was called */
	MEANS_CLAIMED,	 /* the handler called before returned @result, not IRQ_NONE */
};

/**
 * struct tracepoint - a row of the table
 * @name: in tracefs
 * @of: what it is about
 * @means: what its records say
 * @only: filter that comes on top of that by device or line; NULL: none
 * @number: field that says which disk (dev_t) or line (irq)
 * @text: field that says which interface, or the handler's name
 * @key: field that tells the request from others
 * @length: field that is 0 if nothing was asked for: flushes, SCSI commands without data
 * @result: field that says how it ended
 */
struct tracepoint {
	const char *name;
	enum watched of;
	enum meaning means;
	const char *only, *number, *text, *key, *length, *result;
};

/** TRACEPOINTS - rows of the table */
#define TRACEPOINTS 9u

/** tracepoint_table - all of them; where a request begins comes before where it ends: tracer_enable() */
extern const struct tracepoint tracepoint_table[TRACEPOINTS];

/**
 * struct decoder - how the running kernel lays a row's records out
 * @row: the row
 * @id: of the tracepoint, 0: it is not watched
 * @number: where the fields are
 */
struct decoder {
	const struct tracepoint *row;
	unsigned int id;
	struct trace_field number, text, key, length, result;
};

/**
 * struct event - a record, understood
 * @time: CLOCK_MONOTONIC, ns
 * @key: of the request
 * @number: kernel's dev_t, or the line
 * @result: 0: good
 * @means: what it says
 * @of: about what
 * @text: interface or handler, within the record; empty: it has none
 */
struct event {
	uint64_t time, key, number, result;
	enum meaning means;
	enum watched of;
	const char *text;
};

/**
 * decoder_init() - find the fields of @row in the text @format of its format file
 *
 * Return: false if one is missing; *@missing says which.
 */
bool decoder_init(struct decoder *d, const struct tracepoint *row, unsigned int id,
		  const char *format, const char **missing);

/** decoder_id() - number of the tracepoint that wrote @r, as every record begins; 0: too short */
unsigned int decoder_id(const struct record *r);

/** decode() - understand @r; false: it is cut short, or about nothing that was asked for */
bool decode(const struct decoder *d, const struct record *r, struct event *out);

#endif
