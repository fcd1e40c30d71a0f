// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page of the trace buffer is read as Linux writes it, and whatever is in it: nothing is
 * read outside, nothing goes on for ever.
 */
#include "host/probe/page.h"

#include <string.h>

#include "guest/tests/unit.h"
#include "host/probe/tracer.h"

/* Two reads of a disk, as Linux 6.1 recorded them: irq_handler_entry, _exit, block_rq_complete. */
static const uint8_t recorded[] = {
	0x1d, 0x95, 0x2e, 0x6c, 0x02, 0x00, 0x00, 0x00, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x09, 0x00, 0x00, 0x00, 0x98, 0x00, 0x19, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x14, 0x00,
	0x00, 0x00, 0x10, 0x00, 0x13, 0x00, 0x61, 0x68, 0x63, 0x69, 0x5b, 0x30, 0x30, 0x30, 0x30,
	0x3a, 0x30, 0x30, 0x3a, 0x30, 0x38, 0x2e, 0x30, 0x5d, 0x00, 0x00, 0x44, 0x91, 0x07, 0x04,
	0x97, 0x00, 0x19, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
	0x00, 0x08, 0x6b, 0x12, 0x00, 0x98, 0x00, 0x19, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x14, 0x00,
	0x00, 0x00, 0x10, 0x00, 0x0e, 0x00, 0x75, 0x68, 0x63, 0x69, 0x5f, 0x68, 0x63, 0x64, 0x3a,
	0x75, 0x73, 0x62, 0x31, 0x00, 0x00, 0x00, 0x08, 0xb7, 0x0c, 0x00, 0x98, 0x00, 0x19, 0x01,
	0x3a, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x10, 0x00, 0x0e, 0x00, 0x78, 0x68, 0x63,
	0x69, 0x2d, 0x68, 0x63, 0x64, 0x3a, 0x75, 0x73, 0x62, 0x32, 0x00, 0x00, 0x00, 0x4d, 0x97,
	0x64, 0x05, 0x28, 0x04, 0x10, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x52, 0x53, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x01,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x5e, 0x76, 0x9d, 0x26, 0x03, 0x00,
	0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x98, 0x00, 0x19, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x14,
	0x00, 0x00, 0x00, 0x10, 0x00, 0x13, 0x00, 0x61, 0x68, 0x63, 0x69, 0x5b, 0x30, 0x30, 0x30,
	0x30, 0x3a, 0x30, 0x30, 0x3a, 0x30, 0x38, 0x2e, 0x30, 0x5d, 0x00, 0x00, 0x04, 0x84, 0x44,
	0x00, 0x97, 0x00, 0x19, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x01, 0x00,
	0x00, 0x00, 0x08, 0xe0, 0x01, 0x00, 0x98, 0x00, 0x19, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x14,
	0x00, 0x00, 0x00, 0x10, 0x00, 0x0e, 0x00, 0x75, 0x68, 0x63, 0x69, 0x5f, 0x68, 0x63, 0x64,
	0x3a, 0x75, 0x73, 0x62, 0x31, 0x00, 0x00, 0x00, 0x48, 0x66, 0x04, 0x00, 0x98, 0x00, 0x19,
	0x01, 0x3a, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x10, 0x00, 0x0e, 0x00, 0x78, 0x68,
	0x63, 0x69, 0x2d, 0x68, 0x63, 0x64, 0x3a, 0x75, 0x73, 0x62, 0x32, 0x00, 0x00, 0x00, 0x0d,
	0x64, 0x23, 0x00, 0x28, 0x04, 0x10, 0x01, 0x3a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x52, 0x53, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

TEST(as_recorded)
{
	static const struct {
		uint64_t after;
		uint32_t size;
		uint16_t id;
	} rows[] = {
		{ 0, 36, 152 },
		{ 0x4079144 >> 5, 16, 151 },
		{ 0x126b08 >> 5, 32, 152 },
		{ 0xcb708 >> 5, 32, 152 },
		{ 0x564974d >> 5, 52, 1064 },
		{ 0x3ull << 27 | 0x269d765e >> 5, 36, 152 },
		{ 0x448404 >> 5, 16, 151 },
		{ 0x1e008 >> 5, 32, 152 },
		{ 0x46648 >> 5, 32, 152 },
		{ 0x23640d >> 5, 52, 1064 },
	};
	uint64_t time = 0x26c2e951d;
	struct record r;
	struct page p;

	page_begin(&p, recorded, sizeof(recorded));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CONTEXT("record %zu", i);
		EXPECT_TRUE(page_next(&p, &r));
		EXPECT_EQ(r.time, time += rows[i].after);
		EXPECT_EQ(r.size, rows[i].size);
		EXPECT_EQ(r.data[0] | r.data[1] << 8, rows[i].id);
	}
	EXPECT_TRUE(!page_next(&p, &r));
	EXPECT_TRUE(!p.broken);
}

/* A page as the tests write it, in a block of exactly its size. */
struct rig {
	uint8_t *bytes;
	uint32_t n;
	struct page page;
};

static void put(struct rig *g, uint32_t word)
{
	memcpy(g->bytes + g->n, &word, sizeof(word));
	g->n += (uint32_t)sizeof(word);
}

static void begin(struct rig *g, uint64_t time)
{
	g->bytes = unit_alloc(PAGE_BYTES);
	memset(g->bytes, 0, PAGE_BYTES);
	memcpy(g->bytes, &time, sizeof(time));
	g->n = 16;
}

static void header(struct rig *g, uint32_t type, uint32_t delta)
{
	put(g, delta << 5 | type);
}

/* Begin to read; the flags say that records were lost in front of the page. */
static void read_it(struct rig *g)
{
	uint32_t commit = (g->n - 16) | 3u << 30;

	memcpy(g->bytes + 8, &commit, sizeof(commit));
	page_begin(&g->page, g->bytes, PAGE_BYTES);
}

static void expect(struct rig *g, uint64_t time, uint32_t size, uint32_t first)
{
	struct record r;
	uint32_t word = 0;

	EXPECT_TRUE(page_next(&g->page, &r));
	EXPECT_EQ(r.time, time);
	EXPECT_EQ(r.size, size);
	memcpy(&word, r.data, r.size < 4 ? r.size : 4);
	EXPECT_EQ(word, first);
}

static void expect_end(struct rig *g, bool broken)
{
	struct record r;

	EXPECT_TRUE(!page_next(&g->page, &r));
	EXPECT_TRUE(!page_next(&g->page, &r));
	EXPECT_EQ(g->page.broken, broken);
	free(g->bytes);
}

TEST(lengths)
{
	struct rig g;

	begin(&g, 1000);
	header(&g, 1, 5);
	put(&g, 0xaa);
	/* Longer than 28 words: the length, which counts itself, is in the first. */
	header(&g, 0, 6);
	put(&g, 4 + 120);
	for (uint32_t i = 0; i < 30; i++)
		put(&g, 0xbb + i);
	header(&g, 28, 0);
	for (uint32_t i = 0; i < 28; i++)
		put(&g, 0xcc);
	read_it(&g);
	expect(&g, 1005, 4, 0xaa);
	expect(&g, 1011, 120, 0xbb);
	expect(&g, 1011, 112, 0xcc);
	expect_end(&g, false);
}

TEST(times)
{
	struct rig g;

	begin(&g, 5ull << 59);
	header(&g, 30, 7);
	put(&g, 2);
	header(&g, 1, 0);
	put(&g, 1);
	header(&g, 31, 9);
	put(&g, 4);
	header(&g, 1, 1);
	put(&g, 2);
	read_it(&g);
	expect(&g, (5ull << 59) + (2ull << 27) + 7, 4, 1);
	/* Absolute, but for the bits that it has no room for. */
	expect(&g, (5ull << 59) + (4ull << 27) + 10, 4, 2);
	expect_end(&g, false);
}

/* A record that the kernel's filter threw away; its time counts. Then the page has no more. */
TEST(padding)
{
	struct rig g;

	begin(&g, 100);
	header(&g, 29, 3);
	put(&g, 8);
	put(&g, 0xdead);
	header(&g, 2, 4);
	put(&g, 1);
	put(&g, 2);
	header(&g, 29, 0);
	put(&g, 0xffffffff);
	read_it(&g);
	expect(&g, 107, 8, 1);
	expect_end(&g, false);
}

TEST(empty)
{
	struct rig g;

	begin(&g, 100);
	read_it(&g);
	expect_end(&g, false);
}

TEST(pages_that_are_none)
{
	struct page p;
	struct record r;

	for (size_t len = 0; len <= sizeof(recorded); len++) {
		uint8_t *copy = unit_alloc(len ? len : 1);

		CONTEXT("%zu bytes", len);
		memcpy(copy, recorded, len);
		page_begin(&p, copy, len);
		EXPECT_EQ(p.broken, len < 16 + 0x180);
		EXPECT_EQ(page_next(&p, &r), len >= 16 + 0x180);
		free(copy);
	}
}

TEST(records_that_are_none)
{
	static const struct {
		const char *what;
		uint32_t words, word[3];
	} rows[] = {
		{ "longer than the page", 2, { 28 } },
		{ "a length that is not there", 1, { 0 } },
		{ "no length", 2, { 0, 0 } },
		{ "a length shorter than itself", 2, { 0, 3 } },
		{ "a length behind the page", 3, { 0, 9 } },
		{ "a length without end", 3, { 0, 0xfffffffc } },
		{ "a time that is not there", 1, { 30 } },
		{ "a stamp that is not there", 1, { 31 } },
		{ "padding behind the page", 2, { 1u << 5 | 29, 400 } },
		{ "padding without length", 1, { 1u << 5 | 29 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig g;

		CONTEXT("%s", rows[i].what);
		begin(&g, 1);
		header(&g, 1, 1);
		put(&g, 0xaa);
		for (uint32_t k = 0; k < rows[i].words; k++)
			put(&g, rows[i].word[k]);
		read_it(&g);
		expect(&g, 2, 4, 0xaa);
		expect_end(&g, true);
	}
}

/* Every byte of a record is looked at: the sanitizer says if it is not in the page. */
static volatile uint8_t sink;

TEST(noise)
{
	uint64_t random = 20;

	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int n = 0;
		struct record r;
		struct rig g;

		begin(&g, unit_random(&random));
		while (g.n < 16 + unit_random(&random) % (PAGE_BYTES - 16 - 3))
			put(&g, (uint32_t)unit_random(&random) >> unit_random(&random) % 32);
		read_it(&g);
		while (page_next(&g.page, &r) && n < PAGE_BYTES) {
			for (uint32_t i = 0; i < r.size; i++)
				sink = r.data[i];
			n++;
		}
		EXPECT_TRUE(n < PAGE_BYTES);
		free(g.bytes);
	}
}

TEST(statistics)
{
	static const char text[] = "entries: 10\noverrun: 7\ncommit overrun: 20\nbytes: 384\n"
				   "oldest event ts:    10.404927\nnow ts:    10.854104\n"
				   "dropped events: 300\nread events: 5\n";

	EXPECT_EQ(tracer_parse_stats(text), 327);
	EXPECT_EQ(tracer_parse_stats(""), 0);
	EXPECT_EQ(tracer_parse_stats("overrun: 1\n"), 0);
	EXPECT_EQ(tracer_parse_stats("\noverrun: x\n"), 0);
}
