// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/killed.h"

#include "host/probe/clock.h"

#define LOOK  (50 * NS_PER_MS)
#define LIMIT (60 * NS_PER_S)

#define COUNT 100000ul
/* Of what the board stood still a part is seen (host/probe/stall.h). */
#define PAUSE (50 * NS_PER_MS)

bool killed_yet(struct shared_line *l)
{
	kmsg_read(&l->log);
	return l->log.count[KMSG_DISABLED] > 0;
}

void killed_await(struct shared_line *l)
{
	uint64_t limit = clock_ns() + LIMIT;

	while (!killed_yet(l) && clock_ns() < limit)
		probe_wait(l->probe, LOOK);
}

struct shared_bound killed_bound(const struct shared_line *l)
{
	const struct line_stats *line = probe_line(l->probe, WINDOW_DURING);
	const struct stalls *s = stall_read(l->meter);
	struct shared_bound b = { .why = "note_interrupt() ends it", .interrupts = COUNT };

	for (unsigned int i = 0; i < s->n; i++)
		if (s->stall[i].to - s->stall[i].from >= PAUSE && s->stall[i].from >= line->start &&
		    s->stall[i].to <= line->end)
			b.interrupts += COUNT;
	return b;
}
