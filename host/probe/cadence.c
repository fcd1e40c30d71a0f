// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/cadence.h"

#include <stdbool.h>
#include <string.h>

void cadence_open(struct cadence *c, uint64_t start)
{
	memset(c, 0, sizeof(*c));
	c->start = c->end = c->last = start;
}

/* Return: time since the last service. */
static uint64_t pass(struct cadence *c, uint64_t time)
{
	uint64_t pause = time > c->last ? time - c->last : 0;

	if (pause > c->longest)
		c->longest = pause;
	c->last += pause;
	return pause;
}

void cadence_add(struct cadence *c, uint64_t time)
{
	uint64_t pause = pass(c, time);

	if (!c->services++ || pause >= CADENCE_PAUSE) {
		if (c->bursts < CADENCE_BURSTS)
			c->at[c->bursts] = c->last;
		c->bursts++;
	}
}

void cadence_close(struct cadence *c, uint64_t end)
{
	pass(c, end);
	c->end = c->last;
}

static bool of_a_poll(uint64_t interval)
{
	uint64_t periods = (interval + CADENCE_EARLY) / CADENCE_PERIOD;

	return periods >= 1 && periods <= CADENCE_SKIPS &&
	       interval <= periods * CADENCE_PERIOD + CADENCE_LATE;
}

enum service cadence_verdict(const struct cadence *c, uint64_t bound)
{
	uint32_t known = c->bursts < CADENCE_BURSTS ? c->bursts : CADENCE_BURSTS;
	uint32_t polls = 0;

	if (!c->services)
		return SERVICE_SILENT;
	if (c->longest <= bound)
		return SERVICE_HEALTHY;
	for (uint32_t i = 1; i < known; i++)
		polls += of_a_poll(c->at[i] - c->at[i - 1]);
	if (known > CADENCE_INTERVALS && polls * 4 >= (known - 1) * 3)
		return SERVICE_POLLED;
	return SERVICE_SLOW;
}

const char *cadence_name(enum service s)
{
	switch (s) {
	case SERVICE_SILENT:
		return "silent";
	case SERVICE_HEALTHY:
		return "healthy";
	case SERVICE_POLLED:
		return "polled at 10 Hz";
	case SERVICE_SLOW:
		break;
	}
	return "slow";
}
