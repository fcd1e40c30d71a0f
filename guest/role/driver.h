/* SPDX-License-Identifier: GPL-2.0-only */
/* A well-behaved driver of one device on a shared line, and what it measures. */
#ifndef LIFELINE_ROLE_DRIVER_H
#define LIFELINE_ROLE_DRIVER_H

#include "guest/role/platform.h"

/**
 * struct driver - state of the driver
 * @dev: the device
 * @platform: on which it runs
 * @box: mailbox
 * @win: window that is being measured, NULL: parked
 * @raised_at: when the outstanding interrupt was raised, 0: none is
 * @random: state of the pacing
 */
struct driver {
	struct controller dev;
	const struct platform *platform;
	struct mailbox *box;
	struct window_stats *win;
	uint64_t raised_at;
	uint32_t random;
};

/**
 * driver_handle() - the interrupt handler: take the event, ask the device,
 * acknowledge it if it was ours, look at the work, EOI
 */
void driver_handle(struct driver *d);

/** driver_raise() - make the device interrupt, by work if it has any, and remember when */
void driver_raise(struct driver *d);

/** driver_settle() - take our own level off the line and the work out of the device, whatever came of it */
void driver_settle(struct driver *d);

/** driver_await_event() - block until the line's event is there, for ever if need be */
void driver_await_event(struct driver *d);

/** driver_round() - raise one interrupt, see it served or lost, pause */
void driver_round(struct driver *d);

/** driver_open_window() - measure into window @w from now on */
void driver_open_window(struct driver *d, enum window w, uint64_t planned);

/** driver_park() - close the window */
void driver_park(struct driver *d);

/** driver_serve_until_kicked() - no traffic of our own; serve the line until an order comes */
void driver_serve_until_kicked(struct driver *d);

/* What the driver and the verbs ask of the platform most; see struct platform. */

/** driver_now() - its @now */
static inline uint64_t driver_now(const struct driver *d)
{
	return d->platform->now(d->platform->ctx);
}

/** driver_sleep() - its @sleep */
static inline void driver_sleep(const struct driver *d, uint64_t ns)
{
	d->platform->sleep(d->platform->ctx, ns);
}

/** driver_pending() - its @pending */
static inline bool driver_pending(const struct driver *d)
{
	return d->platform->pending(d->platform->ctx);
}

/** driver_take() - its @take */
static inline void driver_take(const struct driver *d)
{
	d->platform->take(d->platform->ctx);
}

/** driver_wait() - its @wait */
static inline bool driver_wait(const struct driver *d, uint64_t deadline)
{
	return d->platform->wait(d->platform->ctx, deadline);
}

/** driver_end() - its @end */
static inline void driver_end(const struct driver *d)
{
	d->platform->end(d->platform->ctx);
}

/** driver_kicked() - its @kicked */
static inline bool driver_kicked(const struct driver *d)
{
	return d->platform->kicked(d->platform->ctx);
}

/** driver_tell() - its @tell */
static inline void driver_tell(const struct driver *d)
{
	d->platform->tell(d->platform->ctx);
}

#endif
