// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/numbers.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "host/pci/interrupts.h"
#include "host/probe/file.h"

static unsigned int count_irqs(void)
{
	DIR *dir = opendir("/sys/kernel/irq");
	const struct dirent *e;
	unsigned int n = 0;

	if (!dir)
		return ~0u;
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static unsigned int count_vfio(void)
{
	struct interrupts all = { 0 };
	unsigned int n = 0;

	if (interrupts_read("", &all))
		return ~0u;
	for (unsigned int i = 0; i < all.rows; i++)
		n += strstr(all.row[i].actions, "vfio-") != NULL;
	interrupts_free(&all);
	return n;
}

/* KiB of the row @name of /proc/meminfo; -1 without one. */
static long meminfo(const char *name)
{
	char text[4096];
	const char *at;

	if (file_read("/proc/meminfo", text, sizeof(text)) < 0)
		return -1;
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

struct numbers numbers_read(void)
{
	return (struct numbers){ .irqs = count_irqs(),
				 .vfio = count_vfio(),
				 .memory = meminfo("MemAvailable:"),
				 .slab = meminfo("SUnreclaim:") };
}
