// SPDX-License-Identifier: GPL-2.0-only
/* Two threads in rounds: each plays, both stand still when it is looked at, and one that hangs does not hang the race. */
#include "host/case/race.h"

#include <string.h>
#include <unistd.h>

#include "guest/tests/unit.h"
#include "host/probe/clock.h"

#define ROUNDS 50u
#define STEPS  4u

struct game {
	unsigned int steps[RACERS], prepared, settled, out_of_turn;
	bool playing;
	unsigned int wrong_at;
};

static void prepare(void *ctx, uint32_t *random)
{
	struct game *g = ctx;

	(void)random;
	g->prepared++;
	memset(g->steps, 0, sizeof(g->steps));
	__atomic_store_n(&g->playing, true, __ATOMIC_SEQ_CST);
}

static void step(struct game *g, unsigned int racer)
{
	if (!__atomic_load_n(&g->playing, __ATOMIC_SEQ_CST))
		__atomic_fetch_add(&g->out_of_turn, 1, __ATOMIC_SEQ_CST);
	g->steps[racer]++;
}

static void step_a(void *ctx, uint32_t *random)
{
	(void)random;
	step(ctx, 0);
}

static void step_b(void *ctx, uint32_t *random)
{
	(void)random;
	step(ctx, 1);
}

static bool settle(void *ctx, uint32_t *random)
{
	struct game *g = ctx;

	(void)random;
	__atomic_store_n(&g->playing, false, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < RACERS; i++)
		EXPECT_TRUE(g->steps[i] >= 1 && g->steps[i] <= STEPS);
	return ++g->settled != g->wrong_at;
}

static struct race race_of(struct game *g)
{
	return (struct race){ .seed = 1,
			      .rounds = ROUNDS,
			      .steps = STEPS,
			      .limit = 20 * NS_PER_S,
			      .ctx = g,
			      .prepare = prepare,
			      .step = { step_a, step_b },
			      .settle = settle };
}

TEST(all_rounds_are_played)
{
	struct game g = { 0 };
	struct race race = race_of(&g);
	unsigned int rounds;

	EXPECT_EQ(race_run(&race, &rounds), RACE_OVER);
	EXPECT_EQ(rounds, ROUNDS);
	EXPECT_EQ(g.prepared, ROUNDS);
	EXPECT_EQ(g.settled, ROUNDS);
	EXPECT_EQ(g.out_of_turn, 0);
}

TEST(it_ends_when_something_is_wrong)
{
	struct game g = { .wrong_at = 7 };
	struct race race = race_of(&g);
	unsigned int rounds;

	EXPECT_EQ(race_run(&race, &rounds), RACE_WRONG);
	EXPECT_EQ(rounds, 6);
	EXPECT_EQ(g.settled, 7);
}

TEST(it_ends_when_the_time_is_up)
{
	struct game g = { 0 };
	struct race race = race_of(&g);
	unsigned int rounds;

	race.limit = 0;
	EXPECT_EQ(race_run(&race, &rounds), RACE_OVER);
	EXPECT_EQ(rounds, 0);
}

static void hang(void *ctx, uint32_t *random)
{
	(void)ctx;
	(void)random;
	pause();
}

TEST(a_call_that_does_not_return_is_told)
{
	static struct game g;
	static struct race race;
	unsigned int rounds;

	race = race_of(&g);
	race.step[1] = hang;
	race.limit = 200 * NS_PER_MS;
	EXPECT_EQ(race_run(&race, &rounds), RACE_STUCK);
	EXPECT_EQ(rounds, 0);
}

TEST(picks_are_below_and_reach_all)
{
	uint32_t random = 1, seen = 0, again = 1;

	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t pick = race_pick(&random, 7);

		EXPECT_TRUE(pick < 7);
		EXPECT_EQ(race_pick(&again, 7), pick);
		seen |= 1u << pick;
	}
	EXPECT_EQ(seen, 0x7f);
	EXPECT_EQ(race_pick(&random, 1), 0);
}
