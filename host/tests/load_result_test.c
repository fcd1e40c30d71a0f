// SPDX-License-Identifier: GPL-2.0-only
/* What fio and iperf3 print is read; and what they never should print does no harm. */
#include <errno.h>
#include <string.h>

#include "guest/tests/unit.h"
#include "host/load/fio.h"
#include "host/load/iperf.h"
#include "host/load/output.h"

/* A job of fio 3.33, with the fields that are read. */
#define JOB(error, read) "{\"jobname\": \"a\", \"error\": " error ", \"read\": " read "}"
#define READ                                                                     \
	"{\"io_bytes\": 311148544, \"total_ios\": 75964, \"runtime\": 1004, "    \
	"\"iops\": 75661.354582, \"lat_ns\": {\"min\": 491, \"max\": 25594482, " \
	"\"mean\": 9417.62319}, \"clat_ns\": {\"mean\": 1.5, \"percentile\": {"  \
	"\"50.000000\": 1672, \"90.000000\": 1700, \"99.000000\": 1848}}}"
#define FIO(jobs) "{\"fio version\": \"fio-3.33\", \"jobs\": [" jobs "]}\n"

static char error[128];

static int parse_fio(const char *text, size_t len, struct fio_result *r, unsigned int n)
{
	char *copy = unit_alloc(len ? len : 1);
	int rc;

	memcpy(copy, text, len);
	memset(error, 0, sizeof(error));
	rc = fio_parse(copy, len, r, n, error, sizeof(error));
	EXPECT_EQ(rc && !error[0], false);
	EXPECT_TRUE(!strchr(error, '\n'));
	free(copy);
	return rc;
}

TEST(fio)
{
	static const char text[] = FIO(JOB("0", READ) "," JOB("5", READ));
	struct fio_result r[2];

	EXPECT_EQ(parse_fio(text, strlen(text), r, 2), 0);
	EXPECT_EQ(r[0].reads, 75964);
	EXPECT_EQ(r[0].runtime, 1004);
	EXPECT_EQ(r[0].mean, 9417);
	EXPECT_EQ(r[0].max, 25594482);
	EXPECT_EQ(r[0].p50, 1672);
	EXPECT_EQ(r[0].p99, 1848);
	EXPECT_EQ(r[0].error, 0);
	EXPECT_EQ(r[1].error, 5);
	EXPECT_EQ(parse_fio(text, strlen(text), r, 1), -EPROTO);
	EXPECT_STR(error, "fio: its JSON has 2 jobs instead of 1");
}

TEST(fio_says_more)
{
	static const char text[] = "fio: terminating on signal 2\n" FIO(JOB("0", READ)) "bye\n";
	struct fio_result r;

	EXPECT_EQ(parse_fio(text, strlen(text), &r, 1), 0);
	EXPECT_EQ(r.reads, 75964);
}

/* Not one read was done: fio leaves the percentiles out. */
TEST(fio_without_reads)
{
	static const char text[] =
		FIO(JOB("0", "{\"total_ios\": 0, \"runtime\": 0, \"lat_ns\": {\"max\": 0, "
			     "\"mean\": 0.0}, \"clat_ns\": {\"mean\": 0.0}}"));
	struct fio_result r;

	EXPECT_EQ(parse_fio(text, strlen(text), &r, 1), 0);
	EXPECT_EQ(r.reads + r.p50 + r.p99, 0);
}

TEST(fio_nonsense)
{
	static const char *const texts[] = {
		"",
		"\n",
		"{",
		"{}",
		"no json\nat all\n",
		"[]\n",
		FIO(""),
		FIO("1"),
		FIO("[]"),
		FIO("{}"),
		FIO(JOB("\"0\"", READ)),
		FIO(JOB("1.5", READ)),
		FIO(JOB("99999999999999999999", READ)),
		FIO(JOB("0", "[]")),
		FIO(JOB("0", "{\"total_ios\": 1}")),
		"{\"jobs\": {}}",
		"{\"jobs\": \"x\"}",
		"{\"jobs\": [" JOB("0", READ) "], \"x\": 1e999}",
		"{\"jobs\": [" JOB("0", READ) "], \"x\": \"\xff\"}",
	};
	struct fio_result r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CONTEXT("text %zu", i);
		r.reads = 1;
		EXPECT_EQ(parse_fio(texts[i], strlen(texts[i]), &r, 1), -EPROTO);
		EXPECT_EQ(r.reads, 0);
	}
}

TEST(fio_numbers_that_are_none)
{
	static const char text[] =
		FIO(JOB("0", "{\"total_ios\": -5, \"runtime\": \"x\", \"lat_ns\": {\"max\": 1e300, "
			     "\"mean\": -0.5}, \"clat_ns\": {\"percentile\": []}}"));
	struct fio_result r;

	EXPECT_EQ(parse_fio(text, strlen(text), &r, 1), 0);
	EXPECT_EQ(r.reads + r.runtime + r.max + r.mean + r.p50, 0);
}

TEST(truncated_at_any_byte)
{
	static const char text[] = FIO(JOB("0", READ));
	struct fio_result r;

	/* The line's end is no part of the JSON. */
	for (size_t len = 0; len < strlen(text) - 1; len++) {
		CONTEXT("%zu bytes", len);
		EXPECT_EQ(parse_fio(text, len, &r, 1), -EPROTO);
	}
}

TEST(one_byte_is_wrong)
{
	static const char text[] = FIO(JOB("0", READ));
	char copy[sizeof(text)];
	uint64_t random = 3;
	struct fio_result r;

	for (unsigned int round = 0; round < 20000; round++) {
		memcpy(copy, text, sizeof(text));
		copy[unit_random(&random) % strlen(text)] = (char)unit_random(&random);
		(void)parse_fio(copy, strlen(text), &r, 1);
	}
}

TEST(deeply_nested)
{
	static char text[200000];
	struct fio_result r;

	text[0] = '{';
	memset(text + 1, '[', sizeof(text) - 1);
	EXPECT_EQ(parse_fio(text, sizeof(text), &r, 1), -EPROTO);
}

static int parse_iperf(const char *text, struct iperf_result *r)
{
	size_t len = strlen(text);
	char *copy = unit_alloc(len ? len : 1);
	int rc;

	memcpy(copy, text, len);
	memset(error, 0, sizeof(error));
	rc = iperf_parse(copy, len, r, error, sizeof(error));
	EXPECT_EQ(rc && !error[0], false);
	free(copy);
	return rc;
}

/* iperf 3.12, interrupted. */
#define SUM(bytes, more) "{\"bytes\": " bytes ", \"bits_per_second\": 8000.5, " more "\"x\": 1}"
#define INTERRUPTED	 "\"error\": \"interrupt - the client has terminated\""

TEST(iperf)
{
	struct iperf_result r;

	EXPECT_EQ(parse_iperf("{\"end\": {\"sum_sent\": " SUM(
				      "1000", "\"retransmits\": 8, ") ", "
								      "\"sum_received\": " SUM(
									      "0",
									      "") "}, " INTERRUPTED
										  "}",
			      &r),
		  0);
	EXPECT_EQ(r.bytes, 1000);
	EXPECT_EQ(r.bits, 8000);
	EXPECT_EQ(r.retransmits, 8);
	EXPECT_EQ(parse_iperf("{\"end\": {\"sum_sent\": " SUM("0", "") ", "
								       "\"sum_received\": " SUM(
									       "77", "") "}}",
			      &r),
		  0);
	EXPECT_EQ(r.bytes, 77);
	EXPECT_EQ(parse_iperf("{\"end\": {\"sum\": " SUM("1200", "\"packets\": 1, ") "}}", &r), 0);
	EXPECT_EQ(r.bytes, 1200);
	EXPECT_EQ(r.datagrams, 1);
}

TEST(iperf_failures)
{
	struct iperf_result r;

	EXPECT_EQ(parse_iperf("{\"end\": {}, \"error\": \"unable to connect to server: "
			      "Connection refused\"}",
			      &r),
		  -EIO);
	EXPECT_STR(error,
		   "iperf3: unable to connect to server: Connection refused; is the server there?");
	EXPECT_EQ(parse_iperf("{\"end\": {}, " INTERRUPTED "}", &r), -EPROTO);
	EXPECT_EQ(parse_iperf("{}", &r), -EPROTO);
	EXPECT_EQ(parse_iperf("", &r), -EPROTO);
	EXPECT_EQ(parse_iperf("{\"end\": 5, \"error\": 7}", &r), -EPROTO);
	EXPECT_EQ(parse_iperf("{\"end\": {\"sum\": [], \"sum_sent\": 1}}", &r), 0);
	EXPECT_EQ(r.bytes + r.bits + r.datagrams + r.retransmits, 0);
}

TEST(explanations)
{
	static char out[] = "", lines[] = "first\nlast \x1b[31m\n\n", none[] = "\n\n";
	struct output o = { out, lines, 0 };
	char text[64] = "fio: no JSON", small[20] = "fio: no JSON";

	output_explain(&o, text, sizeof(text));
	EXPECT_STR(text, "fio: no JSON; it says: last ?[31m");
	output_explain(&o, small, sizeof(small));
	EXPECT_STR(small, "fio: no JSON; it sa");
	o.err = none;
	(void)snprintf(text, sizeof(text), "fio");
	output_explain(&o, text, sizeof(text));
	EXPECT_STR(text, "fio");
}
