// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/irqcount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/probe/file.h"

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

int irqcount_read(unsigned int irq, struct irqcount *c)
{
	char path[64], per_cpu[1024], spurious[128];
	int rc;

	(void)snprintf(path, sizeof(path), "/sys/kernel/irq/%u/per_cpu_count", irq);
	rc = file_read(path, per_cpu, sizeof(per_cpu));
	if (rc < 0)
		return rc;
	(void)snprintf(path, sizeof(path), "/proc/irq/%u/spurious", irq);
	rc = file_read(path, spurious, sizeof(spurious));
	if (rc < 0)
		return rc;
	return irqcount_parse(per_cpu, spurious, c) ? 0 : -EIO;
}

void irqcount_add(struct irqcount *sum, struct irqcount *old, const struct irqcount *new)
{
	sum->interrupts += new->interrupts - old->interrupts;
	sum->unhandled += new->unhandled >= old->unhandled ? new->unhandled - old->unhandled
							   : new->unhandled;
	*old = *new;
}
