// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/honesty.h"

#include "guest/xen/clock.h"

enum honesty exercise_honesty(struct exercise *e, uint64_t limit)
{
	bool came;
	uint32_t pending;

	if (exercise_trigger(e, 0))
		return UNTRIED;
	came = port_wait(e->port[0], now_ns() + limit);
	pending = exerciser_service(&e->c);
	port_clear(e->port[0]);
	pirq_eoi(e->pirq[0]);
	if (came)
		return HONEST;
	return pending ? WITHHOLDS : MUTE;
}

const char *honesty_text(enum honesty honesty)
{
	static const char *const text[] = {
		[HONEST] = "delivers",
		[WITHHOLDS] = "is advertised, the device interrupts, and nothing is delivered",
		[MUTE] =
			"is advertised, nothing is delivered, and the device knows of no interrupt",
		[UNTRIED] = "is advertised, and the device cannot be triggered",
	};

	return text[honesty];
}
