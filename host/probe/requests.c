// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/requests.h"

#include <string.h>

static struct request_stats *stats_of(struct requests *r, enum window w)
{
	return w < WINDOWS ? &r->window[w] : NULL;
}

/* Records of two CPUs may be some ns out of order: what seems to be earlier is now. */
static uint64_t advance(struct requests *r, uint64_t time)
{
	if (time > r->now)
		r->now = time;
	return r->now;
}

static void note_gap(struct request_stats *s, uint64_t now)
{
	if (now - s->w.last > s->w.gap) {
		s->w.gap = now - s->w.last;
		s->gap_from = s->w.last;
		s->gap_to = now;
	}
	s->w.last = now;
}

/* The line served this sharer. */
static void note_service(struct requests *r)
{
	struct request_stats *s = stats_of(r, r->current);
	uint64_t slot, passed;

	if (!s)
		return;
	note_gap(s, r->now);
	cadence_add(&s->cadence, r->now);
	passed = r->now - s->w.start;
	slot = passed < s->w.planned ? passed * TIMELINE_SLOTS / s->w.planned : TIMELINE_SLOTS - 1;
	s->w.timeline[slot]++;
}

static void note_latency(struct request_stats *s, uint64_t latency)
{
	if (latency > s->longest)
		s->longest = latency;
}

static struct request *find(struct requests *r, uint64_t key)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->flight[i].key == key)
			return &r->flight[i];
	return NULL;
}

static void forget(struct requests *r, struct request *q)
{
	r->n--;
	memmove(q, q + 1, (size_t)((char *)&r->flight[r->n] - (char *)q));
}

/* Is a request that was issued at @issued, and is not completed before now, too late? */
static bool too_late(const struct requests *r, uint64_t issued)
{
	uint64_t age = r->now - issued;

	if (age > r->grace && r->stalls)
		age -= stalls_sum(r->stalls, issued, r->now);
	return age > r->grace;
}

void requests_init(struct requests *r, uint64_t grace, const struct stalls *stalls, bool unique)
{
	memset(r, 0, sizeof(*r));
	r->grace = grace;
	r->stalls = stalls;
	r->unique = unique;
	r->current = WINDOWS;
}

void requests_forget(struct requests *r)
{
	r->n = 0;
}

void requests_open(struct requests *r, enum window w, uint64_t start, uint64_t planned)
{
	struct request_stats *s = &r->window[w];

	memset(s, 0, sizeof(*s));
	s->w.start = s->w.last = advance(r, start);
	s->w.planned = planned;
	cadence_open(&s->cadence, s->w.start);
	/* Those of an earlier run of the same window are not this one's. */
	for (unsigned int i = 0; i < r->n; i++)
		if (r->flight[i].window == w)
			r->flight[i].window = WINDOWS;
	r->current = w;
}

void requests_close(struct requests *r, uint64_t end)
{
	struct request_stats *s = stats_of(r, r->current);

	if (!s)
		return;
	s->w.end = advance(r, end);
	note_gap(s, s->w.end);
	cadence_close(&s->cadence, s->w.end);
	s->outstanding = r->n;
	r->current = WINDOWS;
}

/* Its end was missed. */
static void drop(struct requests *r, struct request *q)
{
	struct request_stats *s = stats_of(r, q->window);

	if (s && !q->given_up)
		s->untracked++;
	forget(r, q);
}

void requests_issue(struct requests *r, uint64_t time, uint64_t key)
{
	struct request_stats *s = stats_of(r, r->current);
	struct request *stale = r->unique ? find(r, key) : NULL;

	advance(r, time);
	if (stale)
		drop(r, stale);
	if (s)
		s->w.raised++;
	if (r->n == REQUESTS_MAX) {
		if (s)
			s->untracked++;
		return;
	}
	r->flight[r->n++] = (struct request){ key, r->now, r->current, false };
}

void requests_withdraw(struct requests *r, uint64_t time, uint64_t key)
{
	struct request *q = find(r, key);
	struct request_stats *s;

	advance(r, time);
	if (!q)
		return;
	s = stats_of(r, q->window);
	if (s) {
		s->w.raised--;
		s->w.lost -= q->given_up;
	}
	forget(r, q);
}

bool requests_complete(struct requests *r, uint64_t time, uint64_t key, bool failed)
{
	struct request *q = find(r, key);
	struct request_stats *s;
	uint64_t latency;

	advance(r, time);
	if (!q)
		return false;
	note_service(r);
	latency = r->now - q->issued;
	s = stats_of(r, q->window);
	if (s) {
		bool late = q->given_up || too_late(r, q->issued);

		note_latency(s, latency);
		s->late += late;
		s->failed += failed;
		s->w.lost += (late || failed) && !q->given_up;
		if (!late && !failed) {
			s->w.served++;
			hist_add(&s->w.latency, latency);
		}
	}
	forget(r, q);
	return true;
}

void requests_spurious(struct requests *r, uint64_t time)
{
	struct request_stats *s = stats_of(r, r->current);

	advance(r, time);
	if (s)
		s->w.spurious++;
	note_service(r);
}

void requests_receive(struct requests *r, uint64_t time)
{
	struct request_stats *s = stats_of(r, r->current);

	advance(r, time);
	if (s)
		s->received++;
	note_service(r);
}

unsigned int requests_settle(struct requests *r, enum window w, uint64_t now)
{
	unsigned int open = 0;

	advance(r, now);
	for (unsigned int i = 0; i < r->n; i++) {
		struct request *q = &r->flight[i];
		struct request_stats *s = stats_of(r, q->window);

		if (!s)
			continue;
		if (!q->given_up && !too_late(r, q->issued)) {
			open += q->window == w;
			continue;
		}
		note_latency(s, r->now - q->issued);
		s->w.lost += !q->given_up;
		q->given_up = true;
	}
	return open;
}
