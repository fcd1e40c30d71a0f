// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/probe/file.h"

#define INSTANCES "/sys/kernel/tracing/instances"
#define PATH	  192

static void path_of(const struct tracer *t, const char *file, char path[PATH])
{
	(void)snprintf(path, PATH, INSTANCES "/%s/%s", t->name, file);
}

static int tell(int rc, const char *path, char *error, size_t size)
{
	const char *next = "see the kernel's log";

	if (rc == -ENOENT)
		next = "mount tracefs on /sys/kernel/tracing";
	else if (rc == -EPERM || rc == -EACCES)
		next = "run as root";
	else if (rc == -EBUSY)
		next = "another process is at it";
	(void)snprintf(error, size, "%s: %s; %s", path, strerror(-rc), next);
	return rc;
}

static int set(const struct tracer *t, const char *file, const char *text, char *error, size_t size)
{
	char path[PATH];
	int rc;

	path_of(t, file, path);
	rc = file_write(path, text);
	return rc ? tell(rc, path, error, size) : 0;
}

/* Make the folder, or take one that is there. Another process has no lock on it. */
static int take_folder(struct tracer *t, char *error, size_t size)
{
	char path[PATH];
	int rc = 0;

	path_of(t, "", path);
	if (mkdir(path, 0700))
		rc = -errno;
	t->keep = rc == -EEXIST;
	if (rc && !t->keep)
		return tell(rc, path, error, size);
	t->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->folder >= 0 && !flock(t->folder, LOCK_EX | LOCK_NB))
		return 0;
	rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
	return tell(rc, path, error, size);
}

static int open_cpu_file(const struct tracer *t, unsigned int cpu, const char *name, int *fd,
			 char *error, size_t size)
{
	char file[48], path[PATH];

	(void)snprintf(file, sizeof(file), "per_cpu/cpu%u/%s", cpu, name);
	path_of(t, file, path);
	*fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return *fd < 0 ? tell(-errno, path, error, size) : 0;
}

static int open_cpus(struct tracer *t, char *error, size_t size)
{
	long configured = sysconf(_SC_NPROCESSORS_CONF);
	int rc = 0;

	if (configured < 1 || configured > (long)TRACER_CPUS)
		configured = TRACER_CPUS;
	while (t->cpus < configured && !rc) {
		unsigned int cpu = t->cpus++;

		rc = open_cpu_file(t, cpu, "trace_pipe_raw", &t->raw[cpu], error, size);
		if (!rc)
			rc = open_cpu_file(t, cpu, "stats", &t->stats[cpu], error, size);
	}
	return rc;
}

/* Does @file say @text already? Some settings empty the buffers, and take their time. */
static bool says(const struct tracer *t, const char *file, const char *text)
{
	char path[PATH], now[256];

	path_of(t, file, path);
	return file_read(path, now, sizeof(now)) > 0 && strstr(now, text);
}

static int configure(struct tracer *t, char *error, size_t size)
{
	unsigned int kib = TRACER_BUDGET / t->cpus;
	char text[16];
	int rc = 0;

	if (kib > TRACER_KIB)
		kib = TRACER_KIB;
	t->pages = kib / (PAGE_BYTES / 1024) + 1;
	(void)snprintf(text, sizeof(text), "%u\n", kib);
	if (!says(t, "buffer_size_kb", text))
		rc = set(t, "buffer_size_kb", text, error, size);
	if (!rc && !says(t, "trace_clock", "[mono]"))
		rc = set(t, "trace_clock", "mono", error, size);
	/* What is full stays as it is: the beginning of a window is worth more than its end. */
	if (!rc)
		rc = set(t, "options/overwrite", "0", error, size);
	/* It would trace each change of tasks. */
	if (!rc)
		rc = set(t, "trace_options", "norecord-cmd", error, size);
	return rc;
}

/* What a killed process has left behind: records, and events that are still on. */
static int clean_up(struct tracer *t, char *error, size_t size)
{
	int rc = set(t, "events/enable", "0", error, size);

	for (unsigned int cpu = 0; cpu < t->cpus && !rc; cpu++) {
		uint8_t bytes[PAGE_BYTES];
		struct page page;

		for (unsigned int i = 0; i < t->pages && tracer_read(t, cpu, bytes, &page); i++)
			;
	}
	return rc;
}

int tracer_open(struct tracer *t, const char *name, char *error, size_t size)
{
	int rc;

	memset(t, 0, sizeof(*t));
	memset(t->raw, -1, sizeof(t->raw));
	memset(t->stats, -1, sizeof(t->stats));
	t->folder = -1;
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	rc = take_folder(t, error, size);
	if (rc) {
		/* It is not ours to touch. */
		if (t->folder >= 0)
			close(t->folder);
		t->name[0] = '\0';
		return rc;
	}
	rc = open_cpus(t, error, size);
	if (!rc)
		rc = configure(t, error, size);
	return rc || !t->keep ? rc : clean_up(t, error, size);
}

int tracer_add(struct tracer *t, const char *event, const char *filter, char *error, size_t size)
{
	char file[96];

	if (t->events == TRACER_EVENTS)
		return tell(-E2BIG, event, error, size);
	t->event[t->events++] = event;
	(void)snprintf(file, sizeof(file), "events/%s/filter", event);
	return filter[0] ? set(t, file, filter, error, size) : 0;
}

int tracer_enable(struct tracer *t, char *error, size_t size)
{
	int rc = 0;

	for (unsigned int i = t->events; i-- > 0 && !rc;) {
		char file[96];

		(void)snprintf(file, sizeof(file), "events/%s/enable", t->event[i]);
		rc = set(t, file, "1", error, size);
	}
	return rc;
}

bool tracer_read(struct tracer *t, unsigned int cpu, uint8_t bytes[PAGE_BYTES], struct page *page)
{
	ssize_t n = read(t->raw[cpu], bytes, PAGE_BYTES);

	if (n <= 0)
		return false;
	page_begin(page, bytes, (size_t)n);
	return true;
}

uint64_t tracer_parse_stats(const char *text)
{
	static const char *const keys[] = { "\noverrun: ", "\ncommit overrun: ",
					    "\ndropped events: " };
	uint64_t sum = 0;

	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *at = strstr(text, keys[i]);

		if (at)
			sum += strtoull(at + strlen(keys[i]), NULL, 10);
	}
	return sum;
}

uint64_t tracer_lost(const struct tracer *t)
{
	uint64_t sum = t->broken;
	char text[512];

	for (unsigned int i = 0; i < t->cpus; i++) {
		ssize_t n = pread(t->stats[i], text, sizeof(text) - 1, 0);

		text[n > 0 ? n : 0] = '\0';
		sum += tracer_parse_stats(text);
	}
	return sum;
}

void tracer_close(struct tracer *t)
{
	char path[PATH], none[1];

	if (!t->name[0])
		return;
	(void)set(t, "events/enable", "0", none, sizeof(none));
	for (unsigned int i = 0; i < t->cpus; i++) {
		if (t->raw[i] >= 0)
			close(t->raw[i]);
		if (t->stats[i] >= 0)
			close(t->stats[i]);
	}
	path_of(t, "", path);
	close(t->folder);
	if (!t->keep)
		(void)rmdir(path);
	t->name[0] = '\0';
	t->cpus = 0;
}
