// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's log: what matters is found, and nothing that is in it does harm. */
#include "host/probe/kmsg.h"

#include <string.h>

#include "guest/tests/unit.h"

static struct kmsg k;

static void record(const char *text)
{
	size_t len = strlen(text);
	char *copy = unit_alloc(len ? len : 1);

	memcpy(copy, text, len);
	kmsg_record(&k, copy, len);
	free(copy);
}

static void begin(void)
{
	memset(&k, 0, sizeof(k));
	k.fd = -1;
}

TEST(kinds)
{
	static const struct {
		const char *text;
		enum kmsg_kind kind;
		unsigned int irq;
	} rows[] = {
		{ "irq 20: nobody cared (try booting with the \"irqpoll\" option)",
		  KMSG_NOBODY_CARED, 20 },
		{ "Disabling IRQ #20", KMSG_DISABLED, 20 },
		{ "Disabling IRQ #4294967295", KMSG_DISABLED, 429496729 },
		{ "Disabling IRQ #", KMSG_DISABLED, 0 },
		{ "__common_interrupt: 1.221 No irq handler for vector", KMSG_STRAY, 0 },
		{ "Uhhuh. NMI received for unknown reason 21 on CPU 1.", KMSG_STRAY, 0 },
		{ "WARNING: CPU: 0 PID: 1 at kernel/irq/manage.c:1 x+0x1/0x2", KMSG_WARNING, 0 },
		{ "BUG: kernel NULL pointer dereference, address: 0", KMSG_BUG, 0 },
		{ "kernel BUG at kernel/irq/manage.c:1!", KMSG_BUG, 0 },
		{ "Oops: 0002 [#1] PREEMPT SMP", KMSG_OOPS, 0 },
		{ "general protection fault, probably for non-canonical address", KMSG_OOPS, 0 },
		{ "Kernel panic - not syncing: x", KMSG_OOPS, 0 },
		{ "watchdog: BUG: soft lockup - CPU#1 stuck for 22s!", KMSG_LOCKUP, 0 },
		{ "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", KMSG_LOCKUP, 0 },
		{ "rcu: INFO: rcu_preempt self-detected stall on CPU", KMSG_LOCKUP, 0 },
		{ "INFO: task fio:1 blocked for more than 120 seconds.", KMSG_LOCKUP, 0 },
		{ "e1000e 0000:00:0c.1 eth3: NIC Link is Down", KMSG_OTHER, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		CONTEXT("%s", rows[i].text);
		begin();
		(void)snprintf(text, sizeof(text), "3,339,5140900,-;%s\n", rows[i].text);
		record(text);
		EXPECT_EQ(k.records, 1);
		EXPECT_EQ(k.count[rows[i].kind], 1);
		EXPECT_EQ(k.kept, rows[i].kind != KMSG_OTHER);
		EXPECT_EQ(k.line[0].irq, rows[i].irq);
		if (k.kept)
			EXPECT_STR(k.line[0].text, rows[i].text);
	}
}

TEST(lines_of_an_irq)
{
	begin();
	record("3,1,1,-;irq 20: nobody cared\n");
	record("0,2,1,-;Disabling IRQ #20\n");
	record("0,3,1,-;Disabling IRQ #21\n");
	EXPECT_EQ(kmsg_irq(&k, KMSG_DISABLED, 20), 1);
	EXPECT_EQ(kmsg_irq(&k, KMSG_DISABLED, 21), 1);
	EXPECT_EQ(kmsg_irq(&k, KMSG_DISABLED, 22), 0);
	EXPECT_EQ(kmsg_irq(&k, KMSG_NOBODY_CARED, 21), 0);
}

/* A process may write what it likes: its facility is not the kernel's. */
TEST(not_the_kernel)
{
	static const char *const lines[] = {
		"12,1,1,-;Disabling IRQ #20\n", "8,1,1,-;Disabling IRQ #20\n",
		"x,1,1,-;Disabling IRQ #20\n",	";Disabling IRQ #20\n",
		"3;Disabling IRQ #20\n",	"30000000000000000003,1,1,-;Disabling IRQ #20\n",
	};

	begin();
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		record(lines[i]);
	EXPECT_EQ(k.count[KMSG_OTHER], sizeof(lines) / sizeof(lines[0]));
	EXPECT_EQ(k.kept, 0);
}

TEST(odd_records)
{
	begin();
	record("");
	record(";");
	record("3,1,1,-");
	record("3,1,1,-;");
	record("3,1,1,-;Disabling IRQ #20");
	record("3,1,1,-;harmless\n SUBSYSTEM=Disabling IRQ #21\n");
	EXPECT_EQ(k.records, 6);
	EXPECT_EQ(k.kept, 1);
	EXPECT_EQ(k.line[0].irq, 20);
}

TEST(text_is_printable_and_bounded)
{
	char text[4096];

	begin();
	record("3,1,1,-;WARNING: \x01\x1b[31m\xff\n");
	EXPECT_STR(k.line[0].text, "WARNING: ??[31m?");
	memset(text, 'x', sizeof(text));
	memcpy(text, "3,1,1,-;BUG: ", 13);
	kmsg_record(&k, text, sizeof(text));
	EXPECT_EQ(strlen(k.line[1].text), KMSG_TEXT - 1);
}

TEST(many_lines)
{
	begin();
	for (unsigned int i = 0; i < 1000; i++)
		record("4,1,1,-;WARNING: x\n");
	EXPECT_EQ(k.count[KMSG_WARNING], 1000);
	EXPECT_EQ(k.kept, KMSG_KEPT);
}

TEST(noise)
{
	uint64_t random = 99;

	begin();
	for (unsigned int round = 0; round < 20000; round++) {
		size_t len = unit_random(&random) % 200;
		char *text = unit_alloc(len ? len : 1);

		for (size_t i = 0; i < len; i++)
			text[i] = "3,;\n \0ID#20irqBUG: x"[unit_random(&random) % 20];
		kmsg_record(&k, text, len);
		free(text);
	}
	EXPECT_EQ(k.records, 20000);
}
