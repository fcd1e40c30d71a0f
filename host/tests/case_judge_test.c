// SPDX-License-Identifier: GPL-2.0-only
/* What a shared line of Linux is held to: each bound at its edge, each check red once. */
#include <string.h>

#include "guest/tests/unit.h"
#include "host/case/case.h"
#include "host/case/killed.h"

/* The kernel's harness has a TEST() of its own; of ours the judges need two words. */
#define LIFELINE_CASE_HARNESS_H
struct __test_metadata {
	unsigned int checks, failed, errors;
	char first[200];
};

__attribute__((format(printf, 3, 4))) static void note(struct __test_metadata *m, bool good,
						       const char *fmt, ...)
{
	va_list ap;

	m->checks++;
	m->failed += !good;
	if (good || m->first[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(m->first, sizeof(m->first), fmt, ap);
	va_end(ap);
}

#define CHECK(good, ...)   note(_metadata, good, __VA_ARGS__)
#define REQUIRE(good, ...) (_metadata->errors += !(good))

#include "host/case/judge.h"

/* Its meter is a thread of real-time priority: here it is one that has seen what the test says. */
#include "host/probe/stall.c"

#define US NS_PER_US
#define MS NS_PER_MS

static struct bench {
	struct case_device device[LINE_SHARERS];
	struct request_stats request[LINE_SHARERS][WINDOWS];
	struct line_stats line[WINDOWS];
	struct window_stats domain;
	struct stall_meter meter;
	uint64_t lost;
	int answer;
	struct shared_line l;
	struct __test_metadata m;
} bench;

const struct domain_kind domain_process = { .name = "process" };
static const struct domain_kind virtual = { .name = "vmm" };

const struct request_stats *probe_sharer(const struct probe *p, unsigned int i, enum window w)
{
	(void)p;
	return &bench.request[i][w];
}

const struct line_stats *probe_line(const struct probe *p, enum window w)
{
	(void)p;
	return &bench.line[w];
}

uint64_t probe_lost(const struct probe *p)
{
	(void)p;
	return bench.lost;
}

void probe_wait(struct probe *p, uint64_t ns)
{
	(void)p;
	(void)ns;
}

int kmsg_read(struct kmsg *k)
{
	(void)k;
	return 0;
}

void domain_window(const struct domain *d, enum window w, struct window_stats *stats)
{
	(void)d;
	(void)w;
	*stats = bench.domain;
}

void domain_error(const struct domain *d, char text[MAILBOX_ERROR])
{
	(void)d;
	text[0] = '\0';
}

int domain_ask(struct domain *d, enum order order, uint32_t argument)
{
	(void)d;
	(void)argument;
	return order == ORDER_PARK ? bench.answer : -1;
}

static struct request_stats requests_of(uint32_t raised, uint32_t served, uint64_t gap,
					uint64_t latency)
{
	struct request_stats st = {
		.w = { .raised = raised, .served = served, .lost = raised - served, .gap = gap },
		.gap_from = 1000 * MS,
		.gap_to = 1000 * MS + gap
	};

	for (uint32_t i = 0; i < served; i++)
		hist_add(&st.w.latency, latency);
	return st;
}

/* A disk, and an interface, on irq 20. */
static struct shared_line *bench_up(void)
{
	static const char *const model[] = { "ahci", "e1000" };

	memset(&bench, 0, sizeof(bench));
	bench.l = (struct shared_line){ .irq = 20, .n = 2, .meter = &bench.meter };
	for (unsigned int i = 0; i < 2; i++) {
		struct sharer *s = &bench.l.sharer[i];

		strcpy(bench.device[i].model, model[i]);
		s->device = &bench.device[i];
		s->kind = i ? WATCHED_NIC : WATCHED_DISK;
		(void)snprintf(s->name, sizeof(s->name), "%s", i ? "eth0" : "sda");
		for (unsigned int w = 0; w < WINDOWS; w++)
			bench.request[i][w] = requests_of(100, 100, 3 * MS, 1 * MS);
	}
	for (unsigned int w = 0; w < WINDOWS; w++)
		bench.line[w] = (struct line_stats){ .start = 1000 * MS,
						     .end = 2000 * MS,
						     .interrupts = 300 };
	return &bench.l;
}

static void judge(enum window w)
{
	memset(&bench.m, 0, sizeof(bench.m));
	shared_judge(&bench.m, &bench.l, w, &SHARED_HEALTHY);
}

TEST(a_healthy_line)
{
	bench_up();
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.checks, 7);
	EXPECT_EQ(bench.m.failed + bench.m.errors, 0);
}

TEST(a_lost_request)
{
	bench_up();
	bench.request[1][WINDOW_DURING] = requests_of(100, 99, 3 * MS, 1 * MS);
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 1);
	EXPECT_STR(bench.m.first, "LI eth0 during: lost 1 of 100, expected 0");
	judge(WINDOW_BEFORE);
	EXPECT_EQ(bench.m.failed, 0);
	judge(WINDOW_AFTER);
	EXPECT_EQ(bench.m.failed, 0);
}

TEST(a_gap_at_its_bound)
{
	bench_up();
	bench.request[0][WINDOW_DURING] = requests_of(100, 100, 70 * MS, 1 * MS);
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 0);
	bench.request[0][WINDOW_DURING] = requests_of(100, 100, 70 * MS + 1, 1 * MS);
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 1);
	EXPECT_STR(bench.m.first,
		   "S sda during: longest gap 70000 us, bound 70000 us (healthy line)");
}

/* What the board stood still is taken off; what it stood still at another time is not. */
TEST(a_gap_in_which_the_board_stood_still)
{
	bench_up();
	bench.request[0][WINDOW_DURING] = requests_of(100, 100, 100 * MS, 1 * MS);
	stalls_note(&bench.meter.seen, 500 * MS, 900 * MS, 0);
	stalls_note(&bench.meter.seen, 1050 * MS, 1079 * MS, 0);
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 1);
	stalls_note(&bench.meter.seen, 1080 * MS, 1081 * MS, 0);
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 0);
	stalls_note(&bench.meter.seen, 0, 2000 * MS, 0);
	EXPECT_EQ(shared_gap(&bench.l, 0, WINDOW_DURING), 0);
}

TEST(a_median_at_its_bound)
{
	bench_up();
	bench.request[0][WINDOW_DURING] = requests_of(100, 100, 3 * MS, 26 * MS);
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 0);
	bench.request[0][WINDOW_DURING] = requests_of(100, 100, 3 * MS, 35 * MS);
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 1);
	EXPECT_TRUE(strstr(bench.m.first, "S sda during: median ") != NULL);
}

/* A disk of USB has its frames, AHCI has none; more than two sharers have one CPU. */
TEST(bounds)
{
	const struct shared_bound own = { .gap = 10 * MS, .median = 1 * MS };
	struct shared_line *l = bench_up();

	EXPECT_EQ(shared_gap_bound(l, 0, &own), 80 * MS);
	EXPECT_EQ(shared_median_bound(l, 0, &own), 31 * MS);
	strcpy(bench.device[0].model, "uhci");
	EXPECT_EQ(shared_gap_bound(l, 0, &own), 260 * MS);
	EXPECT_EQ(shared_median_bound(l, 0, &own), 41 * MS);
	EXPECT_EQ(shared_gap_bound(l, 1, &own), 80 * MS);
	l->n = 5;
	EXPECT_EQ(shared_gap_bound(l, 1, &own), 185 * MS);
}

TEST(more_interrupts_than_requests_explain)
{
	const struct shared_bound storm = { .interrupts = 50000, .why = "a storm" };

	bench_up();
	bench.line[WINDOW_DURING].interrupts = 1000 + 8 * 200;
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 0);
	bench.line[WINDOW_DURING].interrupts++;
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.failed, 1);
	EXPECT_STR(bench.m.first, "ST irq 20 during: 2601 interrupts, bound 2600 (its devices' "
				  "requests)");
	bench.line[WINDOW_DURING].interrupts = 52600;
	memset(&bench.m, 0, sizeof(bench.m));
	shared_judge(&bench.m, &bench.l, WINDOW_DURING, &storm);
	EXPECT_EQ(bench.m.failed, 0);
	bench.line[WINDOW_DURING].interrupts++;
	shared_judge(&bench.m, &bench.l, WINDOW_DURING, &storm);
	EXPECT_EQ(bench.m.failed, 1);
}

/* What the probe has not seen is no proof of anything. */
TEST(a_probe_that_lost_records)
{
	bench_up();
	bench.lost = 1;
	judge(WINDOW_DURING);
	EXPECT_EQ(bench.m.errors, 1);
}

static void judge_domain(const struct domain_kind *kind, struct window_stats seen)
{
	struct domain d = { .kind = kind };

	memset(&bench.m, 0, sizeof(bench.m));
	bench.domain = seen;
	shared_judge_domain(&bench.m, &d, "edu", WINDOW_AFTER);
}

TEST(a_domain)
{
	bench_up();
	judge_domain(&domain_process, (struct window_stats){ .raised = 9, .served = 9 });
	EXPECT_EQ(bench.m.failed, 0);
	judge_domain(&domain_process, (struct window_stats){ .raised = 9, .served = 8, .lost = 1 });
	EXPECT_EQ(bench.m.failed, 1);
	EXPECT_STR(bench.m.first, "LI domain after: lost 1 of 9, expected 0");
	judge_domain(&domain_process, (struct window_stats){ .raised = 0 });
	EXPECT_EQ(bench.m.failed, 1);
	judge_domain(&domain_process,
		     (struct window_stats){ .raised = 9, .served = 9, .spurious = 1 });
	EXPECT_EQ(bench.m.failed, 1);
	EXPECT_STR(bench.m.first, "X domain after: 1 events of others' interrupts, at most 0");
	judge_domain(&virtual, (struct window_stats){ .raised = 9, .served = 9, .spurious = 20 });
	EXPECT_EQ(bench.m.failed, 0);
	judge_domain(&virtual, (struct window_stats){ .raised = 9, .served = 9, .spurious = 21 });
	EXPECT_EQ(bench.m.failed, 1);
}

TEST(a_domain_that_takes_no_order)
{
	struct domain d = { .kind = &domain_process };

	bench_up();
	EXPECT_TRUE(shared_park(&bench.m, &d, WINDOW_DURING));
	bench.answer = -110;
	EXPECT_TRUE(!shared_park(&bench.m, &d, WINDOW_DURING));
	EXPECT_EQ(bench.m.failed, 1);
}

TEST(what_the_kernel_says)
{
	for (unsigned int kind = 0; kind < KMSG_KINDS; kind++) {
		struct shared_line *l = bench_up();

		CONTEXT("kind %u", kind);
		l->log.count[kind] = 1;
		shared_judge_log(&bench.m, l);
		EXPECT_EQ(bench.m.failed, kind == KMSG_DISABLED || kind >= KMSG_WARNING);
		EXPECT_EQ(killed_yet(l), kind == KMSG_DISABLED);
	}
}

/* The kernel counts anew for each pause of the board that is within the window. */
TEST(a_line_that_the_kernel_ends)
{
	struct shared_line *l = bench_up();

	EXPECT_EQ(killed_bound(l).interrupts, 100000);
	stalls_note(&bench.meter.seen, 900 * MS, 1100 * MS, 0);	 /* began before it */
	stalls_note(&bench.meter.seen, 1200 * MS, 1249 * MS, 0); /* too short */
	stalls_note(&bench.meter.seen, 1950 * MS, 2001 * MS, 0); /* ended behind it */
	EXPECT_EQ(killed_bound(l).interrupts, 100000);
	stalls_note(&bench.meter.seen, 1300 * MS, 1350 * MS, 0);
	EXPECT_EQ(killed_bound(l).interrupts, 200000);
}
