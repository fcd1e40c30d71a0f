// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/ring.h"

#include <string.h>

/* A record may go on at the buffer's beginning. */
static void copy_out(const struct ring *r, uint64_t at, void *to, uint64_t size)
{
	uint64_t offset = at & (r->size - 1);
	uint64_t first = r->size - offset < size ? r->size - offset : size;

	memcpy(to, r->data + offset, first);
	memcpy((uint8_t *)to + first, r->data, size - first);
}

/* Return: the sample is whole. */
static bool read_sample(const struct ring *r, uint64_t at, uint64_t size, struct record *out)
{
	const uint64_t fixed = sizeof(out->time) + sizeof(out->size);
	uint32_t raw;

	if (size < fixed)
		return false;
	copy_out(r, at, &out->time, sizeof(out->time));
	copy_out(r, at + sizeof(out->time), &raw, sizeof(raw));
	if (raw > size - fixed)
		return false;
	out->size = raw < RECORD_MAX ? raw : RECORD_MAX;
	copy_out(r, at + fixed, out->data, out->size);
	return true;
}

/* PERF_RECORD_LOST: the event's id, then how many. */
static bool read_lost(struct ring *r, uint64_t at, uint64_t size)
{
	uint64_t words[2];

	if (size < sizeof(words))
		return false;
	copy_out(r, at, words, sizeof(words));
	r->lost += words[1];
	return true;
}

void ring_begin(struct ring *r)
{
	uint64_t head = __atomic_load_n(&r->control->data_head, __ATOMIC_ACQUIRE);
	uint64_t used = head - r->control->data_tail;

	/* No record of ours is as long as four times what is kept of one. */
	if (used <= r->size && r->size - used < 4ul * RECORD_MAX)
		r->lost++;
}

bool ring_next(struct ring *r, struct record *out)
{
	uint64_t head = __atomic_load_n(&r->control->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = r->control->data_tail;
	bool whole = true, sample = false;

	while (whole && !sample && tail != head) {
		struct perf_event_header h;
		uint64_t body = tail + sizeof(h);

		copy_out(r, tail, &h, sizeof(h));
		whole = h.size >= sizeof(h) && h.size <= head - tail && head - tail <= r->size;
		if (!whole)
			break;
		if (h.type == PERF_RECORD_SAMPLE)
			whole = sample = read_sample(r, body, h.size - sizeof(h), out);
		else if (h.type == PERF_RECORD_LOST)
			whole = read_lost(r, body, h.size - sizeof(h));
		tail += h.size;
	}
	if (!whole) {
		r->broken++;
		tail = head;
	}
	__atomic_store_n(&r->control->data_tail, tail, __ATOMIC_RELEASE);
	return sample;
}
