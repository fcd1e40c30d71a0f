/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a sharer's requests say of the line: one begins, its device interrupts, it
 * is completed. Pure bookkeeping over times that somebody else saw; in the words of
 * guest/role/mailbox.h.
 *
 * A request belongs to the window in which it was issued; how long the line served
 * nobody belongs to the window in which that was.
 */
#ifndef LIFELINE_PROBE_REQUESTS_H
#define LIFELINE_PROBE_REQUESTS_H

#include <stdbool.h>

#include "guest/role/mailbox.h"
#include "host/probe/cadence.h"
#include "host/probe/stall.h"

/** REQUESTS_MAX - how many of a sharer may be in flight: a NIC's ring of descriptors, and more */
#define REQUESTS_MAX 512u

/**
 * struct request_stats - a sharer in a window
 * @w: raised: issued; served: completed within the grace time; lost: not, or with an error;
 *     spurious: completions of what was not seen to be issued; gap: longest time in which nothing
 *     was completed or received, window edges included; timeline: completions, and what was received
 * @late: of the lost, completed after the grace time
 * @failed: of the lost, completed with an error
 * @untracked: issued, but what became of them was not seen; neither served nor lost
 * @received: frames that came without having been asked for
 * @outstanding: issued and not completed when the window ended, of whatever window
 * @longest: longest latency, that of late ones and the age of lost ones included, ns
 * @gap_from: where the longest gap began
 * @gap_to: and ended
 * @cadence: the rhythm of completions
 */
struct request_stats {
	struct window_stats w;
	uint32_t late, failed, untracked, received, outstanding;
	uint64_t longest;
	uint64_t gap_from, gap_to;
	struct cadence cadence;
};

/**
 * struct request - one in flight
 * @key: what tells it from the others: first sector, address of the frame
 * @issued: ns
 * @window: it belongs to, WINDOWS: to none
 * @given_up: it is in @lost already
 */
struct request {
	uint64_t key, issued;
	enum window window;
	bool given_up;
};

/**
 * struct requests - a sharer
 * @grace: a request that takes longer is lost, ns; time in which the board stood still is not counted
 * @stalls: when it did; NULL: nobody looks
 * @unique: a key is not issued again before it was completed: it is an address
 * @now: latest time seen: time does not go back here
 * @current: the open window, WINDOWS: none
 * @n: requests in flight
 * @flight: these, in the order of their issue
 * @window: measurements
 */
struct requests {
	uint64_t grace;
	const struct stalls *stalls;
	bool unique;
	uint64_t now;
	enum window current;
	unsigned int n;
	struct request flight[REQUESTS_MAX];
	struct request_stats window[WINDOWS];
};

/** requests_init() - nothing was issued yet; the others as in struct requests */
void requests_init(struct requests *r, uint64_t grace, const struct stalls *stalls, bool unique);

/** requests_forget() - records were lost: nobody knows what is in flight */
void requests_forget(struct requests *r);

/** requests_open() - window @w begins at @start, and is to be @planned ns long */
void requests_open(struct requests *r, enum window w, uint64_t start, uint64_t planned);

/** requests_close() - it ends at @end */
void requests_close(struct requests *r, uint64_t end);

/** requests_issue() - request @key was given to the device at @time */
void requests_issue(struct requests *r, uint64_t time, uint64_t key);

/** requests_withdraw() - it was taken back: the device was busy */
void requests_withdraw(struct requests *r, uint64_t time, uint64_t key);

/**
 * requests_complete() - the oldest request @key was completed at @time
 * @failed: with an error
 *
 * Return: false if no such request is known.
 */
bool requests_complete(struct requests *r, uint64_t time, uint64_t key, bool failed);

/** requests_spurious() - a completion at @time of which requests_complete() knew nothing */
void requests_spurious(struct requests *r, uint64_t time);

/** requests_receive() - something came at @time that is no answer to a request */
void requests_receive(struct requests *r, uint64_t time);

/**
 * requests_settle() - count what is older than the grace time at @now as lost
 *
 * Return: requests of window @w whose fate is still open.
 */
unsigned int requests_settle(struct requests *r, enum window w, uint64_t now);

#endif
