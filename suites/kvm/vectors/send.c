// SPDX-License-Identifier: GPL-2.0-only
#include "suites/kvm/vectors/send.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guest/dev/pci.h"
#include "host/probe/clock.h"

/* PCI Local Bus 3.0, 6.8.2. */
#define MSIX_TABLE    4
#define MSIX_BAR      7u
#define MSIX_ENTRIES  0x07ffu
#define ENTRY_CONTROL 3
#define ENTRY_MASK    1u

/* QEMU docs/specs/edu.txt. */
#define DMA_BUFFER  0x40000u
#define DMA_RUN	    1u
#define DMA_TO_HOST 2u
#define DMA_LIMIT   (2 * NS_PER_S)

static const struct dev_register SOURCE = { "DMA SOURCE", 0x80, 4 };
static const struct dev_register DESTINATION = { "DMA DESTINATION", 0x88, 4 };
static const struct dev_register COUNT = { "DMA COUNT", 0x90, 4 };
static const struct dev_register COMMAND = { "DMA COMMAND", 0x98, 4 };

int table_find(const struct tenant *u, struct table *t)
{
	uint8_t at = config_find_capability(&u->c.io, PCI_CAP_MSIX);
	const struct vfio_region *bar;
	uint32_t where;

	if (!at)
		return -ENOENT;
	where = vfio_config_read(&u->v, (uint16_t)(at + MSIX_TABLE), 4);
	t->entries = (vfio_config_read(&u->v, (uint16_t)(at + 2), 2) & MSIX_ENTRIES) + 1;
	if ((where & MSIX_BAR) >= VFIO_BARS)
		return -ENOENT;
	bar = &u->v.bar[where & MSIX_BAR];
	if (!bar->map ||
	    (where & ~MSIX_BAR) + t->entries * sizeof(uint32_t) * TABLE_WORDS > bar->size)
		return -EACCES;
	t->entry = (volatile uint32_t *)((char *)bar->map + (where & ~MSIX_BAR));
	t->offset = bar->offset + (where & ~MSIX_BAR);
	return 0;
}

struct message table_read(const struct table *t, unsigned int i)
{
	const volatile uint32_t *e = t->entry + TABLE_WORDS * i;

	return (struct message){ e[0] | (uint64_t)e[1] << 32, e[2] };
}

void table_write(const struct table *t, unsigned int i, struct message m)
{
	volatile uint32_t *e = t->entry + TABLE_WORDS * i;

	e[ENTRY_CONTROL] |= ENTRY_MASK;
	e[0] = (uint32_t)m.address;
	e[1] = (uint32_t)(m.address >> 32);
	e[2] = m.data;
	e[ENTRY_CONTROL] &= ~ENTRY_MASK;
}

static off_t at(const struct table *t, unsigned int i, unsigned int word)
{
	return (off_t)(t->offset + sizeof(uint32_t) * (TABLE_WORDS * i + word));
}

uint32_t table_file_read(const struct tenant *u, const struct table *t, unsigned int i,
			 unsigned int word)
{
	uint32_t value;

	if (pread(u->v.device, &value, sizeof(value), at(t, i, word)) != sizeof(value))
		return ~0u;
	return value;
}

bool table_file_write(const struct tenant *u, const struct table *t, unsigned int i,
		      unsigned int word, uint32_t value)
{
	return pwrite(u->v.device, &value, sizeof(value), at(t, i, word)) == sizeof(value);
}

static void start(struct tenant *u, uint32_t from, uint32_t to, uint32_t command)
{
	dev_write(&u->c, SOURCE, from);
	dev_write(&u->c, DESTINATION, to);
	dev_write(&u->c, COUNT, sizeof(uint32_t));
	dev_write(&u->c, COMMAND, command | DMA_RUN);
}

int dma_wait(struct tenant *u)
{
	return dev_await(&u->c, COMMAND, DMA_RUN, 0, DMA_LIMIT) ? -ETIMEDOUT : 0;
}

int dma_start(struct tenant *u, struct message m)
{
	int rc;

	memcpy(u->v.memory.base, &m.data, sizeof(m.data));
	start(u, (uint32_t)u->v.memory.bus, DMA_BUFFER, 0);
	rc = dma_wait(u);
	if (!rc)
		start(u, DMA_BUFFER, (uint32_t)m.address, DMA_TO_HOST);
	return rc;
}
