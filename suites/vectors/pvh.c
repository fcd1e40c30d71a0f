// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PVH guest, control domain or not, has no hypercall for the IO-APIC.
 *
 * Mechanism: hvm_physdev_op() lets the pirq calls through to domains with
 * XENFEAT_hvm_pirqs alone, which a PVH domain never has; four calls about PCI to
 * the control domain; and answers ENOSYS to the rest. From ring 3, hvm_hypercall()
 * answers EPERM to all. So V holds without a check of values: there is no way to
 * say one. Of a PVH control domain's writes to the IO-APIC that it is shown
 * (vioapic.c), Xen takes trigger and polarity.
 */
#include "guest/control/audit.h"
#include "guest/control/cast.h"
#include "guest/control/device.h"
#include "guest/control/line.h"
#include "guest/control/owner.h"
#include "guest/dev/mmio.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"
#include "guest/xen/pvh.h"

#define FREE_PIN    19
#define NO_SUCH_BUS 0xee
#define LIVES	    20 /* a page that each leaves behind shows above the slack of Xen's pools */
#define LAST_OP	    40 /* PHYSDEVOP_release_msix, 31, is the last that there is */

/**
 * struct sub_op - a PHYSDEVOP_*
 * @name: without the prefix
 * @nr: its number
 * @control: what a PVH control domain gets; every other PVH domain gets ENOSYS
 */
static const struct sub_op {
	const char *name;
	uint8_t nr;
	int control;
} ops[] = {
	{ "alloc_irq_vector", PHYSDEVOP_alloc_irq_vector, -XEN_ENOSYS },
	{ "free_irq_vector", PHYSDEVOP_free_irq_vector, -XEN_ENOSYS },
	{ "apic_read", PHYSDEVOP_apic_read, -XEN_ENOSYS },
	{ "apic_write", PHYSDEVOP_apic_write, -XEN_ENOSYS },
	{ "setup_gsi", PHYSDEVOP_setup_gsi, -XEN_ENOSYS },
	{ "set_iopl", PHYSDEVOP_set_iopl, -XEN_ENOSYS },
	{ "set_iobitmap", PHYSDEVOP_set_iobitmap, -XEN_ENOSYS },
	{ "IRQ_UNMASK_NOTIFY", PHYSDEVOP_IRQ_UNMASK_NOTIFY, -XEN_ENOSYS },
	{ "map_pirq", PHYSDEVOP_map_pirq, -XEN_ENOSYS },
	{ "unmap_pirq", PHYSDEVOP_unmap_pirq, -XEN_ENOSYS },
	{ "eoi", PHYSDEVOP_eoi, -XEN_ENOSYS },
	{ "irq_status_query", PHYSDEVOP_irq_status_query, -XEN_ENOSYS },
	{ "get_free_pirq", PHYSDEVOP_get_free_pirq, -XEN_ENOSYS },
	{ "pirq_eoi_gmfn_v1", PHYSDEVOP_pirq_eoi_gmfn_v1, -XEN_ENOSYS },
	{ "pirq_eoi_gmfn_v2", PHYSDEVOP_pirq_eoi_gmfn_v2, -XEN_ENOSYS },
	{ "manage_pci_add", PHYSDEVOP_manage_pci_add, -XEN_ENOSYS },
	{ "manage_pci_add_ext", PHYSDEVOP_manage_pci_add_ext, -XEN_ENOSYS },
	{ "manage_pci_remove", PHYSDEVOP_manage_pci_remove, -XEN_ENOSYS },
	{ "restore_msi", PHYSDEVOP_restore_msi, -XEN_ENOSYS },
	{ "restore_msi_ext", PHYSDEVOP_restore_msi_ext, -XEN_ENOSYS },
	{ "prepare_msix", PHYSDEVOP_prepare_msix, -XEN_ENOSYS },
	{ "release_msix", PHYSDEVOP_release_msix, -XEN_ENOSYS },
	/* Of the devices that Xen found at boot, and of one that is not there. */
	{ "pci_device_add", PHYSDEVOP_pci_device_add, 0 },
	{ "pci_device_remove", PHYSDEVOP_pci_device_remove, -XEN_ENODEV },
	{ "pci_mmcfg_reserved", PHYSDEVOP_pci_mmcfg_reserved, -XEN_ENODEV },
	/* Xen has no EHCI debug port here. */
	{ "dbgp_op", PHYSDEVOP_dbgp_op, 0 },
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

/**
 * union argument - what the calls could do harm with, if they were let through
 * @bytes: all of it; the others are as in xen/include/public/physdev.h
 */
union argument {
	uint8_t bytes[64];
	struct physdev_irq irq;
	struct physdev_apic apic;
	struct physdev_setup_gsi setup;
	struct physdev_set_iopl iopl;
	struct physdev_map_pirq map;
	struct physdev_unmap_pirq unmap;
	struct physdev_eoi eoi;
	struct physdev_pci_device device;
	struct physdev_pci_mmcfg_reserved mmcfg;
};

static union argument argument(unsigned int nr)
{
	union argument a = { .bytes = { 0 } };

	if (nr == PHYSDEVOP_alloc_irq_vector)
		a.irq.irq = FREE_PIN;
	else if (nr == PHYSDEVOP_apic_read || nr == PHYSDEVOP_apic_write)
		a.apic = (struct physdev_apic){ IOAPIC_BASE, 0x10 + 2 * FREE_PIN, 0x1a013 };
	else if (nr == PHYSDEVOP_setup_gsi)
		a.setup = (struct physdev_setup_gsi){ FREE_PIN, 1, 1 };
	else if (nr == PHYSDEVOP_set_iopl)
		a.iopl.iopl = 3;
	else if (nr == PHYSDEVOP_map_pirq)
		a.map = (struct physdev_map_pirq){ .domid = DOMID_SELF,
						   .type = MAP_PIRQ_TYPE_GSI,
						   .index = FREE_PIN,
						   .pirq = FREE_PIN };
	else if (nr == PHYSDEVOP_unmap_pirq)
		a.unmap = (struct physdev_unmap_pirq){ DOMID_SELF, FREE_PIN };
	else if (nr == PHYSDEVOP_eoi || nr == PHYSDEVOP_irq_status_query)
		a.eoi.irq = FREE_PIN;
	else if (nr == PHYSDEVOP_pci_device_remove)
		a.device.bus = NO_SUCH_BUS;
	else if (nr == PHYSDEVOP_pci_mmcfg_reserved)
		a.mmcfg.start_bus = NO_SUCH_BUS;
	return a;
}

/* The call, by @s or, without one, by this domain. */
static int call(struct sibling *s, unsigned int nr)
{
	union argument a = argument(nr);

	if (s)
		return sibling_call(s, __HYPERVISOR_physdev_op, nr, a.bytes, sizeof(a.bytes));
	return (int)xen_physdev_op(nr, a.bytes);
}

static bool is_known(unsigned int nr)
{
	for (unsigned int i = 0; i < OPS; i++)
		if (ops[i].nr == nr)
			return true;
	return false;
}

/* All calls by @s, or without one by this domain: each has the documented answer. */
static void expect_refused(struct test *t, struct sibling *s)
{
	unsigned int wrong = 0, unknown = 0;

	for (unsigned int i = 0; i < OPS; i++) {
		int rc = call(s, ops[i].nr), expected = s ? -XEN_ENOSYS : ops[i].control;

		check(t, rc == expected, "V %s: %d, expected %d", ops[i].name, rc, expected);
	}
	for (unsigned int nr = 0; nr <= LAST_OP; nr++) {
		if (is_known(nr))
			continue;
		unknown++;
		wrong += call(s, nr) != -XEN_ENOSYS;
	}
	check(t, !wrong, "HC %u of %u unknown calls are not ENOSYS, expected 0", wrong, unknown);
}

/* From ring 3, where a PVH guest may not call at all: not even what ring 0 may. */
static void expect_refused_to_user(struct test *t)
{
	static const uint8_t tried[] = { PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_apic_write,
					 PHYSDEVOP_pci_device_add };

	for (unsigned int i = 0; i < sizeof(tried); i++) {
		union argument a = argument(tried[i]);
		long rc = pvh_call_as_user(__HYPERVISOR_physdev_op, tried[i], a.bytes);

		check(t, rc == -XEN_EPERM, "X call %u from ring 3: %ld, expected %d", tried[i], rc,
		      -XEN_EPERM);
	}
}

/* Xen's own: the timer, and the console's serial line. */
static bool xens_pin(uint32_t pin)
{
	return pin == 2 || pin == 4;
}

/* Xen opens the edges among the ISA pins when it boots; a PCI pin only for who binds it. */
static void mark_all(struct test *t, const char *label, const char *of_pci)
{
	for (uint32_t pin = 0; pin < IOAPIC_PINS; pin++)
		test_mark_board(t, label, pin, pin < FIRST_PCI_PIN ? "vec=same" : of_pci);
}

static char bar_page[4096] __attribute__((aligned(4096), section(".bss.control")));

static volatile uint32_t *vioapic_register(unsigned long offset)
{
	return (volatile uint32_t *)(IOAPIC_BASE + offset);
}

static void vioapic_write(uint32_t reg, uint32_t value)
{
	*vioapic_register(0) = reg;
	*vioapic_register(0x10) = value;
}

static uint32_t vioapic_read(uint32_t reg)
{
	*vioapic_register(0) = reg;
	return *vioapic_register(0x10);
}

#define RTE_LOW_ACTIVE (1u << 13)

/* As the pins of this board are: ISA ones by edge, the rest level and low. */
static uint32_t kind_of(uint32_t pin)
{
	return pin < FIRST_PCI_PIN ? 0 : RTE_LEVEL | RTE_LOW_ACTIVE;
}

/* Write @vector to every free pin of the IO-APIC that Xen shows, masked and then open. */
static void vioapic_write_all(struct test *t, uint32_t vector)
{
	unsigned int lost = 0;

	for (uint32_t pin = 1; pin < IOAPIC_PINS; pin++) {
		uint32_t reg = 0x10 + 2 * pin, value = kind_of(pin) | vector;

		if (xens_pin(pin))
			continue;
		vioapic_write(reg + 1, vector << 24);
		vioapic_write(reg, value | RTE_MASK);
		vioapic_write(reg, value);
		own_line(pin, 0); /* for good: Xen binds it then, and never takes it back */
		lost += (vioapic_read(reg) & 0xff) != vector;
		vioapic_write(reg, value | RTE_MASK);
	}
	check(t, !lost, "HC vector 0x%x: %u shown entries did not take it, expected 0", vector,
	      lost);
}

#define LAPIC_BASE	0xfee00000ul
#define LAPIC_SPURIOUS	0xf0
#define LAPIC_ENABLE	0x1ff /* in software, spurious vector 0xff */
#define LAPIC_IRR	0x200 /* eight words, 16 bytes apart: Intel SDM vol. 3A, 10.8.4 */
#define DELIVERY_LIMIT	(5 * MS)
#define EMULATED_VECTOR 0x55

static volatile uint32_t *vlapic_register(unsigned long offset)
{
	return (volatile uint32_t *)(LAPIC_BASE + offset);
}

/* Requests in the local APIC that Xen shows; *@vector is the highest. */
static unsigned int vlapic_requests(unsigned int *vector)
{
	unsigned int n = 0;

	for (unsigned int v = 0; v < 256; v++) {
		if (!(*vlapic_register(LAPIC_IRR + v / 32 * 0x10) >> v % 32 & 1))
			continue;
		*vector = v;
		n++;
	}
	return n;
}

/*
 * An interrupt of the device behind @pin is requested by the guest's vector, and
 * by no other; the entry of the board keeps Xen's. Interrupts are off here, so
 * that the request stays to be seen.
 */
static void expect_delivery(struct test *t, uint32_t pin)
{
	struct device *dev = device_take("edu", pin);
	struct dev_io io = mmio_dev_io(bar_page);
	unsigned int n = 0, vector = 0;
	uint64_t deadline;

	if (!dev) {
		test_error(t, "the board has no edu on GSI %u", pin);
		return;
	}
	*vlapic_register(LAPIC_SPURIOUS) = LAPIC_ENABLE;
	vioapic_write(0x11 + 2 * pin, 0);
	vioapic_write(0x10 + 2 * pin, kind_of(pin) | EMULATED_VECTOR);
	map_self((unsigned long)bar_page, dev->bar | PTE_MMIO);
	irq_enable(dev->desc, &io);
	irq_trigger(dev->desc, &io);
	deadline = now_ns() + DELIVERY_LIMIT;
	while (!n && now_ns() < deadline)
		n = vlapic_requests(&vector);
	check(t, n == 1 && vector == EMULATED_VECTOR,
	      "X pin %u: %u requests, the highest 0x%x, expected one, 0x%x", pin, n, vector,
	      EMULATED_VECTOR);
	irq_quiet(dev->desc, &io);
	unmap((unsigned long)bar_page);
	device_release(dev);
	test_mark_board(t, "delivered", pin, "vec=same");
}

static void pvh_dom0(struct test *t)
{
	static const uint8_t vectors[] = { 0x13, 0x80, 0xef };

	mark_all(t, "booted", "mask=1");
	expect_refused(t, NULL);
	expect_refused_to_user(t);
	mark_all(t, "called", "mask=1 vec=same");

	/* The first time that a pin is opened Xen gives it a vector: from then on it stands. */
	vioapic_write_all(t, 0x21);
	mark_all(t, "routed", "mask=0");
	for (unsigned int i = 0; i < sizeof(vectors); i++)
		vioapic_write_all(t, vectors[i]);
	mark_all(t, "written", "mask=0 vec=same");
	expect_delivery(t, 21);
}
TEST_CASE("vectors.pvh_dom0", pvh_dom0);

/* It may have the line by map_pirq of the control domain, and bind it: that only opens a port. */
static void bind_leads_nowhere(struct test *t, struct sibling *s)
{
	struct evtchn_bind_pirq bind = { .pirq = FREE_PIN };
	int rc = line_setup(FREE_PIN);

	if (!rc)
		rc = line_map_pirq(s->dom, FREE_PIN);
	check(t, !rc, "X map_pirq %u for dom %u: %d, expected 0", FREE_PIN, s->dom, rc);
	rc = sibling_call(s, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &bind,
			  sizeof(bind));
	check(t, !rc && bind.port, "X bind_pirq %u: %d, port %u, expected 0 and a port", FREE_PIN,
	      rc, bind.port);
	test_mark(t, "bound", FREE_PIN, "mask=1 irr=0");
	check(t, RTE_MASKED(line_rte(FREE_PIN)), "X pin %u is masked all the same", FREE_PIN);
	rc = call(s, PHYSDEVOP_eoi);
	check(t, rc == -XEN_ENOSYS, "X eoi %u: %d, expected %d", FREE_PIN, rc, -XEN_ENOSYS);
}

/* Build and destroy it many times more: nothing of it may stay. */
static void expect_nothing_left(struct test *t, struct sibling *s)
{
	uint64_t before = 0, now;
	int rc = 0;

	for (unsigned int life = 0; life <= LIVES && !rc; life++) {
		/* The first may still fill Xen's own caches. */
		if (life == 1)
			before = free_pages();
		rc = sibling_birth_pvh(s);
		if (!rc && call(s, PHYSDEVOP_eoi) == -XEN_ETIMEDOUT)
			rc = -XEN_ETIMEDOUT;
		if (s->live && sibling_kill(s))
			rc = -XEN_EBUSY;
	}
	now = free_pages();
	check(t, !rc && now + SLAB_PAGES >= before,
	      "L %u lives more: %d, expected 0; free pages %llu, were %llu, may miss %u", LIVES, rc,
	      (unsigned long long)now, (unsigned long long)before, SLAB_PAGES);
}

static void pvh_domu(struct test *t)
{
	struct sibling s = { .slot = 0 };
	struct audit before, after;
	int rc;

	audit_take(&before);
	rc = sibling_birth_pvh(&s);
	if (rc) {
		test_error(t, "the PVH domain cannot be built: %d", rc);
		return;
	}
	expect_refused(t, &s);
	audit_take(&after);
	audit_check(t, &after, "after the calls");
	audit_same(t, &before, &after, 0, "calls of a PVH domain");
	audit_mark(t, "called");
	bind_leads_nowhere(t, &s);
	rc = sibling_kill(&s);
	check(t, !rc, "L dom %u leaves: %d, expected 0", s.dom, rc);
	expect_nothing_left(t, &s);
}
TEST_CASE("vectors.pvh_domu", pvh_domu);
