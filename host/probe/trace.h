/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tracepoint as tracefs describes it (Documentation/trace/events.rst, "Event
 * formats"): its number, and where in its data a field is. Kernels move fields, so
 * no offset is ours.
 */
#ifndef LIFELINE_PROBE_TRACE_H
#define LIFELINE_PROBE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct trace_field - where a field is
 * @offset: in the tracepoint's data
 * @size: bytes; 4 for a text, which says where it is (__data_loc); 0: no such field
 */
struct trace_field {
	uint32_t offset, size;
};

/** trace_find() - field @name in the text @format of a format file; false if it has none */
bool trace_find(const char *format, const char *name, struct trace_field *field);

/**
 * trace_number() - value of a field of 1, 2, 4 or 8 bytes, without its sign
 * @data: the tracepoint's data
 * @size: bytes of it
 *
 * Return: false if it is not within the data.
 */
bool trace_number(const uint8_t *data, uint32_t size, struct trace_field field, uint64_t *value);

/**
 * trace_text() - the text that a __data_loc field points to
 *
 * Return: NUL-terminated, within the data; NULL if it is not there or does not end.
 */
const char *trace_text(const uint8_t *data, uint32_t size, struct trace_field field);

/**
 * trace_load() - number and format of a tracepoint
 * @name: "block/block_rq_issue"
 * @id: its number: the first two bytes of its data
 * @format: its format file's text
 * @room: bytes of it
 *
 * Return: 0 or -errno, with one line in @error: -ENOENT no tracefs or no such tracepoint.
 */
int trace_load(const char *name, unsigned int *id, char *format, size_t room, char *error,
	       size_t size);

#endif
