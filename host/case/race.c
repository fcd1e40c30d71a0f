// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/race.h"

#include <pthread.h>
#include <stdlib.h>

#include "host/case/cpus.h"
#include "host/probe/clock.h"

#define NOISE_FROM_US 10u
#define NOISE_TO_US   150u

/**
 * struct run - a race that runs
 * @lock: of all below
 * @changed: one of them did
 * @round: that the threads are to play, 0: none yet; ~0u: they are to end
 * @done: threads that have played it
 */
struct run {
	const struct race *race;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int round, done;
	struct racer {
		struct run *run;
		unsigned int index;
		uint32_t random;
		pthread_t thread;
	} racer[RACERS + 1];
};

#define END (~0u)

uint32_t race_pick(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(*state >> 8) * n >> 24);
}

static unsigned int await_round(struct run *run, unsigned int after)
{
	unsigned int round;

	pthread_mutex_lock(&run->lock);
	while (run->round == after)
		pthread_cond_wait(&run->changed, &run->lock);
	round = run->round;
	pthread_mutex_unlock(&run->lock);
	return round;
}

static void *play(void *ctx)
{
	struct racer *r = ctx;
	struct run *run = r->run;
	unsigned int round = 0;

	/* A machine with one CPU races as well, less often. */
	(void)cpus_stay(r->index);
	while ((round = await_round(run, round)) != END) {
		unsigned int steps = 1 + race_pick(&r->random, run->race->steps);

		for (unsigned int i = 0; i < steps; i++)
			run->race->step[r->index](run->race->ctx, &r->random);
		pthread_mutex_lock(&run->lock);
		run->done++;
		pthread_cond_broadcast(&run->changed);
		pthread_mutex_unlock(&run->lock);
	}
	return NULL;
}

static void *make_noise(void *ctx)
{
	struct racer *r = ctx;

	while (__atomic_load_n(&r->run->round, __ATOMIC_RELAXED) != END) {
		unsigned int us =
			NOISE_FROM_US + race_pick(&r->random, NOISE_TO_US - NOISE_FROM_US);
		struct timespec pause = clock_spec(us * NS_PER_US);

		(void)cpus_stay(race_pick(&r->random, RACERS));
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void begin_round(struct run *run, unsigned int round)
{
	pthread_mutex_lock(&run->lock);
	__atomic_store_n(&run->round, round, __ATOMIC_RELAXED);
	run->done = 0;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
}

/* Return: have all played their round by @end? */
static bool await_all(struct run *run, uint64_t end)
{
	struct timespec until = clock_spec(end);
	int rc = 0;

	pthread_mutex_lock(&run->lock);
	while (run->done < RACERS && !rc)
		rc = pthread_cond_timedwait(&run->changed, &run->lock, &until);
	pthread_mutex_unlock(&run->lock);
	return !rc;
}

static enum race_end play_rounds(struct run *run, uint32_t *random, unsigned int *rounds)
{
	const struct race *race = run->race;
	uint64_t end = clock_ns() + race->limit;

	for (*rounds = 0; *rounds < race->rounds && clock_ns() < end; ++*rounds) {
		if (race->prepare)
			race->prepare(race->ctx, random);
		begin_round(run, *rounds + 1);
		if (!await_all(run, clock_ns() + race->limit))
			return RACE_STUCK;
		if (!race->settle(race->ctx, random))
			return RACE_WRONG;
	}
	return RACE_OVER;
}

static struct run *new_run(const struct race *race)
{
	struct run *run = calloc(1, sizeof(*run));
	pthread_condattr_t attr;

	if (!run)
		return NULL;
	run->race = race;
	pthread_mutex_init(&run->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&run->changed, &attr);
	pthread_condattr_destroy(&attr);
	return run;
}

/* Return: how many threads there are */
static unsigned int start(struct run *run)
{
	unsigned int n;

	for (n = 0; n <= RACERS; n++) {
		struct racer *r = &run->racer[n];

		*r = (struct racer){ .run = run, .index = n, .random = run->race->seed + n };
		if (pthread_create(&r->thread, NULL, n < RACERS ? play : make_noise, r))
			break;
	}
	return n;
}

enum race_end race_run(const struct race *race, unsigned int *rounds)
{
	struct run *run = new_run(race);
	uint32_t random = race->seed + RACERS + 1;
	enum race_end how = RACE_NO_ROOM;
	unsigned int n;

	*rounds = 0;
	if (!run)
		return how;
	n = start(run);
	if (n > RACERS)
		how = play_rounds(run, &random, rounds);
	begin_round(run, END);
	/* One that hangs in the kernel ends with the process, or never; what it uses stays. */
	if (how == RACE_STUCK)
		return how;
	for (unsigned int i = 0; i < n; i++)
		pthread_join(run->racer[i].thread, NULL);
	pthread_cond_destroy(&run->changed);
	pthread_mutex_destroy(&run->lock);
	free(run);
	return how;
}
