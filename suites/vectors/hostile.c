// SPDX-License-Identifier: GPL-2.0-only
/*
 * PHYSDEVOP with hostile values: every sub-op, values at the edges of each
 * field and random argument sets, from the control domain and from a sharer.
 *
 * Mechanism: do_physdev_op() and what it calls check each value before they
 * use it, and what only the control domain may do is refused to others (XSM).
 * Survival proves that no value makes the hypervisor stop, that the sharers of
 * a line lose nothing by it, and that the entries of bound lines stand.
 */
#include "guest/control/audit.h"
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/window.h"
#include "guest/lib/string.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"
#include "suites/vectors/hostile_ops.h"

#define RANDOM_CALLS 10000
#define LAST_NUMBER  0xfffffffeu
#define BLOCK	     500	 /* the console tells how far we are */
#define NO_TRACE     0xffffffffu /* trace= of the plan: first call that is told before it is made */
#define CALLS_A_TURN 4
#define PAUSE	     (20 * US) /* between turns: the sharers run on the same CPU */
#define XENS_VECTORS 0xf0      /* FIRST_HIPRIORITY_VECTOR in Xen's irq_vectors.h */

/**
 * struct assault - calls being made
 * @c: sharers of the line
 * @caller: who calls; NULL: the control domain
 * @trace: from this call on each is told
 * @rte: entry of the sharers' line
 * @most: calls to make
 * @made: calls
 * @taken: of these, accepted
 * @skipped: of these, not made, for the sharers' sake
 * @findings: not made, because it is known what happens
 * @usurped: calls of a sharer that only the control domain may make, accepted
 * @moved: times that the entry of the sharers' line was seen changed
 * @mute: calls that the caller did not come back from
 * @numbers: one more than the last number
 */
struct assault {
	struct cast *c;
	struct sibling *caller;
	struct hostile_scene scene;
	uint32_t trace;
	uint64_t rte;
	unsigned int most, made, taken, skipped, findings, usurped, moved, mute, numbers;
};

static int call_by_control(const struct hostile_call *call, void *bytes)
{
	uint64_t at;

	if (!hostile_at(call, &at))
		return (int)xen_physdev_op(hostile_cmd(call), bytes);
	return (int)hypercall(__HYPERVISOR_physdev_op, hostile_cmd(call), at, 0, 0);
}

static int call_by_sibling(struct sibling *s, const struct hostile_call *call, void *bytes,
			   unsigned int size)
{
	uint64_t at;
	int rc;

	s->box->call.at = hostile_at(call, &at) ? at : 0;
	rc = sibling_call(s, __HYPERVISOR_physdev_op, hostile_cmd(call), bytes, size);
	s->box->call.at = 0;
	return rc;
}

/* What a domain may ask for itself; everything else is the control domain's. */
static bool is_for_everyone(uint32_t cmd)
{
	switch (cmd) {
	case PHYSDEVOP_eoi:
	case PHYSDEVOP_irq_status_query:
	case PHYSDEVOP_get_free_pirq:
	case PHYSDEVOP_set_iopl:
	case PHYSDEVOP_set_iobitmap:
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
	case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
		return true;
	default:
		return false;
	}
}

static void say(const char *what, uint32_t index, const struct hostile_call *call, int rc)
{
	char text[HOSTILE_TEXT];

	hostile_text(call, text, sizeof(text));
	ktap_line("  # %s %u %s %d", what, index, text, rc);
}

static void strike(struct assault *a, uint32_t index, const struct hostile_call *call)
{
	uint8_t bytes[HOSTILE_BYTES] __attribute__((aligned(8)));
	unsigned int size = hostile_pack(call, bytes);
	int rc;

	if (index >= a->trace)
		say("call", index, call, 0);
	rc = a->caller ? call_by_sibling(a->caller, call, bytes, size)
		       : call_by_control(call, bytes);
	a->made++;
	a->taken += rc >= 0;
	a->mute += a->caller && rc == -XEN_ETIMEDOUT;
	if (a->caller && rc >= 0 && !is_for_everyone(hostile_cmd(call)) && !a->usurped++)
		say("accepted", index, call, rc);
}

static void consider(struct assault *a, uint32_t index, const struct hostile_call *call)
{
	const struct hostile_scene *scene = &a->scene;
	struct hostile_scene all = *scene;

	all.findings = true;
	if (!hostile_skip(call, scene))
		strike(a, index, call);
	else if (hostile_skip(call, &all))
		a->skipped++;
	else
		a->findings++;
}

/*
 * Delivery status and remote IRR come and go with interrupts, and with
 * ioapic_ack=old so does the mask; a line that stays masked is a sharer's loss.
 */
#define RTE_LIVE 0x15000ull

static void look(struct assault *a)
{
	a->moved += !!((line_rte(a->c->gsi) ^ a->rte) & ~RTE_LIVE);
}

/* Numbers @first to @last of the case's calls. */
static void play(struct assault *a, bool (*make)(struct test *t, uint32_t, struct hostile_call *),
		 struct test *t, uint32_t first, uint32_t last)
{
	struct hostile_call call;

	for (uint32_t i = first; i <= last && a->made < a->most && make(t, i, &call) && !a->mute;
	     i++) {
		if (i % BLOCK == 0)
			ktap_line("  # data from=%u", i);
		a->numbers = i + 1;
		consider(a, i, &call);
		look(a);
		if (i % CALLS_A_TURN == 0)
			sleep_until(now_ns() + PAUSE);
	}
}

static bool random_call(struct test *t, uint32_t index, struct hostile_call *call)
{
	hostile_random((uint32_t)plan_number(t->line, "seed", 1), index, call);
	return true;
}

static bool bound_call(struct test *t, uint32_t index, struct hostile_call *call)
{
	(void)t;
	return hostile_bound(index, call);
}

/* The plan's only=, e.g. "3,7,100-199"; without it from the first on. */
static void play_all(struct assault *a,
		     bool (*make)(struct test *t, uint32_t, struct hostile_call *), struct test *t)
{
	struct span ranges, range, from, to;
	uint64_t first, last;

	if (!plan_value(t->line, "only", &ranges)) {
		play(a, make, t, 0, LAST_NUMBER);
		return;
	}
	while (plan_next_word(&ranges, ',', &range)) {
		if (!plan_next_word(&range, '-', &from) || !span_number(from, 10, &first)) {
			test_error(t, "only= is no list of numbers");
			return;
		}
		if (!plan_next_word(&range, '-', &to) || !span_number(to, 10, &last))
			last = first;
		play(a, make, t, (uint32_t)first, (uint32_t)last);
	}
}

/* All but the sharers' pin and Xen's own, which have vectors above the guests': free to be routed. */
static uint32_t free_pins(const struct audit *a, uint32_t gsi)
{
	uint32_t pins = 0;

	for (uint32_t pin = 0; pin < IOAPIC_PINS; pin++)
		if (pin != gsi && RTE_VECTOR(a->rte[pin]) < XENS_VECTORS)
			pins |= 1u << pin;
	return pins;
}

/* Ours is loaded from address 0, as no other domain is: a null pointer of Xen's must not find a page. */
static void hide_page_zero(void)
{
	unmap(0);
}

static void set_the_scene(struct test *t, struct assault *a, struct cast *c)
{
	struct hostile_scene *scene = &a->scene;
	struct span by;

	*a = (struct assault){ .c = c, .rte = line_rte(c->gsi) };
	a->trace = (uint32_t)plan_number(t->line, "trace", NO_TRACE);
	if (plan_value(t->line, "by", &by) && span_is(by, "sibling"))
		a->caller = cast_offender(c);
	scene->gsi = c->gsi;
	scene->privileged = !a->caller;
	scene->findings = plan_number(t->line, "known", 0) != 0;
	for (unsigned int i = 0; i < c->n && scene->n < 4; i++) {
		scene->sharer[scene->n] = c->member[i].dom;
		scene->device[scene->n++] = (uint8_t)c->member[i].dev->bdf;
	}
	/* As every control domain does at boot; what follows when it does not is a finding. */
	for (uint32_t gsi = FIRST_PCI_PIN; gsi < IOAPIC_PINS && !scene->findings; gsi++)
		line_setup(gsi);
	hide_page_zero();
}

/* What the control domain has asked for itself. */
static void put_right(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };
	struct physdev_set_iobitmap none = { .nr_ports = 0 };

	xen_physdev_op(PHYSDEVOP_set_iobitmap, &none);
	xen_physdev_op(PHYSDEVOP_set_iopl, &iopl);
}

static void judge(struct test *t, struct assault *a, struct audit *before)
{
	struct audit after;

	ktap_line("  # data numbers=%u calls=%u accepted=%u skipped=%u findings=%u", a->numbers,
		  a->made, a->taken, a->skipped, a->findings);
	check(t, a->made && !a->mute, "HC the caller lives after %u calls", a->made);
	check(t, !a->usurped, "X %u calls accepted that are the control domain's, expected 0",
	      a->usurped);
	check(t, !a->moved, "V the entry of the shared line moved %u times, expected 0", a->moved);
	window_judge(t, a->c, WINDOW_DURING, &EVERY_SHARER);
	audit_take(&after);
	audit_check(t, &after, "after the calls");
	audit_same(t, before, &after, free_pins(before, a->c->gsi), "bound lines");
	audit_mark(t, "assaulted");
}

static void hostile(struct test *t, bool (*make)(struct test *, uint32_t, struct hostile_call *),
		    unsigned int most)
{
	struct cast *c = cast_up(t);
	struct audit before;
	struct assault a;

	if (!c)
		return;
	set_the_scene(t, &a, c);
	audit_take(&before);
	window_open(c, WINDOW_DURING, false);
	a.most = most;
	play_all(&a, make, t);
	window_close(t, c);
	put_right();
	judge(t, &a, &before);
	cast_down(t, c);
}

static void hostile_randomly(struct test *t)
{
	hostile(t, random_call, RANDOM_CALLS);
}
TEST_CASE("vectors.hostile_random", hostile_randomly);

static void hostile_bounds(struct test *t)
{
	hostile(t, bound_call, ~0u);
}
TEST_CASE("vectors.hostile_bounds", hostile_bounds);

/* @calls as hostile_text() writes them, "+" between them. Return: the last one's result. */
static int make_calls(struct test *t, struct span calls, unsigned int *n)
{
	uint8_t bytes[HOSTILE_BYTES] __attribute__((aligned(8)));
	struct hostile_call call;
	struct span word;
	int rc = 0;

	while (plan_next_word(&calls, '+', &word)) {
		if (!hostile_parse(word, &call)) {
			test_error(t, "call %u is none", *n);
			break;
		}
		say("call", (*n)++, &call, 0);
		hostile_pack(&call, bytes);
		rc = call_by_control(&call, bytes);
	}
	return rc;
}

/* The control domain makes the plan's call=, and nothing else. */
static void reproducer(struct test *t)
{
	struct span calls = { "", 0 };
	struct audit before, after;
	unsigned int n = 0;
	int rc;

	plan_value(t->line, "call", &calls);
	hide_page_zero();
	audit_take(&before);
	rc = make_calls(t, calls, &n);
	put_right();
	check(t, n, "HC the hypervisor lives after %u calls; the last returned %d", n, rc);
	audit_take(&after);
	audit_same(t, &before, &after, free_pins(&before, IOAPIC_PINS), "Xen's own lines");
}
TEST_CASE("vectors.reproducer", reproducer);
