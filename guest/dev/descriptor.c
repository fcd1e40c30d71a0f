// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/descriptor.h"

#include "guest/lib/string.h"

#define E1000_SRPD     (1u << 16) /* small receive packet: nothing else raises it here */
#define IGB_SDP0       (1u << 11)
#define IGB_CAUSES     (IGB_SDP0 | 1u << 7) /* RXDW */
#define RTL8139_CAUSES 0x4001u		    /* Timeout, ROK */
#define XHCI_EINT      (1u << 3)
#define XHCI_INTE      (1u << 2)

/* Accesses of memory BAR 0 by 32 bits; others are written out. */
#define READ32(where, bits)                                                        \
	{                                                                          \
		.kind = ACCESS_READ, .width = 4, .offset = (where), .mask = (bits) \
	}
#define WRITE32(where, what)                                                         \
	{                                                                            \
		.kind = ACCESS_WRITE, .width = 4, .offset = (where), .value = (what) \
	}

/* By 16 bits in memory BAR 1. */
#define RTL8139(access, where, bits)                                                   \
	{                                                                              \
		.kind = ACCESS_##access, .width = 2, .bar = 1, .offset = (where), bits \
	}
#define AHCI_IE (1u << 1)
#define ABAR(how, where, bits, what)                                                    \
	{                                                                               \
		.kind = (how), .width = 4, .bar = 5, .offset = (where), .mask = (bits), \
		.value = (what)                                                         \
	}

static const struct irq_descriptor table[] = {
	{
		.model = "edu",
		.pci_class = 0x00ff00,
		.pci_id = 0x11e81234,
		.source = "QEMU docs/specs/edu.txt, MMIO area",
		.status = READ32(0x24, ~0u),
		.ack = { { .kind = ACCESS_WRITE_SEEN, .width = 4, .offset = 0x64 } },
		.trigger = WRITE32(0x60, 1),
	},
	{
		.model = "e1000",
		.pci_class = 0x020000,
		.pci_id = 0x100e8086,
		.source = "Intel 317453 (8254x SDM) 13.4.17-20: ICR C0h, ICS C8h, IMS D0h, IMC D8h",
		.status = { .kind = ACCESS_READ_CLEARS,
			    .width = 4,
			    .offset = 0xc0,
			    .mask = E1000_SRPD },
		.enable = { WRITE32(0xd0, E1000_SRPD) },
		.disable = { WRITE32(0xd8, ~0u) },
		.trigger = WRITE32(0xc8, E1000_SRPD),
	},
	{
		.model = "e1000e",
		.pci_class = 0x020000,
		.pci_id = 0x10d38086,
		.source = "Intel 82574 datasheet 10.2.4: ICR C0h (write 1 clears), ICS C8h, IMS "
			  "D0h, IMC D8h",
		.status = READ32(0xc0, E1000_SRPD),
		.ack = { WRITE32(0xc0, ~0u) },
		.enable = { WRITE32(0xd0, E1000_SRPD) },
		.disable = { WRITE32(0xd8, ~0u) },
		.trigger = WRITE32(0xc8, E1000_SRPD),
	},
	{
		.model = "igb",
		.pci_class = 0x020000,
		.pci_id = 0x10c98086,
		.source = "Intel 82576 datasheet 8.8: ICR 1500h (write 1 clears), ICS 1504h, IMS "
			  "1508h, IMC 150Ch, EIMC 1528h",
		.status = READ32(0x1500, IGB_CAUSES),
		.ack = { WRITE32(0x1500, ~0u) },
		.enable = { WRITE32(0x1508, IGB_CAUSES) },
		.disable = { WRITE32(0x150c, ~0u), WRITE32(0x1528, ~0u) },
		.trigger = WRITE32(0x1504, IGB_SDP0),
	},
	{
		.model = "rtl8139",
		.pci_class = 0x020000,
		.pci_id = 0x813910ec,
		.source = "Realtek RTL8139C(L) datasheet 6.7, 6.8: IMR 3Ch, ISR 3Eh",
		.status = RTL8139(READ, 0x3e, .mask = RTL8139_CAUSES),
		.ack = { RTL8139(WRITE, 0x3e, .value = 0xffff) },
		.enable = { RTL8139(WRITE, 0x3c, .value = RTL8139_CAUSES) },
		.disable = { RTL8139(WRITE, 0x3c, .value = 0) },
	},
	{
		/* Which ports there are and what they wait for is the driver's: port 0 is cleared, GHC.IE is for all. */
		.model = "ahci",
		.pci_class = 0x010601,
		.source = "AHCI 1.3.1, 3.1.2 (GHC 04h: IE), 3.1.3 (IS 08h), 3.3.5 (P0IS 110h)",
		.status = ABAR(ACCESS_READ, 0x08, ~0u, 0),
		.ack = { ABAR(ACCESS_WRITE, 0x110, 0, ~0u), ABAR(ACCESS_WRITE_SEEN, 0x08, 0, 0) },
		.enable = { ABAR(ACCESS_SET, 0x04, AHCI_IE, 0) },
		.disable = { ABAR(ACCESS_CLEAR, 0x04, AHCI_IE, 0) },
	},
	{
		.model = "uhci",
		.pci_class = 0x0c0300,
		.source = "Intel 297650 (UHCI 1.1), 2.1",
	},
	{
		.model = "ohci",
		.pci_class = 0x0c0310,
		.source = "OHCI 1.0a, 7.1",
	},
	{
		.model = "ehci",
		.pci_class = 0x0c0320,
		.source = "EHCI 1.0, 2.3",
	},
	{
		/* IMAN.IP is behind RTSOFF: the level goes with INTE, for good. */
		.model = "xhci",
		.pci_class = 0x0c0330,
		.source = "xHCI 1.2, 5.4: USBCMD 00h.INTE, USBSTS 04h.EINT",
		.status = { .kind = ACCESS_READ,
			    .width = 4,
			    .offset = 0x04,
			    .mask = XHCI_EINT,
			    .based = true },
		.ack = { { .kind = ACCESS_WRITE,
			   .width = 4,
			   .offset = 0x04,
			   .value = XHCI_EINT,
			   .based = true } },
		.enable = { { .kind = ACCESS_SET,
			      .width = 4,
			      .offset = 0x00,
			      .mask = XHCI_INTE,
			      .based = true } },
		.disable = { { .kind = ACCESS_CLEAR,
			       .width = 4,
			       .offset = 0x00,
			       .mask = XHCI_INTE,
			       .based = true } },
	},
	{
		/* A root port, for its MSI with mask bits; it has no BAR. */
		.model = "ioh3420",
		.pci_class = 0x060400,
		.pci_id = 0x34208086,
		.source = "QEMU hw/pci-bridge/ioh3420.c: MSI capability with per-vector masking",
	},
	{
		.model = "nvme",
		.pci_class = 0x010802,
		.source = "NVMe 1.4, 3.1.4: INTMS 0Ch masks all interrupts of the controller",
		.enable = { WRITE32(0x10, ~0u) },
		.disable = { WRITE32(0x0c, ~0u) },
	},
};

const struct irq_descriptor *descriptor_row(unsigned int index)
{
	return index < sizeof(table) / sizeof(table[0]) ? &table[index] : NULL;
}

const struct irq_descriptor *descriptor_find(const char *model)
{
	const struct irq_descriptor *d;

	for (unsigned int i = 0; (d = descriptor_row(i)); i++)
		if (!strcmp(d->model, model))
			return d;
	return NULL;
}

const struct irq_descriptor *descriptor_for(uint32_t pci_class, uint32_t pci_id)
{
	const struct irq_descriptor *d;

	for (unsigned int i = 0; (d = descriptor_row(i)); i++)
		if (d->pci_class == pci_class && (!d->pci_id || d->pci_id == pci_id))
			return d;
	return NULL;
}

const struct irq_access *descriptor_access(const struct irq_descriptor *d)
{
	if (d->disable[0].kind != ACCESS_NONE)
		return &d->disable[0];
	return d->status.kind != ACCESS_NONE ? &d->status : NULL;
}

/* @seen: status bits, for the kinds that hand them on or back. */
static uint32_t perform(const struct irq_access *a, const struct dev_io *io, uint32_t seen)
{
	uint32_t offset = a->offset;

	if (a->based)
		offset += io->read(io->ctx, a->bar, 0, 1);
	switch (a->kind) {
	case ACCESS_WRITE:
		io->write(io->ctx, a->bar, offset, a->width, a->value);
		break;
	case ACCESS_WRITE_SEEN:
		io->write(io->ctx, a->bar, offset, a->width, seen);
		break;
	case ACCESS_SET:
		io->write(io->ctx, a->bar, offset, a->width,
			  io->read(io->ctx, a->bar, offset, a->width) | a->mask);
		break;
	case ACCESS_CLEAR:
		io->write(io->ctx, a->bar, offset, a->width,
			  io->read(io->ctx, a->bar, offset, a->width) & ~a->mask);
		break;
	case ACCESS_READ:
	case ACCESS_READ_CLEARS:
		return io->read(io->ctx, a->bar, offset, a->width) & a->mask;
	default:
		break;
	}
	return 0;
}

static void perform_all(const struct irq_access *steps, const struct dev_io *io, uint32_t seen)
{
	for (unsigned int i = 0; i < ROW_STEPS && steps[i].kind != ACCESS_NONE; i++)
		perform(&steps[i], io, seen);
}

void irq_trigger(const struct irq_descriptor *d, const struct dev_io *io)
{
	perform(&d->trigger, io, 0);
}

uint32_t irq_service(const struct irq_descriptor *d, const struct dev_io *io)
{
	uint32_t seen = perform(&d->status, io, 0);

	if (seen && d->status.kind != ACCESS_READ_CLEARS)
		perform_all(d->ack, io, seen);
	return seen;
}

void irq_enable(const struct irq_descriptor *d, const struct dev_io *io)
{
	perform_all(d->enable, io, 0);
}

void irq_quiet(const struct irq_descriptor *d, const struct dev_io *io)
{
	perform_all(d->disable, io, 0);
	/* Whatever else is pending must not come up when the next driver enables it. */
	perform_all(d->ack, io, perform(&d->status, io, 0));
}
