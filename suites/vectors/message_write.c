// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control domain writes to the address, data and enable bits of a message
 * that Xen has set up, by every path that it has: configuration space by ports
 * and by MMCFG, and the MSI-X table. V: none of it decides which vector comes.
 *
 * Mechanism: pci_msi_conf_write_intercept() refuses writes to an MSI-X
 * capability but for its control word, and to an MSI capability that has mask
 * bits; mmio_ro_ranges makes the table's page read-only from the first mapping on.
 */
#include "guest/control/audit.h"
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/message.h"
#include "guest/dev/mmio.h"
#include "guest/dev/pci.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/mem.h"

#define EDU_LINE   21 /* one that no cast uses */
#define OTHER_LINE 22
#define FORGERIES  10u
#define MMCFG	   0xb0000000ull /* as the board's ACPI table MCFG says */

static char page[4096] __attribute__((aligned(4096), section(".bss.control")));

/* What a malicious driver would like to have: other vectors, modes, CPUs, addresses. */
static const uint32_t values[] = { 0,	   0x13,   0x80,       0x30,	   0xf0,       0x413,
				   0x4413, 0xc0a0, 0xfee00000, 0xfee0f00c, 0x12345678, ~0u };

#define VALUES (sizeof(values) / sizeof(values[0]))

enum path { PATH_PORTS, PATH_MMCFG, PATHS };

static const char *const path_name[PATHS] = { "ports", "MMCFG" };

static void write_config(enum path path, uint16_t bdf, uint8_t offset, uint32_t value)
{
	if (path == PATH_PORTS) {
		pci_write32(bdf, offset, value);
		return;
	}
	map_self((unsigned long)page, (MMCFG + ((uint64_t)bdf << 12)) | PTE_MMIO);
	*(volatile uint32_t *)(page + offset) = value;
	unmap((unsigned long)page);
}

static bool same(const struct message_value *a, const struct message_value *b)
{
	return a->address == b->address && a->data == b->data && a->control == b->control;
}

/* Write every value to the register at @offset of the capability; it goes back if it moved. */
static void attack_register(struct test *t, const struct message *m, enum path path, uint8_t offset,
			    const char *what)
{
	uint8_t at = (uint8_t)(m->cap + offset);
	uint32_t before = pci_read32(m->dev->bdf, at);
	struct message_value first, now;
	unsigned int moved = 0;

	message_read(m, &first);
	for (unsigned int i = 0; i < VALUES; i++) {
		write_config(path, m->dev->bdf, at, values[i]);
		message_read(m, &now);
		if (same(&first, &now) && pci_read32(m->dev->bdf, at) == before)
			continue;
		if (!moved++)
			ktap_line("  # wrote %08x: message %llx %x, was %llx %x", values[i],
				  (unsigned long long)now.address, now.data,
				  (unsigned long long)first.address, first.data);
		write_config(path, m->dev->bdf, at, before);
	}
	check(t, !moved, "V %s by %s: moved by %u of %u writes, expected 0", what, path_name[path],
	      moved, (unsigned int)VALUES);
}

static struct device *device_of(struct test *t)
{
	struct span model;
	char name[16];

	if (!plan_value(t->line, "model", &model))
		return NULL;
	span_copy(model, name, sizeof(name));
	return device_take(name, span_is(model, "edu") ? EDU_LINE : ANY_LINE);
}

static void expect_back(struct test *t, struct message *m)
{
	int rc = message_unmap(m);

	check(t, !rc, "L unmap of pirq %u: %d, expected 0", m->pirq, rc);
	device_release(m->dev);
}

/*
 * What it comes to: the data of one's own MSI are those of somebody else's line,
 * and the interrupt is taken for his. Behind remapping the data are no vector.
 */
static void forge(struct test *t, const struct message *m)
{
	struct dev_io io = mmio_dev_io(page);
	struct message_value first;
	unsigned int strayed = 0;
	int port;

	message_read(m, &first);
	line_setup(OTHER_LINE);
	port = line_map_pirq(DOMID_SELF, OTHER_LINE) ? -1 : pirq_bind(OTHER_LINE);
	check(t, port > 0, "L bind of pirq %u: %d, expected a port", OTHER_LINE, port);
	if (port <= 0)
		return;
	pirq_eoi(OTHER_LINE);
	pci_write32(m->dev->bdf, (uint8_t)(m->cap + 12),
		    (first.data & ~0xffu) | RTE_VECTOR(line_rte(OTHER_LINE)));
	message_enable(m, true);
	map_self((unsigned long)page, m->dev->bar | PTE_MMIO);
	for (unsigned int i = 0; i < FORGERIES; i++) {
		irq_trigger(m->dev->desc, &io);
		strayed += port_wait((evtchn_port_t)port, now_ns() + 2 * MS);
		port_clear((evtchn_port_t)port);
		pirq_eoi(OTHER_LINE);
		irq_service(m->dev->desc, &io);
	}
	unmap((unsigned long)page);
	check(t, !strayed, "X %u of %u messages of pin %u's device came as pin %u, expected 0",
	      strayed, FORGERIES, EDU_LINE, OTHER_LINE);
	message_enable(m, false);
	pci_write32(m->dev->bdf, (uint8_t)(m->cap + 12), first.data);
	port_close((evtchn_port_t)port);
}

static void msi_config(struct test *t)
{
	struct device *dev = device_of(t);
	struct message m;
	int rc;

	if (!dev) {
		test_error(t, "the board has no such device");
		return;
	}
	rc = message_map(&m, dev, false, 0, DOMID_SELF);
	check(t, !rc, "L map_pirq of the MSI: %d, expected 0", rc);
	if (rc)
		return;
	for (enum path path = 0; path < PATHS; path++) {
		attack_register(t, &m, path, 4, "MSI address");
		attack_register(t, &m, path, 8, "MSI register 8");
		attack_register(t, &m, path, 12, "MSI register 12");
	}
	if (m.dev->bar)
		forge(t, &m);
	audit_mark(t, "attacked");
	expect_back(t, &m);
}
TEST_CASE("vectors.msi_config", msi_config);

/*
 * The control word of MSI-X, in an access of another size than Xen looks through. The other two
 * words are read-only in the device.
 */
static void msix_config(struct test *t)
{
	struct device *dev = device_take("e1000e", 21);
	struct message m;
	int rc = message_map(&m, dev, true, 0, DOMID_SELF);

	check(t, !rc, "L map_pirq of MSI-X entry 0: %d, expected 0", rc);
	if (rc)
		return;
	for (enum path path = 0; path < PATHS; path++) {
		attack_register(t, &m, path, 0, "MSI-X control");
	}
	audit_mark(t, "attacked");
	expect_back(t, &m);
}
TEST_CASE("vectors.msix_config", msix_config);

/* All four words of the entry, through a page that was mapped before Xen knew or after. */
static void attack_table(struct test *t, const struct message *m, unsigned int offset)
{
	volatile uint32_t *entry = (volatile uint32_t *)(page + offset);
	static const char *const word[] = { "address", "upper address", "data", "vector control" };
	struct message_value first, now;

	message_read(m, &first);
	for (unsigned int w = 0; w < 4; w++) {
		uint32_t before = entry[w];
		unsigned int moved = 0;

		for (unsigned int i = 0; i < VALUES; i++) {
			entry[w] = values[i];
			message_read(m, &now);
			moved += !same(&first, &now);
			if (entry[w] != before)
				entry[w] = before;
		}
		check(t, !moved, "V MSI-X table, %s: moved by %u of %u writes, expected 0", word[w],
		      moved, (unsigned int)VALUES);
	}
}

static uint64_t table_frame(struct device *dev, unsigned int entry, unsigned int *offset)
{
	struct message probe = { .dev = dev, .msix = true, .entry = entry };

	probe.cap = pci_find_capability(dev->bdf, PCI_CAP_MSIX);
	return message_frame(&probe, offset);
}

static void msix_table(struct test *t)
{
	struct device *dev = device_take("e1000e", 21);
	struct message m;
	struct span when;
	bool early = plan_value(t->line, "mapped", &when) && span_is(when, "before");
	unsigned int offset;
	uint64_t frame = table_frame(dev, 1, &offset);
	int rc;

	if (early)
		map_self((unsigned long)page, frame | PTE_MMIO);
	rc = message_map(&m, dev, true, 1, DOMID_SELF);
	check(t, !rc, "L map_pirq of MSI-X entry 1: %d, expected 0", rc);
	if (!early)
		map_self((unsigned long)page, frame | PTE_MMIO);
	if (!rc) {
		attack_table(t, &m, offset);
		audit_mark(t, "attacked");
	}
	unmap((unsigned long)page);
	expect_back(t, &m);
}
TEST_CASE("vectors.msix_table", msix_table);

static void expect_table_written(struct test *t, struct device *dev)
{
	unsigned int offset;
	uint64_t frame = table_frame(dev, 1, &offset);
	volatile uint32_t *entry = (volatile uint32_t *)(page + offset);
	uint32_t before, wrote, now;

	map_self((unsigned long)page, frame | PTE_MMIO);
	before = entry[0];
	wrote = ~before & ~3u;
	entry[0] = wrote;
	now = entry[0];
	entry[0] = before;
	unmap((unsigned long)page);
	check(t, now == wrote, "L MSI-X table after the unmap: %x, expected %x as written", now,
	      wrote);
}

/* What nobody has mapped any more is Xen's no longer: who comes next may write to its page. */
static void msix_table_back(struct test *t)
{
	struct device *dev = device_take("e1000e", 21);
	struct message m;
	int rc = message_map(&m, dev, true, 1, DOMID_SELF);

	check(t, !rc, "L map_pirq of MSI-X entry 1: %d, expected 0", rc);
	if (!rc) {
		rc = message_unmap(&m);
		check(t, !rc, "L unmap of pirq %u: %d, expected 0", m.pirq, rc);
		expect_table_written(t, dev);
	}
	device_release(dev);
}
TEST_CASE("vectors.msix_table_back", msix_table_back);
