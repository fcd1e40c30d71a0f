// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI of a function is mapped while an entry of its MSI-X table is in use.
 *
 * Mechanism: __pci_enable_msi() finds the other capability in use and takes one
 * entry of it down: __pci_disable_msix() counts used_entries down, and does it
 * again when that entry is unmapped. V: the table's page is read-only for as
 * long as an entry is mapped. L: whatever was refused or replaced, all of it can
 * be mapped again.
 */
#include "guest/control/ktap.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"
#include "suites/msi/rounds.h"

static char page[4096] __attribute__((aligned(4096), section(".bss.control")));

/* What the owner writes to the entry's data does not stand there. */
static void expect_read_only(struct test *t, const struct message *m, const char *when)
{
	struct message_value before, now;
	volatile uint32_t *entry;
	unsigned int offset;
	uint64_t frame = message_frame(m, &offset);

	message_read(m, &before);
	map_self((unsigned long)page, frame | PTE_MMIO);
	entry = (volatile uint32_t *)(page + offset);
	entry[2] = before.data ^ 1;
	message_read(m, &now);
	if (now.data != before.data)
		entry[2] = before.data;
	unmap((unsigned long)page);
	check(t, now.data == before.data, "V %s: data of the mapped entry are %x, expected %x",
	      when, now.data, before.data);
}

static void expect_maps(struct test *t, struct device *dev, bool msix, const char *when)
{
	struct message m;
	int rc = message_map(&m, dev, msix, 0, DOMID_SELF);

	check(t, !rc, "L map_pirq of %s %s: %d, expected 0", msix ? "MSI-X entry 0" : "MSI", when,
	      rc);
	if (rc)
		return;
	rc = message_unmap(&m);
	check(t, !rc, "L unmap of it: %d, expected 0", rc);
}

static void both(struct test *t)
{
	struct span model;
	struct device *dev;
	struct message x, m;
	char name[16];
	int rc;

	if (!plan_value(t->line, "model", &model))
		return;
	span_copy(model, name, sizeof(name));
	dev = device_take(name, ANY_LINE);
	if (!dev) {
		test_error(t, "the board has no %s", name);
		return;
	}
	expect_maps(t, dev, true, "alone");
	expect_maps(t, dev, false, "alone");
	rc = message_map(&x, dev, true, 0, DOMID_SELF);
	check(t, !rc, "L map_pirq of MSI-X entry 0: %d, expected 0", rc);
	expect_read_only(t, &x, "MSI-X in use");
	rc = message_map(&m, dev, false, 0, DOMID_SELF);
	ktap_line("  # map_pirq of MSI beside it: %d", rc);
	expect_read_only(t, &x, "MSI mapped beside it");
	if (!rc) {
		rc = message_unmap(&m);
		check(t, !rc, "L unmap of the MSI: %d, expected 0", rc);
	}
	rc = message_unmap(&x);
	check(t, !rc, "L unmap of the MSI-X entry: %d, expected 0", rc);
	expect_maps(t, dev, false, "after both");
	expect_maps(t, dev, true, "after both");
	/* For those that come behind. */
	rc = message_forget(dev);
	check(t, !rc, "L manage_pci_remove: %d, expected 0", rc);
	expect_maps(t, dev, true, "of the function, removed and added");
	device_release(dev);
}
TEST_CASE("msi.both", both);
