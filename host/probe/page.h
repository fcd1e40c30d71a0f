/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of the kernel's trace buffer, as trace_pipe_raw gives it: a time, how many bytes
 * are used, then records with compressed headers (tracefs: events/header_page,
 * events/header_event; kernel/trace/ring_buffer.c). It works on memory alone.
 */
#ifndef LIFELINE_PROBE_PAGE_H
#define LIFELINE_PROBE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** PAGE_BYTES - of a page; x86 has no other */
#define PAGE_BYTES 4096u

/**
 * struct page - a page that is being read
 * @bytes: the whole of it
 * @at: where the next header is
 * @end: where its records end
 * @time: of the record before, ns
 * @broken: it made no sense; what was behind is gone
 */
struct page {
	const uint8_t *bytes;
	uint32_t at, end;
	uint64_t time;
	bool broken;
};

/**
 * struct record - one of its records
 * @time: by the clock of the trace, ns
 * @size: bytes of @data
 * @data: the tracepoint's fields as its format file lays them out; within the page
 */
struct record {
	uint64_t time;
	uint32_t size;
	const uint8_t *data;
};

/** page_begin() - read a page of @len bytes; one that is shorter than its header is empty and broken */
void page_begin(struct page *p, const uint8_t *bytes, size_t len);

/** page_next() - the next record; false: there is none */
bool page_next(struct page *p, struct record *out);

#endif
