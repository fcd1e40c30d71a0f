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
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/window.h"
#include "guest/xen/clock.h"

static const uint8_t vectors[] = {
	0x00, 0x0f, 0x10, 0x13, 0x31, 0x80, 0x82, 0xa0, 0xef, 0xf0, 0xff
};
static const uint8_t modes[] = { 0, 1, 2, 4, 5, 7 }; /* Fixed LowestPrio SMI NMI INIT ExtINT */

#define LAST_ALLOWED_MODE 1

/*
 * What ioapic_guest_write() documents: modes above lowest priority are refused,
 * and unmasked the vector field is a pirq, which must be one.
 */
static int expected_result(uint32_t value, uint32_t pirqs)
{
	if ((value >> 8 & 7) > LAST_ALLOWED_MODE)
		return -XEN_EINVAL;
	return !(value & 1u << 16) && (value & 0xff) >= pirqs ? -XEN_EINVAL : 0;
}

#define RTE_MODE(mode) ((uint32_t)(mode) << 8)
#define RTE_LOW_ACTIVE (1u << 13)
#define RTE_LEVEL      (1u << 15)
#define RTE_MASK       (1u << 16)
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
	int expected = expected_result(value, y->pirqs);
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

	for (unsigned int v = 0; v < sizeof(vectors); v++)
		for (unsigned int m = 0; m < sizeof(modes); m++)
			for (uint32_t bits = 0; bits < 8; bits++) {
				uint32_t value = vectors[v] | RTE_MODE(modes[m]) |
						 (bits & 1 ? RTE_LOW_ACTIVE : 0) |
						 (bits & 2 ? RTE_LEVEL : 0) |
						 (bits & 4 ? RTE_MASK : 0);

				write_once(y, pin, value, &vector);
			}
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

/* Writes of every kind to a pin that somebody uses: documented result, and nothing moves. */
static void write_in_use(struct test *t, uint32_t pin, const char *who)
{
	uint64_t before = line_rte(pin);
	unsigned int wrong = 0, moved = 0, pirqs = pirq_limit();

	for (unsigned int v = 0; v < sizeof(vectors); v++)
		for (unsigned int m = 0; m < sizeof(modes); m++)
			for (uint32_t bits = 0; bits < 8; bits++) {
				uint32_t value = vectors[v] | RTE_MODE(modes[m]) | bits << 14;

				wrong += line_write(pin, value) != expected_result(value, pirqs);
				/* Delivery status and remote IRR come and go with interrupts. */
				moved += !!((line_rte(pin) ^ before) & ~0x5000ull);
				/* The sharers run on the same CPU. */
				sleep_until(now_ns() + 20 * US);
			}
	check(t, !wrong, "V pin %u of %s: %u writes with another result than documented", pin, who,
	      wrong);
	check(t, !moved, "V pin %u of %s: moved by %u writes", pin, who, moved);
}

static void in_use(struct test *t)
{
	struct cast *c = cast_up(t);
	struct audit before, after;

	if (!c)
		return;
	audit_take(&before);
	write_in_use(t, 2, "the timer");
	write_in_use(t, 4, "the serial line");
	audit_take(&after);
	audit_same(t, &before, &after, 0, "writes to the pins of Xen");

	window_open(c, WINDOW_DURING, true);
	write_in_use(t, c->gsi, "another domain");
	window_wait(t, c->timing.window[WINDOW_DURING]);
	window_close(t, c);
	for (unsigned int i = 0; i < c->n; i++)
		c->member[i].offender = false;
	window_judge(t, c, WINDOW_DURING, &HEALTHY);
	audit_take(&after);
	audit_check(t, &after, "after the writes");
	audit_same(t, &before, &after, 0, "writes to a bound pin");
	audit_mark(t, "written");
	cast_down(t, c);
}
TEST_CASE("vectors.in_use", in_use);
