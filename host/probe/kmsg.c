// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORDS 4096u

/* CONSOLE_EXT_LOG_MAX of the kernel: a longer record is not given. */
#define RECORD 8192u

/*
 * The first that is found decides. Oops lines begin in many ways (die() of
 * arch/x86/kernel/dumpstack.c, "BUG: kernel NULL pointer dereference"), lockups come from
 * kernel/watchdog.c, kernel/hung_task.c and kernel/rcu/tree_stall.h.
 */
static const struct {
	const char *text;
	enum kmsg_kind kind;
} kinds[] = {
	{ ": nobody cared", KMSG_NOBODY_CARED },
	{ "Disabling IRQ #", KMSG_DISABLED },
	{ "No irq handler for vector", KMSG_STRAY },
	{ "NMI received for unknown reason", KMSG_STRAY },
	{ "soft lockup", KMSG_LOCKUP },
	{ "hard LOCKUP", KMSG_LOCKUP },
	{ "blocked for more than", KMSG_LOCKUP },
	{ "self-detected stall", KMSG_LOCKUP },
	{ "detected stalls", KMSG_LOCKUP },
	{ "detected expedited stalls", KMSG_LOCKUP },
	{ "kernel BUG at", KMSG_BUG },
	{ "BUG: ", KMSG_BUG },
	{ "Oops: ", KMSG_OOPS },
	{ "general protection fault", KMSG_OOPS },
	{ "Kernel panic", KMSG_OOPS },
	{ "WARNING: ", KMSG_WARNING },
};

static enum kmsg_kind kind_of(const char *text)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(text, kinds[i].text))
			return kinds[i].kind;
	return KMSG_OTHER;
}

/* Who writes to /dev/kmsg is not the kernel: its facility is not 0, whatever it writes. */
static bool of_kernel(const char *record, size_t len)
{
	unsigned int priority = 0;
	size_t i;

	for (i = 0; i < len && i < 4 && record[i] >= '0' && record[i] <= '9'; i++)
		priority = priority * 10 + (unsigned int)(record[i] - '0');
	return i && i < len && record[i] == ',' && priority < 8;
}

static unsigned int irq_of(const char *text, enum kmsg_kind kind)
{
	const char *at = NULL;
	unsigned int irq = 0;

	if (kind == KMSG_NOBODY_CARED)
		at = strstr(text, "irq ");
	else if (kind == KMSG_DISABLED)
		at = strstr(text, "IRQ #");
	if (at)
		(void)sscanf(at, "%*[irqIRQ #]%9u", &irq);
	return irq;
}

static void copy_printable(char *to, size_t size, const char *from, size_t len)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++) {
		to[i] = '?';
		if (from[i] >= ' ' && from[i] <= '~')
			to[i] = from[i];
	}
	to[i] = '\0';
}

void kmsg_record(struct kmsg *k, const char *record, size_t len)
{
	const char *text = memchr(record, ';', len), *end;
	struct kmsg_line line = { .kind = KMSG_OTHER };

	k->records++;
	if (!text)
		return;
	text++;
	end = memchr(text, '\n', (size_t)(record + len - text));
	if (!end)
		end = record + len;
	copy_printable(line.text, sizeof(line.text), text, (size_t)(end - text));
	line.kind = of_kernel(record, len) ? kind_of(line.text) : KMSG_OTHER;
	line.irq = irq_of(line.text, line.kind);
	k->count[line.kind]++;
	if (line.kind != KMSG_OTHER && k->kept < KMSG_KEPT)
		k->line[k->kept++] = line;
}

int kmsg_open(struct kmsg *k, char *error, size_t size)
{
	int rc = 0;

	memset(k, 0, sizeof(*k));
	k->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (k->fd < 0 || lseek(k->fd, 0, SEEK_END) < 0)
		rc = -errno;
	if (!rc)
		return 0;
	(void)snprintf(error, size, "/dev/kmsg: %s; run as root, with devtmpfs on /dev",
		       strerror(-rc));
	kmsg_close(k);
	return rc;
}

int kmsg_read(struct kmsg *k)
{
	char record[RECORD];
	unsigned int n;

	for (n = 0; n < RECORDS; n++) {
		ssize_t len = read(k->fd, record, sizeof(record));

		if (len > 0) {
			kmsg_record(k, record, (size_t)len);
		} else if (len < 0 && errno == EPIPE) {
			/* Overwritten; the file now stands at the oldest that is left. */
			k->lost++;
		} else if (len < 0 && errno != EAGAIN && errno != EINTR) {
			return -errno;
		} else {
			break;
		}
	}
	return (int)n;
}

uint32_t kmsg_irq(const struct kmsg *k, enum kmsg_kind kind, unsigned int irq)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < k->kept; i++)
		n += k->line[i].kind == kind && k->line[i].irq == irq;
	return n;
}

void kmsg_close(struct kmsg *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}
