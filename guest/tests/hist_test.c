// SPDX-License-Identifier: GPL-2.0-only
/*
 * The histogram: what it says of a value is never too low and at most 12.5 %
 * too high, and its quantiles are those of the sorted samples.
 */
#include "guest/lib/hist.h"

#include <string.h>

#include "guest/tests/unit.h"

/* The last value that has a bucket of its own kind; longer ones share the last bucket. */
#define LAST ((1ull << 34) - 1)

/* The one sample @ns, told by the histogram. */
static uint64_t told(uint64_t ns)
{
	struct hist h = { 0 };

	hist_add(&h, ns);
	return hist_quantile(&h, 500);
}

static void expect_close(uint64_t seen, uint64_t ns)
{
	if (ns > LAST) {
		EXPECT_EQ(seen, LAST);
		return;
	}
	if (seen < ns || seen - ns > ns / 8)
		EXPECT_EQ(seen, ns);
}

TEST(empty)
{
	struct hist h = { 0 };

	EXPECT_EQ(hist_quantile(&h, 0), 0);
	EXPECT_EQ(hist_quantile(&h, 500), 0);
	EXPECT_EQ(hist_quantile(&h, 1000), 0);
}

TEST(small_values_are_exact)
{
	for (uint64_t ns = 0; ns < 16; ns++)
		EXPECT_EQ(told(ns), ns);
}

TEST(edge_of_every_bucket)
{
	uint64_t edge = 0;

	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		struct hist h = { 0 };

		CONTEXT("bucket %u", i);
		h.count = 1;
		h.bucket[i] = 1;
		edge = hist_quantile(&h, 1000);
		EXPECT_EQ(told(edge), edge);
		if (i + 1 < HIST_BUCKETS)
			EXPECT_TRUE(told(edge + 1) > edge);
		expect_close(told(edge), edge);
		expect_close(told(edge + 1), edge + 1);
		memset(&h, 0, sizeof(h));
		hist_add(&h, edge);
		EXPECT_EQ(h.bucket[i], 1);
	}
	EXPECT_EQ(edge, LAST);
}

/* Every value lies at or below what is told, and above what the bucket before tells. */
TEST(monotonous)
{
	uint64_t before = 0;

	for (uint64_t ns = 0; ns < 100000; ns++) {
		uint64_t now = told(ns);

		CONTEXT("%" PRIu64 " ns", ns);
		EXPECT_TRUE(now >= before);
		expect_close(now, ns);
		before = now;
	}
}

TEST(powers_of_two)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t ns = 1ull << bit;

		CONTEXT("2^%u", bit);
		expect_close(told(ns - 1), ns - 1);
		expect_close(told(ns), ns);
		expect_close(told(ns + 1), ns + 1);
	}
}

TEST(huge_values)
{
	struct hist h = { 0 };

	EXPECT_EQ(told(LAST), LAST);
	EXPECT_EQ(told(LAST + 1), LAST);
	EXPECT_EQ(told(UINT64_MAX - 1), LAST);
	EXPECT_EQ(told(UINT64_MAX), LAST);
	hist_add(&h, UINT64_MAX);
	EXPECT_EQ(h.count, 1);
	EXPECT_EQ(h.bucket[HIST_BUCKETS - 1], 1);
}

TEST(one_sample)
{
	struct hist h = { 0 };

	hist_add(&h, 1000);
	for (unsigned int permille = 0; permille <= 1000; permille++) {
		CONTEXT("%u/1000", permille);
		EXPECT_EQ(hist_quantile(&h, permille), told(1000));
	}
}

/* 99 fast, one slow: the slow one is what lies above 99 %. */
TEST(rank_is_rounded_up)
{
	struct hist h = { 0 };

	for (unsigned int i = 0; i < 99; i++)
		hist_add(&h, 1);
	hist_add(&h, 1 << 20);
	EXPECT_EQ(hist_quantile(&h, 500), 1);
	EXPECT_EQ(hist_quantile(&h, 990), 1);
	EXPECT_EQ(hist_quantile(&h, 991), told(1 << 20));
	EXPECT_EQ(hist_quantile(&h, 1000), told(1 << 20));
}

/* The page is shared with a domain that may write anything: any answer, but no hang or trap. */
TEST(histogram_that_lies)
{
	struct hist h = { 0 };

	h.count = 5; /* and not one in a bucket */
	EXPECT_EQ(hist_quantile(&h, 500), LAST);
	memset(&h, 0xff, sizeof(h));
	EXPECT_TRUE(hist_quantile(&h, 0) <= LAST);
	EXPECT_TRUE(hist_quantile(&h, 1000) <= LAST);
}

/* The lower edges of all parts there are, told by the histogram that has a sample in each bucket. */
TEST(parts)
{
	static const uint64_t first[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24 };
	struct hist h = { 0 };
	struct hist_part part;
	unsigned int at = 0, n = 0;
	uint64_t samples = 0, edge = 0;

	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		h.bucket[i] = 2;
	for (; hist_next(&h, &at, &part); n++) {
		CONTEXT("part %u", n);
		if (n < sizeof(first) / sizeof(first[0]))
			EXPECT_EQ(part.us, first[n]);
		EXPECT_TRUE(!n || part.us > edge);
		EXPECT_TRUE(part.us - edge <= (edge > 4 ? edge / 4 : 1));
		edge = part.us;
		samples += part.count;
	}
	EXPECT_EQ(samples, 2 * HIST_BUCKETS);
	EXPECT_EQ(edge, 1u << 24); /* that of 17 s, the last there is */
}

TEST(no_parts)
{
	struct hist h = { .count = 5 };
	struct hist_part part;
	unsigned int at = 0;

	EXPECT_TRUE(!hist_next(&h, &at, &part));
	EXPECT_TRUE(!hist_next(&h, &at, &part));
	h.bucket[HIST_BUCKETS - 2] = UINT32_MAX;
	h.bucket[HIST_BUCKETS - 3] = UINT32_MAX;
	at = 0;
	EXPECT_TRUE(hist_next(&h, &at, &part));
	EXPECT_EQ(part.count, 2ull * UINT32_MAX);
	EXPECT_TRUE(!hist_next(&h, &at, &part));
}

/* A sample, a median and a 99th percentile are in the same part as what is said of them. */
TEST(part_of_a_quantile)
{
	for (uint64_t ns = 1; ns < LAST; ns += ns / 7 + 1) {
		struct hist h = { 0 };
		struct hist_part part;
		unsigned int at = 0;

		CONTEXT("%" PRIu64 " ns", ns);
		hist_add(&h, ns);
		EXPECT_TRUE(hist_next(&h, &at, &part));
		EXPECT_EQ(part.count, 1);
		EXPECT_TRUE(part.us <= told(ns) / 1000);
		EXPECT_TRUE(told(ns) / 1000 < part.us + (part.us >= 4 ? part.us / 4 + 1 : 1));
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The sorted samples know better. */
static void compare_to_sorted(const char *name, uint64_t *sample, size_t n)
{
	struct hist h = { 0 };

	for (size_t i = 0; i < n; i++)
		hist_add(&h, sample[i]);
	EXPECT_EQ(h.count, n);
	qsort(sample, n, sizeof(*sample), by_value);
	for (unsigned int permille = 0; permille <= 1000; permille++) {
		size_t rank = (n * permille + 999) / 1000;
		uint64_t exact = sample[rank ? rank - 1 : 0];

		CONTEXT("%s, %zu samples, %u/1000", name, n, permille);
		EXPECT_EQ(hist_quantile(&h, permille), told(exact));
		expect_close(hist_quantile(&h, permille), exact);
	}
}

static uint64_t uniform(uint64_t *state)
{
	return unit_random(state) % 1000000;
}

/* As many in each octave: the shape that a latency's tail has. */
static uint64_t by_octave(uint64_t *state)
{
	return unit_random(state) >> (unit_random(state) % 64);
}

static uint64_t two_peaks(uint64_t *state)
{
	return (unit_random(state) % 100 ? 5000 : 1000000) + unit_random(state) % 50;
}

static uint64_t constant(uint64_t *state)
{
	(void)state;
	return 12345;
}

static uint64_t zero_or_huge(uint64_t *state)
{
	return unit_random(state) & 1 ? UINT64_MAX : 0;
}

TEST(random)
{
	static const struct {
		const char *name;
		uint64_t (*draw)(uint64_t *state);
	} shapes[] = {
		{ "uniform", uniform },		  { "by octave", by_octave },
		{ "two peaks", two_peaks },	  { "constant", constant },
		{ "zero or huge", zero_or_huge },
	};
	static const size_t sizes[] = { 1, 2, 3, 10, 999, 1000, 1001, 5000 };
	static uint64_t sample[5000];
	uint64_t state = 0x4157;

	printf("# seed 0x%" PRIx64 "\n", state);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			for (size_t j = 0; j < sizes[k]; j++)
				sample[j] = shapes[i].draw(&state);
			compare_to_sorted(shapes[i].name, sample, sizes[k]);
		}
	}
}
