// SPDX-License-Identifier: GPL-2.0-only
/* The audit of all redirection entries: each thing that can be wrong with one, one at a time. */
#include "guest/control/audit.h"

#include <string.h>

#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/tests/unit.h"

#define FRESH	 0x10000ull
#define PIN(vec) (0x100000000000900ull | (vec))

static unsigned int failed, checks, lines;
static char label[32];
static struct audit now;

void ktap_line(const char *fmt, ...)
{
	(void)fmt;
	lines++;
}

bool check(struct test *t, bool good, const char *fmt, ...)
{
	(void)t;
	(void)fmt;
	checks++;
	failed += !good;
	return good;
}

uint64_t line_rte(uint32_t gsi)
{
	return now.rte[gsi];
}

void test_mark_audit(struct test *t, const char *what)
{
	(void)t;
	(void)snprintf(label, sizeof(label), "%s", what);
}

static struct test t;

/* As Xen has them: all in use but the last four. */
static struct audit board(void)
{
	struct audit a;

	for (unsigned int pin = 0; pin < IOAPIC_PINS; pin++)
		a.rte[pin] = pin < 20 ? PIN(0x30 + 8 * pin) : FRESH;
	failed = checks = lines = 0;
	return a;
}

TEST(a_good_board)
{
	struct audit a = board();

	audit_check(&t, &a, "now");
	audit_same(&t, &a, &a, 0, "nothing");
	EXPECT_EQ(checks, 2);
	EXPECT_EQ(failed, 0);
	now = a;
	memset(&a, 0, sizeof(a));
	audit_take(&a);
	EXPECT_EQ(memcmp(&a, &now, sizeof(a)), 0);
}

TEST(an_entry_that_is_not_xens)
{
	static const uint64_t rows[] = {
		PIN(0x1f), /* an exception's */
		PIN(0xf9), /* above all of Xen's */
		PIN(0x00),
		PIN(0x38),	      /* pin 1's */
		0x1000000000008d0ull, /* fixed */
		0x1000000000001d0ull, /* physical */
		0x100000000000cd0ull, /* NMI */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct audit a = board();

		CONTEXT("rte %" PRIx64, rows[i]);
		a.rte[19] = rows[i];
		audit_check(&t, &a, "now");
		EXPECT_EQ(failed, 1);
	}
}

/* Xen's own stand above the guests', and are its, too. */
TEST(vectors_at_the_edges)
{
	struct audit a = board();

	a.rte[0] = PIN(0x20);
	a.rte[1] = PIN(0xf8);
	audit_check(&t, &a, "now");
	EXPECT_EQ(failed, 0);
}

TEST(a_board_without_an_entry_in_use)
{
	struct audit a = board();

	for (unsigned int pin = 0; pin < IOAPIC_PINS; pin++)
		a.rte[pin] = FRESH;
	audit_check(&t, &a, "now");
	EXPECT_EQ(failed, 1);
}

TEST(an_entry_that_moves)
{
	struct audit before = board(), after = before;

	after.rte[5] ^= 0x5000; /* delivery status and remote IRR come and go */
	audit_same(&t, &before, &after, 0, "now");
	EXPECT_EQ(failed, 0);
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (bit == 12 || bit == 14)
			continue;
		CONTEXT("bit %u", bit);
		failed = 0;
		after = before;
		after.rte[5] ^= 1ull << bit;
		audit_same(&t, &before, &after, 1u << 6, "now");
		EXPECT_EQ(failed, 1);
		audit_same(&t, &before, &after, 1u << 5, "now");
		EXPECT_EQ(failed, 1);
	}
}

/* A PVH domain is told of no entry. */
TEST(a_mark_tells_all_entries)
{
	now = board();
	audit_mark(&t, "at-last");
	EXPECT_EQ(lines, IOAPIC_PINS / 4);
	EXPECT_STR(label, "at-last");
	lines = 0;
	now.rte[0] = ~0ull;
	audit_mark(&t, "pvh");
	EXPECT_EQ(lines, 0);
	EXPECT_STR(label, "pvh");
}
