/* SPDX-License-Identifier: GPL-2.0-only */
/* A probe's ears: the tracepoints of what is watched, recorded on all CPUs, and whose a record is. */
#ifndef LIFELINE_PROBE_LISTEN_H
#define LIFELINE_PROBE_LISTEN_H

#include "host/probe/probe.h"
#include "host/probe/tracer.h"

/* A storm of interrupts must not cost a record of a request: they have buffers of their own. */
enum { TRACER_REQUESTS, TRACER_LINE, TRACERS };

/**
 * struct listener - what is listened to
 * @config: what is watched
 * @device: the kernel's dev_t of each sharer that is a disk
 * @tracer: what records; one that has nothing to record is not open
 * @decoder: of each row of the table
 */
struct listener {
	struct probe_config config;
	uint64_t device[PROBE_SHARERS];
	struct tracer tracer[TRACERS];
	struct decoder decoder[TRACEPOINTS];
};

/**
 * listener_open() - find what is watched, and record it from now on
 *
 * Return: 0 or -errno, with one line in @error.
 */
int listener_open(struct listener *l, const struct probe_config *config, char *error, size_t size);

/** listener_prepare() - as probe_prepare() */
int listener_prepare(char *error, size_t size);

/** listener_close() - give all back; also what listener_open() could not finish */
void listener_close(struct listener *l);

/** listener_decode() - understand a record; false: it is about nothing that is watched */
bool listener_decode(const struct listener *l, const struct record *r, struct event *out);

/** listener_sharer() - number of the sharer that @e is about; PROBE_SHARERS: of none */
uint32_t listener_sharer(const struct listener *l, const struct event *e);

#endif
