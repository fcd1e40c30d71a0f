// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/message.h"

#include "guest/control/owner.h"
#include "guest/control/pirq.h"
#include "guest/dev/pci.h"
#include "guest/lib/string.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

/* PCI Local Bus 3.0, 6.8.1 and 6.8.2. */
#define CONTROL		2 /* offset in both capabilities */
#define MSI_ENABLE	1u
#define MSI_WIDE	(1u << 7)
#define MSIX_ENABLE	(1u << 15)
#define MSIX_MASK_ALL	(1u << 14)
#define MSIX_TABLE	4
#define MSIX_PBA	8
#define MSIX_BIR	7u
#define MSIX_ENTRY_SIZE 16

static char page[4096] __attribute__((aligned(4096), section(".bss.control")));

static uint16_t control_of(uint16_t bdf, uint8_t cap)
{
	return (uint16_t)(pci_read32(bdf, cap) >> 16);
}

unsigned int message_count(const struct device *dev)
{
	uint8_t cap = pci_find_capability(dev->bdf, PCI_CAP_MSIX);

	return cap ? (control_of(dev->bdf, cap) & 0x7ffu) + 1 : 0;
}

/* Where the table or the pending bit array is: the register @what of the capability says. */
static uint64_t structure(const struct message *m, uint8_t what)
{
	uint32_t where = pci_read32(m->dev->bdf, m->cap + what);

	return pci_bar(m->dev->bdf, where & MSIX_BIR) + (where & ~MSIX_BIR);
}

static uint64_t table_bar(const struct message *m)
{
	return pci_bar(m->dev->bdf, pci_read32(m->dev->bdf, m->cap + MSIX_TABLE) & MSIX_BIR);
}

int message_announce(const struct device *dev)
{
	struct physdev_manage_pci add = { .bus = dev->bdf >> 8, .devfn = dev->bdf & 0xff };

	return (int)xen_physdev_op(PHYSDEVOP_manage_pci_add, &add);
}

int message_forget(const struct device *dev)
{
	struct physdev_manage_pci gone = { .bus = dev->bdf >> 8, .devfn = dev->bdf & 0xff };

	return (int)xen_physdev_op(PHYSDEVOP_manage_pci_remove, &gone);
}

int message_map(struct message *m, struct device *dev, bool msix, uint32_t entry, uint16_t dom)
{
	int rc;

	*m = (struct message){ .dev = dev, .entry = entry, .msix = msix, .dom = dom };
	m->cap = pci_find_capability(dev->bdf, msix ? PCI_CAP_MSIX : PCI_CAP_MSI);
	if (!m->cap)
		return -XEN_ENODEV;
	rc = message_announce(dev);
	if (!rc)
		rc = pirq_map_message(dom, dev, entry, msix ? table_bar(m) : 0, PIRQ_ANY);
	if (rc < 0)
		return rc;
	m->pirq = (uint32_t)rc;
	own_msi(dev->bdf, msix, entry, dom == DOMID_SELF ? 0 : dom);
	return 0;
}

static int guard(unsigned int op, const struct device *dev)
{
	struct physdev_pci_device pci = { .bus = dev->bdf >> 8, .devfn = dev->bdf & 0xff };
	int rc = message_announce(dev);

	return rc ? rc : (int)xen_physdev_op(op, &pci);
}

int message_prepare(const struct device *dev)
{
	return guard(PHYSDEVOP_prepare_msix, dev);
}

int message_unprepare(const struct device *dev)
{
	return guard(PHYSDEVOP_release_msix, dev);
}

int message_unmap(struct message *m)
{
	int rc = pirq_unmap(m->dom, m->pirq);

	if (!rc)
		disown_msi(m->dev->bdf, m->msix, m->entry, m->dom == DOMID_SELF ? 0 : m->dom);
	return rc;
}

void message_enable(const struct message *m, bool on)
{
	uint16_t control = control_of(m->dev->bdf, m->cap);
	uint16_t bit = m->msix ? MSIX_ENABLE : MSI_ENABLE;

	control = (uint16_t)(on ? control | bit : control & ~bit);
	if (m->msix)
		control &= (uint16_t)~MSIX_MASK_ALL;
	pci_command(m->dev->bdf, PCI_COMMAND_MASTER, 0);
	pci_write16(m->dev->bdf, m->cap + CONTROL, control);
}

bool message_live(const struct message *m)
{
	uint16_t control = control_of(m->dev->bdf, m->cap);
	struct message_value v;

	if (!m->msix)
		return control & MSI_ENABLE;
	message_read(m, &v);
	return control & MSIX_ENABLE && !(control & MSIX_MASK_ALL) &&
	       !(v.control & MSIX_ENTRY_MASKED);
}

void message_mask_all(const struct message *m, bool on)
{
	uint16_t control = control_of(m->dev->bdf, m->cap);

	control = (uint16_t)(on ? control | MSIX_MASK_ALL : control & ~MSIX_MASK_ALL);
	pci_write16(m->dev->bdf, m->cap + CONTROL, control);
}

bool message_masked_all(const struct message *m)
{
	return control_of(m->dev->bdf, m->cap) & MSIX_MASK_ALL;
}

uint64_t message_frame(const struct message *m, unsigned int *offset)
{
	uint64_t at = structure(m, MSIX_TABLE) + (uint64_t)m->entry * MSIX_ENTRY_SIZE;

	*offset = at % PAGE_SIZE;
	return at - *offset;
}

bool message_pending(const struct message *m)
{
	uint64_t at = structure(m, MSIX_PBA) + m->entry / 32 * 4ull;
	uint64_t offset = at % PAGE_SIZE;
	uint32_t bits;

	map_self((unsigned long)page, (at - offset) | PTE_MMIO_RO);
	bits = *(volatile uint32_t *)(page + offset);
	unmap((unsigned long)page);
	return bits >> m->entry % 32 & 1;
}

static void read_msix(const struct message *m, struct message_value *v)
{
	unsigned int offset;
	uint64_t frame = message_frame(m, &offset);
	volatile uint32_t *entry = (volatile uint32_t *)(page + offset);

	map_self((unsigned long)page, frame | PTE_MMIO_RO);
	v->address = entry[0] | (uint64_t)entry[1] << 32;
	v->data = entry[2];
	v->control = entry[3];
	unmap((unsigned long)page);
}

void message_read(const struct message *m, struct message_value *v)
{
	uint16_t bdf = m->dev->bdf;
	bool wide;

	memset(v, 0, sizeof(*v));
	if (m->msix) {
		read_msix(m, v);
		return;
	}
	wide = control_of(bdf, m->cap) & MSI_WIDE;
	v->address = pci_read32(bdf, m->cap + 4);
	if (wide)
		v->address |= (uint64_t)pci_read32(bdf, m->cap + 8) << 32;
	v->data = pci_read32(bdf, m->cap + (wide ? 12 : 8)) & 0xffff;
}
