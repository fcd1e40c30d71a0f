// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pirqs run out. A domain has as many as the board has GSIs, and
 * `extra_guest_irqs` more: 32 by default for a guest.
 *
 * Mechanism: get_free_pirq() looks from the top down for a pirq without an irq
 * and marks it (PIRQ_ALLOCATED). No call gives a marked one back as such: it has
 * to be mapped and unmapped. Then it is free, and the count is as before.
 */
#include "guest/control/cast.h"
#include "guest/control/line.h"
#include "guest/control/message.h"
#include "guest/control/pirq.h"
#include "guest/control/window.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "suites/vectors/drive.h"

#define BOARD_GSIS 24u
#define MAX_PIRQS  256u

#define MORE_THAN_IRQS 512u /* of the board: GSIs and MSIs, "IRQ limits" in Xen's log */

struct reserved {
	unsigned int n;
	int pirq[MAX_PIRQS];
};

static struct reserved reserved __attribute__((section(".bss.control")));

/* Reserve until Xen refuses. Return: with what. */
static int reserve_all(struct reserved *r, int type)
{
	int pirq;

	for (r->n = 0; r->n < MAX_PIRQS; r->n++) {
		pirq = pirq_reserve(type);
		if (pirq < 0)
			return pirq;
		r->pirq[r->n] = pirq;
	}
	return 0;
}

/* Each by a fresh irq of @dev's message. Return: how many came free. */
static unsigned int give_back(const struct reserved *r, const struct device *dev,
			      unsigned int first, unsigned int step)
{
	unsigned int done = 0;

	for (unsigned int i = first; i < r->n; i += step)
		done += pirq_map_message(DOMID_SELF, dev, 0, 0, r->pirq[i]) == r->pirq[i] &&
			!pirq_unmap(DOMID_SELF, (uint32_t)r->pirq[i]);
	return done;
}

/* An independent count: to bind one that is not mapped is refused, and changes nothing. */
static unsigned int count_free(unsigned int limit)
{
	unsigned int n = 0;

	for (uint32_t pirq = BOARD_GSIS; pirq < limit; pirq++) {
		int port = pirq_bind(pirq);

		n += port == -XEN_EPERM;
		if (port > 0)
			port_close((evtchn_port_t)port);
	}
	return n;
}

/* Reserved is not mapped: nothing can be done with it, and nothing else gets it. */
static void reserved_is_nothing(struct test *t, const struct device *dev, uint32_t pirq)
{
	expect_result(t, pirq_unmap(DOMID_SELF, pirq), -XEN_EINVAL, "L unmap of reserved pirq %u",
		      pirq);
	expect_result(t, pirq_bind(pirq), -XEN_EPERM, "X bind of reserved pirq %u", pirq);
	expect_result(t, pirq_eoi(pirq), 0, "V eoi of reserved pirq %u", pirq);
	expect_result(t, pirq_status(pirq), XENIRQSTAT_needs_eoi, "V status of reserved pirq %u",
		      pirq);
	expect_result(t, pirq_map_message(DOMID_SELF, dev, 0, 0, PIRQ_ANY), -XEN_ENOSPC,
		      "L map_pirq of any for an MSI");
}

/* From the top down, each once. */
static bool falls(const struct reserved *r)
{
	for (unsigned int i = 1; i < r->n; i++)
		if (r->pirq[i] >= r->pirq[i - 1])
			return false;
	return r->n > 0;
}

static void expect_exhausted(struct test *t, struct reserved *r, unsigned int expected)
{
	expect_result(t, reserve_all(r, MAP_PIRQ_TYPE_MSI), -XEN_ENOSPC,
		      "L get_free_pirq at the end");
	expect_result(t, (int)r->n, (int)expected, "L pirqs that it gave");
	check(t, falls(r), "L from the top down, each once");
}

/* The control domain: what other cases of the boot have mapped stays mapped. */
static void exhaust_own(struct test *t, unsigned int extra)
{
	static struct reserved again __attribute__((section(".bss.control")));
	struct device *dev = device_take("edu", 21);
	unsigned int limit = pirq_limit(), all = count_free(limit), half = (all + 1) / 2;
	struct reserved *r = &reserved;
	int top;

	if (!dev || limit - BOARD_GSIS > MAX_PIRQS || !all) {
		test_error(t, "no edu on GSI 21, or not 1..%u pirqs: %u", MAX_PIRQS, limit);
		return;
	}
	expect_result(t, (int)limit, (int)(BOARD_GSIS + extra), "L pirqs of the control domain");
	expect_result(t, message_announce(dev), 0, "L manage_pci_add");
	expect_exhausted(t, r, all);
	reserved_is_nothing(t, dev, (uint32_t)r->pirq[all - 1]);
	top = r->pirq[0];
	expect_result(t, (int)give_back(r, dev, 0, 2), (int)half, "L given back, every second");
	expect_exhausted(t, &again, half);
	expect_result(t, (int)give_back(&again, dev, 0, 1), (int)half, "L given back, these again");
	expect_result(t, (int)give_back(r, dev, 1, 2), (int)(all - half),
		      "L given back, the others");
	expect_exhausted(t, r, all);
	expect_result(t, (int)give_back(r, dev, 0, 1), (int)all, "L given back, all");
	expect_result(t, (int)count_free(limit), (int)all, "L the count is back");
	for (r->n = 0; r->n < MAX_PIRQS; r->n++)
		r->pirq[r->n] = top;
	for (unsigned int i = 0; i < MORE_THAN_IRQS; i += MAX_PIRQS)
		expect_result(t, (int)give_back(r, dev, 0, 1), (int)MAX_PIRQS,
			      "L the same one again");
	device_release(dev);
}

/* Return: how many until Xen refused; @r: which. */
static int sibling_reserve_all(struct sibling *s, struct reserved *r, int type)
{
	int pirq = 0;

	for (r->n = 0; r->n < MAX_PIRQS; r->n++) {
		pirq = sibling_reserve(s, type);
		if (pirq < 0)
			break;
		r->pirq[r->n] = pirq;
	}
	return pirq;
}

/* Here the control domain's line does it: unmapping takes a right from the sibling alone. */
static unsigned int give_back_for(domid_t dom, const struct reserved *r, uint32_t gsi)
{
	unsigned int done = 0;

	for (unsigned int i = 0; i < r->n; i++) {
		done += !pirq_map(dom, gsi, (uint32_t)r->pirq[i]) &&
			!pirq_unmap(dom, (uint32_t)r->pirq[i]);
		/* The sharers run on the same CPU. */
		sleep_until(now_ns() + 20 * US);
	}
	return done;
}

/* The sibling uses up its pirqs while it and its neighbour serve their line. */
static void exhaust_sibling(struct test *t, struct cast *c, unsigned int extra)
{
	struct sibling *s = &c->member[0];
	struct reserved *r = &reserved;
	/* get_free_pirq() leaves the ISA numbers alone, and its line's pirq is in use. */
	int all = (int)(BOARD_GSIS - FIRST_PCI_PIN + extra) - 1;
	domid_t other = c->member[1].dom;

	expect_result(t, sibling_reserve_all(s, r, MAP_PIRQ_TYPE_GSI), -XEN_ENOSPC,
		      "L get_free_pirq of dom %u at the end", s->dom);
	expect_result(t, (int)r->n, all, "L pirqs that it gave");
	expect_result(t, r->pirq[0], FIRST_PCI_PIN, "L the first pirq");
	expect_result(t, r->pirq[r->n - 1], BOARD_GSIS, "L the last pirq");
	expect_result(t, sibling_reserve(s, MAP_PIRQ_TYPE_MSI), -XEN_ENOSPC, "L for a message");
	expect_result(t, pirq_map_any(s->dom, 21), -XEN_ENOSPC, "L map_pirq for it");
	expect_result(t, pirq_map(s->dom, 21, (BOARD_GSIS + extra)), -XEN_EINVAL,
		      "X map_pirq for it beyond its limit");
	expect_result(t, pirq_map_any(other, 21), FIRST_PCI_PIN,
		      "X map_pirq for dom %u, which has its own", other);
	expect_result(t, pirq_unmap(other, FIRST_PCI_PIN), 0, "X unmap for it");
	expect_result(t, (int)give_back_for(s->dom, r, 21), all, "L given back by mapping");
	expect_result(t, sibling_reserve_all(s, r, MAP_PIRQ_TYPE_GSI), -XEN_ENOSPC,
		      "L get_free_pirq again");
	expect_result(t, (int)r->n, all, "L the count is back");
	expect_result(t, (int)give_back_for(s->dom, r, 21), all, "L given back again");
}

static void exhaust_pirqs(struct test *t)
{
	struct cast *c = cast_up(t);
	unsigned int extra = (unsigned int)plan_number(t->line, "extra", 0);

	if (!c)
		return;
	window_open(c, WINDOW_DURING, true);
	/* An order that follows at once would take the place of the window's. */
	expect_result(t, sibling_await(&c->member[0], 10 * MS), 0, "S dom %u runs",
		      c->member[0].dom);
	exhaust_sibling(t, c, extra);
	window_wait(t, c->timing.window[WINDOW_DURING]);
	window_close(t, c);
	window_judge(t, c, WINDOW_DURING, &HEALTHY);
	exhaust_own(t, (unsigned int)plan_number(t->line, "own", 0));
	cast_down(t, c);
}
TEST_CASE("vectors.exhaust_pirqs", exhaust_pirqs);
