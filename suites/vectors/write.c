// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control domain writes IO-APIC entries (xen-devel, 2009: "dom0 must not
 * touch the vector namespace").
 *
 * Mechanism: PHYSDEVOP_apic_write -> ioapic_guest_write() takes trigger and
 * polarity from the caller, reads the vector field as a pirq, and puts its own
 * vector, delivery mode, destination and mask into the entry. Whatever is
 * written, V holds: the entry has the hypervisor's vector, before any bind.
 */
#include "guest/control/audit.h"
#include "guest/control/device.h"
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/pirq.h"
#include "guest/control/owner.h"
#include "guest/dev/mmio.h"
#include "guest/dev/uart.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/mem.h"
#include "suites/vectors/matrix.h"

#define ROUNDS		10u
#define ROUND_LIMIT	(50 * MS)
#define FIRST_FREE_PIRQ 100 /* none of the matrix's vectors is between this and 24 more */

static char bar_page[4096] __attribute__((aligned(4096), section(".bss.control")));

/* What the caller may choose, and what Xen always writes (genapic: lowest priority, logical). */
#define CALLERS_BITS (RTE_LOW_ACTIVE | RTE_LEVEL)
#define XENS_BITS    0x900u

/**
 * struct tally - what the writes to one pin came to
 * @pirqs: pirqs that there are
 * @writes: all of them
 * @errno_wrong: result not as documented
 * @refused_moved: the entry changed though the write was refused or ignored
 * @vector_moved: the entry's vector is not the one that Xen chose first
 * @field_wrong: another field is not as Xen makes it
 * @shown: mistakes that were printed
 */
struct tally {
	uint32_t pirqs;
	unsigned int writes, errno_wrong, refused_moved, vector_moved, field_wrong, shown;
};

static void show(struct tally *y, const char *what, uint32_t value, int rc, uint64_t rte)
{
	if (y->shown++ < 4)
		ktap_line("  # %s: wrote %08x, rc %d, rte %016llx", what, value, rc,
			  (unsigned long long)rte);
}

static void expect_nothing(struct tally *y, uint32_t pin, uint32_t value, int rc, int expected,
			   uint64_t before)
{
	uint64_t now = line_rte(pin);

	if (rc != expected) {
		y->errno_wrong++;
		show(y, "errno", value, rc, now);
	}
	if (now != before) {
		y->refused_moved++;
		show(y, "moved", value, rc, now);
	}
}

static void expect_xens(struct tally *y, uint32_t pin, uint32_t value, int rc, unsigned int *vector)
{
	uint64_t now = line_rte(pin);
	/* Masked iff level, whatever the caller says: unmasked when it is bound. */
	uint32_t fields = XENS_BITS | (value & CALLERS_BITS) | (value & RTE_LEVEL ? RTE_MASK : 0);

	if (rc) {
		y->errno_wrong++;
		show(y, "errno", value, rc, now);
	}
	if (!*vector)
		*vector = RTE_VECTOR(now);
	if (RTE_VECTOR(now) != *vector) {
		y->vector_moved++;
		show(y, "vector", value, rc, now);
	}
	if (((uint32_t)now & 0x1afffu & ~0xffu) != fields) {
		y->field_wrong++;
		show(y, "fields", value, rc, now);
	}
}

static void write_once(struct tally *y, uint32_t pin, uint32_t value, unsigned int *vector)
{
	int expected = matrix_result(value, y->pirqs);
	uint64_t before = line_rte(pin);
	int rc = line_write(pin, value);

	y->writes++;
	if (expected)
		expect_nothing(y, pin, value, rc, expected, before);
	else
		expect_xens(y, pin, value, rc, vector);

	before = line_rte(pin);
	rc = line_write_high(pin, value << 24);
	y->writes++;
	expect_nothing(y, pin, value, rc, 0, before);
}

static void write_matrix(struct tally *y, uint32_t pin)
{
	unsigned int vector = 0;

	for (unsigned int i = 0; i < MATRIX_SIZE; i++)
		write_once(y, pin, matrix_value(i), &vector);
	/* Leave the pin masked and level, as setup_gsi would. */
	line_write(pin, RTE_MASK | RTE_LEVEL | RTE_LOW_ACTIVE);
}

static void apic_write(struct test *t)
{
	uint32_t pin = (uint32_t)plan_number(t->line, "pin", IOAPIC_PINS);
	struct audit before, after;
	struct tally y = { .pirqs = pirq_limit() };

	if (pin >= IOAPIC_PINS) {
		test_error(t, "pin= is missing or beyond the IO-APIC");
		return;
	}
	audit_take(&before);
	write_matrix(&y, pin);
	check(t, !y.errno_wrong, "V pin %u: %u of %u writes with another result than documented",
	      pin, y.errno_wrong, y.writes);
	check(t, !y.refused_moved, "V pin %u: %u refused or ignored writes moved the entry", pin,
	      y.refused_moved);
	check(t, !y.vector_moved, "V pin %u: %u writes moved the vector", pin, y.vector_moved);
	check(t, !y.field_wrong, "V pin %u: %u writes left a field that is not Xen's", pin,
	      y.field_wrong);
	audit_take(&after);
	audit_check(t, &after, "after the writes");
	audit_same(t, &before, &after, 1u << pin, "other pins");
	audit_mark(t, "written");
}
TEST_CASE("vectors.apic_write", apic_write);

/* What makes pin @pin interrupt: a UART on an ISA pin, an edu on a PCI line. */
struct source {
	uint32_t pin;
	uint16_t uart;
	struct device *edu;
	struct dev_io io;
};

static bool source_open(struct source *s, uint32_t pin)
{
	*s = (struct source){ .pin = pin, .uart = uart_port(pin), .io = mmio_dev_io(bar_page) };
	if (pin >= FIRST_PCI_PIN)
		s->edu = device_take("edu", pin);
	if (s->edu)
		map_self((unsigned long)bar_page, s->edu->bar | PTE_MMIO);
	return s->uart || s->edu;
}

static void source_raise(struct source *s)
{
	if (s->edu)
		irq_trigger(s->edu->desc, &s->io);
	else
		uart_raise(s->uart);
}

static bool source_quiet(struct source *s)
{
	return s->edu ? irq_service(s->edu->desc, &s->io) != 0 : uart_quiet(s->uart);
}

static void source_close(struct source *s)
{
	if (!s->edu)
		return;
	unmap((unsigned long)bar_page);
	device_release(s->edu);
}

/* The matrix while the interrupt is in service, and again when it has been served. */
static void write_and_serve(struct test *t, struct source *s, evtchn_port_t port, uint32_t pirq)
{
	unsigned int served = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		bool came;

		source_raise(s);
		came = port_wait(port, now_ns() + ROUND_LIMIT);
		if (!i)
			matrix_in_use(t, s->pin, "a handler that runs", 0);
		port_clear(port);
		served += source_quiet(s) && came;
		pirq_eoi(pirq);
		if (!i)
			matrix_in_use(t, s->pin, "a driver that has served", 0);
	}
	check(t, served == ROUNDS, "LI pin %u: %u of %u served", s->pin, served, ROUNDS);
}

/* Route the pin as its kind of device has it, and bind; then write, in every state. */
static void apic_write_bound(struct test *t)
{
	uint32_t pin = (uint32_t)plan_number(t->line, "pin", IOAPIC_PINS);
	uint32_t kind = pin >= FIRST_PCI_PIN ? RTE_LEVEL | RTE_LOW_ACTIVE : 0;
	uint32_t pirq = FIRST_FREE_PIRQ + pin;
	struct audit before, after;
	struct source s;
	int rc, port;

	if (!source_open(&s, pin)) {
		test_error(t, "nothing on the board interrupts on this pin");
		return;
	}
	rc = line_write(pin, pirq | kind);
	check(t, !rc, "V apic_write pin %u pirq %u: %d, expected 0", pin, pirq, rc);
	audit_take(&before);
	port = pirq_bind(pirq);
	check(t, port > 0, "L bind of pirq %u: %d, expected a port", pirq, port);
	own_line(pin, 0);
	audit_take(&after);
	audit_same(t, &before, &after, 1u << pin, "the bind");
	check(t,
	      !((before.rte[pin] ^ after.rte[pin]) & ~(uint64_t)RTE_MASK) &&
		      !RTE_MASKED(after.rte[pin]),
	      "V pin %u is open and otherwise as before: %llx, was %llx", pin,
	      (unsigned long long)after.rte[pin], (unsigned long long)before.rte[pin]);
	if (port > 0) {
		matrix_in_use(t, pin, "a driver that is bound", 0);
		audit_mark(t, "bound");
		write_and_serve(t, &s, (evtchn_port_t)port, pirq);
		audit_mark(t, "served");
		port_close((evtchn_port_t)port);
	}
	disown_line(pin, 0);
	audit_take(&after);
	audit_check(t, &after, "after the unbind");
	/* An edge entry has no mask of Xen's: it stays open, and strays are acknowledged. */
	check(t, RTE_MASKED(after.rte[pin]) == !!(kind & RTE_LEVEL), "L pin %u is %s", pin,
	      kind & RTE_LEVEL ? "masked" : "open, being an edge");
	source_close(&s);
}
TEST_CASE("vectors.apic_write_bound", apic_write_bound);
