/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe listens to, in the words of the kernel's event filters. */
#ifndef LIFELINE_PROBE_FILTER_H
#define LIFELINE_PROBE_FILTER_H

#include "host/probe/probe.h"

/** FILTER_ROOM - bytes that every filter fits into */
#define FILTER_ROOM 512u

/** filter_name() - can @name stand in a filter and in a path of sysfs: letters, digits, '_', '-', '.'? */
bool filter_name(const char *name);

/**
 * filter_make() - the filter for @row
 * @config: what is watched; its names are filter_name()s
 * @device: the kernel's dev_t of each sharer that is a disk
 * @text: result; empty: none is needed
 *
 * Return: false if nothing that is watched has to do with @row.
 */
bool filter_make(const struct tracepoint *row, const struct probe_config *config,
		 const uint64_t *device, char text[FILTER_ROOM]);

#endif
