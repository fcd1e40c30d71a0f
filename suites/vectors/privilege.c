// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain without privilege asks for what is not its own: every physdev
 * operation, on its own behalf and on others', while those who own the line and
 * the messages are at work.
 *
 * Mechanism: xsm_map_domain_pirq() and its kind let the control domain pass and
 * nobody else (the dummy policy); EVTCHNOP_bind_pirq asks for the right to the
 * irq. Each call ends with its documented errno, nothing moves, and the owners
 * lose nothing (XSA-46, XSA-87 and XSA-237 were such checks, missing).
 */
#include "guest/control/audit.h"
#include "guest/control/cast.h"
#include "guest/control/line.h"
#include "guest/control/message.h"
#include "guest/control/pirq.h"
#include "guest/control/window.h"
#include "guest/lib/fmt.h"
#include "guest/lib/string.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "suites/vectors/drive.h"

#define GUEST_PIRQS  (24u + 32u) /* GSIs of the board, and the default of extra_guest_irqs */
#define NO_DOMAIN    1234u
#define ABSENT	     0x7f08 /* a bus that the board does not have */
#define UNKNOWN_TYPE 9
#define MAX_TRIALS   192

/* Of whom or what a call speaks; filled in when the cast is there. */
struct scene {
	struct sibling *stranger;
	domid_t owner;
	uint32_t line;
	struct device *msix; /* its MSI-X is in use by the control domain */
	struct device *msi;  /* as its MSI is */
	struct device *idle; /* has MSI-X too, and nobody uses it */
};

/* One call, what it should return, and what it did. Judged when the window is closed. */
struct trial {
	char what[56];
	int expected, seen;
};

static struct trial trials[MAX_TRIALS] __attribute__((section(".bss.control")));
static unsigned int tried __attribute__((section(".bss.control")));

__attribute__((format(printf, 3, 4))) static void note(int seen, int expected, const char *fmt, ...)
{
	struct trial *trial = &trials[tried % MAX_TRIALS];
	va_list ap;

	tried++;
	trial->seen = seen;
	trial->expected = expected;
	va_start(ap, fmt);
	ll_vsnprintf(trial->what, sizeof(trial->what), fmt, ap);
	va_end(ap);
	/* The owners run on the same CPU. */
	sleep_until(now_ns() + 20 * US);
}

#define TRY_PHYSDEV(sc, cmd, arg, expected, ...)                                              \
	note(sibling_call((sc)->stranger, __HYPERVISOR_physdev_op, cmd, arg, sizeof(*(arg))), \
	     expected, __VA_ARGS__)
#define TRY_EVENT(s, cmd, arg, expected, ...)                                                    \
	note(sibling_call(s, __HYPERVISOR_event_channel_op, cmd, arg, sizeof(*(arg))), expected, \
	     __VA_ARGS__)

/* Domains by name: who is asked for, and the errno of one who may not. */
struct whom {
	const char *name;
	domid_t dom;
	int expected;
};

#define WHOM 8

static void everybody(const struct scene *sc, struct whom whom[WHOM])
{
	/* Xen's own domains, but for idle and none, cannot be looked up: ESRCH. */
	const struct whom all[WHOM] = {
		{ "itself", DOMID_SELF, -XEN_EPERM },	{ "its id", sc->stranger->dom, -XEN_EPERM },
		{ "the owner", sc->owner, -XEN_EPERM }, { "dom 0", 0, -XEN_EPERM },
		{ "IO", DOMID_IO, -XEN_ESRCH },		{ "XEN", DOMID_XEN, -XEN_ESRCH },
		{ "IDLE", DOMID_IDLE, -XEN_ESRCH },	{ "nobody", NO_DOMAIN, -XEN_ESRCH },
	};

	memcpy(whom, all, sizeof(all));
}

static void try_map(const struct scene *sc)
{
	static const struct {
		const char *name;
		int type, index;
	} kinds[] = {
		{ "GSI", MAP_PIRQ_TYPE_GSI, 20 },
		{ "MSI", MAP_PIRQ_TYPE_MSI, INDEX_NEW },
		{ "MSI_SEG", MAP_PIRQ_TYPE_MSI_SEG, INDEX_NEW },
		{ "MULTI_MSI", MAP_PIRQ_TYPE_MULTI_MSI, INDEX_NEW },
		{ "type 9", UNKNOWN_TYPE, 20 },
	};
	static const int pirqs[] = { PIRQ_ANY, 30 };
	struct whom whom[WHOM];

	everybody(sc, whom);
	for (unsigned int w = 0; w < WHOM; w++)
		for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			for (unsigned int p = 0; p < sizeof(pirqs) / sizeof(pirqs[0]); p++) {
				struct physdev_map_pirq map = {
					.domid = whom[w].dom,
					.type = kinds[k].type,
					.index = kinds[k].index,
					.pirq = pirqs[p],
					.bus = sc->msi->bdf >> 8,
					.devfn = sc->msi->bdf & 0xff,
					.entry_nr = 1,
				};

				TRY_PHYSDEV(sc, PHYSDEVOP_map_pirq, &map, whom[w].expected,
					    "X map_pirq %s %d for %s", kinds[k].name, pirqs[p],
					    whom[w].name);
			}
}

static void try_unmap(const struct scene *sc)
{
	const int pirqs[] = { (int)sc->line, 0 };
	struct whom whom[WHOM];

	everybody(sc, whom);
	for (unsigned int w = 0; w < WHOM; w++)
		for (unsigned int p = 0; p < sizeof(pirqs) / sizeof(pirqs[0]); p++) {
			struct physdev_unmap_pirq unmap = { .domid = whom[w].dom,
							    .pirq = pirqs[p] };

			TRY_PHYSDEV(sc, PHYSDEVOP_unmap_pirq, &unmap, whom[w].expected,
				    "L unmap_pirq %d of %s", pirqs[p], whom[w].name);
		}
}

static void try_ioapic(const struct scene *sc)
{
	const uint32_t pins[] = { sc->line, 2, 23 };

	for (unsigned int i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		struct physdev_apic apic = { .apic_physbase = IOAPIC_BASE,
					     .reg = 0x10 + 2 * pins[i] };
		struct physdev_irq irq = { .irq = pins[i] };
		struct physdev_setup_gsi gsi = { .gsi = (int)pins[i], .triggering = 1 };

		TRY_PHYSDEV(sc, PHYSDEVOP_setup_gsi, &gsi, -XEN_EPERM, "V setup_gsi %u", pins[i]);
		TRY_PHYSDEV(sc, PHYSDEVOP_apic_read, &apic, -XEN_EPERM, "V apic_read pin %u",
			    pins[i]);
		apic.value = RTE_LEVEL_LOW | 0x31;
		TRY_PHYSDEV(sc, PHYSDEVOP_apic_write, &apic, -XEN_EPERM, "V apic_write pin %u",
			    pins[i]);
		TRY_PHYSDEV(sc, PHYSDEVOP_alloc_irq_vector, &irq, -XEN_EPERM,
			    "V alloc_irq_vector %u", pins[i]);
	}
}

static void try_bind(const struct scene *sc)
{
	const struct {
		uint32_t pirq;
		int expected;
	} rows[] = {
		{ sc->line, -XEN_EPERM }, /* the owner's */
		{ 0, -XEN_EPERM },
		{ 1, -XEN_EPERM },
		{ 21, -XEN_EPERM },		 /* nobody's */
		{ GUEST_PIRQS - 1, -XEN_EPERM }, /* its last number */
		{ GUEST_PIRQS, -XEN_EINVAL },
		{ ~0u, -XEN_EINVAL },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evtchn_bind_pirq bind = { .pirq = rows[i].pirq,
						 .flags = BIND_PIRQ__WILL_SHARE };

		TRY_EVENT(sc->stranger, EVTCHNOP_bind_pirq, &bind, rows[i].expected,
			  "X bind_pirq %u", rows[i].pirq);
	}
}

/* It may end and ask about its own pirqs alone, and these are no one's. */
static void try_eoi(const struct scene *sc)
{
	const uint32_t pirqs[] = { sc->line, 0, GUEST_PIRQS, ~0u };
	struct physdev_pirq_eoi_gmfn gmfn = { .gmfn = ~0ul };
	struct physdev_irq_status_query query = { .irq = sc->line };

	for (unsigned int i = 0; i < sizeof(pirqs) / sizeof(pirqs[0]); i++) {
		struct physdev_eoi eoi = { .irq = pirqs[i] };

		TRY_PHYSDEV(sc, PHYSDEVOP_eoi, &eoi, -XEN_EINVAL, "LI eoi of pirq %u", pirqs[i]);
	}
	TRY_PHYSDEV(sc, PHYSDEVOP_irq_status_query, &query, 0, "X irq_status_query %u", sc->line);
	note((int)query.flags, XENIRQSTAT_needs_eoi, "X what it tells: not who shares");
	TRY_PHYSDEV(sc, PHYSDEVOP_pirq_eoi_gmfn_v2, &gmfn, -XEN_EINVAL,
		    "X pirq_eoi_gmfn of no frame");
}

/* Devices of the control domain, with MSI-X in use and not in use, and one that is not there. */
static void try_devices(const struct scene *sc)
{
	static const struct {
		const char *name;
		uint32_t cmd;
	} ops[] = {
		{ "prepare_msix", PHYSDEVOP_prepare_msix },
		{ "release_msix", PHYSDEVOP_release_msix },
		{ "restore_msi_ext", PHYSDEVOP_restore_msi_ext },
	};
	const uint16_t bdfs[] = { sc->msix->bdf, sc->idle->bdf, ABSENT };

	for (unsigned int o = 0; o < sizeof(ops) / sizeof(ops[0]); o++)
		for (unsigned int i = 0; i < sizeof(bdfs) / sizeof(bdfs[0]); i++) {
			struct physdev_pci_device dev = { .bus = bdfs[i] >> 8,
							  .devfn = bdfs[i] & 0xff };
			/* restore_msi looks for the device first. */
			bool absent = ops[o].cmd == PHYSDEVOP_restore_msi_ext && i == 2;

			TRY_PHYSDEV(sc, ops[o].cmd, &dev, absent ? -XEN_ENODEV : -XEN_EPERM,
				    "V %s %02x:%02x", ops[o].name, bdfs[i] >> 8, bdfs[i] & 0xff);
		}
}

static void try_pci(const struct scene *sc)
{
	struct physdev_manage_pci pci = { .bus = sc->msix->bdf >> 8,
					  .devfn = sc->msix->bdf & 0xff };
	struct physdev_manage_pci_ext ext = { .bus = pci.bus, .devfn = pci.devfn };
	struct physdev_pci_mmcfg_reserved mmcfg = { .address = 0xb0000000, .end_bus = 255 };
	struct physdev_dbgp_op dbgp = { .op = PHYSDEVOP_DBGP_RESET_PREPARE };
	struct physdev_restore_msi restore = { .bus = pci.bus, .devfn = pci.devfn };

	TRY_PHYSDEV(sc, PHYSDEVOP_manage_pci_add, &pci, -XEN_EPERM, "X manage_pci_add");
	TRY_PHYSDEV(sc, PHYSDEVOP_manage_pci_add_ext, &ext, -XEN_EPERM, "X manage_pci_add_ext");
	TRY_PHYSDEV(sc, PHYSDEVOP_manage_pci_remove, &pci, -XEN_EPERM, "X manage_pci_remove");
	TRY_PHYSDEV(sc, PHYSDEVOP_restore_msi, &restore, -XEN_EPERM, "V restore_msi");
	TRY_PHYSDEV(sc, PHYSDEVOP_pci_mmcfg_reserved, &mmcfg, -XEN_EPERM, "X pci_mmcfg_reserved");
	TRY_PHYSDEV(sc, PHYSDEVOP_dbgp_op, &dbgp, -XEN_EPERM, "X dbgp_op");
}

/* Channels of another domain. */
static void try_channels(const struct scene *sc)
{
	struct evtchn_status status = { .dom = sc->owner, .port = 1 };
	struct evtchn_reset reset = { .dom = sc->owner };
	struct evtchn_alloc_unbound alloc = { .dom = sc->owner, .remote_dom = DOMID_SELF };

	TRY_EVENT(sc->stranger, EVTCHNOP_status, &status, -XEN_EPERM, "X status of a port of its");
	TRY_EVENT(sc->stranger, EVTCHNOP_reset, &reset, -XEN_EPERM, "X reset of all its ports");
	TRY_EVENT(sc->stranger, EVTCHNOP_alloc_unbound, &alloc, -XEN_EPERM, "X a new port of its");
}

/* Its own numbers it may use up; then the owner's number is reserved, and still no one's. */
static void try_numbers(const struct scene *sc)
{
	struct evtchn_bind_pirq bind = { .pirq = sc->line, .flags = BIND_PIRQ__WILL_SHARE };
	struct physdev_eoi eoi = { .irq = sc->line };
	int n = 0, rc = 0;

	for (; rc >= 0 && n <= (int)GUEST_PIRQS; n += rc >= 0) {
		rc = sibling_reserve(sc->stranger, MAP_PIRQ_TYPE_GSI);
		sleep_until(now_ns() + 20 * US);
	}
	note(rc, -XEN_ENOSPC, "L get_free_pirq at the end");
	note(n, GUEST_PIRQS - FIRST_PCI_PIN, "L pirqs that it gave");
	TRY_EVENT(sc->stranger, EVTCHNOP_bind_pirq, &bind, -XEN_EPERM, "X bind_pirq %u, reserved",
		  sc->line);
	TRY_PHYSDEV(sc, PHYSDEVOP_eoi, &eoi, 0, "LI eoi of pirq %u, reserved", sc->line);
}

/* The owner itself: its own pirq, a second time. */
static void try_twice(struct sibling *owner, uint32_t pirq)
{
	struct evtchn_bind_pirq bind = { .pirq = pirq, .flags = BIND_PIRQ__WILL_SHARE };

	TRY_EVENT(owner, EVTCHNOP_bind_pirq, &bind, -XEN_EEXIST, "L bind_pirq of its own, twice");
}

static void judge_trials(struct test *t)
{
	for (unsigned int i = 0; i < tried && i < MAX_TRIALS; i++)
		expect_result(t, trials[i].seen, trials[i].expected, "%s", trials[i].what);
	check(t, tried <= MAX_TRIALS, "HC %u calls, room for %u", tried, MAX_TRIALS);
}

/* What the control domain has for itself meanwhile. */
struct taken {
	struct message msix, msi;
	struct message_value msix_value, msi_value;
	evtchn_port_t msix_port, msi_port;
};

static evtchn_port_t take_message(struct test *t, struct message *m, struct message_value *v,
				  struct device *dev, bool msix)
{
	evtchn_port_t port;

	expect_result(t, message_map(m, dev, msix, 0, DOMID_SELF), 0, "L map_pirq of %s",
		      msix ? "MSI-X" : "MSI");
	port = expect_port(t, m->pirq);
	message_enable(m, true);
	message_read(m, v);
	return port;
}

static void take_messages(struct test *t, const struct scene *sc, struct taken *own)
{
	expect_result(t, message_announce(sc->idle), 0, "L manage_pci_add");
	own->msix_port = take_message(t, &own->msix, &own->msix_value, sc->msix, true);
	own->msi_port = take_message(t, &own->msi, &own->msi_value, sc->msi, false);
	expect_rounds(t, sc->msi, own->msi.pirq, own->msi_port, DRIVE_ROUNDS);
}

static void expect_message_unmoved(struct test *t, const struct message *m,
				   const struct message_value *before)
{
	struct message_value now;

	message_read(m, &now);
	check(t,
	      now.address == before->address && now.data == before->data &&
		      now.control == before->control,
	      "V %s: %llx %x, expected %llx %x as before", m->msix ? "MSI-X" : "MSI",
	      (unsigned long long)now.address, now.data, (unsigned long long)before->address,
	      before->data);
}

static void leave_messages(struct test *t, const struct scene *sc, struct taken *own)
{
	expect_message_unmoved(t, &own->msix, &own->msix_value);
	expect_message_unmoved(t, &own->msi, &own->msi_value);
	expect_rounds(t, sc->msi, own->msi.pirq, own->msi_port, DRIVE_ROUNDS);
	expect_result(t, port_close(own->msix_port) | port_close(own->msi_port), 0, "L close");
	expect_result(t, message_unmap(&own->msix), 0, "L unmap of the MSI-X");
	expect_result(t, message_unmap(&own->msi), 0, "L unmap of the MSI");
	message_enable(&own->msix, false);
	message_enable(&own->msi, false);
	device_release(sc->msix);
	device_release(sc->msi);
	device_release(sc->idle);
}

/* Granted its pirq again, the stranger is none: it was the right that it lacked. */
static void grant(struct test *t, struct sibling *s, uint32_t line)
{
	int port;

	expect_result(t, pirq_map(s->dom, line, line), 0, "X map_pirq %u for dom %u", line, s->dom);
	port = sibling_ask(s, ORDER_BIND, 0);
	check(t, port > 0, "X its bind then: %d, expected a port", port);
}

static void estrange(struct test *t, struct sibling *s, uint32_t line)
{
	expect_result(t, sibling_ask(s, ORDER_UNBIND, 0), 0, "L unbind by dom %u", s->dom);
	expect_result(t, pirq_unmap(s->dom, line), 0, "L unmap of its pirq %u", line);
}

static void try_all(const struct scene *sc, struct sibling *owner)
{
	tried = 0;
	try_map(sc);
	try_unmap(sc);
	try_ioapic(sc);
	try_bind(sc);
	try_eoi(sc);
	try_devices(sc);
	try_pci(sc);
	try_channels(sc);
	try_numbers(sc);
	try_twice(owner, sc->line);
}

static void privilege(struct test *t)
{
	struct cast *c = cast_up(t);
	struct sibling *owner;
	struct scene sc = { 0 };
	struct audit before, after;
	struct taken own;

	if (!c)
		return;
	owner = &c->member[1];
	sc = (struct scene){
		.stranger = cast_offender(c),
		.owner = owner->dom,
		.line = c->gsi,
		.msix = device_take("nvme", 22),
		.msi = device_take("edu", 21),
		.idle = device_take("e1000e", 21),
	};
	if (!sc.stranger || !sc.msix || !sc.msi || !sc.idle) {
		test_error(t, "no stranger in the cast, or no nvme, edu or e1000e of its own");
		cast_down(t, c);
		return;
	}
	estrange(t, sc.stranger, sc.line);
	take_messages(t, &sc, &own);
	audit_take(&before);

	window_open(c, WINDOW_DURING, false);
	/* An order that follows at once would take the place of the window's. */
	expect_result(t, sibling_await(owner, 10 * MS), 0, "S dom %u runs", owner->dom);
	try_all(&sc, owner);
	window_wait(t, c->timing.window[WINDOW_DURING]);
	window_close(t, c);

	judge_trials(t);
	window_judge(t, c, WINDOW_DURING, &HEALTHY);
	audit_take(&after);
	audit_check(t, &after, "after the calls");
	audit_same(t, &before, &after, 0, "calls of a stranger");
	audit_mark(t, "called");
	leave_messages(t, &sc, &own);
	grant(t, sc.stranger, sc.line);
	cast_down(t, c);
}
TEST_CASE("vectors.privilege", privilege);
