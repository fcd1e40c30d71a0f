/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine in a folder: the files of sysfs and procfs that host/pci reads, with a
 * root port, a bridge to PCI behind it, and functions that share lines.
 */
#ifndef LIFELINE_TESTS_PCI_TREE_H
#define LIFELINE_TESTS_PCI_TREE_H

#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/tests/unit.h"
#include "host/pci/config.h"

#define BUS "/sys/bus/pci"

static char tree[64];

static const char *in_tree(const char *format, ...)
{
	static char paths[4][512];
	static unsigned int turn;
	char *path = paths[turn++ % 4];
	va_list arguments;
	int n = snprintf(path, sizeof(paths[0]), "%s", tree);

	va_start(arguments, format);
	(void)vsnprintf(path + n, sizeof(paths[0]) - (size_t)n, format, arguments);
	va_end(arguments);
	return path;
}

static void make_folders(const char *path)
{
	char part[512];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			abort();
		*slash = '/';
	}
}

static void put(const char *path, const void *bytes, size_t size)
{
	FILE *f;

	make_folders(path);
	f = fopen(path, "we");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
		abort();
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

/* A link as sysfs has them: @target, which is below the tree, is told from the link's folder. */
static void link_to(const char *target, const char *path)
{
	char relative[512] = "";

	make_folders(path);
	for (const char *slash = strchr(path + strlen(tree) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/'))
		strcat(relative, "../");
	strcat(relative, target + strlen(tree) + 1);
	(void)unlink(path);
	if (symlink(relative, path))
		abort();
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static inline void remove_tree(void)
{
	(void)nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* @path: below /sys/devices, its last name the function's address. */
struct function {
	const char *path;
	uint16_t vendor, device;
	uint32_t class_code;
	uint8_t header, pin, line;
	int irq, enable, group;
	const char *driver;
};

static void add_function(const struct function *f)
{
	const char *bdf = strrchr(f->path, '/') + 1;
	uint8_t config[CONFIG_SIZE] = { (uint8_t)f->vendor, (uint8_t)(f->vendor >> 8),
					(uint8_t)f->device, (uint8_t)(f->device >> 8),
					[0x0e] = f->header, [0x3c] = f->line,
					[0x3d] = f->pin };
	char text[64];

#define ATTRIBUTE(name, ...)                                                  \
	do {                                                                  \
		(void)snprintf(text, sizeof(text), __VA_ARGS__);              \
		put_text(in_tree("/sys/devices/%s/%s", f->path, name), text); \
	} while (0)
	ATTRIBUTE("vendor", "0x%04x\n", f->vendor);
	ATTRIBUTE("device", "0x%04x\n", f->device);
	ATTRIBUTE("class", "0x%06x\n", f->class_code);
	ATTRIBUTE("revision", "0x00\n");
	ATTRIBUTE("irq", "%d\n", f->irq);
	ATTRIBUTE("enable", "%d\n", f->enable);
	ATTRIBUTE("driver_override", "(null)\n");
	ATTRIBUTE("power/control", "on\n");
#undef ATTRIBUTE
	put(in_tree("/sys/devices/%s/config", f->path), config, sizeof(config));
	link_to(in_tree("/sys/devices/%s", f->path), in_tree(BUS "/devices/%s", bdf));
	if (f->group >= 0) {
		put_text(in_tree("/sys/kernel/iommu_groups/%d/type", f->group), "DMA\n");
		link_to(in_tree("/sys/kernel/iommu_groups/%d", f->group),
			in_tree("/sys/devices/%s/iommu_group", f->path));
	}
	if (f->driver) {
		put_text(in_tree(BUS "/drivers/%s/bind", f->driver), "");
		put_text(in_tree(BUS "/drivers/%s/unbind", f->driver), "");
		link_to(in_tree(BUS "/drivers/%s", f->driver),
			in_tree("/sys/devices/%s/driver", f->path));
	}
}

#define ROOT "pci0000:00/"

static const struct function machine[] = {
	{ ROOT "0000:00:04.0", 0x1234, 0x11e8, 0x00ff00, 0, 1, 10, 10, 0, 2, NULL },
	{ ROOT "0000:00:06.0", 0x8086, 0x100e, 0x020000, 0, 1, 11, 22, 1, 4, "e1000" },
	{ ROOT "0000:00:06.1", 0x1234, 0x11e8, 0x00ff00, 0, 1, 11, 11, 0, 4, NULL },
	{ ROOT "0000:00:08.0", 0x8086, 0x2922, 0x010601, 0, 1, 10, 20, 1, 5, "ahci" },
	{ ROOT "0000:00:18.0", 0x8086, 0x3420, 0x060400, 1, 1, 10, 27, 1, 10, "pcieport" },
	{ ROOT "0000:00:18.0/0000:02:00.0", 0x1b36, 0x000e, 0x060400, 1, 1, 10, 20, 1, 10, NULL },
	{ ROOT "0000:00:18.0/0000:02:00.0/0000:03:05.0", 0x1234, 0x11e8, 0x00ff00, 0, 4, 10, 10, 0,
	  10, NULL },
	{ ROOT "0000:00:1f.0", 0x8086, 0x2918, 0x060100, 0, 0, 0, 0, 0, -1, NULL },
};

static void make_irq(unsigned int irq, const char *chip, long hwirq)
{
	char text[32];

	put_text(in_tree("/sys/kernel/irq/%u/chip_name", irq), chip);
	(void)snprintf(text, sizeof(text), "%ld\n", hwirq);
	put_text(in_tree("/sys/kernel/irq/%u/hwirq", irq), text);
	put_text(in_tree("/sys/kernel/irq/%u/per_cpu_count", irq), "158,0\n");
}

static void make_tree(void)
{
	(void)snprintf(tree, sizeof(tree), "/tmp/lifeline-pci-XXXXXX");
	if (!mkdtemp(tree))
		abort();
	put_text(in_tree(BUS "/drivers/vfio-pci/bind"), "");
	for (size_t i = 0; i < sizeof(machine) / sizeof(machine[0]); i++)
		add_function(&machine[i]);
	make_irq(10, "IR-IO-APIC\n", 10);
	make_irq(20, "IR-IO-APIC\n", 20);
	make_irq(27, "IR-PCI-MSI\n", 393216);
	put_text(in_tree("/proc/interrupts"),
		 "CPU0 CPU1\n20: 158 0 IR-IO-APIC 20-fasteoi ahci[0000:00:08.0], eth7\n");
}

#endif
