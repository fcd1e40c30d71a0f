// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/probe/clock.h"
#include "host/probe/file.h"
#include "host/probe/filter.h"
#include "host/probe/irqcount.h"
#include "host/probe/merge.h"
#include "host/probe/perf.h"

/* A record of before this is in its buffer by now, or will be taken for a little later. */
#define SETTLED (5 * NS_PER_MS)

/* How often the kernel's counters of the line are looked at: they begin anew (irqcount.h). */
#define LOOK (100 * NS_PER_MS)

/* A buffer's worth of records: the shortest has 40 bytes. */
#define ROOM (PERF_PAGES * 4096u / 40u)

/* A drain takes in what a buffer holds, and what comes in meanwhile, but not for ever. */
#define ROUNDS 4u

/* Beside enum meaning: a window begins, ends. */
enum { MARK_BEGIN = MEANS_CLAIMED + 1, MARK_END };

enum { SET_REQUESTS, SET_LINE, SETS };

/* Queues: one of each buffer of each set, and the marks. */
#define QUEUES (SETS * PERF_CPUS + 1)
#define MARKS  8u

struct probe {
	struct probe_config config;
	uint64_t device[PROBE_SHARERS];
	struct perf_set set[SETS];
	struct decoder decoder[TRACEPOINTS];
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

static uint32_t find_sharer(const struct probe *p, const struct event *e)
{
	for (uint32_t i = 0; i < p->config.n; i++) {
		if (p->config.sharer[i].kind != e->of)
			continue;
		if (e->of == WATCHED_DISK ? p->device[i] == e->number
					  : !strcmp(p->config.sharer[i].name, e->text))
			return i;
	}
	return PROBE_SHARERS;
}

/* Return: it is about something that is watched. */
static bool understand(struct probe *p, const struct record *r, unsigned int cpu, struct item *out)
{
	unsigned int id = decoder_id(r), i = 0;
	struct event e;

	while (i < TRACEPOINTS && !(id && p->decoder[i].id == id))
		i++;
	if (i == TRACEPOINTS || !decode(&p->decoder[i], r, &e))
		return false;
	*out = (struct item){
		.time = e.time, .key = e.key, .what = (uint8_t)e.means, .cpu = (uint8_t)cpu
	};
	if (e.of == WATCHED_LINE) {
		out->who = e.means == MEANS_CALLED ? line_number(&p->line, e.text) : 0;
		return e.number == p->config.irq;
	}
	out->failed = e.means == MEANS_COMPLETED && e.result;
	out->who = e.means == MEANS_FREED ? 0 : find_sharer(p, &e);
	return out->who < PROBE_SHARERS;
}

/* Whose frame it was is not said: nobody's, if no NIC of ours has sent it. */
static bool feed_freed(struct probe *p, const struct item *it)
{
	for (unsigned int i = 0; i < p->config.n; i++)
		if (p->config.sharer[i].kind == WATCHED_NIC &&
		    requests_complete(&p->sharer[i], it->time, it->key, false))
			return true;
	return false;
}

static void feed_mark(struct probe *p, const struct item *it)
{
	for (unsigned int i = 0; i < p->config.n; i++) {
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
		if (feed_request(p, it) && !p->config.actions)
			line_served(&p->line, it->time);
	}
}

/* Return: all that was in the buffers is out. */
static bool take_in(struct probe *p)
{
	bool all = true;

	for (unsigned int s = 0; s < SETS; s++) {
		for (unsigned int c = 0; c < p->set[s].cpus; c++) {
			struct queue *q = &p->queue[s * PERF_CPUS + c];
			struct record r;
			struct item it;

			while (!queue_full(q) && ring_next(&p->set[s].ring[c], &r))
				if (understand(p, &r, p->set[s].cpu[c], &it))
					queue_put(q, &it);
			all = all && !queue_full(q);
		}
	}
	return all;
}

static uint64_t lost(const struct perf_set *s)
{
	uint64_t sum = 0;

	for (unsigned int c = 0; c < s->cpus; c++)
		sum += s->ring[c].lost + s->ring[c].broken;
	return sum;
}

/* Take in what is in the buffers, and feed what is surely in order. */
static void drain(struct probe *p)
{
	uint64_t horizon = clock_ns() - SETTLED;
	struct item it;
	bool all = false;

	for (unsigned int s = 0; s < SETS; s++)
		for (unsigned int c = 0; c < p->set[s].cpus; c++)
			ring_begin(&p->set[s].ring[c]);
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

	if (p->config.irq && !irqcount_read(&p->files, &now))
		irqcount_add(&p->sum, &p->last, &now);
}

static int find_disk(struct probe *p, unsigned int i, char *error, size_t size)
{
	const char *name = p->config.sharer[i].name;
	unsigned int major, minor;
	char path[64], text[32];
	int rc;

	(void)snprintf(path, sizeof(path), "/sys/block/%s/dev", name);
	rc = file_read(path, text, sizeof(text));
	if (rc < 0 || sscanf(text, "%u:%u", &major, &minor) != 2) {
		(void)snprintf(error, size, "%s: no such disk (%s); see /sys/block", name, path);
		return rc < 0 ? rc : -EIO;
	}
	/* MKDEV() of linux/kdev_t.h: what the tracepoints show. */
	p->device[i] = (uint64_t)major << 20 | minor;
	return 0;
}

static int find_line(struct probe *p, char *error, size_t size)
{
	int rc = irqcount_open(&p->files, p->config.irq);

	if (!rc)
		rc = irqcount_read(&p->files, &p->last);
	if (rc)
		(void)snprintf(error, size, "irq %u: no such line: %s; see /proc/interrupts",
			       p->config.irq, strerror(-rc));
	return rc;
}

static int check_names(struct probe *p, char *error, size_t size)
{
	for (unsigned int i = 0; i < p->config.n; i++) {
		const struct probe_sharer *s = &p->config.sharer[i];
		int rc = 0;

		if (!memchr(s->name, '\0', sizeof(s->name)) || !filter_name(s->name)) {
			(void)snprintf(error, size,
				       "sharer %u: no name of a disk or interface; see /sys/block, "
				       "/sys/class/net",
				       i);
			return -EINVAL;
		}
		if (s->kind == WATCHED_DISK)
			rc = find_disk(p, i, error, size);
		if (rc)
			return rc;
	}
	return p->config.irq ? find_line(p, error, size) : 0;
}

static int add_row(struct probe *p, unsigned int i, char *error, size_t size)
{
	const struct tracepoint *row = &tracepoint_table[i];
	struct perf_set *set = &p->set[row->of == WATCHED_LINE ? SET_LINE : SET_REQUESTS];
	char format[8192], filter[FILTER_ROOM];
	const char *missing;
	unsigned int id;
	int rc;

	if (!filter_make(row, &p->config, p->device, filter))
		return 0;
	rc = trace_load(row->name, &id, format, sizeof(format), error, size);
	if (rc)
		return rc;
	if (!decoder_init(&p->decoder[i], row, id, format, &missing)) {
		(void)snprintf(error, size,
			       "%s: this kernel's has no field \"%s\"; see its format file",
			       row->name, missing);
		return -EPROTO;
	}
	return perf_add(set, id, row->name, filter[0] ? filter : NULL, error, size);
}

static int make_queues(struct probe *p)
{
	for (unsigned int i = 0; i < QUEUES; i++) {
		struct queue *q = &p->queue[i];
		size_t room = i == QUEUES - 1 ? MARKS : ROOM;

		if (i != QUEUES - 1 && i % PERF_CPUS >= p->set[i / PERF_CPUS].cpus)
			continue;
		q->item = malloc(room * sizeof(*q->item));
		if (!q->item)
			return -ENOMEM;
		q->room = room;
	}
	return 0;
}

static int set_up(struct probe *p, char *error, size_t size)
{
	int rc = check_names(p, error, size);

	for (unsigned int i = 0; i < TRACEPOINTS && !rc; i++)
		rc = add_row(p, i, error, size);
	if (rc)
		return rc;
	rc = make_queues(p);
	for (unsigned int s = 0; s < SETS && !rc; s++)
		rc = perf_enable(&p->set[s]);
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
	p->config = *config;
	p->open = WINDOWS;
	p->files = (struct irqfiles){ -1, -1 };
	for (unsigned int s = 0; s < SETS; s++)
		perf_init(&p->set[s]);
	for (unsigned int i = 0; i < config->n; i++)
		requests_init(&p->sharer[i], config->grace, config->sharer[i].kind == WATCHED_NIC);
	line_init(&p->line);
	rc = set_up(p, error, size);
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
	if (lost(&p->set[SET_REQUESTS]) == p->lost_before[SET_REQUESTS] &&
	    lost(&p->set[SET_LINE]) == p->lost_before[SET_LINE])
		return;
	(void)perf_wait(&p->set[SET_REQUESTS], 2 * SETTLED);
	drain(p);
	for (unsigned int s = 0; s < SETS; s++)
		p->lost_before[s] = lost(&p->set[s]);
	for (unsigned int i = 0; i < p->config.n; i++)
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
		if (perf_wait(&p->set[SET_REQUESTS], until - now < LOOK ? until - now : LOOK))
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
	for (unsigned int i = 0; i < p->config.n; i++)
		open += requests_settle(&p->sharer[i], p->open, p->fed);
	return !open;
}

void probe_end(struct probe *p)
{
	uint64_t end = clock_ns(), limit = end + p->config.grace + 20 * NS_PER_MS;
	struct line_stats *l;

	if (p->open >= WINDOWS)
		return;
	l = &p->line.window[p->open];
	count_line(p);
	mark(p, MARK_END, end, 0);
	do {
		(void)perf_wait(&p->set[SET_REQUESTS], 2 * SETTLED);
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
	return lost(&p->set[SET_REQUESTS]) - p->lost_before[SET_REQUESTS] + p->overrun;
}

uint64_t probe_line_lost(const struct probe *p)
{
	return lost(&p->set[SET_LINE]) - p->lost_before[SET_LINE];
}

void probe_close(struct probe *p)
{
	if (!p)
		return;
	for (unsigned int s = 0; s < SETS; s++)
		perf_close(&p->set[s]);
	for (unsigned int i = 0; i < QUEUES; i++)
		free(p->queue[i].item);
	irqcount_close(&p->files);
	free(p);
}
