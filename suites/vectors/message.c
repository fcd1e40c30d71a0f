// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI and MSI-X of the control domain's own devices.
 *
 * Mechanism: PHYSDEVOP_map_pirq -> create_irq() takes a vector, and
 * write_msi_msg() puts it into the device: in compatibility format, or as the
 * index of an entry that it has written to the remapping table. The control
 * domain has a pirq and the enable bit. V: address and data are Xen's, each
 * vector has one source, and after the unmap nothing is left. What the guest
 * cannot see (the remapping table) the host's audit looks at.
 */
#include "guest/control/audit.h"
#include "guest/control/line.h"
#include "guest/control/message.h"
#include "guest/control/pirq.h"
#include "guest/dev/mmio.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

#define ROUNDS	    100
#define ROUND_LIMIT (50 * MS)

#define FIRST_DYNAMIC 0x20
#define LAST_DYNAMIC  0xef

/* Intel 82574 datasheet, 10.2.4: one cause for each MSI-X entry, and IVAR that says which. */
#define E1000E_ENTRIES 5
#define E1000E_ICR     0xc0
#define E1000E_ICS     0xc8
#define E1000E_IMS     0xd0
#define E1000E_IVAR    0xe4
#define FIRST_CAUSE    20 /* RxQ0, RxQ1, TxQ0, TxQ1, Other */
#define IVAR_ONE_EACH  0x000cba98u

static char bar_page[4096] __attribute__((aligned(4096), section(".bss.control")));

static bool remaps(struct test *t)
{
	struct span remap;

	return plan_value(t->line, "remap", &remap) && span_is(remap, "on");
}

/* Address and data as Xen composes them: compatibility format, or a handle to be remapped. */
static void expect_xens(struct test *t, const struct message *m, const struct message_value *v)
{
	unsigned int vector = v->data & 0xff;

	check(t, v->address >> 20 == 0xfee, "V message %u goes to %llx, expected fee.....",
	      m->entry, (unsigned long long)v->address);
	if (remaps(t)) {
		check(t, v->address >> 4 & 1, "V message %u is in remappable format: %llx",
		      m->entry, (unsigned long long)v->address);
		return;
	}
	check(t, vector >= FIRST_DYNAMIC && vector <= LAST_DYNAMIC,
	      "V message %u has vector 0x%x, expected 0x%x..0x%x", m->entry, vector, FIRST_DYNAMIC,
	      LAST_DYNAMIC);
	check(t, (v->data >> 8 & 7) == 1 && (v->address >> 2 & 1),
	      "V message %u is lowest priority, logical: data %x address %llx", m->entry, v->data,
	      (unsigned long long)v->address);
}

/* One interrupt by @write to @offset. Return: did it come within the limit, and alone? */
static bool comes_once(evtchn_port_t port, uint32_t pirq, const struct dev_io *io, uint32_t offset,
		       uint32_t value)
{
	bool came;

	io->write(io->ctx, 0, offset, 4, value);
	came = port_wait(port, now_ns() + ROUND_LIMIT);
	port_clear(port);
	pirq_eoi(pirq);
	return came && !port_pending(port);
}

static unsigned int rounds_by_edu(struct device *dev, uint32_t pirq, evtchn_port_t port)
{
	struct dev_io io = mmio_dev_io(bar_page);
	unsigned int served = 0;

	map_self((unsigned long)bar_page, dev->bar | PTE_MMIO);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		served += comes_once(port, pirq, &io, 0x60, 1);
		irq_service(dev->desc, &io);
	}
	unmap((unsigned long)bar_page);
	return served;
}

static void expect_gone(struct test *t, struct message *m)
{
	int rc = message_unmap(m);

	check(t, !rc, "L unmap of pirq %u: %d, expected 0", m->pirq, rc);
	rc = pirq_bind(m->pirq);
	check(t, rc == -XEN_EPERM, "L bind of pirq %u after it: %d, expected %d (EPERM)", m->pirq,
	      rc, -XEN_EPERM);
	rc = message_unmap(m);
	check(t, rc == -XEN_EINVAL, "L a second unmap: %d, expected %d (EINVAL)", rc, -XEN_EINVAL);
}

/*
 * A second irq for the same message: Xen gives one (find_msi_entry() looks for
 * the new irq), and it is this that the device has from then on. Both come back.
 */
static void map_again(struct test *t, const struct message *m)
{
	struct message again;
	struct message_value v;
	int rc = message_map(&again, m->dev, m->msix, m->entry, m->dom);

	check(t, !rc && again.pirq != m->pirq, "V a second map_pirq: %d, pirq %u beside %u", rc,
	      again.pirq, m->pirq);
	message_read(&again, &v);
	expect_xens(t, &again, &v);
	rc = message_unmap(&again);
	check(t, !rc, "L unmap of pirq %u: %d, expected 0", again.pirq, rc);
}

/* The irq that a message is to have is one of a line: refused, or the line would be the message's. */
static void lines_are_lines(struct test *t, const struct device *dev)
{
	static const int lines[] = { 1, 16, 22, 23 };

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct physdev_map_pirq map = { .domid = DOMID_SELF,
						.type = MAP_PIRQ_TYPE_MSI,
						.index = lines[i],
						.pirq = PIRQ_ANY,
						.bus = dev->bdf >> 8,
						.devfn = dev->bdf & 0xff };
		int rc = (int)xen_physdev_op(PHYSDEVOP_map_pirq, &map);

		check(t, rc == -XEN_EINVAL, "X map_pirq of a message to line %d: %d, expected %d",
		      lines[i], rc, -XEN_EINVAL);
	}
}

static void msi(struct test *t)
{
	struct device *dev = device_take("edu", 21);
	struct message_value first, now;
	struct message m;
	unsigned int served;
	int rc, port;

	rc = message_map(&m, dev, false, 0, DOMID_SELF);
	check(t, !rc, "L map_pirq of edu's MSI: %d, expected 0", rc);
	if (rc)
		return;
	message_read(&m, &first);
	expect_xens(t, &m, &first);
	message_enable(&m, true);
	audit_mark(t, "mapped");
	port = pirq_bind(m.pirq);
	check(t, port > 0, "L bind of pirq %u: %d, expected a port", m.pirq, port);
	served = rounds_by_edu(dev, m.pirq, (evtchn_port_t)port);
	check(t, served == ROUNDS, "LI by MSI: %u of %u served", served, ROUNDS);
	message_read(&m, &now);
	check(t, now.address == first.address && now.data == first.data,
	      "V address %llx data %x, expected %llx %x as before", (unsigned long long)now.address,
	      now.data, (unsigned long long)first.address, first.data);
	audit_mark(t, "served");
	port_close((evtchn_port_t)port);
	map_again(t, &m);
	expect_gone(t, &m);
	lines_are_lines(t, dev);
	device_release(dev);
}
TEST_CASE("vectors.msi", msi);

static unsigned int map_all(struct test *t, struct message *m, struct device *dev, unsigned int n)
{
	struct message_value v;
	unsigned int mapped = 0;

	for (unsigned int i = 0; i < n; i++) {
		int rc = message_map(&m[i], dev, true, i, DOMID_SELF);

		check(t, !rc, "L map_pirq of MSI-X entry %u: %d, expected 0", i, rc);
		if (rc)
			break;
		message_read(&m[i], &v);
		expect_xens(t, &m[i], &v);
		mapped++;
	}
	return mapped;
}

static void serve_all(struct test *t, struct message *m, const evtchn_port_t *port, unsigned int n)
{
	struct dev_io io = mmio_dev_io(bar_page);

	map_self((unsigned long)bar_page, m->dev->bar | PTE_MMIO);
	io.write(io.ctx, 0, E1000E_IVAR, 4, IVAR_ONE_EACH);
	io.write(io.ctx, 0, E1000E_IMS, 4, 0x1fu << FIRST_CAUSE);
	for (unsigned int i = 0; i < n; i++) {
		uint32_t cause = 1u << (FIRST_CAUSE + i);
		unsigned int served = 0, strayed = 0;

		for (unsigned int k = 0; k < ROUNDS / 5; k++) {
			served += comes_once(port[i], m[i].pirq, &io, E1000E_ICS, cause);
			io.write(io.ctx, 0, E1000E_ICR, 4, ~0u);
		}
		for (unsigned int other = 0; other < n; other++)
			strayed += other != i && port_pending(port[other]);
		check(t, served == ROUNDS / 5, "LI by entry %u: %u of %u served", i, served,
		      ROUNDS / 5);
		check(t, !strayed, "X of entry %u: %u at other entries, expected 0", i, strayed);
	}
	irq_quiet(m->dev->desc, &io);
	unmap((unsigned long)bar_page);
}

static void msix(struct test *t)
{
	struct device *dev = device_take("e1000e", 21);
	struct message m[E1000E_ENTRIES];
	struct message_value v[E1000E_ENTRIES];
	evtchn_port_t port[E1000E_ENTRIES];
	unsigned int n = map_all(t, m, dev, E1000E_ENTRIES);

	if (n != E1000E_ENTRIES)
		return;
	message_enable(m, true);
	for (unsigned int i = 0; i < n; i++) {
		int rc = pirq_bind(m[i].pirq);

		check(t, rc > 0, "L bind of pirq %u: %d, expected a port", m[i].pirq, rc);
		port[i] = (evtchn_port_t)rc;
		message_read(&m[i], &v[i]);
		expect_xens(t, &m[i], &v[i]);
		check(t, !(v[i].control & 1), "LI entry %u is unmasked once bound: control %x", i,
		      v[i].control);
	}
	audit_mark(t, "bound");
	serve_all(t, m, port, n);
	for (unsigned int i = 0; i < n; i++) {
		struct message_value now;

		message_read(&m[i], &now);
		check(t, now.address == v[i].address && now.data == v[i].data,
		      "V entry %u: %llx %x, expected %llx %x as before", i,
		      (unsigned long long)now.address, now.data, (unsigned long long)v[i].address,
		      v[i].data);
	}
	audit_mark(t, "served");
	for (unsigned int i = 0; i < n; i++) {
		port_close(port[i]);
		expect_gone(t, &m[i]);
	}
	message_enable(m, false);
	device_release(dev);
}
TEST_CASE("vectors.msix", msix);
