// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/inventory.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pci/pci.h>

#include "guest/dev/descriptor.h"
#include "host/pci/sysfs.h"
#include "host/probe/file.h"

#define FUNCTIONS 4096
/* A driver that works has a device's lock for some milliseconds; a NIC's, for a second. */
#define LOCK_MS	 3000
#define ISA_IRQS 16

/* libpci gives up by a function that must not return: it returns to with_libpci(). */
static _Thread_local jmp_buf escape;
static _Thread_local char complaint[160];

static _Noreturn void give_up(char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(complaint, sizeof(complaint), format, arguments);
	va_end(arguments);
	longjmp(escape, 1);
}

static void say_nothing(char *format, ...)
{
	(void)format;
}

/* Run @work with libpci upon the sysfs below @root. */
static int with_libpci(const char *root, int (*work)(struct pci_access *, void *), void *ctx,
		       char *error, size_t size)
{
	struct pci_access *volatile access = NULL;
	char path[SYSFS_PATH];
	int result;

	(void)sysfs_path(path, "%s/sys/bus/pci", root);
	if (setjmp(escape)) {
		(void)snprintf(error, size, "libpci: %s", complaint);
		result = -EIO;
	} else {
		access = pci_alloc();
		access->error = give_up;
		access->warning = say_nothing;
		access->debug = say_nothing;
		access->method = PCI_ACCESS_SYS_BUS_PCI;
		pci_set_param(access, "sysfs.path", path);
		pci_init(access);
		result = work(access, ctx);
	}
	if (access)
		pci_cleanup(access);
	return result;
}

static void attribute(const char *root, const char *bdf, const char *name, char *text, size_t size)
{
	char path[SYSFS_PATH];

	(void)sysfs_path(path, "%s/sys/bus/pci/devices/%s/%s", root, bdf, name);
	(void)sysfs_read(path, text, size);
}

static long attribute_number(const char *root, const char *bdf, const char *name, long otherwise)
{
	char path[SYSFS_PATH];

	(void)sysfs_path(path, "%s/sys/bus/pci/devices/%s/%s", root, bdf, name);
	return sysfs_number(path, otherwise);
}

static void take_sysfs(const char *root, struct pci_function *f)
{
	char path[SYSFS_PATH];

	(void)sysfs_path(path, "%s/sys/bus/pci/devices/%s/driver_override", root, f->bdf);
	f->locked = sysfs_read_within(path, f->driver_override, PCI_NAME, LOCK_MS) == -ETIMEDOUT;
	if (!strcmp(f->driver_override, "(null)"))
		f->driver_override[0] = '\0';
	attribute(root, f->bdf, "reset_method", f->reset_method, PCI_NAME);
	f->enabled = (int)attribute_number(root, f->bdf, "enable", 0);
}

static void take_config(struct pci_dev *dev, struct pci_function *f)
{
	uint8_t bytes[CONFIG_SIZE];
	size_t size = 0;

	if (pci_read_block(dev, 0, bytes, sizeof(bytes)))
		size = sizeof(bytes);
	else if (pci_read_block(dev, 0, bytes, 64))
		size = 64;
	config_facts(bytes, size, &f->config);
}

/*
 * sysfs shows the first message's irq while MSI is on, the line's else (irq_show(),
 * drivers/pci/pci-sysfs.c). That is what the Interrupt Line register held when the
 * kernel found the function, an ISA interrupt, until pci_enable_device() routes the pin.
 */
static void take_irq(struct pci_function *f, int irq)
{
	f->irq = irq > 0 ? irq : 0;
	f->routed = f->irq && f->config.pin && !f->config.msi_on &&
		    (f->enabled > 0 || (f->irq >= ISA_IRQS && f->irq != f->config.line));
}

static void take_function(const char *root, struct pci_dev *dev, struct pci_function *f)
{
	const char *text;

	memset(f, 0, sizeof(*f));
	f->parent = -1;
	f->at = (struct bdf){ (uint32_t)dev->domain, dev->bus, dev->dev, dev->func };
	bdf_format(&f->at, f->bdf);
	pci_fill_info(dev, PCI_FILL_IDENT | PCI_FILL_IRQ | PCI_FILL_CLASS | PCI_FILL_CLASS_EXT |
				   PCI_FILL_IOMMU_GROUP | PCI_FILL_DRIVER);
	f->vendor = dev->vendor_id;
	f->device = dev->device_id;
	f->class_code = (uint32_t)dev->device_class << 8 | dev->prog_if;
	text = pci_get_string_property(dev, PCI_FILL_IOMMU_GROUP);
	f->group = text ? atoi(text) : -1;
	text = pci_get_string_property(dev, PCI_FILL_DRIVER);
	(void)snprintf(f->driver, sizeof(f->driver), "%s", text ? text : "");
	take_config(dev, f);
	take_sysfs(root, f);
	take_irq(f, dev->irq);
}

static int compare(const void *left, const void *right)
{
	const struct bdf *a = &((const struct pci_function *)left)->at,
			 *b = &((const struct pci_function *)right)->at;

	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	return (a->bus << 8 | a->device << 3 | a->function) -
	       (b->bus << 8 | b->device << 3 | b->function);
}

static int find(const struct inventory *inventory, const struct bdf *at)
{
	struct pci_function key = { .at = *at }, *found;

	if (!inventory->count)
		return -1;
	found = bsearch(&key, inventory->function, inventory->count, sizeof(key), compare);
	return found ? (int)(found - inventory->function) : -1;
}

/*
 * The folder of a function lies in that of the bridge above it. (libpci knows that,
 * too, PCI_FILL_PARENT; 3.9.0 leaks two paths each time.)
 */
static void take_parents(const char *root, struct inventory *inventory)
{
	for (unsigned int i = 0; i < inventory->count; i++) {
		char link[SYSFS_PATH], real[PATH_MAX], *slash;
		struct bdf above;

		(void)sysfs_path(link, "%s/sys/bus/pci/devices/%s", root,
				 inventory->function[i].bdf);
		if (!realpath(link, real))
			continue;
		slash = strrchr(real, '/');
		*slash = '\0';
		slash = strrchr(real, '/');
		if (slash && bdf_parse(slash + 1, &above))
			inventory->function[i].parent = find(inventory, &above);
	}
}

static void take_roots(struct inventory *inventory)
{
	struct pci_hop hop[PCI_DEPTH];

	for (unsigned int i = 0; i < inventory->count; i++) {
		struct pci_function *f = &inventory->function[i], *top = f;
		unsigned int n = inventory_path(inventory, f, hop);

		if (n)
			top = &inventory->function[hop[n - 1].bridge];
		f->root_bus = top->at.bus;
		f->root_device = top->at.device;
		f->root_pin = n ? hop[n - 1].pin : f->config.pin;
	}
}

struct scan {
	const char *root;
	struct inventory *inventory;
};

static int scan(struct pci_access *access, void *ctx)
{
	struct scan *s = ctx;
	unsigned int n = 0;

	pci_scan_bus(access);
	for (const struct pci_dev *dev = access->devices; dev; dev = dev->next)
		n++;
	if (n > FUNCTIONS)
		return -E2BIG;
	s->inventory->function = calloc(n ? n : 1, sizeof(*s->inventory->function));
	if (!s->inventory->function)
		return -ENOMEM;
	for (struct pci_dev *dev = access->devices; dev; dev = dev->next)
		take_function(s->root, dev, &s->inventory->function[s->inventory->count++]);
	qsort(s->inventory->function, n, sizeof(*s->inventory->function), compare);
	take_parents(s->root, s->inventory);
	take_roots(s->inventory);
	return 0;
}

static int take_uses(const char *root, struct inventory *inventory)
{
	struct inuse inuse;
	int result = inuse_read(root, &inuse);

	for (unsigned int i = 0; !result && i < inventory->count; i++) {
		struct pci_function *f = &inventory->function[i];
		const struct irq_descriptor *row =
			descriptor_for(f->class_code, (uint32_t)f->device << 16 | f->vendor);
		const char *why = inuse_why(&inuse, f->bdf);

		f->model = row ? row->model : NULL;
		(void)snprintf(f->in_use, sizeof(f->in_use), "%s", why ? why : "");
	}
	inuse_free(&inuse);
	return result;
}

int inventory_read(const char *root, struct inventory *inventory, char *error, size_t size)
{
	struct scan s = { root, inventory };
	char path[SYSFS_PATH];
	int result;

	memset(inventory, 0, sizeof(*inventory));
	(void)sysfs_path(path, "%s/sys/bus/pci/devices", root);
	if (access(path, R_OK | X_OK)) {
		(void)snprintf(error, size, "no %s: mount sysfs, or this kernel has no PCI", path);
		return -ENODEV;
	}
	(void)snprintf(error, size, "more than %d functions below %s, or no memory for them",
		       FUNCTIONS, path);
	result = with_libpci(root, scan, &s, error, size);
	if (!result)
		result = take_uses(root, inventory);
	if (result)
		inventory_free(inventory);
	return result;
}

void inventory_free(struct inventory *inventory)
{
	free(inventory->function);
	memset(inventory, 0, sizeof(*inventory));
}

struct pci_function *inventory_find(const struct inventory *inventory, const char *bdf)
{
	struct bdf at;
	int index = bdf_parse(bdf, &at) ? find(inventory, &at) : -1;

	return index < 0 ? NULL : &inventory->function[index];
}

uint8_t pci_swizzle(uint8_t pin, uint8_t device)
{
	return pin ? (uint8_t)((pin - 1 + device) % 4 + 1) : 0;
}

unsigned int inventory_path(const struct inventory *inventory, const struct pci_function *function,
			    struct pci_hop hop[PCI_DEPTH])
{
	uint8_t pin = function->config.pin;
	unsigned int n = 0;

	for (; function->parent >= 0 && n < PCI_DEPTH; n++) {
		const struct pci_function *bridge = &inventory->function[function->parent];

		/* With ARI the device number is part of the function's (PCIe 2.1, 2.2.8.1). */
		pin = pci_swizzle(pin, bridge->config.ari_forwarding ? 0 : function->at.device);
		hop[n] = (struct pci_hop){ function->parent, pin };
		function = bridge;
	}
	return n;
}

struct attempt {
	const char *root;
	struct pci_function *function;
	char *error;
	size_t size;
};

/* As pci_intx_mask_broken() of the kernel does once, when it finds the function. */
static enum disintx try_disintx(struct pci_dev *dev, uint16_t command)
{
	uint16_t inverted = command ^ PCI_COMMAND_DISABLE_INTx, seen;

	pci_write_word(dev, PCI_COMMAND, inverted);
	seen = pci_read_word(dev, PCI_COMMAND);
	pci_write_word(dev, PCI_COMMAND, command);
	return seen == inverted ? DISINTX_STICKS : DISINTX_DEAD;
}

static void try_route(const char *root, struct pci_function *f)
{
	char path[SYSFS_PATH];
	int irq;

	(void)sysfs_path(path, "%s/sys/bus/pci/devices/%s/enable", root, f->bdf);
	if (file_write(path, "1"))
		return;
	irq = (int)attribute_number(root, f->bdf, "irq", 0);
	(void)file_write(path, "0");
	f->irq = irq;
	f->routed = irq > 0;
}

static int attempt(struct pci_access *access, void *ctx)
{
	struct attempt *a = ctx;
	struct pci_function *f = a->function;
	struct pci_dev *dev =
		pci_get_dev(access, (int)f->at.domain, f->at.bus, f->at.device, f->at.function);
	uint16_t command = pci_read_word(dev, PCI_COMMAND), after;

	if (command == 0xffff) {
		(void)snprintf(a->error, a->size, "%s: does not answer: nothing was written",
			       f->bdf);
		pci_free_dev(dev);
		return -EIO;
	}
	if (!f->driver[0] && !f->enabled && f->config.pin && !f->routed)
		try_route(a->root, f);
	f->disintx = try_disintx(dev, command);
	after = pci_read_word(dev, PCI_COMMAND);
	pci_free_dev(dev);
	if (after == command)
		return 0;
	(void)snprintf(a->error, a->size, "%s: Command was %04x and is %04x: reset the function",
		       f->bdf, command, after);
	return -EIO;
}

int inventory_try(const char *root, struct pci_function *function, char *error, size_t size)
{
	struct attempt a = { root, function, error, size };

	const char *why = function->in_use[0]	    ? function->in_use
			  : function->config.header ? "a bridge"
			  : function->locked	    ? "a driver is being bound or unbound"
						    : NULL;

	if (why) {
		(void)snprintf(error, size, "%s: not touched: %s", function->bdf, why);
		return -EBUSY;
	}
	return with_libpci(root, attempt, &a, error, size);
}
