// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: the probe reads nothing within a window; what it costs its sharers is what the kernel records of each
 * request and each interrupt. Reads are counted by the kernel (/sys/block/NAME/stat), with the probe and without it, by
 * turns: what else happens on the board meets both.
 */
#include <stdlib.h>
#include <time.h>

#include "host/case/judge.h"
#include "host/load/progress.h"

#define PAIRS  15u
#define WINDOW (200 * NS_PER_MS)

/* In thousandths. Two neighbouring windows of an emulated board differ by a few hundredths without any probe. */
#define COST_MOST 100

FIXTURE(cost)
{
	struct shared_line l;
};

FIXTURE_SETUP(cost)
{
	char why[TAKE_WHY];

	TAKE(shared_find(&self->l, "edu", 0, why), why);
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
	REQUIRE(self->l.n == 1, "no SATA disk on the line");
}

FIXTURE_TEARDOWN(cost)
{
	const char *why = shared_down(&self->l);

	REQUIRE(!why, "%s", why);
}

/* Reads in a window, which may be a little longer than planned: in so many as fit into one. */
static double reads(const struct shared_line *l)
{
	struct timespec window = clock_spec(WINDOW);
	uint64_t start = clock_ns(), before = progress_disk(l->sharer[0].name);

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &window, NULL);
	return (double)(progress_disk(l->sharer[0].name) - before) * (double)WINDOW /
	       (double)(clock_ns() - start);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, PAIRS, sizeof(*values), ascending);
	return values[PAIRS / 2];
}

TEST_F_TIMEOUT(cost, probe, CASE_SECONDS)
{
	double without[PAIRS], with[PAIRS];
	char why[TAKE_WHY];
	int cost;

	for (unsigned int i = 0; i < PAIRS; i++) {
		with[i] = reads(&self->l);
		shared_deafen(&self->l);
		without[i] = reads(&self->l);
		REQUIRE(!shared_listen(&self->l, false, why), "%s", why);
	}
	cost = (int)(1000 - 1000 * median(with) / median(without));
	case_data("probe=sata reads=%d reads_without=%d cost_permille=%d", (int)median(with),
		  (int)median(without), cost);
	CHECK(cost <= COST_MOST, "S reads that the probe costs: %d of 1000, at most %d", cost,
	      COST_MOST);
}

CASE_MAIN
