// SPDX-License-Identifier: GPL-2.0-only
#include "fault/fault.h"

#define LONG_SLEEP  1000000000ull /* ns */
#define LOOK	    1000000ull
#define FLOOD_BURST 64u

/* The fault stands: tell the control domain, which may want to kill us within the millisecond. */
static void stand(struct driver *d)
{
	__atomic_store_n(&d->box->fault_live, 1, __ATOMIC_RELEASE);
	driver_tell(d);
}

/*
 * The event of our own interrupt: level and event are both there. An event that
 * is pending already is somebody else's interrupt, and is served as such first.
 */
static void enter_handler(struct driver *d)
{
	while (driver_pending(d))
		driver_handle(d);
	driver_raise(d);
	driver_await_event(d);
	driver_take(d);
}

static _Noreturn void block_for_ever(const struct driver *d)
{
	for (;;)
		driver_sleep(d, LONG_SLEEP);
}

static _Noreturn void hang_mask(struct driver *d)
{
	enter_handler(d);
	stand(d);
	block_for_ever(d);
}

static _Noreturn void hang_silent(struct driver *d)
{
	enter_handler(d);
	driver_settle(d);
	stand(d);
	block_for_ever(d);
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
	while (!driver_kicked(d)) {
		enter_handler(d);
		driver_sleep(d, FAULT_SLOW_NS);
		driver_settle(d);
		driver_end(d);
	}
}

static void storm_until_kicked(struct driver *d)
{
	enter_handler(d);
	stand(d);
	driver_end(d);
	while (!driver_kicked(d)) {
		if (!driver_wait(d, driver_now(d) + LOOK))
			continue;
		driver_take(d);
		driver_end(d);
	}
}

static void hang_noack(struct driver *d)
{
	storm_until_kicked(d);
	driver_settle(d);
}

static int abandon(struct driver *d)
{
	storm_until_kicked(d);
	return d->platform->obey(d->platform->ctx, ORDER_UNBIND, 0);
}

static void crash(struct driver *d)
{
	enter_handler(d);
	stand(d);
	d->platform->crash(d->platform->ctx);
}

/* No look at the line in between: most of the time is spent in the EOI itself. */
static void hang_unmask(struct driver *d)
{
	enter_handler(d);
	stand(d);
	while (!driver_kicked(d))
		driver_end(d);
	driver_settle(d);
}

/* What a reset takes: the assertion, and what the controller had been told. */
static int assert_again(struct driver *d)
{
	struct controller *c = &d->dev;

	driver_take(d);
	if (exerciser_begin(c, c->kind, 1))
		return FAULT_BROKEN;
	driver_raise(d);
	return 0;
}

/* The fault stands once a reset has come off: not every device has one. */
static int hang_reset(struct driver *d)
{
	const struct platform *p = d->platform;
	int rc;

	if (!p->reset)
		return FAULT_IMPOSSIBLE;
	enter_handler(d);
	do {
		rc = p->reset(p->ctx);
		if (!rc)
			rc = assert_again(d);
		if (!rc)
			stand(d);
	} while (!rc && !driver_kicked(d));
	driver_settle(d);
	driver_end(d);
	return rc;
}

/* Orders are looked at now and then: in a process each look is a system call. */
static void flood(struct driver *d)
{
	stand(d);
	while (!driver_kicked(d))
		for (unsigned int i = 0; i < FLOOD_BURST; i++)
			d->dev.ops->trigger(&d->dev, 0);
	driver_settle(d);
}

int fault_play(struct driver *d, enum fault_verb verb)
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
	case FAULT_UNMASK:
		hang_unmask(d);
		break;
	case FAULT_RESET:
		return hang_reset(d);
	case FAULT_FLOOD:
		flood(d);
		break;
	case FAULT_ABANDON:
		return abandon(d);
	case FAULT_NONE:
		break;
	}
	return 0;
}
