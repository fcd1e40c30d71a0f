// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/irqcount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "128,0,7\n" */
static bool sum_up(const char *text, uint64_t *sum)
{
	char *end;

	*sum = 0;
	for (;; text = end + 1) {
		if (*text < '0' || *text > '9')
			return false;
		*sum += strtoull(text, &end, 10);
		if (*end != ',')
			return *end == '\n' || *end == '\0';
	}
}

bool irqcount_parse(const char *per_cpu, const char *spurious, struct irqcount *c)
{
	static const char key[] = "\nunhandled ";
	const char *at = strstr(spurious, key);

	c->unhandled = 0;
	if (!at || !sum_up(per_cpu, &c->interrupts))
		return false;
	at += sizeof(key) - 1;
	if (*at < '0' || *at > '9')
		return false;
	c->unhandled = strtoull(at, NULL, 10);
	return true;
}

int irqcount_open(struct irqfiles *f, unsigned int irq)
{
	char path[64];
	int rc = 0;

	(void)snprintf(path, sizeof(path), "/sys/kernel/irq/%u/per_cpu_count", irq);
	f->per_cpu = open(path, O_RDONLY | O_CLOEXEC);
	if (f->per_cpu < 0)
		rc = -errno;
	(void)snprintf(path, sizeof(path), "/proc/irq/%u/spurious", irq);
	f->spurious = open(path, O_RDONLY | O_CLOEXEC);
	if (f->spurious < 0)
		rc = -errno;
	return rc;
}

static int read_text(int fd, char *text, size_t room)
{
	ssize_t n = pread(fd, text, room - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? -errno : 0;
}

int irqcount_read(const struct irqfiles *f, struct irqcount *c)
{
	char per_cpu[1024], spurious[128];
	int rc = read_text(f->per_cpu, per_cpu, sizeof(per_cpu));

	if (!rc)
		rc = read_text(f->spurious, spurious, sizeof(spurious));
	if (rc)
		return rc;
	return irqcount_parse(per_cpu, spurious, c) ? 0 : -EIO;
}

void irqcount_close(struct irqfiles *f)
{
	if (f->per_cpu >= 0)
		close(f->per_cpu);
	if (f->spurious >= 0)
		close(f->spurious);
	*f = (struct irqfiles){ -1, -1 };
}

void irqcount_add(struct irqcount *sum, struct irqcount *old, const struct irqcount *new)
{
	sum->interrupts += new->interrupts - old->interrupts;
	sum->unhandled += new->unhandled >= old->unhandled ? new->unhandled - old->unhandled
							   : new->unhandled;
	*old = *new;
}
