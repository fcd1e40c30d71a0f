// SPDX-License-Identifier: GPL-2.0-only
#include "guest/role/driver.h"

#include "guest/lib/string.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"

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
	port_clear(d->port);
	if (exerciser_service(&d->dev) && d->raised_at)
		complete(d, now_ns());
	else if (d->win)
		d->win->spurious++;
	pirq_eoi(d->pirq);
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
	d->raised_at = now_ns();
	if (d->dev.ops->work ? d->dev.ops->work(&d->dev) : d->dev.ops->trigger(&d->dev, 0))
		note_error(d);
}

void driver_await_event(struct driver *d)
{
	while (!port_wait(d->port, now_ns() + 1000 * MS))
		;
}

/* Wait for the line or for an order. Return: is it the line? */
static bool wait_line_or_kick(struct driver *d, uint64_t deadline)
{
	evtchn_port_t ports[2] = { d->kick, d->port };
	struct sched_poll poll = { .nr_ports = d->port ? 2 : 1, .timeout = deadline };

	set_xen_guest_handle(poll.ports, ports);
	if (!(d->port && port_pending(d->port)) && !port_pending(d->kick))
		xen_sched_op(SCHEDOP_poll, &poll);
	return d->port && port_pending(d->port);
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
		if (port_wait(d->port, deadline))
			driver_handle(d);
		else
			give_up(d);
	}
	next = now_ns() + next_pause(d);
	while (now_ns() < next && !port_pending(d->kick))
		if (wait_line_or_kick(d, next))
			driver_handle(d);
}

void driver_open_window(struct driver *d, enum window w, uint64_t planned)
{
	struct window_stats *win = &d->box->window[w];

	/* What came before the window is none of its business. */
	if (!d->win && d->port && port_pending(d->port))
		driver_handle(d);
	memset(win, 0, sizeof(*win));
	win->planned = planned;
	win->start = win->last = now_ns();
	d->win = win;
}

void driver_park(struct driver *d)
{
	struct window_stats *w = d->win;

	if (!w)
		return;
	w->end = now_ns();
	if (w->end - w->last > w->gap)
		w->gap = w->end - w->last;
	d->win = NULL;
}

void driver_serve_until_kicked(struct driver *d)
{
	while (!port_pending(d->kick))
		if (wait_line_or_kick(d, 0))
			driver_handle(d);
}
