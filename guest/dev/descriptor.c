// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/descriptor.h"

#include "guest/lib/string.h"

#define E1000_SRPD (1u << 16) /* small receive packet: nothing else raises it here */

static const struct irq_descriptor table[] = {
	{
		.model = "edu",
		.vendor = 0x1234,
		.device = 0x11e8,
		.source = "QEMU docs/specs/edu.txt, MMIO area",
		.status = { ACCESS_READ, 4, 0, 0x24, ~0u, 0 },
		.ack = { ACCESS_WRITE_SEEN, 4, 0, 0x64, 0, 0 },
		.trigger = { ACCESS_WRITE, 4, 0, 0x60, 0, 1 },
	},
	{
		.model = "e1000",
		.vendor = 0x8086,
		.device = 0x100e,
		.source = "Intel 317453 (8254x SDM) 13.4.17-20: ICR C0h, ICS C8h, IMS D0h, IMC D8h",
		.status = { ACCESS_READ_CLEARS, 4, 0, 0xc0, E1000_SRPD, 0 },
		.enable = { ACCESS_WRITE, 4, 0, 0xd0, 0, E1000_SRPD },
		.disable = { ACCESS_WRITE, 4, 0, 0xd8, 0, ~0u },
		.trigger = { ACCESS_WRITE, 4, 0, 0xc8, 0, E1000_SRPD },
	},
	{
		.model = "e1000e",
		.vendor = 0x8086,
		.device = 0x10d3,
		.source = "Intel 82574 datasheet 10.2.4: ICR C0h (write 1 clears), ICS C8h, IMS "
			  "D0h, IMC D8h",
		.status = { ACCESS_READ, 4, 0, 0xc0, E1000_SRPD, 0 },
		.ack = { ACCESS_WRITE, 4, 0, 0xc0, 0, ~0u },
		.enable = { ACCESS_WRITE, 4, 0, 0xd0, 0, E1000_SRPD },
		.disable = { ACCESS_WRITE, 4, 0, 0xd8, 0, ~0u },
		.trigger = { ACCESS_WRITE, 4, 0, 0xc8, 0, E1000_SRPD },
	},
	{
		/* A root port, for its MSI with mask bits; it has no BAR. */
		.model = "ioh3420",
		.vendor = 0x8086,
		.device = 0x3420,
		.source = "QEMU hw/pci-bridge/ioh3420.c: MSI capability with per-vector masking",
	},
	{
		/* A source of many MSI-X entries; nothing here makes it interrupt. */
		.model = "nvme",
		.vendor = 0x1b36,
		.device = 0x0010,
		.source = "NVMe 1.4, 3.1.4: INTMS 0Ch masks all interrupts of the controller",
		.disable = { ACCESS_WRITE, 4, 0, 0x0c, 0, ~0u },
	},
};

const struct irq_descriptor *descriptor_find(const char *model)
{
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].model, model))
			return &table[i];
	return NULL;
}

const struct irq_descriptor *descriptor_row(unsigned int index)
{
	return index < sizeof(table) / sizeof(table[0]) ? &table[index] : NULL;
}

/* @seen: status bits, for the kinds that hand them on or back. */
static uint32_t perform(const struct irq_access *a, const struct dev_io *io, uint32_t seen)
{
	switch (a->kind) {
	case ACCESS_WRITE:
		io->write(io->ctx, a->bar, a->offset, a->width, a->value);
		break;
	case ACCESS_WRITE_SEEN:
		io->write(io->ctx, a->bar, a->offset, a->width, seen);
		break;
	case ACCESS_READ:
	case ACCESS_READ_CLEARS:
		return io->read(io->ctx, a->bar, a->offset, a->width) & a->mask;
	default:
		break;
	}
	return 0;
}

void irq_trigger(const struct irq_descriptor *d, const struct dev_io *io)
{
	perform(&d->trigger, io, 0);
}

uint32_t irq_service(const struct irq_descriptor *d, const struct dev_io *io)
{
	uint32_t seen = perform(&d->status, io, 0);

	if (seen && d->status.kind != ACCESS_READ_CLEARS)
		perform(&d->ack, io, seen);
	return seen;
}

void irq_enable(const struct irq_descriptor *d, const struct dev_io *io)
{
	perform(&d->enable, io, 0);
}

void irq_quiet(const struct irq_descriptor *d, const struct dev_io *io)
{
	perform(&d->disable, io, 0);
	irq_service(d, io);
}
