// SPDX-License-Identifier: GPL-2.0-only
#include "guest/role/rows.h"

#include "guest/lib/fmt.h"

#define NS_PER_US 1000
#define ITEM	  48 /* two numbers of 20 digits */

/* @used is the length of @text, and @before stands before the next item of its list. */
struct row {
	char text[ROW_TEXT];
	int used;
	char before;
};

__attribute__((format(printf, 3, 4))) static void begin(struct row *r, char before, const char *fmt,
							...)
{
	va_list ap;

	va_start(ap, fmt);
	r->used = ll_vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	r->before = before;
}

/* Return: there was room for it. A row has room for one at least. */
static bool add(struct row *r, const char *item)
{
	int n = ll_snprintf(r->text + r->used, sizeof(r->text) - (size_t)r->used, "%c%s", r->before,
			    item);

	if (r->used + n >= (int)sizeof(r->text)) {
		r->text[r->used] = 0;
		return false;
	}
	r->used += n;
	r->before = ',';
	return true;
}

static unsigned int us(uint64_t from, uint64_t to)
{
	return to > from ? (unsigned int)((to - from) / NS_PER_US) : 0;
}

static void tell_time(const struct window_stats *st, unsigned int sharer, const char *window,
		      uint64_t fault, void (*tell)(const char *row))
{
	char item[ITEM];
	struct row r;

	begin(&r, ' ', "time sharer=%u window=%s us=%u slot_us=%u", sharer, window,
	      us(st->start, st->end), us(0, st->planned / TIMELINE_SLOTS));
	if (fault)
		r.used += ll_snprintf(r.text + r.used, sizeof(r.text) - (size_t)r.used,
				      " fault_us=%u", us(st->start, fault));
	for (unsigned int i = 0; i < TIMELINE_SLOTS; i++) {
		ll_snprintf(item, sizeof(item), "%u", st->timeline[i]);
		if (add(&r, item))
			continue;
		tell(r.text);
		begin(&r, ' ', "time sharer=%u window=%s from=%u", sharer, window, i);
		add(&r, item);
	}
	tell(r.text);
}

static void begin_latency(struct row *r, unsigned int sharer, const char *window)
{
	begin(r, '=', "data sharer=%u window=%s latency_us", sharer, window);
}

static void tell_latency(const struct window_stats *st, unsigned int sharer, const char *window,
			 void (*tell)(const char *row))
{
	struct hist_part part;
	unsigned int at = 0;
	char item[ITEM];
	struct row r;

	begin_latency(&r, sharer, window);
	while (hist_next(&st->latency, &at, &part)) {
		ll_snprintf(item, sizeof(item), "%llu:%llu", (unsigned long long)part.us,
			    (unsigned long long)part.count);
		if (add(&r, item))
			continue;
		tell(r.text);
		begin_latency(&r, sharer, window);
		add(&r, item);
	}
	if (r.before == ',')
		tell(r.text);
}

void rows_tell(const struct window_stats *st, unsigned int sharer, const char *window,
	       uint64_t fault, void (*tell)(const char *row))
{
	tell_time(st, sharer, window, fault, tell);
	tell_latency(st, sharer, window, tell);
}
