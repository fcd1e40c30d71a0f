// SPDX-License-Identifier: GPL-2.0-only
/* The bookkeeping of requests: every one is served, lost or untracked, whatever comes in whatever order. */
#include "host/probe/requests.h"

#include <string.h>

#include "guest/tests/unit.h"
#include "host/probe/merge.h"

#define US 1000ull
#define MS 1000000ull

#define GRACE (50 * MS)

static struct requests rq;

static struct request_stats *before(void)
{
	return &rq.window[WINDOW_BEFORE];
}

static void begin(void)
{
	requests_init(&rq, GRACE, NULL, false);
	requests_open(&rq, WINDOW_BEFORE, 1000 * MS, 240 * MS);
}

static void expect_counts(uint32_t raised, uint32_t served, uint32_t lost)
{
	EXPECT_EQ(before()->w.raised, raised);
	EXPECT_EQ(before()->w.served, served);
	EXPECT_EQ(before()->w.lost, lost);
}

TEST(a_healthy_window)
{
	begin();
	for (uint64_t i = 0; i < 240; i++) {
		uint64_t at = (1000 + i) * MS;

		requests_issue(&rq, at, i);
		EXPECT_TRUE(requests_complete(&rq, at + 100 * US, i, false));
	}
	requests_close(&rq, 1240 * MS);
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1240 * MS), 0);
	expect_counts(240, 240, 0);
	EXPECT_EQ(before()->w.gap, 1 * MS);
	EXPECT_EQ(before()->gap_to - before()->gap_from, 1 * MS);
	EXPECT_EQ(before()->longest, 100 * US);
	EXPECT_EQ(before()->w.end, 1240 * MS);
	EXPECT_TRUE(hist_quantile(&before()->w.latency, 500) >= 100 * US);
	EXPECT_TRUE(hist_quantile(&before()->w.latency, 990) <= 113 * US);
	for (unsigned int i = 0; i < TIMELINE_SLOTS; i++)
		EXPECT_EQ(before()->w.timeline[i], 10);
	EXPECT_EQ(cadence_verdict(&before()->cadence, 2 * MS), SERVICE_HEALTHY);
}

/* The window's edges are ends of gaps, too. */
TEST(gaps_at_the_edges)
{
	begin();
	requests_issue(&rq, 1001 * MS, 1);
	requests_complete(&rq, 1030 * MS, 1, false);
	requests_close(&rq, 1040 * MS);
	EXPECT_EQ(before()->w.gap, 30 * MS);
	EXPECT_EQ(before()->gap_from, 1000 * MS);
	begin();
	requests_issue(&rq, 1001 * MS, 1);
	requests_complete(&rq, 1002 * MS, 1, false);
	requests_close(&rq, 1099 * MS);
	EXPECT_EQ(before()->w.gap, 97 * MS);
	EXPECT_EQ(before()->gap_to, 1099 * MS);
}

TEST(nothing_at_all)
{
	begin();
	requests_close(&rq, 1200 * MS);
	expect_counts(0, 0, 0);
	EXPECT_EQ(before()->w.gap, 200 * MS);
	EXPECT_EQ(cadence_verdict(&before()->cadence, 2 * MS), SERVICE_SILENT);
}

/* Issued in the window, served after it: it is the window's. */
TEST(served_behind_the_end)
{
	begin();
	requests_issue(&rq, 1230 * MS, 1);
	requests_close(&rq, 1240 * MS);
	EXPECT_EQ(before()->outstanding, 1);
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1250 * MS), 1);
	EXPECT_TRUE(requests_complete(&rq, 1260 * MS, 1, false));
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1261 * MS), 0);
	expect_counts(1, 1, 0);
	/* What came after the end is no part of its time. */
	EXPECT_EQ(before()->w.timeline[TIMELINE_SLOTS - 1], 0);
	EXPECT_EQ(before()->w.gap, 240 * MS);
}

/* Late is lost, though it comes; and it is lost once. */
TEST(late)
{
	begin();
	requests_issue(&rq, 1010 * MS, 1);
	EXPECT_TRUE(requests_complete(&rq, 1110 * MS, 1, false));
	requests_issue(&rq, 1120 * MS, 2);
	requests_close(&rq, 1240 * MS);
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1240 * MS), 0);
	expect_counts(2, 0, 2);
	EXPECT_EQ(before()->late, 1);
	EXPECT_TRUE(requests_complete(&rq, 1300 * MS, 2, false));
	expect_counts(2, 0, 2);
	EXPECT_EQ(before()->late, 2);
	EXPECT_EQ(before()->longest, 180 * MS);
}

TEST(never)
{
	begin();
	requests_issue(&rq, 1010 * MS, 1);
	requests_close(&rq, 1240 * MS);
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1060 * MS), 0);
	expect_counts(1, 0, 1);
	EXPECT_EQ(before()->late, 0);
	EXPECT_EQ(before()->longest, 230 * MS);
}

TEST(exactly_the_grace_time)
{
	begin();
	requests_issue(&rq, 1010 * MS, 1);
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1060 * MS), 1);
	EXPECT_TRUE(requests_complete(&rq, 1060 * MS, 1, false));
	expect_counts(1, 1, 0);
}

/* The board stood still for 80 ms: that is no time of a request, and excuses no more. */
TEST(a_stall_is_no_loss)
{
	static struct stalls stalls;

	memset(&stalls, 0, sizeof(stalls));
	requests_init(&rq, GRACE, &stalls, false);
	requests_open(&rq, WINDOW_BEFORE, 1000 * MS, 240 * MS);
	requests_issue(&rq, 1010 * MS, 1);
	requests_issue(&rq, 1010 * MS, 2);
	stalls_note(&stalls, 1020 * MS, 1100 * MS, MS);
	EXPECT_TRUE(requests_complete(&rq, 1140 * MS, 1, false));
	EXPECT_TRUE(requests_complete(&rq, 1141 * MS, 2, false));
	requests_issue(&rq, 1150 * MS, 3);
	EXPECT_TRUE(requests_complete(&rq, 1201 * MS, 3, false));
	expect_counts(3, 1, 2);
	requests_issue(&rq, 1201 * MS, 4);
	stalls_note(&stalls, 1201 * MS, 1300 * MS, MS);
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1350 * MS), 1);
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1351 * MS), 0);
	expect_counts(4, 1, 3);
}

TEST(errors_are_losses)
{
	begin();
	requests_issue(&rq, 1010 * MS, 1);
	EXPECT_TRUE(requests_complete(&rq, 1011 * MS, 1, true));
	expect_counts(1, 0, 1);
	EXPECT_EQ(before()->failed, 1);
}

TEST(a_busy_device)
{
	begin();
	requests_issue(&rq, 1010 * MS, 1);
	requests_withdraw(&rq, 1011 * MS, 1);
	expect_counts(0, 0, 0);
	requests_issue(&rq, 1012 * MS, 1);
	EXPECT_TRUE(requests_complete(&rq, 1013 * MS, 1, false));
	expect_counts(1, 1, 0);
	requests_withdraw(&rq, 1014 * MS, 1);
	expect_counts(1, 1, 0);
	/* One that was given up before. */
	requests_issue(&rq, 1020 * MS, 2);
	requests_settle(&rq, WINDOW_BEFORE, 1100 * MS);
	expect_counts(2, 1, 1);
	requests_withdraw(&rq, 1101 * MS, 2);
	expect_counts(1, 1, 0);
}

/* The same sector twice: the older one is served first. */
TEST(equal_keys)
{
	begin();
	requests_issue(&rq, 1010 * MS, 5);
	requests_issue(&rq, 1015 * MS, 5);
	EXPECT_TRUE(requests_complete(&rq, 1016 * MS, 5, false));
	EXPECT_EQ(before()->longest, 6 * MS);
	EXPECT_TRUE(requests_complete(&rq, 1017 * MS, 5, false));
	EXPECT_TRUE(!requests_complete(&rq, 1018 * MS, 5, false));
	expect_counts(2, 2, 0);
}

/* A frame's address comes again: somebody has freed it, and nobody saw it. */
TEST(unique_keys)
{
	requests_init(&rq, GRACE, NULL, true);
	requests_open(&rq, WINDOW_BEFORE, 1000 * MS, 240 * MS);
	requests_issue(&rq, 1010 * MS, 5);
	requests_issue(&rq, 1110 * MS, 5);
	EXPECT_EQ(before()->untracked, 1);
	EXPECT_TRUE(requests_complete(&rq, 1111 * MS, 5, false));
	EXPECT_TRUE(!requests_complete(&rq, 1112 * MS, 5, false));
	expect_counts(2, 1, 0);
}

TEST(what_was_not_issued)
{
	begin();
	requests_spurious(&rq, 1010 * MS);
	requests_receive(&rq, 1020 * MS);
	requests_close(&rq, 1030 * MS);
	expect_counts(0, 0, 0);
	EXPECT_EQ(before()->w.spurious, 1);
	EXPECT_EQ(before()->received, 1);
	EXPECT_EQ(before()->w.gap, 10 * MS);
	requests_spurious(&rq, 1040 * MS);
	EXPECT_EQ(before()->w.spurious, 1);
}

/* What was issued before the window is served in it, but not counted in it. */
TEST(from_before)
{
	requests_init(&rq, GRACE, NULL, false);
	requests_issue(&rq, 990 * MS, 1);
	requests_open(&rq, WINDOW_BEFORE, 1000 * MS, 240 * MS);
	EXPECT_TRUE(requests_complete(&rq, 1001 * MS, 1, false));
	requests_close(&rq, 1002 * MS);
	expect_counts(0, 0, 0);
	EXPECT_EQ(before()->w.timeline[0], 1);
	EXPECT_EQ(before()->w.gap, 1 * MS);
}

TEST(a_window_again)
{
	begin();
	requests_issue(&rq, 1010 * MS, 1);
	requests_close(&rq, 1020 * MS);
	requests_open(&rq, WINDOW_BEFORE, 1030 * MS, 240 * MS);
	EXPECT_TRUE(requests_complete(&rq, 1031 * MS, 1, false));
	EXPECT_EQ(requests_settle(&rq, WINDOW_BEFORE, 1200 * MS), 0);
	expect_counts(0, 0, 0);
}

TEST(too_many_at_once)
{
	begin();
	for (uint64_t i = 0; i < REQUESTS_MAX + 10; i++)
		requests_issue(&rq, 1001 * MS, i);
	EXPECT_EQ(before()->untracked, 10);
	for (uint64_t i = 0; i < REQUESTS_MAX; i++)
		EXPECT_TRUE(requests_complete(&rq, 1002 * MS, i, false));
	expect_counts(REQUESTS_MAX + 10, REQUESTS_MAX, 0);
}

TEST(time_that_goes_back)
{
	begin();
	requests_issue(&rq, 1010 * MS, 1);
	EXPECT_TRUE(requests_complete(&rq, 1005 * MS, 1, false));
	EXPECT_EQ(before()->longest, 0);
	requests_receive(&rq, 1);
	requests_receive(&rq, 0);
	requests_close(&rq, 900 * MS);
	EXPECT_EQ(before()->w.gap, 10 * MS);
	EXPECT_EQ(before()->w.end, 1010 * MS);
	expect_counts(1, 1, 0);
}

TEST(a_window_without_length)
{
	requests_init(&rq, GRACE, NULL, false);
	requests_open(&rq, WINDOW_BEFORE, 1000 * MS, 0);
	requests_receive(&rq, 1001 * MS);
	EXPECT_EQ(before()->w.timeline[TIMELINE_SLOTS - 1], 1);
	requests_receive(&rq, UINT64_MAX);
	requests_close(&rq, UINT64_MAX);
	EXPECT_EQ(before()->w.timeline[TIMELINE_SLOTS - 1], 2);
}

TEST(no_window)
{
	requests_init(&rq, GRACE, NULL, false);
	requests_close(&rq, 1);
	requests_issue(&rq, 2, 1);
	requests_withdraw(&rq, 2, 1);
	requests_issue(&rq, 2, 1);
	requests_complete(&rq, 3, 1, true);
	requests_receive(&rq, 4);
	for (unsigned int w = 0; w < WINDOWS; w++)
		EXPECT_EQ(rq.window[w].w.raised + rq.window[w].received, 0);
}

/* Whatever happens: raised is served, lost, untracked or still open. */
static void noise(bool unique)
{
	uint64_t random = 2005, now = 1000 * MS;

	requests_init(&rq, GRACE, NULL, unique);
	requests_open(&rq, WINDOW_BEFORE, 1000 * MS, 240 * MS);
	for (unsigned int i = 0; i < 200000; i++) {
		uint64_t key = unit_random(&random) % 40, open = 0;

		now += unit_random(&random) % (2 * MS) - 500 * US;
		switch (unit_random(&random) % 8) {
		case 0:
		case 1:
		case 2:
			requests_issue(&rq, now, key);
			break;
		case 3:
		case 4:
			requests_complete(&rq, now, key, unit_random(&random) % 16 == 0);
			break;
		case 5:
			requests_withdraw(&rq, now, key);
			break;
		case 6:
			requests_settle(&rq, unit_random(&random) % WINDOWS, now);
			break;
		default:
			requests_receive(&rq, now);
		}
		for (unsigned int k = 0; k < rq.n; k++)
			open += rq.flight[k].window == WINDOW_BEFORE && !rq.flight[k].given_up;
		EXPECT_EQ(before()->w.raised,
			  before()->w.served + before()->w.lost + before()->untracked + open);
	}
}

TEST(noise_of_a_disk)
{
	noise(false);
}

TEST(noise_of_a_nic)
{
	noise(true);
}

static void put(struct queue *q, uint64_t time, uint64_t key)
{
	struct item it = { .time = time, .key = key };

	EXPECT_TRUE(queue_put(q, &it));
}

TEST(queues_are_merged)
{
	struct item store[3][4], out;
	struct queue q[3] = { { store[0], 4, 0, 0 }, { store[1], 4, 0, 0 }, { store[2], 4, 0, 0 } };

	EXPECT_TRUE(!queues_take(q, 3, UINT64_MAX, &out));
	put(&q[0], 10, 1);
	put(&q[0], 30, 4);
	put(&q[0], 20, 2);
	put(&q[2], 20, 3);
	put(&q[2], 40, 5);
	for (uint64_t key = 1; key <= 4; key++) {
		EXPECT_TRUE(queues_take(q, 3, 40, &out));
		EXPECT_EQ(out.key, key);
	}
	EXPECT_TRUE(!queues_take(q, 3, 40, &out));
	for (unsigned int i = 0; i < 3; i++)
		queue_shrink(&q[i]);
	EXPECT_EQ(q[0].n, 0);
	EXPECT_EQ(q[2].n, 1);
	EXPECT_TRUE(queues_take(q, 3, 41, &out));
	EXPECT_EQ(out.key, 5);
}

TEST(a_full_queue)
{
	struct item store[2], it = { .time = 3 }, out;
	struct queue q = { store, 2, 0, 0 };

	put(&q, 1, 1);
	put(&q, 2, 2);
	EXPECT_TRUE(!queue_put(&q, &it));
	EXPECT_TRUE(queues_take(&q, 1, 10, &out));
	EXPECT_TRUE(!queue_put(&q, &it));
	queue_shrink(&q);
	EXPECT_TRUE(queue_put(&q, &it));
}

/* What was taken out stays before what comes late. */
TEST(an_item_from_the_past)
{
	struct item store[4], out;
	struct queue q = { store, 4, 0, 0 };

	put(&q, 10, 1);
	EXPECT_TRUE(queues_take(&q, 1, 11, &out));
	put(&q, 5, 2);
	EXPECT_TRUE(queues_take(&q, 1, 11, &out));
	EXPECT_EQ(out.key, 2);
	EXPECT_TRUE(!queues_take(&q, 1, 11, &out));
}
