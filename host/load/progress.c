// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/probe/clock.h"
#include "host/probe/file.h"

#define LOOK (20 * NS_PER_MS)

static uint64_t first_number(const char *format, const char *name)
{
	char path[96], text[32];

	(void)snprintf(path, sizeof(path), format, name);
	return file_read(path, text, sizeof(text)) > 0 ? strtoull(text, NULL, 10) : 0;
}

uint64_t progress_disk(const char *name)
{
	return first_number("/sys/block/%s/stat", name);
}

uint64_t progress_nic(const char *name)
{
	return first_number("/sys/class/net/%s/statistics/tx_packets", name);
}

int progress_await(const struct child *c, uint64_t (*count)(const char *), const char *name,
		   uint64_t more, uint64_t ns, char *error, size_t size)
{
	uint64_t from = count(name), until = clock_ns() + ns;

	while (count(name) - from < more) {
		if (child_wait(c, LOOK)) {
			(void)snprintf(error, size,
				       "%s: its load ended before it worked; stop it to see why",
				       name);
			return -ECHILD;
		}
		if (clock_ns() >= until) {
			(void)snprintf(
				error, size,
				"%s: its load does not work after %llu ms; is the device served?",
				name, (unsigned long long)(ns / NS_PER_MS));
			return -ETIMEDOUT;
		}
	}
	return 0;
}
