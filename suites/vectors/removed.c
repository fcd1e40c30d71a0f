// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device is taken away while its message is bound, with or without an interrupt
 * in flight, and its driver closes or unmaps it afterwards.
 *
 * Mechanism: pci_remove_device() -> pci_cleanup_msi() -> destroy_irq() takes the
 * action of the irq away, with what it knew of the interrupt in flight; the pirq
 * and its channel stay. __pirq_guest_unbind() and unmap_domain_pirq() find none
 * (Xen commits 4d21248c00 and e591bdb018). HC: the hypervisor lives. LI: a line of
 * lower priority is served as before.
 */
#include "guest/control/message.h"
#include "guest/control/pirq.h"
#include "guest/dev/mmio.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/mem.h"
#include "suites/vectors/drive.h"

#define MESSAGE_LINE 21 /* of the device that goes */
#define OTHER_LINE   22

static char page[4096] __attribute__((aligned(4096), section(".bss.control")));

struct lost {
	struct message m;
	evtchn_port_t port;
};

static bool told(const struct test *t, const char *param, const char *value)
{
	struct span what;

	return plan_value(t->line, param, &what) && span_is(what, value);
}

/* One interrupt, which the driver has seen; then the device goes. */
static void take_away(struct test *t, struct lost *lost, struct device *dev)
{
	struct dev_io io = mmio_dev_io(page);

	map_self((unsigned long)page, dev->bar | PTE_MMIO);
	irq_trigger(dev->desc, &io);
	check(t, port_wait(lost->port, now_ns() + 10 * MS), "LI the message comes");
	irq_quiet(dev->desc, &io);
	unmap((unsigned long)page);
	port_clear(lost->port);
	if (!told(t, "was", "flight"))
		pirq_eoi(lost->m.pirq);
	if (told(t, "was", "closed"))
		port_close(lost->port);
	expect_result(t, message_forget(dev), 0, "L manage_pci_remove");
	check(t, !message_live(&lost->m),
	      "L the message of the device that is gone can be sent: %u, expected 0",
	      message_live(&lost->m));
	sleep_ns(2 * MS);
}

static void removed(struct test *t)
{
	struct device *other = device_take("edu", OTHER_LINE);
	struct device *dev = device_take("edu", MESSAGE_LINE);
	struct lost lost;
	evtchn_port_t line;
	int rc;

	if (!other || !dev) {
		test_error(t, "the board has no edu on GSI 21 or 22");
		return;
	}
	/* The line first: its vector is the lower one. */
	rc = line_setup(OTHER_LINE);
	rc = rc ? rc : line_map_pirq(DOMID_SELF, OTHER_LINE);
	expect_result(t, rc, 0, "L map of line %u", OTHER_LINE);
	line = expect_port(t, OTHER_LINE);
	expect_result(t, message_map(&lost.m, dev, false, 0, DOMID_SELF), 0,
		      "L map_pirq of edu's MSI");
	lost.port = expect_port(t, lost.m.pirq);
	message_enable(&lost.m, true);
	expect_rounds(t, other, OTHER_LINE, line, DRIVE_ROUNDS);
	take_away(t, &lost, dev);
	if (told(t, "then", "close"))
		expect_result(t, port_close(lost.port), 0, "HC close of its channel");
	if (told(t, "then", "unmap"))
		expect_result(t, pirq_unmap(DOMID_SELF, lost.m.pirq), 0, "L unmap of pirq %u",
			      lost.m.pirq);
	expect_rounds(t, other, OTHER_LINE, line, DRIVE_ROUNDS);
	port_close(line);
	device_release(dev);
	device_release(other);
}
TEST_CASE("vectors.removed", removed);
