// SPDX-License-Identifier: GPL-2.0-only
/*
 * "Will it properly clean up the old state?" (xen-devel, 2009): where stock Xen
 * 4.17 does not. Each case asserts what must hold; what happens instead, and
 * why, is told in docs/findings/. Several end with a panic, so they stand behind
 * everything else of their boots.
 */
#include "guest/control/audit.h"
#include "guest/control/line.h"
#include "guest/control/message.h"
#include "guest/control/pirq.h"
#include "guest/dev/mmio.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/mem.h"
#include "suites/vectors/drive.h"

#define MORE_THAN_IRQS 512u /* of the board: GSIs and MSIs, "IRQ limits" in Xen's log */

/*
 * The refusal itself is a documented 0 (mechanisms of map_domain_pirq()): what
 * counts is that the irq made for the message does not stay behind.
 */
static void taken_msi(struct test *t)
{
	struct device *owner = device_take("edu", 21), *dev = device_take("edu", 22);
	int pirq, other;

	if (!owner || !dev) {
		test_error(t, "the board has no edu on GSI 21 or 22");
		return;
	}
	expect_result(t, message_announce(owner) | message_announce(dev), 0, "L manage_pci_add");
	pirq = pirq_map_message(DOMID_SELF, owner, 0, 0, PIRQ_ANY);
	check(t, pirq > 0, "L map_pirq of any: %d, expected a pirq", pirq);
	other = pirq_map_message(DOMID_SELF, dev, 0, 0, PIRQ_ANY);
	check(t, other > 0 && other != pirq, "L map_pirq of another device: %d", other);
	expect_result(t, pirq_unmap(DOMID_SELF, (uint32_t)other), 0, "L unmap of it");
	for (unsigned int i = 0; i < MORE_THAN_IRQS; i++)
		pirq_map_message(DOMID_SELF, dev, 0, 0, pirq);
	expect_result(t, pirq_map_message(DOMID_SELF, dev, 0, 0, PIRQ_ANY), other,
		      "L map_pirq of any after %u refusals", MORE_THAN_IRQS);
	pirq_unmap(DOMID_SELF, (uint32_t)other);
	expect_result(t, pirq_unmap(DOMID_SELF, (uint32_t)pirq), 0, "L unmap of the first");
	device_release(owner);
	device_release(dev);
}
TEST_CASE("vectors.taken_msi", taken_msi);

/* The control domain's own pin: interrupts must go on to come by the pirq that was first. */
static void zero_is_first(struct test *t, uint32_t pin, uint32_t second)
{
	struct device *dev = device_take("edu", pin);
	evtchn_port_t port;
	int rc;

	expect_result(t, line_write(pin, 0 | RTE_LEVEL_LOW), 0, "V apic_write pin %u pirq 0", pin);
	port = expect_port(t, 0);
	expect_rounds(t, dev, 0, port, DRIVE_ROUNDS);
	expect_result(t, port_close(port), 0, "L close of pirq 0");
	expect_result(t, line_write(pin, second | RTE_LEVEL_LOW), 0, "V apic_write pin %u pirq %u",
		      pin, second);
	port = expect_port(t, 0);
	rc = pirq_bind(second);
	expect_result(t, rc, -XEN_EPERM, "X bind of pirq %u", second);
	expect_rounds(t, dev, 0, port, DRIVE_ROUNDS);
	device_release(dev);
	if (rc > 0)
		port_close((evtchn_port_t)rc);
	port_close(port);
}

/* Make @dev interrupt, with the pirq bound by whomever. */
static void interrupt_once(const struct device *dev)
{
	static char page[4096] __attribute__((aligned(4096), section(".bss.control")));
	struct dev_io io = mmio_dev_io(page);

	map_self((unsigned long)page, dev->bar | PTE_MMIO);
	irq_trigger(dev->desc, &io);
	sleep_ns(1 * MS);
	irq_quiet(dev->desc, &io);
	unmap((unsigned long)page);
}

static void pirq_zero(struct test *t)
{
	struct cast *c = cast_up(t);
	struct sibling *s;
	int port;

	if (!c)
		return;
	zero_is_first(t, 22, 50);
	s = &c->member[0];
	expect_result(t, sibling_ask(s, ORDER_UNBIND, 0), 0, "L unbind by dom %u", s->dom);
	expect_result(t, pirq_unmap(s->dom, c->gsi), 0, "L unmap of its pirq %u", c->gsi);
	expect_result(t, pirq_map(s->dom, c->gsi, 0), 0, "V map_pirq 0 for it");
	expect_result(t, pirq_map(s->dom, c->gsi, c->gsi), -XEN_EEXIST, "V map_pirq %u for it",
		      c->gsi);
	port = sibling_bind(s, 0);
	check(t, port > 0, "L its bind of pirq 0: %d, expected a port", port);
	interrupt_once(s->dev);
	check(t, true, "HC the hypervisor goes on after an interrupt");
	cast_down(t, c);
}
TEST_CASE("vectors.pirq_zero", pirq_zero);

static void stale(struct test *t)
{
	struct cast *c = cast_up(t);
	struct sibling *s;

	if (!c)
		return;
	s = &c->member[0];
	expect_result(t, pirq_unmap(s->dom, c->gsi), 0, "L unmap of bound pirq %u of dom %u",
		      c->gsi, s->dom);
	/* Refused or ignored (0), as other contradictions are: what counts is that it is not mapped. */
	pirq_map(s->dom, 21, c->gsi);
	expect_result(t, sibling_ask(s, ORDER_UNBIND, 0), 0, "HC its close of the old channel");
	expect_result(t, sibling_bind(s, c->gsi), -XEN_EPERM, "X its bind of pirq %u then", c->gsi);
	expect_result(t, pirq_map(s->dom, 21, c->gsi), 0, "L map_pirq %u for it, to pin 21",
		      c->gsi);
	cast_down(t, c);
}
TEST_CASE("vectors.stale", stale);

/* line_setup() takes EEXIST for success. */
static void late_setup(struct test *t)
{
	uint32_t early = 20, late = 23;

	expect_result(t, line_setup(early), 0, "V setup_gsi %u", early);
	expect_result(t, line_write(early, 52 | RTE_LEVEL_LOW), 0, "V apic_write of it");
	expect_result(t, line_setup(early), 0, "HC setup_gsi %u again", early);
	expect_result(t, line_write(late, 51 | RTE_LEVEL_LOW), 0, "V apic_write pin %u", late);
	expect_result(t, line_setup(late), 0, "HC setup_gsi of it");
	expect_result(t, line_setup(late), 0, "HC setup_gsi %u again", late);
}
TEST_CASE("vectors.late_setup", late_setup);

/*
 * A missing struct arch_msix, at address 0. The members are those of 4.17: how
 * many entries are used, and the frames of the table.
 */
struct no_arch_msix {
	uint32_t nr_entries, used_entries;
	uint64_t table_first, table_last, pba_first, pba_last;
};

#define OUR_VECTOR 0x31u
#define IOREGSEL   0 /* words of the IO-APIC's window, 82093AA 3.1 */
#define IOWIN	   4

/* The control domain may look at the IO-APIC's registers; what it writes there, Xen drops. */
static void write_directly(uint32_t pin, uint32_t value)
{
	static char page[4096] __attribute__((aligned(4096), section(".bss.control")));
	volatile uint32_t *window = (volatile uint32_t *)page;

	map_self((unsigned long)page, IOAPIC_BASE | PTE_MMIO);
	window[IOREGSEL] = 0x10 + 2 * pin;
	window[IOWIN] = value;
	unmap((unsigned long)page);
}

static void expect_entry_unmoved(struct test *t, uint32_t pin, const char *when)
{
	uint64_t before = line_rte(pin), after;

	write_directly(pin, (uint32_t)(before & ~0xffull) | 1u << 16 | OUR_VECTOR);
	after = line_rte(pin);
	check(t, after == before, "V pin %u written directly %s: vector 0x%x, expected 0x%x", pin,
	      when, RTE_VECTOR(after), RTE_VECTOR(before));
	write_directly(pin, (uint32_t)before);
}

static void no_msix(struct test *t)
{
	struct device *dev = device_take("edu", 21);
	volatile struct no_arch_msix *memory = page_zero();

	if (!dev) {
		test_error(t, "the board has no edu on GSI 21");
		return;
	}
	expect_result(t, message_announce(dev), 0, "L manage_pci_add");
	expect_entry_unmoved(t, 22, "at first");
	memory->used_entries = 1;
	memory->table_first = memory->table_last = IOAPIC_BASE >> 12;
	expect_result(t, message_prepare(dev), -XEN_ENODEV, "HC prepare_msix");
	expect_result(t, message_unprepare(dev), -XEN_ENODEV, "HC release_msix");
	expect_result(t, (int)memory->used_entries, 1, "V what the caller has at address 4");
	expect_entry_unmoved(t, 22, "after the calls");
	memory->used_entries = 0;
	device_release(dev);
}
TEST_CASE("vectors.no_msix", no_msix);

static void ioapic_page(struct test *t)
{
	for (uint32_t pin = FIRST_PCI_PIN; pin < IOAPIC_PINS; pin++)
		expect_entry_unmoved(t, pin, "through the page");
}
TEST_CASE("vectors.ioapic_page", ioapic_page);
