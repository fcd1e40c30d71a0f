// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/cast.h"

#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/owner.h"
#include "guest/dev/pci.h"
#include "guest/lib/string.h"
#include "guest/xen/clock.h"
#include "guest/xen/domctl.h"
#include "guest/xen/event.h"
#include "guest/xen/grant.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

#define ANSWER_LIMIT (2000 * MS)
#define LEAST_WEIGHT 1
#define GONE_LIMIT   (1000 * MS)
#define START_LIMIT  (5000 * MS)
#define MEMORY_PAGES (EXERCISER_MEMORY / PAGE_SIZE)

/* A PCI slot of an HVM domain, and the pin of its INTA: hvm_pci_intx_gsi(). */
#define HVM_SLOT 1u
#define HVM_PIN	 (16 + 4 * HVM_SLOT)

_Static_assert(GRANT_FIRST + MAX_SIBLINGS * MEMORY_PAGES <= GRANT_REFS,
	       "a reference for each page");
_Static_assert(MEMORY_PAGES <= GRANT_MAX_RUN, "a sibling maps them in one call");

static struct cast cast __attribute__((section(".bss.control")));

/* A channel between us and @s; its end goes into the mailbox. */
static int connect(struct sibling *s)
{
	struct evtchn_alloc_unbound alloc = { .dom = s->dom, .remote_dom = 0 };
	struct evtchn_bind_interdomain bind = { .remote_dom = s->dom };
	long rc = xen_event_op(EVTCHNOP_alloc_unbound, &alloc);

	if (rc)
		return (int)rc;
	bind.remote_port = s->box->port = alloc.port;
	rc = xen_event_op(EVTCHNOP_bind_interdomain, &bind);
	s->port = bind.local_port;
	return (int)rc;
}

/* References in the grant table, so many for each slot. */
static uint32_t first_grant(const struct sibling *s)
{
	return (uint32_t)(GRANT_FIRST + s->slot * MEMORY_PAGES);
}

static unsigned int memory_pages(const struct sibling *s)
{
	return (unsigned int)((s->dev->memory.size + PAGE_SIZE - 1) / PAGE_SIZE);
}

uint64_t sibling_grace(const struct cast *c, const struct sibling *s)
{
	return c->timing.grace + 10 * s->dev->late;
}

static void fill_mailbox(struct cast *c, struct sibling *s)
{
	struct mailbox *box = s->box;

	memcpy(box->model, s->dev->desc->model, strlen(s->dev->desc->model) + 1);
	box->bar = s->dev->bar;
	box->grant = first_grant(s);
	box->kind = s->kind;
	box->pirq = s->kind == IRQ_INTX ? s->dev->gsi : s->message.pirq;
	box->pin = s->hvm ? HVM_PIN : 0;
	box->grace = sibling_grace(c, s);
	box->pace = c->timing.pace;
	box->seed = c->timing.seed + s->slot * 7919u;
}

static int place(const struct sibling *s)
{
	unsigned int cpus;
	uint64_t pages;
	int rc = sysctl_host(&pages, &cpus);

	if (rc)
		return rc;
	if (cpus == 1)
		return s->offender ? domctl_set_weight(s->dom, LEAST_WEIGHT) : 0;
	return domctl_pin_cpu(s->dom, s->offender ? cpus - 1 : 0);
}

int sibling_birth_pvh(struct sibling *s)
{
	int rc = build_pvh(&s->dom, &s->box, s->slot);

	if (rc)
		return rc;
	s->live = true;
	rc = connect(s);
	if (!rc)
		rc = domctl_unpause(s->dom);
	if (rc)
		sibling_kill(s);
	return rc;
}

static int give_message(struct sibling *s)
{
	int rc;

	if (s->kind == IRQ_INTX)
		return 0;
	/* Xen wants to know of an MSI-X table while the device is still ours. */
	rc = s->kind == IRQ_MSIX ? message_prepare(s->dev) : message_announce(s->dev);
	if (!rc)
		rc = domctl_assign(s->dom, s->dev->bdf);
	if (!rc)
		rc = message_map(&s->message, s->dev, s->kind == IRQ_MSIX, 0, s->dom);
	if (!rc)
		message_enable(&s->message, true);
	return rc;
}

/* All that a domain needs of its device but the line's pirq. */
static int hand_over(const struct sibling *s)
{
	const struct device *dev = s->dev;
	unsigned int pages = memory_pages(s), frames = (dev->ops->length + 0xfffu) / 0x1000u;
	int rc;

	if (dev->ops->ports)
		rc = domctl_allow_ports(s->dom, (uint16_t)dev->bar, dev->ops->length, true);
	else
		rc = domctl_allow_iomem(s->dom, dev->bar >> 12, frames, true);
	if (!rc && s->hvm)
		rc = domctl_map_iomem(s->dom, dev->bar >> 12, frames);
	if (!rc && pages) {
		pci_command(dev->bdf, PCI_COMMAND_MASTER, 0);
		rc = grant_lend(s->dom, first_grant(s), dev->memory.base, pages);
	}
	return rc;
}

/* Until it has started its device; why it could not is in its mailbox. */
static int await_ready(const struct sibling *s)
{
	uint64_t deadline = now_ns() + START_LIMIT;

	while (!__atomic_load_n(&s->box->ready, __ATOMIC_ACQUIRE)) {
		if (now_ns() >= deadline)
			return -XEN_ETIMEDOUT;
		port_wait(s->port, deadline);
		port_clear(s->port);
	}
	if (s->box->ready > 0)
		return 0;
	ktap_line("  # dom %u %s: %s", s->dom, s->dev->desc->model, s->box->error);
	return -XEN_EIO;
}

int sibling_birth(struct cast *c, struct sibling *s)
{
	int rc = s->hvm ? build_hvm(&s->dom, &s->box, s->slot)
			: build_domain(&s->dom, &s->box, s->slot);

	if (rc)
		return rc;
	s->live = true;
	rc = give_message(s);
	fill_mailbox(c, s);
	if (!rc)
		rc = connect(s);
	if (!rc)
		rc = hand_over(s);
	if (!rc)
		rc = place(s);
	if (!rc)
		rc = domctl_unpause(s->dom);
	if (!rc)
		rc = await_ready(s);
	if (rc)
		sibling_kill(s);
	return rc;
}

void sibling_order(struct sibling *s, enum order order, uint32_t argument)
{
	struct evtchn_send kick = { .port = s->port };

	port_clear(s->port);
	s->box->order = order;
	s->box->argument = argument;
	__atomic_store_n(&s->box->asked, s->box->asked + 1, __ATOMIC_RELEASE);
	xen_event_op(EVTCHNOP_send, &kick);
}

int sibling_await(struct sibling *s, uint64_t ns)
{
	uint64_t deadline = now_ns() + ns;

	while (__atomic_load_n(&s->box->answered, __ATOMIC_ACQUIRE) != s->box->asked) {
		if (now_ns() >= deadline)
			return -XEN_ETIMEDOUT;
		port_wait(s->port, deadline);
		port_clear(s->port);
	}
	return s->box->answer;
}

int sibling_ask(struct sibling *s, enum order order, uint32_t argument)
{
	sibling_order(s, order, argument);
	return sibling_await(s, ANSWER_LIMIT);
}

int sibling_call(struct sibling *s, uint32_t nr, uint32_t cmd, void *arg, unsigned int size)
{
	struct guest_call *call = &s->box->call;
	int rc;

	call->nr = nr;
	memcpy(call->bytes, arg, size);
	rc = sibling_ask(s, ORDER_CALL, cmd);
	memcpy(arg, call->bytes, size);
	return rc;
}

int sibling_kill(struct sibling *s)
{
	uint64_t deadline = now_ns() + GONE_LIMIT;
	int rc;

	s->live = false;
	port_close(s->port);
	build_unmap_mailbox(s->slot);
	rc = domctl_destroy(s->dom);
	while (!rc && domctl_state(s->dom) != DOMAIN_GONE) {
		if (now_ns() >= deadline)
			rc = -XEN_ETIMEDOUT;
		sleep_until(now_ns() + 50 * US);
	}
	s->box = NULL;
	if (s->dev)
		grant_take_back(first_grant(s), memory_pages(s));
	disown_domain(s->dom);
	return rc;
}

uint64_t free_pages(void)
{
	uint64_t pages = 0, before;
	unsigned int cpus, same = 0;

	for (unsigned int i = 0; i < 100 && same < 5; i++) {
		before = pages;
		sysctl_host(&pages, &cpus);
		same = pages == before ? same + 1 : 0;
		sleep_until(now_ns() + 1 * MS);
	}
	return pages;
}

/* The device of a dead domain is nobody's (dom_io) until it is taken back. */
static int take_back(struct sibling *s)
{
	struct message m = s->message;
	int rc;

	if (!m.dev)
		return 0;
	s->message.dev = NULL;
	sleep_ns(RCU_LIMIT);
	rc = domctl_take_back(DOMID_IO, m.dev->bdf);
	/* Xen leaves the enable bit of MSI-X as it is, the entries masked. */
	message_enable(&m, false);
	if (!rc && m.msix)
		rc = message_unprepare(m.dev);
	return rc;
}

int sibling_bury(struct sibling *s)
{
	int rc = take_back(s);

	if (s->dev)
		device_release(s->dev);
	s->dev = NULL;
	return rc;
}

struct sibling *cast_offender(struct cast *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->member[i].offender)
			return &c->member[i];
	return NULL;
}

static void read_timing(struct test *t, struct cast *c)
{
	c->gsi = (uint32_t)plan_number(t->line, "line", 20);
	c->timing.window[WINDOW_BEFORE] = plan_number(t->line, "before", 40) * MS;
	c->timing.window[WINDOW_DURING] = plan_number(t->line, "during", 150) * MS;
	c->timing.window[WINDOW_AFTER] = plan_number(t->line, "after", 40) * MS;
	c->timing.grace = plan_number(t->line, "grace", 50) * MS;
	c->timing.pace = plan_number(t->line, "pace", 300) * US;
	c->timing.slack = plan_number(t->line, "slack", 20000) * US;
	c->timing.seed = (uint32_t)plan_number(t->line, "seed", 1);
}

/* Cut what stands behind @mark off @word; empty: there is no such mark. */
static struct span take_suffix(struct span *word, char mark)
{
	struct span whole = *word;

	word->len = 0;
	while (word->len < whole.len && whole.s[word->len] != mark)
		word->len++;
	if (word->len == whole.len)
		return (struct span){ whole.s, 0 };
	return (struct span){ whole.s + word->len + 1, whole.len - word->len - 1 };
}

static void take_kind(struct sibling *s, struct span *word)
{
	struct span kind = take_suffix(word, ':');

	s->hvm = span_is(kind, "hvm");
	s->kind = span_is(kind, "msi") ? IRQ_MSI : span_is(kind, "msix") ? IRQ_MSIX : IRQ_INTX;
}

static uint32_t take_line(struct span *word, uint32_t otherwise)
{
	struct span line = take_suffix(word, '@');
	uint64_t gsi;

	return span_number(line, 10, &gsi) ? (uint32_t)gsi : otherwise;
}

/*
 * One word of cast=: a device model, ":msi" or ":msix" if it is not by the line, ":hvm" if its
 * domain is HVM, "@gsi" if
 * that is not the case's, and '!' if this is the offender.
 */
static bool add_member(struct test *t, struct cast *c, struct span word)
{
	struct sibling *s = &c->member[c->n];
	char model[16];
	uint32_t gsi;

	if (c->n == MAX_SIBLINGS) {
		test_error(t, "the cast is larger than %u", MAX_SIBLINGS);
		return false;
	}
	s->slot = c->n;
	s->offender = word.s[word.len - 1] == '!';
	word.len -= s->offender;
	gsi = take_line(&word, c->gsi);
	take_kind(s, &word);
	span_copy(word, model, sizeof(model));
	/* A bus reset may come over the offender, and over nobody else. */
	if (s->offender)
		s->dev = device_take_behind(model, gsi);
	if (!s->dev)
		s->dev = device_take(model, gsi);
	if (!s->dev) {
		test_error(t, "the board has no further %s on line %u", model, gsi);
		return false;
	}
	c->n++;
	return true;
}

static int give_line(const struct sibling *s)
{
	int rc = s->kind == IRQ_INTX ? line_map_pirq(s->dom, s->dev->gsi) : 0;

	return rc || !s->hvm ? rc : domctl_bind_line(s->dom, s->dev->gsi, HVM_SLOT);
}

static bool give_birth(struct test *t, struct cast *c)
{
	uint64_t worst = 0;

	for (unsigned int i = 0; i < c->n; i++) {
		uint64_t start = now_ns();
		int rc = sibling_birth(c, &c->member[i]);

		if (!rc)
			rc = give_line(&c->member[i]);
		if (rc) {
			test_error(t, "sibling %u cannot be built: %d", i, rc);
			return false;
		}
		if (now_ns() - start > worst)
			worst = now_ns() - start;
	}
	ktap_line("  # data siblings=%u build_us=%u", c->n, (unsigned int)(worst / US));
	return true;
}

struct cast *cast_build(struct test *t)
{
	struct cast *c = &cast;
	struct span words, word;
	int rc;

	memset(c, 0, sizeof(*c));
	read_timing(t, c);
	if (!plan_value(t->line, "cast", &words)) {
		test_error(t, "the plan names no cast");
		return NULL;
	}
	while (plan_next_word(&words, ',', &word))
		if (!add_member(t, c, word))
			goto fail;
	for (unsigned int i = 0; i < c->n; i++) {
		rc = line_setup(c->member[i].dev->gsi);
		if (rc) {
			test_error(t, "setup_gsi %u: %d", c->member[i].dev->gsi, rc);
			goto fail;
		}
	}
	if (give_birth(t, c))
		return c;
fail:
	cast_down(t, c);
	return NULL;
}

struct cast *cast_up(struct test *t)
{
	struct cast *c = cast_build(t);
	int port;

	for (unsigned int i = 0; c && i < c->n; i++) {
		port = sibling_ask(&c->member[i], ORDER_BIND, 0);
		if (port <= 0) {
			test_error(t, "sibling %u cannot bind pirq %u: %d", i, c->gsi, port);
			cast_down(t, c);
			return NULL;
		}
	}
	return c;
}

void cast_down(struct test *t, struct cast *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		struct sibling *s = &c->member[i];
		int rc = s->box ? sibling_kill(s) : 0;

		if (rc)
			check(t, false, "L dom %u is still there after destroy: %d", s->dom, rc);
		rc = sibling_bury(s);
		if (rc)
			check(t, false, "L the device of dom %u does not come back: %d", s->dom,
			      rc);
	}
}
