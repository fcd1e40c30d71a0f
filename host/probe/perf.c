// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/perf.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/probe/clock.h"

/* x86 alone: 4 KiB. */
#define PAGE 4096ul

void perf_init(struct perf_set *s)
{
	memset(s, 0, sizeof(*s));
	memset(s->fd, -1, sizeof(s->fd));
}

static int open_event(const struct perf_set *s, unsigned int id, unsigned int cpu)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(a),
		.config = id,
		.sample_period = 1,
		.sample_type = RING_SAMPLE,
		.disabled = 1,
		.watermark = 1,
		.wakeup_watermark = s->pages / 2 * (uint32_t)PAGE,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	long fd = syscall(SYS_perf_event_open, &a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static size_t bytes_of(const struct perf_set *s)
{
	return (s->pages + 1) * PAGE;
}

static int map_ring(const struct perf_set *s, struct ring *r, int fd)
{
	void *base = mmap(NULL, bytes_of(s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (base == MAP_FAILED)
		return -errno;
	r->control = base;
	r->data = (const uint8_t *)base + PAGE;
	r->size = s->pages * PAGE;
	return 0;
}

/* The first event of a CPU brings the buffer, the others write into it. */
static int join(struct perf_set *s, unsigned int i, int fd)
{
	if (!s->events)
		return map_ring(s, &s->ring[i], fd);
	return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, s->fd[i][0]) ? -errno : 0;
}

static int tell(int rc, const char *what, const char *name, char *error, size_t size)
{
	const char *next = "see dmesg";

	if (rc == -EPERM || rc == -EACCES)
		next = "run as root";
	else if (rc == -ENOENT || rc == -ENOSYS)
		next = "the kernel needs CONFIG_PERF_EVENTS and CONFIG_EVENT_TRACING";
	(void)snprintf(error, size, "%s: %s: %s; %s", name, what, strerror(-rc), next);
	return rc;
}

/* The first event says which CPUs there are: what is offline cannot be watched. */
static int find_cpus(struct perf_set *s, unsigned int id)
{
	long configured = sysconf(_SC_NPROCESSORS_CONF);

	for (s->pages = PERF_PAGES; s->pages * configured > PERF_BUDGET && s->pages > 16;)
		s->pages /= 2;
	for (unsigned int cpu = 0; cpu < configured && s->cpus < PERF_CPUS; cpu++) {
		int fd = open_event(s, id, cpu);

		if (fd == -ENODEV)
			continue;
		if (fd < 0)
			return fd;
		s->fd[s->cpus][0] = fd;
		s->cpu[s->cpus++] = cpu;
	}
	return s->cpus ? 0 : -ENODEV;
}

int perf_add(struct perf_set *s, unsigned int id, const char *name, const char *filter, char *error,
	     size_t size)
{
	int rc = s->events ? 0 : find_cpus(s, id);

	if (rc || s->events == PERF_EVENTS)
		return tell(rc ? rc : -E2BIG, "perf_event_open", name, error, size);
	for (unsigned int i = 0; i < s->cpus; i++) {
		int fd = s->events ? open_event(s, id, s->cpu[i]) : s->fd[i][0];

		if (fd < 0)
			return tell(fd, "perf_event_open", name, error, size);
		s->fd[i][s->events] = fd;
		if (filter && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter))
			return tell(-errno, filter, name, error, size);
		rc = join(s, i, fd);
		if (rc)
			return tell(rc, "buffer", name, error, size);
	}
	s->events++;
	return 0;
}

int perf_enable(struct perf_set *s)
{
	for (unsigned int k = s->events; k-- > 0;)
		for (unsigned int i = 0; i < s->cpus; i++)
			if (ioctl(s->fd[i][k], PERF_EVENT_IOC_ENABLE, 0))
				return -errno;
	return 0;
}

bool perf_wait(const struct perf_set *s, uint64_t ns)
{
	struct pollfd p[PERF_CPUS];
	struct timespec t = clock_spec(ns);

	for (unsigned int i = 0; i < s->cpus; i++)
		p[i] = (struct pollfd){ .fd = s->fd[i][0], .events = POLLIN };
	return ppoll(p, s->cpus, &t, NULL) > 0;
}

void perf_close(struct perf_set *s)
{
	for (unsigned int i = 0; i < s->cpus; i++) {
		if (s->ring[i].control)
			munmap(s->ring[i].control, bytes_of(s));
		for (unsigned int k = 0; k < PERF_EVENTS; k++)
			if (s->fd[i][k] >= 0)
				close(s->fd[i][k]);
	}
	perf_init(s);
}
