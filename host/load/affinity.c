// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/affinity.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "host/probe/file.h"

static void list_of(unsigned int irq, char path[64])
{
	(void)snprintf(path, 64, "/proc/irq/%u/smp_affinity_list", irq);
}

int affinity_move(struct affinity *a, unsigned int irq, unsigned int cpu, char *error, size_t size)
{
	char path[64], text[16];
	int rc;

	memset(a, 0, sizeof(*a));
	list_of(irq, path);
	(void)snprintf(text, sizeof(text), "%u", cpu);
	rc = file_read(path, a->former, sizeof(a->former));
	if (rc >= 0)
		rc = file_write(path, text);
	if (rc) {
		(void)snprintf(error, size, "irq %u: cannot go to CPU %u: %s; see %s", irq, cpu,
			       strerror(-rc), path);
		return rc;
	}
	a->irq = irq;
	return 0;
}

int affinity_restore(struct affinity *a)
{
	char path[64];
	int rc;

	if (!a->irq)
		return 0;
	list_of(a->irq, path);
	rc = file_write(path, a->former);
	if (!rc)
		a->irq = 0;
	return rc;
}
