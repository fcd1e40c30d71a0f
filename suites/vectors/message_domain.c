// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain that is not the control domain has a device and its message, behind
 * interrupt remapping: "do vectors stay under hypervisor control?" of a guest
 * that wants them.
 *
 * Mechanism: map_pirq for a domain needs the device to be its own
 * (pci_get_pdev(d)); the remapping entry names the requester (SVT), so the handle
 * is of no use to another device; the domain has no configuration space, and
 * get_page_from_l1e() makes its mapping of a page in mmio_ro_ranges read-only.
 */
#include "guest/control/audit.h"
#include "guest/control/ktap.h"
#include "guest/control/message.h"
#include "guest/control/window.h"
#include "guest/lib/string.h"
#include "guest/xen/clock.h"
#include "guest/xen/domctl.h"

#define FORGED_ADDRESS 0xfee0f00cu
#define FORGED_DATA    0x4413u /* NMI, vector 0x13 */
#define DEATH_LIMIT    (100 * MS)

static int rogue(struct sibling *s, enum order order, uint64_t where, uint32_t value,
		 uint64_t limit)
{
	struct rogue_write w = { .where = where, .value = value };

	memcpy(s->box->call.bytes, &w, sizeof(w));
	sibling_order(s, order, 0);
	return sibling_await(s, limit);
}

static void expect_unmoved(struct test *t, const struct message *m,
			   const struct message_value *first, const char *after)
{
	struct message_value now;

	message_read(m, &now);
	check(t, now.address == first->address && now.data == first->data,
	      "V after %s: %llx %x, expected %llx %x as before", after,
	      (unsigned long long)now.address, now.data, (unsigned long long)first->address,
	      first->data);
}

/* Assign, with a look at what another domain's device says first: it is not his. */
static bool give(struct test *t, struct sibling *s, struct message *m, bool msix)
{
	int rc = message_map(m, s->dev, msix, 0, s->dom);

	check(t, rc == -XEN_ENODEV,
	      "X map_pirq for dom %u of a device that it lacks: %d, expected %d", s->dom, rc,
	      -XEN_ENODEV);
	rc = domctl_assign(s->dom, s->dev->bdf);
	check(t, !rc, "L assign to dom %u: %d, expected 0", s->dom, rc);
	rc = rc ? rc : message_map(m, s->dev, msix, 0, s->dom);
	check(t, !rc, "L map_pirq for dom %u: %d, expected 0", s->dom, rc);
	return !rc;
}

/* Xen frees the pirqs of a dead domain when its RCU callback runs, not before. */
static void take_back(struct test *t, struct device *dev)
{
	int rc;

	sleep_ns(RCU_LIMIT);
	rc = domctl_take_back(DOMID_IO, dev->bdf);

	check(t, !rc, "L the dead domain's device comes back: %d, expected 0", rc);
}

static void msi_domain(struct test *t)
{
	struct cast *c = cast_build(t);
	struct sibling *s = c ? &c->member[0] : NULL;
	struct message_value first;
	struct device *dev;
	struct message m;
	int rc;

	if (!c)
		return;
	dev = s->dev;
	if (!give(t, s, &m, false)) {
		cast_down(t, c);
		return;
	}
	message_read(&m, &first);
	message_enable(&m, true);
	rc = sibling_ask(s, ORDER_BIND, m.pirq);
	check(t, rc > 0, "L dom %u binds pirq %u: %d, expected a port", s->dom, m.pirq, rc);
	audit_mark(t, "bound");
	window_open(c, WINDOW_BEFORE, true);
	window_wait(t, c->timing.window[WINDOW_BEFORE]);
	window_close(t, c);
	window_judge(t, c, WINDOW_BEFORE, &HEALTHY);
	for (uint8_t reg = 4; reg <= 12; reg += 4) {
		rc = rogue(s, ORDER_CONFIG, (uint64_t)dev->bdf << 8 | (uint8_t)(m.cap + reg),
			   reg == 12 ? FORGED_DATA : FORGED_ADDRESS, DEATH_LIMIT);
		check(t, !rc, "HC dom %u writes configuration space: %d, expected 0", s->dom, rc);
	}
	expect_unmoved(t, &m, &first, "writes by configuration ports");
	window_run(t, c, WINDOW_AFTER);
	window_judge(t, c, WINDOW_AFTER, &HEALTHY);
	audit_mark(t, "attacked");
	/* All that is left to clear is Xen's to clear: the domain dies with its message enabled. */
	cast_down(t, c);
	take_back(t, dev);
}
TEST_CASE("vectors.msi_domain", msi_domain);

static void msix_domain(struct test *t)
{
	struct cast *c = cast_build(t);
	struct sibling *s = c ? &c->member[0] : NULL;
	struct message_value first;
	struct device *dev;
	unsigned int offset;
	struct message m;
	uint64_t frame;
	int rc;

	if (!c)
		return;
	dev = s->dev;
	rc = message_prepare(dev);
	check(t, !rc, "V prepare_msix: %d, expected 0", rc);
	if (give(t, s, &m, true)) {
		frame = message_frame(&m, &offset);
		rc = domctl_allow_iomem(s->dom, frame >> 12, 1, true);
		check(t, !rc, "L the table's page is allowed to dom %u: %d, expected 0", s->dom,
		      rc);
		message_read(&m, &first);
		for (unsigned int word = 0; word < 16 && domctl_state(s->dom) == DOMAIN_ALIVE;
		     word += 4) {
			rc = rogue(s, ORDER_POKE, frame + offset + word,
				   word == 8 ? FORGED_DATA : FORGED_ADDRESS, DEATH_LIMIT);
			ktap_line("  # poke at %u: %d, dom %u is %d", word, rc, s->dom,
				  domctl_state(s->dom));
		}
		expect_unmoved(t, &m, &first, "writes to the table");
		audit_mark(t, "attacked");
	}
	cast_down(t, c);
	take_back(t, dev);
	rc = message_unprepare(dev);
	check(t, !rc, "L release_msix: %d, expected 0", rc);
}
TEST_CASE("vectors.msix_domain", msix_domain);
