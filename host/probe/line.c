// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/line.h"

#include <stdio.h>
#include <string.h>

static struct line_stats *stats_of(struct line *l)
{
	return l->current < WINDOWS ? &l->window[l->current] : NULL;
}

static void advance(struct line *l, uint64_t time)
{
	if (time > l->now)
		l->now = time;
}

void line_init(struct line *l)
{
	memset(l, 0, sizeof(*l));
	l->current = WINDOWS;
	l->first = LINE_ACTIONS;
}

void line_open(struct line *l, enum window w, uint64_t start)
{
	struct line_stats *s = &l->window[w];

	advance(l, start);
	memset(s, 0, sizeof(*s));
	s->start = l->now;
	cadence_open(&s->cadence, s->start);
	l->idle = 0;
	l->current = w;
}

void line_close(struct line *l, uint64_t end)
{
	struct line_stats *s = stats_of(l);

	advance(l, end);
	if (!s)
		return;
	s->end = l->now;
	cadence_close(&s->cadence, s->end);
	s->actions = l->names;
	for (uint32_t i = 0; i < l->names; i++)
		memcpy(s->action[i].name, l->name[i], LINE_NAME);
	l->current = WINDOWS;
}

uint32_t line_number(struct line *l, const char *name)
{
	uint32_t i;

	for (i = 0; i < l->names; i++)
		if (!strncmp(l->name[i], name, LINE_NAME - 1))
			return i;
	if (i == LINE_ACTIONS)
		return LINE_ACTIONS;
	(void)snprintf(l->name[i], LINE_NAME, "%s", name);
	l->names++;
	return i;
}

void line_order(struct line *l, const char *actions)
{
	char name[LINE_NAME];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(actions, ",\n"), actions);
	if (name[0])
		l->first = line_number(l, name);
}

/* Is it known where the pass on @cpu began? The rest of one that was half over when listening began is passed over. */
static bool is_whole(struct line *l, unsigned int cpu, uint32_t action)
{
	uint32_t bit = 1u << action;

	if (l->cpu[cpu].whole)
		return true;
	/* Called a second time: who should be first is not on the line any more. */
	l->cpu[cpu].whole = l->first == LINE_ACTIONS || action == l->first ||
			    l->cpu[cpu].called & bit;
	l->cpu[cpu].called = l->cpu[cpu].whole ? 0 : l->cpu[cpu].called | bit;
	return l->cpu[cpu].whole;
}

/*
 * A pass has no mark of its own. It begins when a handler comes again that was already
 * called: that holds whoever is taken off the line or put at its end meanwhile.
 */
static void begin_pass(struct line *l, unsigned int cpu)
{
	struct line_stats *s = stats_of(l);

	if (l->cpu[cpu].called && !l->cpu[cpu].claimed)
		l->idle++;
	l->cpu[cpu].called = 0;
	l->cpu[cpu].claimed = false;
	if (!s)
		return;
	s->passes++;
	if (l->idle > s->run)
		s->run = l->idle;
}

void line_called(struct line *l, uint64_t time, unsigned int cpu, uint32_t action)
{
	struct line_stats *s = stats_of(l);

	if (cpu >= LINE_CPUS || action >= LINE_ACTIONS)
		return;
	advance(l, time);
	if (!is_whole(l, cpu, action))
		return;
	if (!l->cpu[cpu].called || l->cpu[cpu].called & 1u << action)
		begin_pass(l, cpu);
	l->cpu[cpu].called |= 1u << action;
	l->cpu[cpu].last = action;
	if (s)
		s->action[action].called++;
}

void line_claimed(struct line *l, uint64_t time, unsigned int cpu)
{
	struct line_stats *s = stats_of(l);

	if (cpu >= LINE_CPUS || !l->cpu[cpu].whole || !l->cpu[cpu].called)
		return;
	advance(l, time);
	if (s)
		s->action[l->cpu[cpu].last].claimed++;
	if (l->cpu[cpu].claimed)
		return;
	l->cpu[cpu].claimed = true;
	l->idle = 0;
	if (!s)
		return;
	s->claimed++;
	cadence_add(&s->cadence, l->now);
}

void line_served(struct line *l, uint64_t time)
{
	struct line_stats *s = stats_of(l);

	advance(l, time);
	if (s)
		cadence_add(&s->cadence, l->now);
}
