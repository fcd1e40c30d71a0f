// SPDX-License-Identifier: GPL-2.0-only
/* What the control domain tells of owners: one line a source, domains as ranges. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/arch/trap.h"
#include "guest/control/ktap.h"
#include "guest/lib/fmt.h"
#include "guest/tests/unit.h"

/* What it prints with is ours. */
#include "guest/control/owner.c"

static char told[4096];

void ktap_line(const char *fmt, ...)
{
	char line[KTAP_LINE + 1];
	va_list ap;

	va_start(ap, fmt);
	EXPECT_TRUE(ll_vsnprintf(line, sizeof(line), fmt, ap) < KTAP_LINE);
	va_end(ap);
	strncat(told, line, sizeof(told) - strlen(told) - 2);
	strncat(told, "\n", 2);
}

_Noreturn void die(const char *why)
{
	puts(why);
	abort();
}

static const char *tell(void)
{
	told[0] = '\0';
	owners_tell();
	return told;
}

static void forget_all(void)
{
	for (unsigned int dom = 0; dom < 1200; dom++)
		disown_domain((uint16_t)dom);
}

TEST(nobody_has_anything)
{
	forget_all();
	EXPECT_STR(tell(), "");
	disown_line(20, 1);
	disown_msi(0x28, false, 0, 1);
	EXPECT_STR(tell(), "");
}

TEST(a_line_and_its_sharers)
{
	forget_all();
	own_line(20, 2);
	own_line(20, 4);
	own_line(20, 3);
	own_line(20, 3);
	own_line(20, 9);
	EXPECT_STR(tell(), "  # audit gsi20=2-4,9\n");
	disown_line(20, 3);
	EXPECT_STR(tell(), "  # audit gsi20=2,4,9\n");
	disown_domain(4);
	EXPECT_STR(tell(), "  # audit gsi20=2,9\n");
}

TEST(messages_and_lines)
{
	forget_all();
	own_msi(0x90, true, 12, 0);
	own_line(5, 0);
	own_msi(0x28, false, 0, 7);
	EXPECT_STR(tell(), "  # audit msi0028.0=7\n  # audit msix0090.12=0\n  # audit gsi5=0\n");
	disown_msi(0x90, true, 12, 7);
	disown_msi(0x90, true, 11, 0);
	disown_line(6, 0);
	EXPECT_STR(tell(), "  # audit msi0028.0=7\n  # audit msix0090.12=0\n  # audit gsi5=0\n");
	disown_msi(0x90, true, 12, 0);
	disown_domain(7);
	EXPECT_STR(tell(), "  # audit gsi5=0\n");
}

/* Function 00:00.0, message 0 is a source too: none of its bits is set. */
TEST(source_of_zeros)
{
	forget_all();
	own_msi(0, false, 0, 3);
	own_line(20, 3);
	disown_msi(0, false, 0, 3);
	EXPECT_STR(tell(), "  # audit gsi20=3\n");
}

/* A line of the console holds 127 bytes; domains that do not fit are not told, and nothing breaks. */
TEST(too_many_domains_for_a_line)
{
	forget_all();
	for (unsigned int dom = 1000; dom < 1100; dom += 2)
		own_line(20, (uint16_t)dom);
	EXPECT_TRUE(!strncmp(tell(), "  # audit gsi20=1000,1002,", 26));
}
