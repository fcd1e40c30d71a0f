// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/probe/file.h"

#define EVENTS "/sys/kernel/tracing/events"

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Is the last word of the declaration @from..@to, before any "[8]", @name? */
static bool declares(const char *from, const char *to, const char *name)
{
	size_t len = strlen(name);

	if (to > from && to[-1] == ']')
		while (to > from && *--to != '[')
			;
	return (size_t)(to - from) > len && !memcmp(to - len, name, len) && !is_word(to[-len - 1]);
}

/* The number behind @key between @from and @to. */
static bool read_value(const char *from, const char *to, const char *key, uint32_t *value)
{
	size_t len = strlen(key);
	unsigned long number;
	char *end;

	for (; (size_t)(to - from) > len; from++) {
		if (memcmp(from, key, len))
			continue;
		number = strtoul(from + len, &end, 10);
		*value = (uint32_t)number;
		return end > from + len && end <= to && *end == ';' && number <= UINT16_MAX;
	}
	return false;
}

/* "\tfield:unsigned int nr_sector;\toffset:24;\tsize:4;\tsigned:0;" */
static bool read_line(const char *line, const char *to, const char *name, struct trace_field *field)
{
	static const char key[] = "field:";
	const char *end;

	while (line < to && (*line == '\t' || *line == ' '))
		line++;
	if ((size_t)(to - line) < sizeof(key) || memcmp(line, key, sizeof(key) - 1))
		return false;
	line += sizeof(key) - 1;
	end = memchr(line, ';', (size_t)(to - line));
	return end && declares(line, end, name) && read_value(end, to, "offset:", &field->offset) &&
	       read_value(end, to, "size:", &field->size);
}

bool trace_find(const char *format, const char *name, struct trace_field *field)
{
	while (*format) {
		size_t len = strcspn(format, "\n");

		if (read_line(format, format + len, name, field))
			return true;
		format += len + (format[len] == '\n');
	}
	*field = (struct trace_field){ 0, 0 };
	return false;
}

bool trace_number(const uint8_t *data, uint32_t size, struct trace_field field, uint64_t *value)
{
	*value = 0;
	if (!field.size || field.size > sizeof(*value) || field.offset > size ||
	    field.size > size - field.offset)
		return false;
	/* x86 alone: the first bytes are the low ones. Of known size it is no call. */
	if (field.size == sizeof(*value))
		memcpy(value, data + field.offset, sizeof(*value));
	else if (field.size == sizeof(uint32_t))
		memcpy(value, data + field.offset, sizeof(uint32_t));
	else
		memcpy(value, data + field.offset, field.size);
	return true;
}

const char *trace_text(const uint8_t *data, uint32_t size, struct trace_field field)
{
	uint64_t where;
	uint32_t offset, len;

	if (field.size != sizeof(uint32_t) || !trace_number(data, size, field, &where))
		return NULL;
	offset = where & 0xffff;
	len = (uint32_t)where >> 16;
	if (offset > size || len > size - offset || !memchr(data + offset, '\0', len))
		return NULL;
	return (const char *)data + offset;
}

int trace_load(const char *name, unsigned int *id, char *format, size_t room, char *error,
	       size_t size)
{
	char path[128], text[16];
	int rc;

	(void)snprintf(path, sizeof(path), EVENTS "/%s/id", name);
	rc = file_read(path, text, sizeof(text));
	if (rc >= 0) {
		*id = (unsigned int)strtoul(text, NULL, 10);
		(void)snprintf(path, sizeof(path), EVENTS "/%s/format", name);
		rc = file_read(path, format, room);
	}
	if (rc >= 0)
		return 0;
	(void)snprintf(error, size, "%s: %s; mount tracefs on /sys/kernel/tracing", path,
		       strerror(-rc));
	return rc;
}
