// SPDX-License-Identifier: GPL-2.0-only
#include "guest/role/orders.h"

#include "fault/fault.h"
#include "guest/lib/fmt.h"

/* Return: NULL, or what was wrong. */
static const char *open_device(struct driver *d)
{
	struct controller *c = &d->dev;

	c->ops = exerciser_find(d->box->model);
	if (!c->ops)
		return "unknown device model in the mailbox";
	return d->platform->open(d->platform->ctx, c);
}

static void start_device(struct driver *d)
{
	struct mailbox *box = d->box;
	const char *wrong = open_device(d);

	d->random = box->seed;
	if (wrong)
		ll_snprintf(box->error, sizeof(box->error), "%s", wrong);
	else if (exerciser_begin(&d->dev, (enum irq_kind)box->kind, 1))
		dev_error_text(&d->dev.error, box->error, sizeof(box->error));
	__atomic_store_n(&box->ready, box->error[0] ? -1 : 1, __ATOMIC_RELEASE);
	driver_tell(d);
}

static int quiet_device(struct driver *d)
{
	struct controller *c = &d->dev;

	if (!c->ops)
		return 1;
	driver_park(d);
	c->ops->quiet(c);
	if (!c->ops->reset(c))
		return 0;
	dev_error_text(&c->error, d->box->error, sizeof(d->box->error));
	return 1;
}

static int obey(struct driver *d, enum order order, uint32_t argument)
{
	switch (order) {
	case ORDER_RUN:
		if (argument < WINDOWS)
			driver_open_window(d, (enum window)argument, d->box->planned);
		return 0;
	case ORDER_PARK:
		driver_park(d);
		return 0;
	case ORDER_FAULT:
		return fault_play(d, (enum fault_verb)argument);
	case ORDER_QUIET:
		return quiet_device(d);
	default:
		return d->platform->obey(d->platform->ctx, order, argument);
	}
}

static void take_order(struct driver *d)
{
	struct mailbox *box = d->box;
	uint32_t asked;

	/* Clear before looking: an order given in between must kick again. */
	d->platform->take_kick(d->platform->ctx);
	asked = __atomic_load_n(&box->asked, __ATOMIC_ACQUIRE);
	if (asked == box->answered)
		return;
	box->answer = obey(d, (enum order)box->order, box->argument);
	__atomic_store_n(&box->answered, asked, __ATOMIC_RELEASE);
	driver_tell(d);
}

_Noreturn void orders_obey(struct driver *d)
{
	if (d->box->model[0])
		start_device(d);
	for (;;) {
		take_order(d);
		if (d->win)
			driver_round(d);
		else
			driver_serve_until_kicked(d);
	}
}
