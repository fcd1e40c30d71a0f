// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/page.h"

#include <string.h>

/* struct buffer_data_page: u64 time_stamp, local_t commit, data; two flags are in commit, too. */
#define COMMIT	    8u
#define DATA	    16u
#define COMMIT_MASK 0xfffffu

/* struct ring_buffer_event: type_len:5, time_delta:27, then words. */
#define HEADER	  4u
#define TYPE_MASK 31u
#define TIME_BITS 27

/* enum ring_buffer_type; 1..28 are lengths in words, 0: the length is in the first word. */
enum { TYPE_LONG, TYPE_PADDING = 29, TYPE_TIME_EXTEND, TYPE_TIME_STAMP };

/* An absolute time has 59 bits; those above stay. */
#define STAMP_MASK ((1ull << 59) - 1)

static uint32_t word(const struct page *p, uint32_t at)
{
	uint32_t value;

	memcpy(&value, p->bytes + at, sizeof(value));
	return value;
}

void page_begin(struct page *p, const uint8_t *bytes, size_t len)
{
	*p = (struct page){ .bytes = bytes, .at = DATA, .end = DATA, .broken = true };
	if (len < DATA)
		return;
	memcpy(&p->time, bytes, sizeof(p->time));
	p->end = DATA + (word(p, COMMIT) & COMMIT_MASK);
	p->broken = p->end > len;
	if (p->broken)
		p->end = DATA;
}

/* Is the first word behind a header there? */
static bool first_word(const struct page *p, uint32_t *value)
{
	if (p->end - p->at < 2 * HEADER)
		return false;
	*value = word(p, p->at + HEADER);
	return true;
}

/*
 * Return: bytes of the record at p->at with its header, 0 if it makes no sense. Of data:
 * *@skip bytes are in front of it. As rb_event_length() and ring_buffer_event_data().
 */
static uint32_t measure(const struct page *p, uint32_t type, uint32_t delta, uint32_t *skip)
{
	uint32_t length;

	*skip = HEADER;
	if (type != TYPE_LONG && type < TYPE_PADDING)
		return HEADER + type * sizeof(uint32_t);
	/* What is left of a page that has no more: rb_null_event(). */
	if (type == TYPE_PADDING && !delta)
		return p->end - p->at;
	if (!first_word(p, &length))
		return 0;
	*skip = 2 * HEADER;
	if (type == TYPE_TIME_EXTEND || type == TYPE_TIME_STAMP)
		return 2 * HEADER;
	return length >= sizeof(uint32_t) && length < PAGE_BYTES ? HEADER + length : 0;
}

static void pass_time(struct page *p, uint32_t type, uint64_t delta)
{
	uint32_t high = 0;

	if (type == TYPE_TIME_EXTEND || type == TYPE_TIME_STAMP)
		(void)first_word(p, &high);
	delta += (uint64_t)high << TIME_BITS;
	if (type == TYPE_TIME_STAMP)
		p->time = (p->time & ~STAMP_MASK) | (delta & STAMP_MASK);
	else
		p->time += delta;
}

bool page_next(struct page *p, struct record *out)
{
	while (!p->broken && p->end - p->at >= HEADER) {
		uint32_t header = word(p, p->at), type = header & TYPE_MASK;
		uint32_t delta = header >> (32 - TIME_BITS), skip, from = p->at;
		uint32_t length = measure(p, type, delta, &skip);

		p->broken = !length || length > p->end - p->at;
		if (p->broken)
			return false;
		pass_time(p, type, delta);
		p->at += length;
		if (type >= TYPE_PADDING)
			continue;
		*out = (struct record){ p->time, length - skip, p->bytes + from + skip };
		return true;
	}
	return false;
}
