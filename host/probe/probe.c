// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/probe/clock.h"
#include "host/probe/irqcount.h"
#include "host/probe/listen.h"
#include "host/probe/merge.h"

/* A record of before this is in its buffer by now, or will be taken for a little later. */
#define SETTLED (5 * NS_PER_MS)

/* A window whose requests are not decided by then, because the board stands still, stays so. */
#define LATEST (500 * NS_PER_MS)

/* How often the kernel's counters of the line are looked at: they begin anew (irqcount.h). */
#define LOOK (100 * NS_PER_MS)

/* A buffer's worth of records: the shortest has 40 bytes. */
#define ROOM (PERF_PAGES * 4096u / 40u)

/* A drain takes in what a buffer holds, and what comes in meanwhile, but not for ever. */
#define ROUNDS 4u

/* Beside enum meaning: a window begins, ends. */
enum { MARK_BEGIN = MEANS_CLAIMED + 1, MARK_END };

/* Queues: one of each buffer of each set, and the marks. */
#define QUEUES (SETS * PERF_CPUS + 1)
#define MARKS  8u

struct probe {
	struct listener ears;
	struct queue queue[QUEUES];
	struct requests sharer[PROBE_SHARERS];
	struct line line;
	struct irqfiles files;
	struct irqcount last, sum;
	uint64_t overrun, fed;
	uint64_t lost_before[SETS];
	enum window open;
};

static struct queue *marks(struct probe *p)
{
	return &p->queue[QUEUES - 1];
}

static void mark(struct probe *p, uint8_t what, uint64_t time, uint64_t planned)
{
	struct item m = { .time = time, .key = planned, .who = p->open, .what = what };

	p->overrun += !queue_put(marks(p), &m);
}

/* Return: it is about something that is watched. */
static bool understand(struct probe *p, const struct record *r, unsigned int cpu, struct item *out)
{
	struct event e;

	if (!listener_decode(&p->ears, r, &e))
		return false;
	*out = (struct item){
		.time = e.time, .key = e.key, .what = (uint8_t)e.means, .cpu = (uint8_t)cpu
	};
	if (e.of == WATCHED_LINE) {
		out->who = e.means == MEANS_CALLED ? line_number(&p->line, e.text) : 0;
		return e.number == p->ears.config.irq;
	}
	out->failed = e.means == MEANS_COMPLETED && e.result;
	out->who = e.means == MEANS_FREED ? 0 : listener_sharer(&p->ears, &e);
	return out->who < PROBE_SHARERS;
}

/* Whose frame it was is not said: nobody's, if no NIC of ours has sent it. */
static bool feed_freed(struct probe *p, const struct item *it)
{
	for (unsigned int i = 0; i < p->ears.config.n; i++)
		if (p->ears.config.sharer[i].kind == WATCHED_NIC &&
		    requests_complete(&p->sharer[i], it->time, it->key, false))
			return true;
	return false;
}

static void feed_mark(struct probe *p, const struct item *it)
{
	for (unsigned int i = 0; i < p->ears.config.n; i++) {
		if (it->what == MARK_BEGIN)
			requests_open(&p->sharer[i], it->who, it->time, it->key);
		else
			requests_close(&p->sharer[i], it->time);
	}
	if (it->what == MARK_BEGIN)
		line_open(&p->line, it->who, it->time);
	else
		line_close(&p->line, it->time);
}

/* Return: it shows that the line served somebody. */
static bool feed_request(struct probe *p, const struct item *it)
{
	struct requests *r = &p->sharer[it->who % PROBE_SHARERS];

	switch (it->what) {
	case MEANS_ISSUED:
		requests_issue(r, it->time, it->key);
		return false;
	case MEANS_WITHDRAWN:
		requests_withdraw(r, it->time, it->key);
		return false;
	case MEANS_RECEIVED:
		requests_receive(r, it->time);
		return true;
	case MEANS_FREED:
		return feed_freed(p, it);
	default:
		if (!requests_complete(r, it->time, it->key, it->failed))
			requests_spurious(r, it->time);
		return true;
	}
}

static void feed(struct probe *p, const struct item *it)
{
	switch (it->what) {
	case MARK_BEGIN:
	case MARK_END:
		feed_mark(p, it);
		break;
	case MEANS_CALLED:
		line_called(&p->line, it->time, it->cpu, it->who);
		break;
	case MEANS_CLAIMED:
		line_claimed(&p->line, it->time, it->cpu);
		break;
	default:
		if (feed_request(p, it) && !p->ears.config.actions)
			line_served(&p->line, it->time);
	}
}

/* Return: all that was in the buffers is out. */
static bool take_in(struct probe *p)
{
	bool all = true;

	for (unsigned int s = 0; s < SETS; s++) {
		for (unsigned int c = 0; c < p->ears.set[s].cpus; c++) {
			struct queue *q = &p->queue[s * PERF_CPUS + c];
			struct record r;
			struct item it;

			while (!queue_full(q) && ring_next(&p->ears.set[s].ring[c], &r))
				if (understand(p, &r, p->ears.set[s].cpu[c], &it))
					queue_put(q, &it);
			all = all && !queue_full(q);
		}
	}
	return all;
}

/* Take in what is in the buffers, and feed what is surely in order. */
static void drain(struct probe *p)
{
	uint64_t horizon = clock_ns() - SETTLED;
	struct item it;
	bool all = false;

	for (unsigned int s = 0; s < SETS; s++)
		for (unsigned int c = 0; c < p->ears.set[s].cpus; c++)
			ring_begin(&p->ears.set[s].ring[c]);
	for (unsigned int round = 0; round < ROUNDS && !all; round++) {
		all = take_in(p);
		while (queues_take(p->queue, QUEUES, horizon, &it))
			feed(p, &it);
		for (unsigned int i = 0; i < QUEUES; i++)
			queue_shrink(&p->queue[i]);
	}
	p->fed = horizon;
}

static void count_line(struct probe *p)
{
	struct irqcount now;

	if (p->ears.config.irq && !irqcount_read(&p->files, &now))
		irqcount_add(&p->sum, &p->last, &now);
}

static int make_queues(struct probe *p)
{
	for (unsigned int i = 0; i < QUEUES; i++) {
		struct queue *q = &p->queue[i];
		size_t room = i == QUEUES - 1 ? MARKS : ROOM;

		if (i != QUEUES - 1 && i % PERF_CPUS >= p->ears.set[i / PERF_CPUS].cpus)
			continue;
		q->item = malloc(room * sizeof(*q->item));
		if (!q->item)
			return -ENOMEM;
		q->room = room;
	}
	return 0;
}

static int find_line(struct probe *p, const struct probe_config *config, char *error, size_t size)
{
	int rc;

	if (!config->irq)
		return 0;
	rc = irqcount_open(&p->files, config->irq);
	if (!rc)
		rc = irqcount_read(&p->files, &p->last);
	if (rc)
		(void)snprintf(error, size, "irq %u: no such line: %s; see /proc/interrupts",
			       config->irq, strerror(-rc));
	return rc;
}

static int set_up(struct probe *p, const struct probe_config *config, char *error, size_t size)
{
	int rc = find_line(p, config, error, size);

	if (!rc)
		rc = listener_open(&p->ears, config, error, size);
	if (rc)
		return rc;
	rc = make_queues(p);
	for (unsigned int s = 0; s < SETS && !rc; s++)
		rc = perf_enable(&p->ears.set[s]);
	if (rc)
		(void)snprintf(error, size, "probe: %s; watch less", strerror(-rc));
	return rc;
}

int probe_open(struct probe **out, const struct probe_config *config, char *error, size_t size)
{
	struct probe *p = calloc(1, sizeof(*p));
	int rc;

	*out = NULL;
	if (!p || config->n > PROBE_SHARERS) {
		(void)snprintf(error, size, "probe: %u sharers, or no memory; at most %u",
			       config->n, PROBE_SHARERS);
		free(p);
		return p ? -EINVAL : -ENOMEM;
	}
	p->open = WINDOWS;
	p->files = (struct irqfiles){ -1, -1 };
	for (unsigned int i = 0; i < config->n; i++)
		requests_init(&p->sharer[i], config->grace, config->stalls,
			      config->sharer[i].kind == WATCHED_NIC);
	line_init(&p->line);
	rc = set_up(p, config, error, size);
	if (rc)
		probe_close(p);
	else
		*out = p;
	return rc;
}

/* What was lost until now; the kernel tells of it with the next record. */
static void forget_losses(struct probe *p)
{
	drain(p);
	if (listener_lost(&p->ears, SET_REQUESTS) == p->lost_before[SET_REQUESTS] &&
	    listener_lost(&p->ears, SET_LINE) == p->lost_before[SET_LINE])
		return;
	(void)perf_wait(&p->ears.set[SET_REQUESTS], 2 * SETTLED);
	drain(p);
	for (unsigned int s = 0; s < SETS; s++)
		p->lost_before[s] = listener_lost(&p->ears, s);
	for (unsigned int i = 0; i < p->ears.config.n; i++)
		requests_forget(&p->sharer[i]);
}

void probe_begin(struct probe *p, enum window w, uint64_t planned)
{
	forget_losses(p);
	count_line(p);
	p->sum = (struct irqcount){ 0, 0 };
	p->open = w;
	mark(p, MARK_BEGIN, clock_ns(), planned);
}

void probe_wait(struct probe *p, uint64_t ns)
{
	uint64_t now = clock_ns(), until = now + ns;

	while (now < until) {
		/* What a window costs its sharers is what the kernel writes, and no more. */
		if (perf_wait(&p->ears.set[SET_REQUESTS], until - now < LOOK ? until - now : LOOK))
			drain(p);
		count_line(p);
		now = clock_ns();
	}
}

static bool decided(struct probe *p, uint64_t end)
{
	unsigned int open = 0;

	if (p->fed <= end)
		return false;
	for (unsigned int i = 0; i < p->ears.config.n; i++)
		open += requests_settle(&p->sharer[i], p->open, p->fed);
	return !open;
}

void probe_end(struct probe *p)
{
	uint64_t end = clock_ns(), limit = end + p->ears.config.grace + LATEST;
	struct line_stats *l;

	if (p->open >= WINDOWS)
		return;
	l = &p->line.window[p->open];
	count_line(p);
	mark(p, MARK_END, end, 0);
	do {
		(void)perf_wait(&p->ears.set[SET_REQUESTS], 2 * SETTLED);
		drain(p);
	} while (!decided(p, end) && clock_ns() < limit);
	l->interrupts = p->sum.interrupts;
	l->unhandled = p->sum.unhandled;
	p->open = WINDOWS;
}

const struct request_stats *probe_sharer(const struct probe *p, unsigned int i, enum window w)
{
	return &p->sharer[i].window[w];
}

const struct line_stats *probe_line(const struct probe *p, enum window w)
{
	return &p->line.window[w];
}

uint64_t probe_lost(const struct probe *p)
{
	return listener_lost(&p->ears, SET_REQUESTS) - p->lost_before[SET_REQUESTS] + p->overrun;
}

uint64_t probe_line_lost(const struct probe *p)
{
	return listener_lost(&p->ears, SET_LINE) - p->lost_before[SET_LINE];
}

void probe_close(struct probe *p)
{
	if (!p)
		return;
	listener_close(&p->ears);
	for (unsigned int i = 0; i < QUEUES; i++)
		free(p->queue[i].item);
	irqcount_close(&p->files);
	free(p);
}
