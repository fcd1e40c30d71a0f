// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/probe/clock.h"
#include "host/probe/file.h"
#include "host/probe/irqcount.h"
#include "host/probe/listen.h"
#include "host/probe/merge.h"

/* A record of before this is in its buffer by now, or will be taken for a little later. */
#define SETTLED (5 * NS_PER_MS)

/* A window whose requests are not decided by then, because the board stands still, stays so. */
#define LATEST (500 * NS_PER_MS)

/* How often the kernel's counters of the line are looked at: they begin anew (irqcount.h). */
#define LOOK (100 * NS_PER_MS)

/* How often the buffers are emptied in a long window: a disk of 30,000 IOPS fills one in a second. */
#define EMPTY NS_PER_S

/* Beside enum meaning: a window begins, ends. */
enum { MARK_BEGIN = MEANS_CLAIMED + 1, MARK_END };

/* Queues: one of each buffer of each set, and the marks. */
#define QUEUES (TRACERS * TRACER_CPUS + 1)
#define MARKS  8u

struct probe {
	struct listener ears;
	struct queue queue[QUEUES];
	struct requests sharer[PROBE_SHARERS];
	struct line line;
	struct irqfiles files;
	struct irqcount last, sum;
	uint64_t overrun, fed;
	uint64_t lost_before[TRACERS];
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

static void take_in(struct probe *p, unsigned int tracer, unsigned int cpu)
{
	struct tracer *t = &p->ears.tracer[tracer];
	struct queue *q = &p->queue[tracer * TRACER_CPUS + cpu];
	uint8_t bytes[PAGE_BYTES];
	struct page page;
	struct record r;
	struct item it;

	/* What a storm writes meanwhile is for the next time. */
	for (unsigned int i = 0; i < t->pages && tracer_read(t, cpu, bytes, &page); i++) {
		while (page_next(&page, &r))
			if (understand(p, &r, cpu, &it))
				p->overrun += !queue_put(q, &it);
		t->broken += page.broken;
	}
}

/* Take in what is in the buffers, and feed what is surely in order. */
static void drain(struct probe *p)
{
	struct item it;

	p->fed = clock_ns() - SETTLED;
	for (unsigned int i = 0; i < TRACERS; i++)
		for (unsigned int cpu = 0; cpu < p->ears.tracer[i].cpus; cpu++)
			take_in(p, i, cpu);
	while (queues_take(p->queue, QUEUES, p->fed, &it))
		feed(p, &it);
	for (unsigned int i = 0; i < QUEUES; i++)
		queue_shrink(&p->queue[i]);
}

static void count_line(struct probe *p)
{
	struct irqcount now;

	if (p->ears.config.irq && !irqcount_read(&p->files, &now))
		irqcount_add(&p->sum, &p->last, &now);
}

/* As many as a full buffer may hold: the shortest record, irq_handler_exit's, has 20 bytes. */
static size_t room_of(const struct probe *p, unsigned int queue)
{
	const struct tracer *t = &p->ears.tracer[queue / TRACER_CPUS % TRACERS];

	if (queue == QUEUES - 1)
		return MARKS;
	return queue % TRACER_CPUS < t->cpus ? t->pages * (PAGE_BYTES / 20ul) : 0;
}

static int make_queues(struct probe *p, char *error, size_t size)
{
	for (unsigned int i = 0; i < QUEUES; i++) {
		struct queue *q = &p->queue[i];

		q->room = room_of(p, i);
		q->item = q->room ? malloc(q->room * sizeof(*q->item)) : NULL;
		if (!q->room || q->item)
			continue;
		(void)snprintf(error, size, "probe: no memory for its records; watch less");
		return -ENOMEM;
	}
	return 0;
}

static int find_line(struct probe *p, const struct probe_config *config, char *error, size_t size)
{
	char path[64], actions[1024];
	int rc;

	if (!config->irq)
		return 0;
	rc = irqcount_open(&p->files, config->irq);
	if (!rc)
		rc = irqcount_read(&p->files, &p->last);
	if (rc)
		(void)snprintf(error, size, "irq %u: no such line: %s; see /proc/interrupts",
			       config->irq, strerror(-rc));
	(void)snprintf(path, sizeof(path), "/sys/kernel/irq/%u/actions", config->irq);
	if (!rc && file_read(path, actions, sizeof(actions)) > 0)
		line_order(&p->line, actions);
	return rc;
}

static int set_up(struct probe *p, const struct probe_config *config, char *error, size_t size)
{
	int rc = find_line(p, config, error, size);

	if (!rc)
		rc = listener_open(&p->ears, config, error, size);
	return rc ? rc : make_queues(p, error, size);
}

int probe_prepare(char *error, size_t size)
{
	return listener_prepare(error, size);
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

/* Sleep up to @ns, and not behind @until. Return: the time now */
static uint64_t rest(uint64_t ns, uint64_t until)
{
	uint64_t now = clock_ns();
	struct timespec t = clock_spec(now + ns < until ? now + ns : until);

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	return clock_ns();
}

/* What was recorded and lost until now is of no interest any more. */
static void start_afresh(struct probe *p)
{
	bool lost = false;

	drain(p);
	for (unsigned int i = 0; i < TRACERS; i++) {
		uint64_t now = tracer_lost(&p->ears.tracer[i]);

		lost = lost || now != p->lost_before[i];
		p->lost_before[i] = now;
	}
	for (unsigned int i = 0; i < p->ears.config.n && lost; i++)
		requests_forget(&p->sharer[i]);
	p->overrun = 0;
	p->sum = (struct irqcount){ 0, 0 };
}

void probe_begin(struct probe *p, enum window w, uint64_t planned)
{
	count_line(p);
	start_afresh(p);
	p->open = w;
	mark(p, MARK_BEGIN, clock_ns(), planned);
}

void probe_wait(struct probe *p, uint64_t ns)
{
	uint64_t now = clock_ns(), until = now + ns;

	while (now < until) {
		now = rest(LOOK, until);
		count_line(p);
		/* What a window costs its sharers is what the kernel writes, and no more. */
		if (now > p->fed + EMPTY)
			drain(p);
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
		(void)rest(2 * SETTLED, limit);
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
	return tracer_lost(&p->ears.tracer[TRACER_REQUESTS]) - p->lost_before[TRACER_REQUESTS] +
	       p->overrun;
}

uint64_t probe_line_lost(const struct probe *p)
{
	return tracer_lost(&p->ears.tracer[TRACER_LINE]) - p->lost_before[TRACER_LINE];
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
