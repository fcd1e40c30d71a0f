// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/stall.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/probe/clock.h"

/* Above every driver's thread (50, irq_thread()), below the kernel's own (99). */
#define PRIORITY 90

struct stall_meter {
	pthread_t thread;
	uint64_t period;
	bool stop;
	struct stalls seen;
};

void stalls_note(struct stalls *s, uint64_t from, uint64_t to, uint64_t least)
{
	s->ticks++;
	if (to < from || to - from < least)
		return;
	if (s->n == STALL_KEPT) {
		s->dropped++;
		return;
	}
	s->stall[s->n] = (struct stall){ from, to };
	/* Who reads @n sees the entry. */
	__atomic_store_n(&s->n, s->n + 1, __ATOMIC_RELEASE);
}

static uint64_t overlap(const struct stall *s, uint64_t from, uint64_t to)
{
	uint64_t a = s->from > from ? s->from : from;
	uint64_t b = s->to < to ? s->to : to;

	return b > a ? b - a : 0;
}

uint64_t stalls_longest(const struct stalls *s, uint64_t from, uint64_t to)
{
	uint32_t n = __atomic_load_n(&s->n, __ATOMIC_ACQUIRE);
	uint64_t longest = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t part = overlap(&s->stall[i], from, to);

		if (part > longest)
			longest = part;
	}
	return longest;
}

uint64_t stalls_sum(const struct stalls *s, uint64_t from, uint64_t to)
{
	uint32_t n = __atomic_load_n(&s->n, __ATOMIC_ACQUIRE);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += overlap(&s->stall[i], from, to);
	return sum;
}

/*
 * Late by a whole period or more: all the time since the last tick counts. A board that its host lets run by shreds of
 * a millisecond is not one to be judged in these either.
 */
static uint64_t stood_from(uint64_t due, uint64_t now, uint64_t period)
{
	return now > due + period ? due - period : due;
}

static void *tick(void *arg)
{
	struct stall_meter *m = arg;
	uint64_t due = clock_ns() + m->period, now;

	while (!__atomic_load_n(&m->stop, __ATOMIC_RELAXED)) {
		struct timespec t = clock_spec(due);

		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		now = clock_ns();
		stalls_note(&m->seen, stood_from(due, now, m->period), now, m->period / 4);
		/* What was missed is not caught up. */
		due = (now > due ? now : due) + m->period;
	}
	return NULL;
}

static int set_attributes(pthread_attr_t *a, unsigned int cpu)
{
	struct sched_param param = { .sched_priority = PRIORITY };
	cpu_set_t cpus;
	int rc;

	if (cpu >= CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	rc = pthread_attr_setaffinity_np(a, sizeof(cpus), &cpus);
	if (!rc)
		rc = pthread_attr_setinheritsched(a, PTHREAD_EXPLICIT_SCHED);
	if (!rc)
		rc = pthread_attr_setschedpolicy(a, SCHED_FIFO);
	if (!rc)
		rc = pthread_attr_setschedparam(a, &param);
	return rc;
}

static int start_thread(struct stall_meter *m, unsigned int cpu)
{
	pthread_attr_t a;
	int rc = pthread_attr_init(&a);

	if (rc)
		return rc;
	rc = set_attributes(&a, cpu);
	if (!rc)
		rc = pthread_create(&m->thread, &a, tick, m);
	pthread_attr_destroy(&a);
	return rc;
}

int stall_start(struct stall_meter **out, unsigned int cpu, uint64_t period, char *error,
		size_t size)
{
	struct stall_meter *m = calloc(1, sizeof(*m));
	int rc;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	m->period = period;
	rc = period < 500 * NS_PER_US ? EINVAL : start_thread(m, cpu);
	if (!rc) {
		*out = m;
		return 0;
	}
	(void)snprintf(error, size,
		       "stall meter on CPU %u: %s; it needs root, an online CPU, a period of 500 "
		       "us or more",
		       cpu, strerror(rc));
	free(m);
	return -rc;
}

const struct stalls *stall_read(const struct stall_meter *m)
{
	return &m->seen;
}

void stall_stop(struct stall_meter *m)
{
	if (!m)
		return;
	__atomic_store_n(&m->stop, true, __ATOMIC_RELAXED);
	pthread_join(m->thread, NULL);
	free(m);
}
