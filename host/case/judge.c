// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "guest/role/rows.h"
#include "host/case/case.h"
#include "host/case/shared.h"
#include "host/probe/clock.h"

/*
 * The board's allowance. An emulated CPU was seen off an idle host's CPUs for up to 18 ms (REAL_TIME_SLACK_US of
 * suites/matrix.py), and two CPUs share one thread here. Linux polls a line that it has killed every 100 ms: that
 * is still seen, by the gap and by the median.
 */
#define SLACK_GAP    (70 * NS_PER_MS)
#define SLACK_EACH   (35 * NS_PER_MS) /* of more than two sharers, whose loads have one CPU */
#define SLACK_MEDIAN (30 * NS_PER_MS)

/*
 * A USB disk needs three transfers a command, each of which waits for a frame of 1 ms or two; and QEMU's first thread, which
 * plays the frames, for the host: gaps of up to 200 ms were seen beside three other boards. On a line that is polled a command takes
 * 300 ms.
 */
#define USB_MEDIAN (10 * NS_PER_MS)
#define USB_GAP	   (180 * NS_PER_MS)

/* Steps of a request that interrupt, and what is on the line beside requests. */
#define INTERRUPTS_EACH 8ul
#define INTERRUPTS_IDLE 1000ul

const struct shared_bound SHARED_HEALTHY = { 0, 0, 0, "healthy line" };

const char *const shared_window_name[WINDOWS] = { "before", "during", "after" };

static bool is_usb_disk(const struct sharer *s)
{
	return s->kind == WATCHED_DISK && strcmp(s->device->model, "ahci");
}

uint64_t shared_gap(const struct shared_line *l, unsigned int i, enum window w)
{
	const struct request_stats *st = probe_sharer(l->probe, i, w);
	uint64_t still = stalls_sum(stall_read(l->meter), st->gap_from, st->gap_to);

	return st->w.gap > still ? st->w.gap - still : 0;
}

uint64_t shared_gap_bound(const struct shared_line *l, unsigned int i, const struct shared_bound *b)
{
	return b->gap + (is_usb_disk(&l->sharer[i]) ? USB_GAP : 0) +
	       (l->n > 2 ? l->n * SLACK_EACH : SLACK_GAP);
}

uint64_t shared_median_bound(const struct shared_line *l, unsigned int i,
			     const struct shared_bound *b)
{
	return b->median + (is_usb_disk(&l->sharer[i]) ? USB_MEDIAN : 0) + SLACK_MEDIAN;
}

uint64_t shared_interrupts_bound(const struct shared_line *l, enum window w)
{
	uint64_t bound = INTERRUPTS_IDLE;

	for (unsigned int i = 0; i < l->n; i++)
		bound += INTERRUPTS_EACH * probe_sharer(l->probe, i, w)->w.raised;
	return bound;
}

static unsigned int us(uint64_t ns)
{
	return (unsigned int)(ns / NS_PER_US);
}

static void print_row(const char *row)
{
	case_note("%s", row);
}

static void print_sharer(const struct shared_line *l, unsigned int i, enum window w,
			 const struct shared_bound *b)
{
	const struct request_stats *st = probe_sharer(l->probe, i, w);
	const struct sharer *s = &l->sharer[i];

	case_data("sharer=%u dom=%s model=%s window=%s raised=%u served=%u lost=%u spurious=%u "
		  "late=%u",
		  i, s->name, s->device->model, shared_window_name[w], st->w.raised, st->w.served,
		  st->w.lost, st->w.spurious, st->late);
	case_data("sharer=%u window=%s p50_us=%u p50_bound_us=%u p99_us=%u gap_us=%u bound_us=%u",
		  i, shared_window_name[w], us(hist_quantile(&st->w.latency, 500)),
		  us(shared_median_bound(l, i, b)), us(hist_quantile(&st->w.latency, 990)),
		  us(shared_gap(l, i, w)), us(shared_gap_bound(l, i, b)));
	rows_tell(&st->w, i, shared_window_name[w], w == WINDOW_DURING ? l->struck : 0, print_row);
}

void shared_print_domain(const struct domain *d, const char *model, enum window w,
			 const struct window_stats *st)
{
	case_data("sharer=%u dom=%s model=%s window=%s raised=%u served=%u lost=%u spurious=%u",
		  LINE_SHARERS, d->kind->name, model, shared_window_name[w], st->raised, st->served,
		  st->lost, st->spurious);
	case_data("sharer=%u window=%s p50_us=%u p99_us=%u", LINE_SHARERS, shared_window_name[w],
		  us(hist_quantile(&st->latency, 500)), us(hist_quantile(&st->latency, 990)));
	/* When its board's clock began, nobody here knows. */
	rows_tell(st, LINE_SHARERS, shared_window_name[w], 0, print_row);
}

void shared_print(const struct shared_line *l, enum window w, const struct shared_bound *b)
{
	const struct line_stats *line = probe_line(l->probe, w);

	for (unsigned int i = 0; i < l->n; i++)
		print_sharer(l, i, w, b);
	case_data("line=%u window=%s interrupts=%llu unhandled=%llu still_us=%u", l->irq,
		  shared_window_name[w], (unsigned long long)line->interrupts,
		  (unsigned long long)line->unhandled,
		  us(stalls_sum(stall_read(l->meter), line->start, line->end)));
}
