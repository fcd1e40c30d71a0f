// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/probe/file.h"
#include "host/probe/filter.h"

static const char *const names[TRACERS] = { "lifeline-requests", "lifeline-line" };

static int find_disk(struct listener *l, unsigned int i, char *error, size_t size)
{
	const char *name = l->config.sharer[i].name;
	unsigned int major, minor;
	char path[64], text[32];
	int rc;

	(void)snprintf(path, sizeof(path), "/sys/block/%s/dev", name);
	rc = file_read(path, text, sizeof(text));
	if (rc < 0 || sscanf(text, "%u:%u", &major, &minor) != 2) {
		(void)snprintf(error, size, "%s: no such disk (%s); see /sys/block", name, path);
		return rc < 0 ? rc : -EIO;
	}
	/* MKDEV() of linux/kdev_t.h: what the tracepoints show. */
	l->device[i] = (uint64_t)major << 20 | minor;
	return 0;
}

static int check_names(struct listener *l, char *error, size_t size)
{
	for (unsigned int i = 0; i < l->config.n; i++) {
		const struct probe_sharer *s = &l->config.sharer[i];
		int rc = 0;

		if (!memchr(s->name, '\0', sizeof(s->name)) || !filter_name(s->name)) {
			(void)snprintf(error, size,
				       "sharer %u: no name of a disk or interface; see /sys/block, "
				       "/sys/class/net",
				       i);
			return -EINVAL;
		}
		if (s->kind == WATCHED_DISK)
			rc = find_disk(l, i, error, size);
		if (rc)
			return rc;
	}
	return 0;
}

static int add_row(struct listener *l, unsigned int i, char *error, size_t size)
{
	const struct tracepoint *row = &tracepoint_table[i];
	bool line = row->of == WATCHED_LINE;
	struct tracer *t = &l->tracer[line ? TRACER_LINE : TRACER_REQUESTS];
	char format[8192], filter[FILTER_ROOM];
	const char *missing;
	unsigned int id;
	int rc;

	if (!filter_make(row, &l->config, l->device, filter))
		return 0;
	rc = trace_load(row->name, &id, format, sizeof(format), error, size);
	if (rc)
		return rc;
	if (!decoder_init(&l->decoder[i], row, id, format, &missing)) {
		(void)snprintf(error, size,
			       "%s: this kernel's has no field \"%s\"; see its format file",
			       row->name, missing);
		return -EPROTO;
	}
	if (!t->name[0])
		rc = tracer_open(t, names[line ? TRACER_LINE : TRACER_REQUESTS], error, size);
	return rc ? rc : tracer_add(t, row->name, filter, error, size);
}

int listener_open(struct listener *l, const struct probe_config *config, char *error, size_t size)
{
	int rc;

	memset(l, 0, sizeof(*l));
	l->config = *config;
	rc = check_names(l, error, size);
	for (unsigned int i = 0; i < TRACEPOINTS && !rc; i++)
		rc = add_row(l, i, error, size);
	for (unsigned int i = 0; i < TRACERS && !rc; i++)
		rc = tracer_enable(&l->tracer[i], error, size);
	return rc;
}

int listener_prepare(char *error, size_t size)
{
	int rc = 0;

	for (unsigned int i = 0; i < TRACERS && !rc; i++) {
		struct tracer t;

		rc = tracer_open(&t, names[i], error, size);
		t.keep = t.keep || !rc;
		tracer_close(&t);
	}
	return rc;
}

void listener_close(struct listener *l)
{
	for (unsigned int i = 0; i < TRACERS; i++)
		tracer_close(&l->tracer[i]);
}

bool listener_decode(const struct listener *l, const struct record *r, struct event *out)
{
	unsigned int id = decoder_id(r);

	for (unsigned int i = 0; id && i < TRACEPOINTS; i++)
		if (l->decoder[i].id == id)
			return decode(&l->decoder[i], r, out);
	return false;
}

uint32_t listener_sharer(const struct listener *l, const struct event *e)
{
	for (uint32_t i = 0; i < l->config.n; i++) {
		if (l->config.sharer[i].kind != e->of)
			continue;
		if (e->of == WATCHED_DISK ? l->device[i] == e->number
					  : !strcmp(l->config.sharer[i].name, e->text))
			return i;
	}
	return PROBE_SHARERS;
}
