// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/msix.h"

#include <linux/pci_regs.h>
#include <string.h>

#define WORD	4u
#define DATA	2
#define CONTROL 3

void msix_init(struct msix *m, uint16_t control, uint32_t where)
{
	memset(m, 0, sizeof(*m));
	m->bar = where & PCI_MSIX_TABLE_BIR;
	m->at = where & PCI_MSIX_TABLE_OFFSET;
	m->entries = (control & PCI_MSIX_FLAGS_QSIZE) + 1u;
	for (uint32_t i = 0; i < MSIX_ENTRIES; i++)
		m->entry[i][CONTROL] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

uint32_t msix_used(const struct msix *m)
{
	return m->entries < MSIX_ENTRIES ? m->entries : MSIX_ENTRIES;
}

bool msix_covers(const struct msix *m, uint64_t offset)
{
	return m->entries && offset >= m->at &&
	       offset - m->at < (uint64_t)m->entries * MSIX_ENTRY_SIZE;
}

/* Where the access goes; NULL: nowhere. */
static const uint32_t *word(const struct msix *m, uint64_t offset, uint32_t width)
{
	uint64_t within = offset - m->at;

	if (width != WORD || within % WORD || within / MSIX_ENTRY_SIZE >= msix_used(m))
		return NULL;
	return &m->entry[within / MSIX_ENTRY_SIZE][within % MSIX_ENTRY_SIZE / WORD];
}

uint32_t msix_read(const struct msix *m, uint64_t offset, uint32_t width)
{
	const uint32_t *w = word(m, offset, width);

	return w ? *w : ~0u;
}

int msix_write(struct msix *m, uint64_t offset, uint32_t width, uint32_t value)
{
	uint32_t *w = (uint32_t *)word(m, offset, width);

	if (!w)
		return -1;
	*w = value;
	return (int)((offset - m->at) / MSIX_ENTRY_SIZE);
}

bool msix_masked(const struct msix *m, uint32_t i)
{
	return m->entry[i][CONTROL] & PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

void msix_message(const struct msix *m, uint32_t i, uint64_t *address, uint32_t *data)
{
	*address = m->entry[i][0] | (uint64_t)m->entry[i][1] << 32;
	*data = m->entry[i][DATA];
}
