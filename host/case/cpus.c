// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/cpus.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/pci/interrupts.h"
#include "host/probe/file.h"

#define IRQS "/proc/irq"

static void path_of(char path[64], unsigned int irq)
{
	(void)snprintf(path, 64, IRQS "/%u/smp_affinity_list", irq);
}

static void online_path(char path[64], unsigned int cpu)
{
	(void)snprintf(path, 64, "/sys/devices/system/cpu/cpu%u/online", cpu);
}

enum taken cpus_keep(struct cpus *c, unsigned int cpu, char why[TAKE_WHY])
{
	DIR *dir = opendir(IRQS);
	const struct dirent *e;
	char path[64], text[8];

	*c = (struct cpus){ .cpu = cpu };
	online_path(path, cpu);
	if (!dir || file_read(path, text, sizeof(text)) <= 0 || text[0] != '1') {
		(void)snprintf(why, TAKE_WHY, "%s: no CPU that could go offline", path);
		if (dir)
			closedir(dir);
		return TAKE_SKIP;
	}
	while ((e = readdir(dir)) && c->n < CPUS_IRQS) {
		struct affinity *a = &c->irq[c->n];

		a->irq = (unsigned int)strtoul(e->d_name, NULL, 10);
		path_of(path, a->irq);
		c->n += a->irq && file_read(path, a->former, sizeof(a->former)) > 0;
	}
	closedir(dir);
	return TAKEN;
}

/* Those that cannot be moved (a timer's) have not been. */
static int give_back_irq(const struct affinity *a)
{
	char path[64], now[sizeof(a->former)];

	path_of(path, a->irq);
	if (file_read(path, now, sizeof(now)) <= 0 || !strcmp(now, a->former))
		return 0;
	return file_write(path, a->former);
}

int cpus_give_back(const struct cpus *c)
{
	int rc = c->n ? cpus_online(c->cpu, true) : 0;

	for (unsigned int i = 0; i < c->n; i++) {
		int one = give_back_irq(&c->irq[i]);

		rc = rc ? rc : one;
	}
	return rc;
}

int cpus_online(unsigned int cpu, bool online)
{
	char path[64];

	online_path(path, cpu);
	return file_write(path, online ? "1" : "0");
}

int cpus_stay(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int cpus_send(unsigned int irq, unsigned int cpu)
{
	char path[64], text[16];

	path_of(path, irq);
	(void)snprintf(text, sizeof(text), "%u", cpu);
	return file_write(path, text);
}

unsigned int cpus_irq_of(const char *word, const char *bdf)
{
	struct interrupts all = { 0 };
	unsigned int irq = 0;

	if (interrupts_read("", &all))
		return 0;
	for (unsigned int i = 0; i < all.rows && !irq; i++)
		if (all.row[i].irq > 0 && strstr(all.row[i].actions, word) &&
		    strstr(all.row[i].actions, bdf))
			irq = (unsigned int)all.row[i].irq;
	interrupts_free(&all);
	return irq;
}
