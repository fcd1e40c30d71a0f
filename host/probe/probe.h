/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A passive probe: it times every single request of a line's sharers, without any of its
 * own, from the kernel's tracepoints, and says how the line itself did. It sleeps
 * within a window; its buffers hold what comes meanwhile.
 *
 *	probe_open(&p, &config, error, sizeof(error));
 *	probe_begin(p, WINDOW_BEFORE, NS_PER_S);
 *	probe_wait(p, NS_PER_S);
 *	probe_end(p);
 *	... probe_sharer(p, 0, WINDOW_BEFORE)->w.gap ...
 *	probe_close(p);
 */
#ifndef LIFELINE_PROBE_PROBE_H
#define LIFELINE_PROBE_PROBE_H

#include <stddef.h>

#include "host/probe/event.h"
#include "host/probe/line.h"
#include "host/probe/requests.h"

#define PROBE_SHARERS 8u
#define PROBE_NAME    16u

/**
 * struct probe_sharer - whose requests are timed
 * @kind: WATCHED_DISK or WATCHED_NIC
 * @name: of the block device ("sda") or interface ("eth1")
 */
struct probe_sharer {
	enum watched kind;
	char name[PROBE_NAME];
};

/**
 * struct probe_config - what is watched
 * @irq: the kernel's number of the line; 0: none
 * @actions: tell who on the line was called and who claimed, too. It costs each
 *           interrupt two tracepoints a handler: see host/probe/README.md
 * @grace: a request that takes longer is lost, ns
 * @stalls: of a board that may stand still (stall_read()): that is not counted as a request's time;
 *          NULL: it may not. It must live as long as the probe
 * @n: how many sharers
 * @sharer: these
 */
struct probe_config {
	unsigned int irq;
	bool actions;
	uint64_t grace;
	const struct stalls *stalls;
	unsigned int n;
	struct probe_sharer sharer[PROBE_SHARERS];
};

struct probe;

/**
 * probe_prepare() - make what probe_open() needs, and leave it there
 *
 * For a board that is going to be saved: there, probe_open() then takes no time. It costs nothing as long
 * as nobody listens. Return: 0 or -errno, with one line in @error.
 */
int probe_prepare(char *error, size_t size);

/**
 * probe_open() - begin to listen
 * @out: the probe; NULL after a failure
 *
 * Return: 0 or -errno, with one line in @error: -EINVAL a name that is none, -ENOENT no such
 * disk, line or tracepoint, -EPERM not root, -EBUSY another process listens.
 */
int probe_open(struct probe **out, const struct probe_config *config, char *error, size_t size);

/**
 * probe_begin() - window @w begins now; it is to be @planned ns long. No other may be open
 *
 * Takes in first what was recorded since the last one: on an emulated board up to 0.1 s.
 */
void probe_begin(struct probe *p, enum window w, uint64_t planned);

/**
 * probe_wait() - sleep for @ns
 *
 * To be called within a window rather than others' sleep: it looks at the kernel's counters, and
 * every second it empties the buffers. Those of a CPU hold 30,000 requests of disks, and 15,000
 * interrupts of five handlers.
 */
void probe_wait(struct probe *p, uint64_t ns);

/**
 * probe_end() - the window ends now
 *
 * Waits until each of its requests is served or lost: the grace time and 20 ms at most, longer by
 * what the board stands still, up to half a second.
 */
void probe_end(struct probe *p);

/** probe_sharer() - what sharer number @i saw in window @w */
const struct request_stats *probe_sharer(const struct probe *p, unsigned int i, enum window w);

/** probe_line() - what the line saw in window @w; all 0 if none is watched */
const struct line_stats *probe_line(const struct probe *p, enum window w);

/**
 * probe_lost() - records of requests that were lost since probe_begin(), or made no sense
 *
 * If there are any, no count of a sharer is to be believed. A storm of interrupts does not
 * touch these: the line has buffers of its own.
 */
uint64_t probe_lost(const struct probe *p);

/** probe_line_lost() - the same of the line's actions; @interrupts and @unhandled do not suffer */
uint64_t probe_line_lost(const struct probe *p);

/** probe_close() - stop listening; @p may be NULL */
void probe_close(struct probe *p);

#endif
