// SPDX-License-Identifier: GPL-2.0-only
#include "guest/role/driver.h"

#include "guest/lib/string.h"

#define LONG_WAIT 1000000000ull /* ns */

static void note_served(struct driver *d, uint64_t now)
{
	struct window_stats *w = d->win;
	uint64_t slot;

	w->served++;
	hist_add(&w->latency, now - d->raised_at);
	if (now - w->last > w->gap)
		w->gap = now - w->last;
	w->last = now;
	slot = (now - w->start) * TIMELINE_SLOTS / w->planned;
	w->timeline[slot < TIMELINE_SLOTS ? slot : TIMELINE_SLOTS - 1]++;
}

/* What the control domain prints if the case fails for it. */
static void note_error(struct driver *d)
{
	if (!d->box->error[0])
		dev_error_text(&d->dev.error, d->box->error, sizeof(d->box->error));
	dev_clear_error(&d->dev);
}

static int finish(struct driver *d)
{
	int rc = d->dev.ops->finish ? d->dev.ops->finish(&d->dev) : DEV_OK;

	if (rc)
		note_error(d);
	return rc;
}

/* An interrupt whose work is not done, or done wrong, was of no use: it is lost. */
static void complete(struct driver *d, uint64_t served)
{
	bool good = !finish(d);

	if (d->win && good)
		note_served(d, served);
	else if (d->win)
		d->win->lost++;
	d->raised_at = 0;
}

void driver_handle(struct driver *d)
{
	driver_take(d);
	if (exerciser_service(&d->dev) && d->raised_at)
		complete(d, driver_now(d));
	else if (d->win)
		d->win->spurious++;
	driver_end(d);
}

void driver_settle(struct driver *d)
{
	exerciser_service(&d->dev);
	if (d->raised_at)
		finish(d);
	d->raised_at = 0;
}

void driver_raise(struct driver *d)
{
	if (d->win)
		d->win->raised++;
	d->raised_at = driver_now(d);
	if (d->dev.ops->work ? d->dev.ops->work(&d->dev) : d->dev.ops->trigger(&d->dev, 0))
		note_error(d);
}

void driver_await_event(struct driver *d)
{
	while (!driver_wait(d, driver_now(d) + LONG_WAIT))
		;
}

/* Wait for the line or for an order, and serve the line. */
static void serve_or_kick(struct driver *d, uint64_t deadline)
{
	if (d->platform->wait_or_kick(d->platform->ctx, deadline))
		driver_handle(d);
}

/* Between half and one and a half of the mean: sharers must not march in step. */
static uint64_t next_pause(struct driver *d)
{
	d->random = d->random * 1664525u + 1013904223u;
	return d->box->pace / 2 + (d->box->pace * (d->random >> 16) >> 16);
}

static void give_up(struct driver *d)
{
	/* So that one loss is counted once. */
	driver_settle(d);
	d->win->lost++;
}

void driver_round(struct driver *d)
{
	uint64_t deadline, next;

	driver_raise(d);
	deadline = d->raised_at + d->box->grace;
	while (d->raised_at) {
		if (driver_wait(d, deadline))
			driver_handle(d);
		else
			give_up(d);
	}
	next = driver_now(d) + next_pause(d);
	while (driver_now(d) < next && !driver_kicked(d))
		serve_or_kick(d, next);
}

void driver_open_window(struct driver *d, enum window w, uint64_t planned)
{
	struct window_stats *win = &d->box->window[w];

	/* What came before the window is none of its business. */
	if (!d->win && driver_pending(d))
		driver_handle(d);
	memset(win, 0, sizeof(*win));
	win->planned = planned;
	win->start = win->last = driver_now(d);
	d->win = win;
}

void driver_park(struct driver *d)
{
	struct window_stats *w = d->win;

	if (!w)
		return;
	w->end = driver_now(d);
	if (w->end - w->last > w->gap)
		w->gap = w->end - w->last;
	d->win = NULL;
}

void driver_serve_until_kicked(struct driver *d)
{
	while (!driver_kicked(d))
		serve_or_kick(d, 0);
}
