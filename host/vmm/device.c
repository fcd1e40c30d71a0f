// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/device.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/vmm/layout.h"

#define PAGE 4096ull

static uint32_t config_read(void *ctx, uint16_t offset, uint8_t width)
{
	struct device *d = ctx;

	return vfio_config_read(&d->v, offset, width);
}

static void config_write(void *ctx, uint16_t offset, uint8_t width, uint32_t value)
{
	struct device *d = ctx;

	vfio_config_write(&d->v, offset, width, value);
}

/* Calls of host/vfio/ return -errno and say nothing. */
static int told(struct device *d, int rc, const char *what)
{
	if (!rc)
		return 0;
	errno = -rc;
	return machine_fail(d->machine, what);
}

/*
 * The interrupt. VFIO's eventfd is KVM's irqfd. A level comes down at the guest's EOI: then
 * KVM signals @resample, by which VFIO unmasks the line, and asserts again if the device does.
 */
static int line_on(struct device *d)
{
	int rc = machine_irqfd(d->machine, VMM_GSI_LINE, d->line, d->resample, true);

	if (!rc)
		rc = told(d, vfio_irq_enable(&d->v, IRQ_INTX, &d->line, 1), "VFIO INTx");
	if (!rc)
		rc = told(d, vfio_intx_unmask_by(&d->v, d->resample), "VFIO INTx unmask eventfd");
	return rc;
}

static int line_off(struct device *d)
{
	int rc = told(d, vfio_irq_disable(&d->v, IRQ_INTX), "VFIO INTx off");

	return rc ? rc : machine_irqfd(d->machine, VMM_GSI_LINE, d->line, -1, false);
}

static uint32_t messages(const struct device *d, enum irq_kind kind)
{
	return kind == IRQ_MSI ? 1 : msix_used(&d->table);
}

/* Does the guest want message @i, and where? What it does not want waits in the eventfd. */
static bool wanted(const struct device *d, enum irq_kind kind, uint32_t i, uint64_t *address,
		   uint32_t *data)
{
	if (kind == IRQ_MSI) {
		pci_msi_message(&d->function, address, data);
		return true;
	}
	msix_message(&d->table, i, address, data);
	return !msix_masked(&d->table, i);
}

static int sync_message(struct device *d, enum irq_kind kind, uint32_t i, bool on)
{
	uint64_t address;
	uint32_t data;
	int rc = 0;

	on = wanted(d, kind, i, &address, &data) && on;
	if (on)
		rc = machine_route(d->machine, i, address, data);
	if (!rc && on != d->attached[i])
		rc = machine_irqfd(d->machine, VMM_GSI_MESSAGE + i, d->message[i], -1, on);
	if (!rc)
		d->attached[i] = on;
	return rc;
}

static int messages_on(struct device *d, enum irq_kind kind)
{
	int rc = 0;

	for (uint32_t i = 0; i < messages(d, kind) && !rc; i++)
		rc = sync_message(d, kind, i, true);
	if (!rc)
		rc = told(d, vfio_irq_enable(&d->v, kind, d->message, messages(d, kind)),
			  kind == IRQ_MSI ? "VFIO MSI" : "VFIO MSI-X");
	return rc;
}

static int messages_off(struct device *d, enum irq_kind kind)
{
	int rc = told(d, vfio_irq_disable(&d->v, kind), "VFIO messages off");

	for (uint32_t i = 0; i < messages(d, kind) && !rc; i++)
		rc = sync_message(d, kind, i, false);
	return rc;
}

static int interrupt_off(struct device *d)
{
	if (!d->on)
		return 0;
	d->on = false;
	return d->kind == IRQ_INTX ? line_off(d) : messages_off(d, d->kind);
}

/* A function has one kind at a time, to VFIO as to PCI. */
static int interrupt_on(struct device *d, enum irq_kind kind)
{
	int rc = interrupt_off(d);

	if (rc || !d->v.vectors[kind])
		return rc;
	rc = kind == IRQ_INTX ? line_on(d) : messages_on(d, kind);
	d->kind = kind;
	d->on = !rc;
	return rc;
}

static void capability_changed(void *ctx)
{
	struct device *d = ctx;
	enum irq_kind kind = IRQ_INTX;

	if (pci_msix_enabled(&d->function))
		kind = IRQ_MSIX;
	else if (pci_msi_enabled(&d->function))
		kind = IRQ_MSI;
	if (!d->rc && (!d->on || kind != d->kind))
		d->rc = interrupt_on(d, kind);
	else if (!d->rc && kind == IRQ_MSI)
		d->rc = sync_message(d, kind, 0, true);
}

static void table_changed(struct device *d, int entry)
{
	if (entry >= 0 && d->on && d->kind == IRQ_MSIX && !d->rc)
		d->rc = sync_message(d, IRQ_MSIX, (uint32_t)entry, true);
}

/* BARs: each at the next multiple of its size. */
static int map_part(struct device *d, unsigned int i, uint64_t from, uint64_t to)
{
	if (from >= to)
		return 0;
	return machine_add_memory(d->machine, d->bar[i].at + from, (char *)d->v.bar[i].map + from,
				  to - from);
}

/* All but the pages of the MSI-X table. */
static int map_bar(struct device *d, unsigned int i)
{
	uint64_t size = d->bar[i].size, from = size, to = size;
	int rc;

	if (!d->v.bar[i].map)
		return 0;
	if (d->table.entries && d->table.bar == i && d->table.at < size) {
		from = d->table.at & ~(PAGE - 1);
		to = (d->table.at + (uint64_t)d->table.entries * MSIX_ENTRY_SIZE + PAGE - 1) &
		     ~(PAGE - 1);
	}
	rc = map_part(d, i, 0, from);
	return rc ? rc : map_part(d, i, to, size);
}

static int place_bar(struct device *d, unsigned int i, uint64_t *memory, uint64_t *ports)
{
	uint32_t flags = vfio_config_read(&d->v, (uint16_t)(PCI_BASE_ADDRESS_0 + 4 * i), 4);
	struct device_bar *bar = &d->bar[i];
	uint64_t *next, end, size = d->v.bar[i].size;

	if (!size)
		return 0;
	bar->ports = flags & PCI_BASE_ADDRESS_SPACE_IO;
	flags &= bar->ports ? ~PCI_BASE_ADDRESS_IO_MASK : ~PCI_BASE_ADDRESS_MEM_MASK;
	next = bar->ports ? ports : memory;
	end = bar->ports ? VMM_PORTS_END : VMM_BARS_END;
	bar->size = size;
	bar->at = (*next + size - 1) / size * size;
	if (size > end || bar->at > end - size) {
		snprintf(d->machine->error, d->machine->room,
			 "%s: BAR %u of 0x%llx bytes has no room in the machine", d->v.bdf, i,
			 (unsigned long long)size);
		return -ENOSPC;
	}
	*next = bar->at + size;
	pci_set_bar(&d->function, i, (uint32_t)bar->at | flags);
	return map_bar(d, i);
}

static int place_bars(struct device *d)
{
	uint64_t memory = VMM_BARS, ports = VMM_PORTS;
	int rc = 0;

	for (unsigned int i = 0; i < PCI_BARS && !rc; i++)
		rc = place_bar(d, i, &memory, &ports);
	return rc;
}

static int open_eventfds(struct device *d)
{
	bool bad;

	d->line = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->resample = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bad = d->line < 0 || d->resample < 0;
	for (unsigned int i = 0; i < MSIX_ENTRIES; i++) {
		d->message[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		bad |= d->message[i] < 0;
	}
	return bad ? machine_fail(d->machine, "eventfd") : 0;
}

/* KVM shall know the group: it follows what the device's DMA does to its caches. */
static int tell_kvm(struct device *d)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_device_attr add = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = KVM_DEV_VFIO_GROUP_ADD,
		.addr = (uintptr_t)&d->v.group,
	};
	int rc = 0;

	if (ioctl(d->machine->vm, KVM_CREATE_DEVICE, &device))
		return machine_fail(d->machine, "KVM_DEV_TYPE_VFIO");
	if (ioctl((int)device.fd, KVM_SET_DEVICE_ATTR, &add))
		rc = machine_fail(d->machine, "KVM_DEV_VFIO_GROUP_ADD");
	/* The machine has it until it ends. */
	close((int)device.fd);
	return rc;
}

static void describe(struct device *d)
{
	const struct pci_backing backing = { config_read, config_write, capability_changed, d };
	uint8_t cap;

	d->io = vfio_dev_io(&d->v);
	pci_function_init(&d->function, &backing);
	cap = d->function.msix;
	if (cap)
		msix_init(&d->table, (uint16_t)vfio_config_read(&d->v, cap + PCI_MSIX_FLAGS, 2),
			  vfio_config_read(&d->v, cap + PCI_MSIX_TABLE, 4));
}

int device_open(struct device *d, struct machine *m, const struct ram *ram, const char *bdf)
{
	int rc;

	*d = (struct device){ .machine = m, .line = -1, .resample = -1 };
	for (unsigned int i = 0; i < MSIX_ENTRIES; i++)
		d->message[i] = -1;
	rc = vfio_open(&d->v, bdf, m->error, m->room);
	if (!rc)
		rc = told(d, vfio_dma_map(&d->v, ram->base, 0, ram->size), "VFIO DMA map of RAM");
	if (!rc)
		rc = tell_kvm(d);
	if (!rc)
		rc = open_eventfds(d);
	if (rc)
		return rc;
	describe(d);
	rc = place_bars(d);
	return rc ? rc : interrupt_on(d, IRQ_INTX);
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

void device_close(struct device *d)
{
	if (!d->machine)
		return;
	interrupt_off(d);
	vfio_close(&d->v);
	close_file(d->line);
	close_file(d->resample);
	for (unsigned int i = 0; i < MSIX_ENTRIES; i++)
		close_file(d->message[i]);
	d->machine = NULL;
}

bool device_access(struct device *d, bool ports, uint64_t at, uint8_t width, bool write,
		   uint32_t *value)
{
	for (uint8_t i = 0; i < PCI_BARS; i++) {
		const struct device_bar *bar = &d->bar[i];
		uint32_t offset = (uint32_t)(at - bar->at);

		if (!bar->at || bar->ports != ports || at < bar->at || at - bar->at >= bar->size)
			continue;
		if (!ports && i == d->table.bar && msix_covers(&d->table, offset)) {
			if (write)
				table_changed(d, msix_write(&d->table, offset, width, *value));
			else
				*value = msix_read(&d->table, offset, width);
		} else if (write) {
			d->io.write(d->io.ctx, i, offset, width, *value);
		} else {
			*value = d->io.read(d->io.ctx, i, offset, width);
		}
		return true;
	}
	return false;
}
