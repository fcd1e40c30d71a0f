// SPDX-License-Identifier: GPL-2.0-only
/*
 * A perf buffer is read as the kernel writes it, and whatever is in it: nothing is read
 * outside, nothing goes on for ever, and what is lost is counted.
 */
#include "host/probe/ring.h"

#include <string.h>

#include "guest/tests/unit.h"

#define SIZE 4096u

struct rig {
	struct perf_event_mmap_page *control;
	uint8_t *data;
	struct ring ring;
	uint64_t head;
};

static void begin(struct rig *g, uint64_t at)
{
	g->control = unit_alloc(sizeof(*g->control));
	memset(g->control, 0, sizeof(*g->control));
	g->data = unit_alloc(SIZE);
	memset(g->data, 0xee, SIZE);
	g->ring = (struct ring){ .control = g->control, .data = g->data, .size = SIZE };
	g->head = at;
	g->control->data_head = g->control->data_tail = at;
}

static void end(struct rig *g)
{
	free(g->control);
	free(g->data);
}

static void put(struct rig *g, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		g->data[g->head++ & (SIZE - 1)] = ((const uint8_t *)bytes)[i];
}

/* A record of @size bytes that says it has @said, with @n of content. */
static void put_record(struct rig *g, uint32_t type, uint16_t said, const void *body, size_t n)
{
	struct perf_event_header h = { .type = type, .size = said };
	uint64_t from = g->head;

	put(g, &h, sizeof(h));
	put(g, body, n);
	while (g->head < from + said)
		put(g, "", 1);
	g->control->data_head = g->head;
}

struct sample {
	uint64_t time;
	uint32_t size;
	uint8_t raw[404];
};

static void put_sample(struct rig *g, uint64_t time, uint32_t raw)
{
	struct sample s = { .time = time, .size = raw };

	for (uint32_t i = 0; i < raw; i++)
		s.raw[i] = (uint8_t)(time + i);
	put_record(g, PERF_RECORD_SAMPLE, (uint16_t)((8 + 12 + raw + 7) / 8 * 8), &s, 12 + raw);
}

static void expect_sample(struct rig *g, uint64_t time, uint32_t size)
{
	struct record r;

	CONTEXT("sample of %" PRIu64, time);
	EXPECT_TRUE(ring_next(&g->ring, &r));
	EXPECT_EQ(r.time, time);
	EXPECT_EQ(r.size, size);
	for (uint32_t i = 0; i < r.size && i < size; i++)
		EXPECT_EQ(r.data[i], (uint8_t)(time + i));
}

static void expect_empty(struct rig *g)
{
	struct record r;

	EXPECT_TRUE(!ring_next(&g->ring, &r));
	EXPECT_EQ(g->control->data_tail, g->control->data_head);
}

TEST(samples_come_in_order)
{
	struct rig g;

	begin(&g, 0);
	expect_empty(&g);
	put_sample(&g, 1000, 68);
	put_sample(&g, 2000, 4);
	put_sample(&g, 3000, 0);
	expect_sample(&g, 1000, 68);
	expect_sample(&g, 2000, 4);
	expect_sample(&g, 3000, 0);
	expect_empty(&g);
	EXPECT_EQ(g.ring.lost + g.ring.broken, 0);
	end(&g);
}

/* The buffer's end may be anywhere in a record but in its header. */
TEST(samples_wrap)
{
	for (uint64_t at = SIZE - 96; at <= SIZE; at += 8) {
		struct rig g;

		begin(&g, at);
		put_sample(&g, at, 60);
		put_sample(&g, at + 1, 60);
		expect_sample(&g, at, 60);
		expect_sample(&g, at + 1, 60);
		expect_empty(&g);
		EXPECT_EQ(g.ring.broken, 0);
		end(&g);
	}
}

TEST(counters_wrap)
{
	struct rig g;

	begin(&g, UINT64_MAX - 39);
	put_sample(&g, 7, 60);
	expect_sample(&g, 7, 60);
	expect_empty(&g);
	end(&g);
}

TEST(long_data_is_cut)
{
	struct rig g;

	begin(&g, 0);
	put_sample(&g, 5, 404);
	expect_sample(&g, 5, RECORD_MAX);
	expect_empty(&g);
	end(&g);
}

TEST(losses_are_counted)
{
	static const uint64_t lost[] = { 42, 17 };
	struct rig g;

	begin(&g, 0);
	put_record(&g, PERF_RECORD_LOST, 24, lost, sizeof(lost));
	put_sample(&g, 1, 8);
	put_record(&g, PERF_RECORD_LOST, 24, lost, sizeof(lost));
	expect_sample(&g, 1, 8);
	expect_empty(&g);
	EXPECT_EQ(g.ring.lost, 34);
	end(&g);
}

TEST(a_full_buffer_has_lost)
{
	struct rig g;

	begin(&g, 0);
	ring_begin(&g.ring);
	EXPECT_EQ(g.ring.lost, 0);
	while (g.head < SIZE - 512)
		put_sample(&g, g.head, 60);
	ring_begin(&g.ring);
	EXPECT_EQ(g.ring.lost, 1);
	end(&g);
}

TEST(other_records_are_skipped)
{
	static const uint64_t any[4];
	struct rig g;

	begin(&g, 0);
	put_record(&g, PERF_RECORD_THROTTLE, 32, any, 24);
	put_record(&g, 0xffffffff, 8, any, 0);
	put_sample(&g, 9, 8);
	expect_sample(&g, 9, 8);
	expect_empty(&g);
	EXPECT_EQ(g.ring.broken, 0);
	end(&g);
}

/* What makes no sense ends the reading of what is there, and is told. */
TEST(broken_records)
{
	static const struct {
		const char *what;
		uint32_t type;
		uint16_t said;
		uint32_t raw;
	} rows[] = {
		{ "no size", PERF_RECORD_SAMPLE, 0, 0 },
		{ "shorter than its header", PERF_RECORD_SAMPLE, 7, 0 },
		{ "no room for the time", PERF_RECORD_SAMPLE, 16, 0 },
		{ "more data than record", PERF_RECORD_SAMPLE, 32, 200 },
		{ "endless data", PERF_RECORD_SAMPLE, 32, UINT32_MAX },
		{ "a short loss", PERF_RECORD_LOST, 16, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sample s = { .time = 1, .size = rows[i].raw };
		struct record r;
		struct rig g;

		CONTEXT("%s", rows[i].what);
		begin(&g, 0);
		put_record(&g, rows[i].type, rows[i].said, &s, 16);
		put_sample(&g, 2, 8);
		EXPECT_TRUE(!ring_next(&g.ring, &r));
		EXPECT_EQ(g.ring.broken, 1);
		expect_empty(&g);
		put_sample(&g, 3, 8);
		expect_sample(&g, 3, 8);
		end(&g);
	}
}

TEST(a_record_that_is_not_all_there)
{
	struct record r;
	struct rig g;

	begin(&g, 0);
	put_sample(&g, 1, 100);
	g.control->data_head = 64;
	EXPECT_TRUE(!ring_next(&g.ring, &r));
	EXPECT_EQ(g.ring.broken, 1);
	end(&g);
}

TEST(more_than_the_buffer_holds)
{
	struct record r;
	struct rig g;

	begin(&g, 0);
	put_sample(&g, 1, 100);
	g.control->data_head = 10 * SIZE;
	EXPECT_TRUE(!ring_next(&g.ring, &r));
	EXPECT_EQ(g.ring.broken, 1);
	expect_empty(&g);
	end(&g);
}

TEST(noise)
{
	uint64_t random = 20;

	for (unsigned int round = 0; round < 2000; round++) {
		unsigned int n = 0;
		struct record r;
		struct rig g;

		begin(&g, unit_random(&random) & ~7ull);
		for (unsigned int i = 0; i < SIZE; i++)
			g.data[i] = unit_random(&random) & 1 ? (uint8_t)unit_random(&random) : 0;
		g.control->data_head += unit_random(&random) % (SIZE + 64);
		while (ring_next(&g.ring, &r) && n < SIZE)
			n++;
		EXPECT_TRUE(n < SIZE);
		expect_empty(&g);
		end(&g);
	}
}
