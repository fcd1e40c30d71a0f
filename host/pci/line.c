// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/line.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/pci/sysfs.h"

#define LINES	 1024
#define ISA_IRQS 16

int line_gsi(const char *chip, unsigned int irq, long hwirq)
{
	size_t n = strlen(chip);

	if (n < 7 || strcmp(chip + n - 7, "IO-APIC"))
		return LINE_UNKNOWN;
	if (irq >= ISA_IRQS)
		return irq <= INT_MAX ? (int)irq : LINE_UNKNOWN;
	/* The pins of ISA are all on the first IO-APIC, whose GSIs begin at 0. */
	return hwirq >= 0 && hwirq < 256 ? (int)hwirq : LINE_UNKNOWN;
}

bool line_action_bdf(const char *action, char bdf[BDF_SIZE])
{
	for (const char *at = action; *at; at++) {
		size_t n = strspn(at, "0123456789abcdef:.");
		char text[BDF_SIZE];
		struct bdf address;

		if (n >= sizeof(text) || n < 7) {
			at += n ? n - 1 : 0;
			continue;
		}
		memcpy(text, at, n);
		text[n] = '\0';
		if (bdf_parse(text, &address)) {
			bdf_format(&address, bdf);
			return true;
		}
		at += n - 1;
	}
	return false;
}

/* The nearest function above the device to which a link of sysfs leads. */
static int function_above(const char *link, const struct inventory *inventory)
{
	char real[PATH_MAX], *slash;

	if (!realpath(link, real))
		return -1;
	while ((slash = strrchr(real, '/'))) {
		const struct pci_function *f = inventory_find(inventory, slash + 1);

		if (f)
			return (int)(f - inventory->function);
		*slash = '\0';
	}
	return -1;
}

/* Drivers name a handler after the function, its USB bus, its interface or its virtio device. */
static int function_of(const char *root, const struct inventory *inventory, const char *action)
{
	static const char *const folders[] = { "bus/usb/devices", "class/net",
					       "bus/virtio/devices" };
	const char *usb = strstr(action, ":usb");
	char bdf[BDF_SIZE], name[48], link[SYSFS_PATH];
	int function = -1;

	if (line_action_bdf(action, bdf)) {
		const struct pci_function *f = inventory_find(inventory, bdf);

		return f ? (int)(f - inventory->function) : -1;
	}
	(void)snprintf(name, sizeof(name), "%s", usb ? usb + 1 : action);
	name[strcspn(name, "/")] = '\0';
	if (!strncmp(name, "virtio", 6))
		name[strcspn(name, "-")] = '\0';
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && name[0] && function < 0;
	     i++) {
		(void)sysfs_path(link, "%s/sys/%s/%s", root, folders[i], name);
		function = function_above(link, inventory);
	}
	return function;
}

static int compare(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	return (a->gsi > b->gsi) - (a->gsi < b->gsi);
}

/* Interrupts of IO-APICs; the kernel keeps one for every pin that was ever routed. */
static int take_lines(const char *root, struct lines *lines)
{
	char path[SYSFS_PATH], chip[32];
	struct dirent *entry;
	DIR *dir;

	lines->line = calloc(LINES, sizeof(*lines->line));
	if (!lines->line)
		return -ENOMEM;
	(void)sysfs_path(path, "%s/sys/kernel/irq", root);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (lines->count < LINES && (entry = readdir(dir))) {
		struct line *line = &lines->line[lines->count];
		long hwirq, irq;
		char *end;

		irq = strtol(entry->d_name, &end, 10);
		if (*end || irq < 0 || irq > INT_MAX || end == entry->d_name)
			continue;
		(void)sysfs_path(path, "%s/sys/kernel/irq/%ld/hwirq", root, irq);
		hwirq = sysfs_number(path, -1);
		(void)sysfs_path(path, "%s/sys/kernel/irq/%ld/chip_name", root, irq);
		(void)sysfs_read(path, chip, sizeof(chip));
		line->gsi = line_gsi(chip, (unsigned int)irq, hwirq);
		if (line->gsi == LINE_UNKNOWN)
			continue;
		line->irq = (unsigned int)irq;
		memcpy(line->chip, chip, sizeof(chip));
		lines->count++;
	}
	closedir(dir);
	return 0;
}

/*
 * A pin's interrupt goes with the last function that is enabled on it; the functions
 * keep its number, and a number of no ISA interrupt is the GSI.
 */
static void take_idle_lines(const char *root, const struct inventory *inventory,
			    struct lines *lines)
{
	for (unsigned int i = 0; i < inventory->count && lines->count < LINES; i++) {
		const struct pci_function *f = &inventory->function[i];
		struct line *line = &lines->line[lines->count];
		char path[SYSFS_PATH];

		(void)sysfs_path(path, "%s/sys/kernel/irq/%d", root, f->irq);
		if (!f->routed || f->irq < ISA_IRQS || lines_find(lines, f->irq) ||
		    !access(path, F_OK))
			continue;
		line->gsi = f->irq;
		line->irq = (unsigned int)f->irq;
		lines->count++;
	}
	qsort(lines->line, lines->count, sizeof(*lines->line), compare);
}

static bool same_wiring(const struct pci_function *a, const struct pci_function *b)
{
	return a->root_pin && a->root_pin == b->root_pin && a->at.domain == b->at.domain &&
	       a->root_bus == b->root_bus && a->root_device == b->root_device;
}

static int take_witnesses(const struct inventory *inventory, struct lines *lines)
{
	const struct pci_function *f = inventory->function;

	lines->witness = calloc(inventory->count + 1, sizeof(*lines->witness));
	if (!lines->witness)
		return -ENOMEM;
	lines->functions = inventory->count;
	for (unsigned int i = 0; i < inventory->count; i++) {
		lines->witness[i] = (struct line_witness){ LINE_UNKNOWN, LINE_UNKNOWN };
		for (unsigned int n = 0; f[i].routed && n < lines->count; n++)
			if (lines->line[n].irq == (unsigned int)f[i].irq)
				lines->witness[i].kernel = lines->line[n].gsi;
	}
	for (unsigned int i = 0; i < inventory->count; i++) {
		int *wiring = &lines->witness[i].wiring;

		for (unsigned int j = 0; j < inventory->count; j++) {
			int kernel = lines->witness[j].kernel;

			if (i == j || kernel == LINE_UNKNOWN || !same_wiring(&f[i], &f[j]))
				continue;
			if (*wiring == LINE_UNKNOWN)
				*wiring = kernel;
			else if (*wiring != kernel)
				*wiring = LINE_DIVIDED;
		}
	}
	return 0;
}

static struct line_member *add_member(struct line *line, int function)
{
	struct line_member *member;

	if (line->count == LINE_MEMBERS) {
		line->more++;
		return NULL;
	}
	member = &line->member[line->count++];
	member->function = function;
	return member;
}

static struct line_member *member_of(struct line *line, int function)
{
	for (unsigned int i = 0; i < line->count; i++)
		if (function >= 0 && line->member[i].function == function &&
		    !line->member[i].action[0])
			return &line->member[i];
	return NULL;
}

static void take_actions(const char *root, const struct inventory *inventory,
			 const struct interrupt *row, struct line *line)
{
	char name[sizeof(line->member[0].action)];

	line->total = interrupt_total(row);
	(void)snprintf(line->handler, sizeof(line->handler), "%s", row->handler);
	for (unsigned int i = 0; interrupt_action(row, i, name, sizeof(name)); i++) {
		int function = function_of(root, inventory, name);
		struct line_member *member = member_of(line, function);

		if (!member) {
			member = add_member(line, function);
			if (!member)
				continue;
			/* A second handler of one function is nothing strange. */
			member->elsewhere = function >= 0 &&
					    !(inventory->function[function].routed &&
					      inventory->function[function].irq == (int)line->irq);
		}
		(void)snprintf(member->action, sizeof(member->action), "%s", name);
	}
}

static void take_members(const char *root, const struct inventory *inventory,
			 const struct interrupts *interrupts, struct lines *lines)
{
	for (unsigned int n = 0; n < lines->count; n++) {
		struct line *line = &lines->line[n];
		const struct interrupt *row = interrupts_find(interrupts, (int)line->irq);

		for (unsigned int i = 0; i < inventory->count; i++)
			if (lines_gsi(lines, i) == line->gsi)
				(void)add_member(line, (int)i);
		if (row)
			take_actions(root, inventory, row, line);
	}
}

int lines_read(const char *root, const struct inventory *inventory,
	       const struct interrupts *interrupts, struct lines *lines)
{
	int result;

	memset(lines, 0, sizeof(*lines));
	result = take_lines(root, lines);
	if (!result) {
		take_idle_lines(root, inventory, lines);
		result = take_witnesses(inventory, lines);
	}
	if (!result)
		take_members(root, inventory, interrupts, lines);
	else
		lines_free(lines);
	return result;
}

void lines_free(struct lines *lines)
{
	free(lines->line);
	free(lines->witness);
	memset(lines, 0, sizeof(*lines));
}

int lines_gsi(const struct lines *lines, unsigned int function)
{
	const struct line_witness *w = &lines->witness[function];

	if (w->kernel != LINE_UNKNOWN)
		return w->kernel;
	return w->wiring >= 0 ? w->wiring : LINE_UNKNOWN;
}

const struct line *lines_find(const struct lines *lines, int gsi)
{
	for (unsigned int i = 0; i < lines->count; i++)
		if (lines->line[i].gsi == gsi)
			return &lines->line[i];
	return NULL;
}

bool lines_disagree(const struct inventory *inventory, const struct lines *lines,
		    unsigned int function, char *text, size_t size)
{
	const struct pci_function *f = &inventory->function[function];
	const struct line_witness *w = &lines->witness[function];

	if (w->kernel == LINE_UNKNOWN || w->wiring == LINE_UNKNOWN || w->kernel == w->wiring)
		return false;
	if (w->wiring == LINE_DIVIDED)
		(void)snprintf(text, size,
			       "%s: the kernel says GSI %d; others at INT%c of %02x:%02x differ",
			       f->bdf, w->kernel, "?ABCD"[f->root_pin], f -> root_bus,
			       f -> root_device);
	else
		(void)snprintf(text, size,
			       "%s: the kernel says GSI %d; others at INT%c of %02x:%02x have %d",
			       f->bdf, w->kernel, "?ABCD"[f->root_pin], f -> root_bus,
			       f -> root_device, w -> wiring);
	return true;
}
