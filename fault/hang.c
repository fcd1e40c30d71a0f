// SPDX-License-Identifier: GPL-2.0-only
#include "fault/fault.h"

#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"

/* The fault stands: tell the control domain, which may want to kill us within the millisecond. */
static void stand(struct driver *d)
{
	struct evtchn_send told = { .port = d->kick };

	__atomic_store_n(&d->box->fault_live, 1, __ATOMIC_RELEASE);
	xen_event_op(EVTCHNOP_send, &told);
}

/*
 * The event of our own interrupt: level and event are both there. An event that
 * is pending already is somebody else's interrupt, and is served as such first.
 */
static void enter_handler(struct driver *d)
{
	while (port_pending(d->port))
		driver_handle(d);
	driver_raise(d);
	driver_await_event(d);
	port_clear(d->port);
}

static _Noreturn void block_for_ever(void)
{
	for (;;)
		sleep_until(now_ns() + 1000 * MS);
}

static _Noreturn void hang_mask(struct driver *d)
{
	enter_handler(d);
	stand(d);
	block_for_ever();
}

static _Noreturn void hang_silent(struct driver *d)
{
	enter_handler(d);
	driver_settle(d);
	stand(d);
	block_for_ever();
}

static _Noreturn void hang_spin(struct driver *d)
{
	enter_handler(d);
	stand(d);
	/* No pause: an emulated CPU leaves its loop for each one, and the case takes seconds. */
	for (;;)
		asm volatile("");
}

static void hang_slow(struct driver *d)
{
	stand(d);
	while (!port_pending(d->kick)) {
		enter_handler(d);
		sleep_ns(FAULT_SLOW_NS);
		driver_settle(d);
		pirq_eoi(d->pirq);
	}
}

static void hang_noack(struct driver *d)
{
	enter_handler(d);
	stand(d);
	pirq_eoi(d->pirq);
	while (!port_pending(d->kick)) {
		if (!port_wait(d->port, now_ns() + MS))
			continue;
		port_clear(d->port);
		pirq_eoi(d->pirq);
	}
	driver_settle(d);
}

static void crash(struct driver *d)
{
	struct sched_shutdown reason = { .reason = SHUTDOWN_crash };

	enter_handler(d);
	stand(d);
	xen_sched_op(SCHEDOP_shutdown, &reason);
}

void fault_play(struct driver *d, enum fault_verb verb)
{
	switch (verb) {
	case FAULT_MASK:
		hang_mask(d);
	case FAULT_SILENT:
		hang_silent(d);
	case FAULT_SPIN:
		hang_spin(d);
	case FAULT_SLOW:
		hang_slow(d);
		break;
	case FAULT_NOACK:
		hang_noack(d);
		break;
	case FAULT_CRASH:
		crash(d);
		break;
	case FAULT_NONE:
		break;
	}
}
