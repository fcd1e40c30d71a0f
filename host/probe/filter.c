// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/filter.h"

#include <stdio.h>
#include <string.h>

bool filter_name(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

	return len && len < PROBE_NAME && !name[len] && name[0] != '.';
}

/* "dev==0x800000||dev==0x800010", "name==\"eth1\"", "irq==20". Return: of how many things */
static unsigned int list(const struct tracepoint *row, const struct probe_config *config,
			 const uint64_t *device, char *text)
{
	unsigned int things = 0;
	int n = 0;

	if (row->of == WATCHED_LINE) {
		(void)snprintf(text, FILTER_ROOM, "%s==%u", row->number, config->irq);
		return config->irq && config->actions;
	}
	for (unsigned int i = 0; i < config->n && n < (int)FILTER_ROOM; i++) {
		const struct probe_sharer *s = &config->sharer[i];
		const char * or = things ? "||" : "";

		if (s->kind != row->of)
			continue;
		things++;
		if (row->number)
			n += snprintf(text + n, FILTER_ROOM - (size_t)n, "%s%s==%#llx", or,
				      row->number, (unsigned long long)device[i]);
		else if (row->text)
			n += snprintf(text + n, FILTER_ROOM - (size_t)n, "%s%s==\"%s\"", or,
				      row->text, s->name);
	}
	return things;
}

bool filter_make(const struct tracepoint *row, const struct probe_config *config,
		 const uint64_t *device, char text[FILTER_ROOM])
{
	char things[FILTER_ROOM] = "";

	text[0] = '\0';
	if (!list(row, config, device, things))
		return false;
	if (row->only)
		(void)snprintf(text, FILTER_ROOM, "(%.400s)&&%s", things, row->only);
	else
		(void)snprintf(text, FILTER_ROOM, "%s", things);
	return true;
}
