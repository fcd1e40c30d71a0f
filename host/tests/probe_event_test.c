// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints' formats and records are found as kernels lay them out, and hostile ones do no harm. */
#include "host/probe/event.h"

#include <string.h>

#include "guest/tests/unit.h"
#include "host/probe/filter.h"

/* As Linux 6.1 has it. */
static const char issue_format[] =
	"name: block_rq_issue\nID: 1061\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:dev_t dev;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:sector_t sector;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int nr_sector;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned int bytes;\toffset:28;\tsize:4;\tsigned:0;\n"
	"\tfield:char rwbs[8];\toffset:32;\tsize:8;\tsigned:1;\n"
	"\tfield:__data_loc char[] cmd;\toffset:56;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"%d,%d %s\", ((unsigned int) ((REC->dev) >> 20)), REC->sector\n";

static const char entry_format[] =
	"name: irq_handler_entry\nID: 152\nformat:\n"
	"\tfield:int irq;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:__data_loc char[] name;\toffset:12;\tsize:4;\tsigned:1;\n";

static const char xmit_format[] = "\tfield:__data_loc char[] name;\toffset:8;\tsize:4;\tsigned:1;\n"
				  "\tfield:const void * skbaddr;\toffset:16;\tsize:8;\tsigned:0;\n";

TEST(fields)
{
	static const struct {
		const char *name;
		uint32_t offset, size;
	} rows[] = {
		{ "common_type", 0, 2 }, { "dev", 8, 4 },   { "sector", 16, 8 },
		{ "nr_sector", 24, 4 },	 { "rwbs", 32, 8 }, { "cmd", 56, 4 },
	};
	struct trace_field f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CONTEXT("%s", rows[i].name);
		EXPECT_TRUE(trace_find(issue_format, rows[i].name, &f));
		EXPECT_EQ(f.offset, rows[i].offset);
		EXPECT_EQ(f.size, rows[i].size);
	}
	EXPECT_TRUE(trace_find(xmit_format, "skbaddr", &f));
	EXPECT_EQ(f.offset, 16);
}

TEST(fields_that_are_none)
{
	static const char *const formats[] = {
		"",
		"\n\n\n",
		"field:",
		"\tfield:int irq",
		"\tfield:int irq;",
		"\tfield:int irq;\toffset:8;\tsize:;\n",
		"\tfield:int irq;\toffset:;\tsize:4;\n",
		"\tfield:int irq;\toffset:8;\tsize:4",
		"\tfield:int irq;\toffset:99999999999999999999;\tsize:4;\n",
		"\tfield:int irq;\toffset:70000;\tsize:4;\n",
		"\tfield:int irqs;\toffset:8;\tsize:4;\n",
		"\tfield:int my_irq;\toffset:8;\tsize:4;\n",
		"\tfield:irq;\toffset:8;\tsize:4;\n",
		"\tfield:int [irq];\toffset:8;\tsize:4;\n",
		"\tfield:int ]];\toffset:8;\tsize:4;\n",
		"print fmt: \"field:int irq;\", offset:8; size:4;\n",
		"\tfield:int irq;\toffset:8;\n\tsize:4;\n",
	};
	struct trace_field f;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char *copy = unit_alloc(strlen(formats[i]) + 1);

		strcpy(copy, formats[i]);
		CONTEXT("format %zu", i);
		EXPECT_TRUE(!trace_find(copy, "irq", &f));
		EXPECT_EQ(f.size, 0);
		free(copy);
	}
}

TEST(numbers_within_the_data)
{
	uint8_t *data = unit_alloc(16);
	uint64_t value;

	for (unsigned int i = 0; i < 16; i++)
		data[i] = (uint8_t)i;
	EXPECT_TRUE(trace_number(data, 16, (struct trace_field){ 8, 8 }, &value));
	EXPECT_EQ(value, 0x0f0e0d0c0b0a0908ull);
	EXPECT_TRUE(trace_number(data, 16, (struct trace_field){ 14, 2 }, &value));
	EXPECT_EQ(value, 0x0f0e);
	EXPECT_TRUE(!trace_number(data, 16, (struct trace_field){ 9, 8 }, &value));
	EXPECT_EQ(value, 0);
	EXPECT_TRUE(!trace_number(data, 16, (struct trace_field){ 17, 1 }, &value));
	EXPECT_TRUE(!trace_number(data, 16, (struct trace_field){ UINT32_MAX, 8 }, &value));
	EXPECT_TRUE(!trace_number(data, 16, (struct trace_field){ 0, 9 }, &value));
	EXPECT_TRUE(!trace_number(data, 16, (struct trace_field){ 0, 0 }, &value));
	free(data);
}

static void put32(uint8_t *data, uint32_t offset, uint32_t value)
{
	memcpy(data + offset, &value, sizeof(value));
}

TEST(texts_within_the_data)
{
	const struct trace_field f = { 0, 4 };
	uint8_t *data = unit_alloc(16);
	const char *text;

	memcpy(data + 8, "eth1\0xyz", 8);
	put32(data, 0, 5u << 16 | 8);
	text = trace_text(data, 16, f);
	EXPECT_TRUE(text != NULL);
	if (text)
		EXPECT_STR(text, "eth1");
	/* Without an end, behind the data, nowhere. */
	put32(data, 0, 4u << 16 | 8);
	EXPECT_TRUE(!trace_text(data, 16, f));
	put32(data, 0, 3u << 16 | 13);
	EXPECT_TRUE(!trace_text(data, 16, f));
	put32(data, 0, 9u << 16 | 8);
	EXPECT_TRUE(!trace_text(data, 16, f));
	put32(data, 0, 1u << 16 | 17);
	EXPECT_TRUE(!trace_text(data, 16, f));
	put32(data, 0, 16);
	EXPECT_TRUE(!trace_text(data, 16, f));
	put32(data, 0, UINT32_MAX);
	EXPECT_TRUE(!trace_text(data, 16, f));
	EXPECT_TRUE(!trace_text(data, 3, f));
	EXPECT_TRUE(!trace_text(data, 16, (struct trace_field){ 0, 8 }));
	free(data);
}

static const struct tracepoint *row(const char *name)
{
	for (unsigned int i = 0; i < TRACEPOINTS; i++)
		if (!strcmp(tracepoint_table[i].name, name))
			return &tracepoint_table[i];
	abort();
}

TEST(a_read_is_decoded)
{
	uint8_t data[60] = { 0 };
	struct record r = { 77, sizeof(data), data };
	const char *missing;
	struct decoder d;
	struct event e;

	EXPECT_TRUE(decoder_init(&d, row("block/block_rq_issue"), 1061, issue_format, &missing));
	put32(data, 0, 1061);
	put32(data, 8, 0x800010);
	put32(data, 16, 248);
	put32(data, 24, 8);
	EXPECT_EQ(decoder_id(&r), 1061);
	EXPECT_TRUE(decode(&d, &r, &e));
	EXPECT_EQ(e.time, 77);
	EXPECT_EQ(e.number, 0x800010);
	EXPECT_EQ(e.key, 248);
	EXPECT_EQ(e.means, MEANS_ISSUED);
	EXPECT_STR(e.text, "");
	/* Nothing was asked for. */
	put32(data, 24, 0);
	EXPECT_TRUE(!decode(&d, &r, &e));
	/* Cut short. */
	put32(data, 24, 8);
	r.size = 26;
	EXPECT_TRUE(!decode(&d, &r, &e));
	r.size = 1;
	EXPECT_EQ(decoder_id(&r), 0);
}

TEST(a_handler_is_decoded)
{
	uint8_t data[40] = { 0 };
	struct record r = { 78, sizeof(data), data };
	const char *missing;
	struct decoder d;
	struct event e;

	EXPECT_TRUE(decoder_init(&d, row("irq/irq_handler_entry"), 152, entry_format, &missing));
	put32(data, 8, 20);
	put32(data, 12, 19u << 16 | 16);
	memcpy(data + 16, "ahci[0000:00:08.0]", 19);
	EXPECT_TRUE(decode(&d, &r, &e));
	EXPECT_EQ(e.number, 20);
	EXPECT_STR(e.text, "ahci[0000:00:08.0]");
	/* A name that is not there. */
	r.size = 20;
	EXPECT_TRUE(!decode(&d, &r, &e));
}

TEST(a_kernel_without_a_field)
{
	const char *missing = NULL;
	struct decoder d;

	EXPECT_TRUE(!decoder_init(&d, row("block/block_rq_complete"), 1, issue_format, &missing));
	EXPECT_TRUE(missing != NULL);
	if (missing)
		EXPECT_STR(missing, "error");
}

static const uint64_t devices[PROBE_SHARERS] = { 0x800000, 0, 0x800010 };

static void expect_filter(const struct probe_config *c, const char *name, const char *expected)
{
	char text[FILTER_ROOM];
	bool needed = filter_make(row(name), c, devices, text);

	CONTEXT("%s", name);
	EXPECT_EQ(needed, expected != NULL);
	if (needed && expected)
		EXPECT_STR(text, expected);
}

TEST(filters)
{
	struct probe_config c = { .irq = 20, .n = 4 };

	c.sharer[0] = (struct probe_sharer){ WATCHED_DISK, "sda" };
	c.sharer[1] = (struct probe_sharer){ WATCHED_NIC, "eth1" };
	c.sharer[2] = (struct probe_sharer){ WATCHED_DISK, "sdb" };
	c.sharer[3] = (struct probe_sharer){ WATCHED_NIC, "eth3" };
	expect_filter(&c, "block/block_rq_issue", "dev==0x800000||dev==0x800010");
	expect_filter(&c, "net/net_dev_start_xmit", "name==\"eth1\"||name==\"eth3\"");
	expect_filter(&c, "net/net_dev_xmit", "(name==\"eth1\"||name==\"eth3\")&&rc!=0");
	expect_filter(&c, "skb/consume_skb", "");
	expect_filter(&c, "irq/irq_handler_exit", NULL);
	c.actions = true;
	expect_filter(&c, "irq/irq_handler_entry", "irq==20");
	expect_filter(&c, "irq/irq_handler_exit", "(irq==20)&&ret!=0");
	c.irq = 0;
	expect_filter(&c, "irq/irq_handler_entry", NULL);
	c.n = 1;
	expect_filter(&c, "net/netif_receive_skb", NULL);
	expect_filter(&c, "skb/consume_skb", NULL);
}

TEST(the_longest_filter_fits)
{
	struct probe_config c = { .n = PROBE_SHARERS };
	char text[FILTER_ROOM];

	for (unsigned int i = 0; i < PROBE_SHARERS; i++)
		c.sharer[i] = (struct probe_sharer){ WATCHED_NIC, "abcdefghijklmno" };
	EXPECT_TRUE(filter_make(row("net/net_dev_xmit"), &c, devices, text));
	EXPECT_TRUE(strstr(text, "\")&&rc!=0") != NULL);
}

TEST(names)
{
	static const char *const bad[] = { "",
					   ".",
					   "..",
					   "a/b",
					   "a\"b",
					   "a b",
					   "eth1\n",
					   "name||1",
					   "-(",
					   "\xff",
					   "abcdefghijklmnop" };

	EXPECT_TRUE(filter_name("sda"));
	EXPECT_TRUE(filter_name("nvme0n1"));
	EXPECT_TRUE(filter_name("enp0s31f6.100"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CONTEXT("name %zu", i);
		EXPECT_TRUE(!filter_name(bad[i]));
	}
}
