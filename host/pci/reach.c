// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/probe/clock.h"

static int open_file(const char *bdf, const char *name)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* A BAR of ports cannot be mapped, and is read and written through its file. */
static void open_bar(struct reach *r, unsigned int i, const char *bdf)
{
	char name[16];
	struct stat st;
	void *map;

	(void)snprintf(name, sizeof(name), "resource%u", i);
	r->bar[i].fd = open_file(bdf, name);
	if (r->bar[i].fd < 0 || fstat(r->bar[i].fd, &st) || st.st_size <= 0)
		return;
	r->bar[i].size = (size_t)st.st_size;
	map = mmap(NULL, r->bar[i].size, PROT_READ | PROT_WRITE, MAP_SHARED, r->bar[i].fd, 0);
	if (map != MAP_FAILED)
		r->bar[i].map = map;
}

int reach_open(struct reach *r, const char *bdf, char *error, size_t size)
{
	int rc;

	memset(r, 0, sizeof(*r));
	for (unsigned int i = 0; i < REACH_BARS; i++)
		r->bar[i].fd = -1;
	r->config = open_file(bdf, "config");
	rc = r->config < 0 ? -errno : 0;
	if (rc)
		(void)snprintf(error, size, "%s: no configuration space in sysfs: %s", bdf,
			       strerror(-rc));
	for (unsigned int i = 0; i < REACH_BARS && !rc; i++)
		open_bar(r, i, bdf);
	return rc;
}

void reach_close(struct reach *r)
{
	for (unsigned int i = 0; i < REACH_BARS; i++) {
		if (r->bar[i].map)
			munmap(r->bar[i].map, r->bar[i].size);
		if (r->bar[i].fd >= 0)
			close(r->bar[i].fd);
	}
	if (r->config >= 0)
		close(r->config);
}

static uint32_t file_get(int fd, uint32_t offset, uint8_t width)
{
	uint32_t value = 0;

	return pread(fd, &value, width, (off_t)offset) == width ? value : ~0u >> (32 - 8 * width);
}

static void file_put(int fd, uint32_t offset, uint8_t width, uint32_t value)
{
	/* What does not arrive is seen by whoever reads it back. */
	if (pwrite(fd, &value, width, (off_t)offset) != width)
		return;
}

static volatile void *at(struct reach *r, uint8_t bar, uint32_t offset, uint8_t width)
{
	if (bar >= REACH_BARS || !r->bar[bar].map || offset + width > r->bar[bar].size)
		return NULL;
	return (volatile char *)r->bar[bar].map + offset;
}

static uint32_t bar_read(void *ctx, uint8_t bar, uint32_t offset, uint8_t width)
{
	struct reach *r = ctx;
	volatile void *where = at(r, bar, offset, width);

	if (!where)
		return bar < REACH_BARS ? file_get(r->bar[bar].fd, offset, width) : ~0u;
	return width == 1   ? *(volatile uint8_t *)where
	       : width == 2 ? *(volatile uint16_t *)where
			    : *(volatile uint32_t *)where;
}

static void bar_write(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value)
{
	struct reach *r = ctx;
	volatile void *where = at(r, bar, offset, width);

	if (!where && bar < REACH_BARS)
		file_put(r->bar[bar].fd, offset, width, value);
	else if (where && width == 1)
		*(volatile uint8_t *)where = (uint8_t)value;
	else if (where && width == 2)
		*(volatile uint16_t *)where = (uint16_t)value;
	else if (where)
		*(volatile uint32_t *)where = value;
}

static uint32_t config_read(void *ctx, uint16_t offset, uint8_t width)
{
	return file_get(((struct reach *)ctx)->config, offset, width);
}

static void config_write(void *ctx, uint16_t offset, uint8_t width, uint32_t value)
{
	file_put(((struct reach *)ctx)->config, offset, width, value);
}

static uint64_t now(void *ctx)
{
	(void)ctx;
	return clock_ns();
}

static void sleep_ns(void *ctx, uint64_t ns)
{
	struct timespec t = clock_spec(ns);

	(void)ctx;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

struct dev_io reach_io(struct reach *r)
{
	return (struct dev_io){ .read = bar_read,
				.write = bar_write,
				.config_read = config_read,
				.config_write = config_write,
				.now = now,
				.sleep = sleep_ns,
				.ctx = r };
}
