/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two threads that call into the kernel at the same time, in rounds: in each they make a few calls, then both stand still
 * and what they have left is looked at. What they call is chosen from the seed; how the calls meet is the machine's.
 */
#ifndef LIFELINE_CASE_RACE_H
#define LIFELINE_CASE_RACE_H

#include <stdbool.h>
#include <stdint.h>

#define RACERS 2

/** race_pick() - a number below @n, from @state */
uint32_t race_pick(uint32_t *state, uint32_t n);

/**
 * struct race - what is raced
 * @seed: of all choices
 * @rounds: at most
 * @steps: of each thread in a round, at most
 * @limit: no round begins after so long, ns; a round that lasts as long again is stuck
 * @ctx: passed to all
 * @prepare: before each round; NULL: nothing is to be done
 * @step: a call, as each thread makes it; bounded
 * @settle: after each round: is it as it must be? The race ends if not
 */
struct race {
	uint32_t seed;
	unsigned int rounds, steps;
	uint64_t limit;
	void *ctx;
	void (*prepare)(void *ctx, uint32_t *random);
	void (*step[RACERS])(void *ctx, uint32_t *random);
	bool (*settle)(void *ctx, uint32_t *random);
};

/** enum race_end - how a race ended */
enum race_end {
	RACE_OVER,    /* all rounds, or the time is up */
	RACE_WRONG,   /* @settle says so */
	RACE_STUCK,   /* a call has not returned; its thread is left behind */
	RACE_NO_ROOM, /* threads cannot be made */
};

/**
 * race_run() - race
 * @rounds: how many rounds were played
 *
 * A third thread sleeps for odd times: on a board whose CPUs take turns, they change over when something interrupts.
 */
enum race_end race_run(const struct race *race, unsigned int *rounds);

#endif
