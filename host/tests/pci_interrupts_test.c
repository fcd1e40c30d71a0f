// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/interrupts.h"

#include <errno.h>
#include <string.h>

#include "guest/tests/unit.h"

static char recorded[16384];
static size_t recorded_size;

__attribute__((constructor)) static void read_recorded(void)
{
	FILE *f = fopen("host/tests/data/interrupts-q35.txt", "re");

	if (!f)
		abort();
	recorded_size = fread(recorded, 1, sizeof(recorded), f);
	fclose(f);
}

/* Parse exactly @size bytes, so that the sanitizer sees one too far. */
static int parse(const char *text, size_t size, struct interrupts *all)
{
	char *copy = unit_alloc(size ? size : 1);
	int result;

	memcpy(copy, text, size);
	result = interrupts_parse(copy, size, all);
	free(copy);
	return result;
}

#define PARSE(text, all) parse(text, sizeof(text) - 1, all)

static void expect_actions(const struct interrupt *row, const char *const *expected,
			   unsigned int count)
{
	char name[64];

	for (unsigned int i = 0; i < count; i++) {
		EXPECT_TRUE(interrupt_action(row, i, name, sizeof(name)));
		EXPECT_STR(name, expected[i]);
	}
	EXPECT_TRUE(!interrupt_action(row, count, name, sizeof(name)));
	EXPECT_STR(name, "");
}

TEST(board)
{
	static const char *const sharers[] = { "ahci[0000:00:08.0]", "uhci_hcd:usb1",
					       "xhci-hcd:usb2", "eth1" };
	struct interrupts all;
	const struct interrupt *row;

	EXPECT_EQ(parse(recorded, recorded_size, &all), 0);
	EXPECT_EQ(all.cpus, 2);
	EXPECT_EQ(all.cpu[1], 1);
	EXPECT_EQ(all.rows, 36);
	row = interrupts_find(&all, 20);
	if (!row)
		abort();
	EXPECT_STR(row->name, "20");
	EXPECT_STR(row->chip, "IR-IO-APIC");
	EXPECT_EQ(row->hwirq, 20);
	EXPECT_STR(row->handler, "fasteoi");
	EXPECT_EQ(row->count[0], 119);
	EXPECT_EQ(row->count[1], 0);
	expect_actions(row, sharers, 4);
	row = interrupts_find(&all, 0);
	if (!row)
		abort();
	EXPECT_EQ(row->hwirq, 2);
	row = interrupts_find(&all, 25);
	if (!row)
		abort();
	EXPECT_STR(row->chip, "IR-PCI-MSI");
	EXPECT_EQ(row->hwirq, 327680);
	EXPECT_STR(row->actions, "PCIe PME");
	EXPECT_TRUE(!interrupts_find(&all, 21));
	EXPECT_TRUE(!interrupts_find(&all, -1));
	row = interrupts_named(&all, "LOC");
	if (!row)
		abort();
	EXPECT_EQ(row->irq, -1);
	EXPECT_EQ(interrupt_total(row), 1019 + 1444);
	EXPECT_STR(row->actions, "Local timer interrupts");
	expect_actions(row, NULL, 0);
	row = interrupts_named(&all, "ERR");
	EXPECT_TRUE(row && row->counts == 1);
	interrupts_free(&all);
}

/* Other kernels' and controllers' spellings. */
TEST(spellings)
{
	static const char text[] =
		"            CPU0       CPU2       CPU5       \n"
		"   7:          1          2          3   XT-PIC      floppy\n"
		"  16:          0          0          0  xen-pirq    -ioapic-level  eth0\n"
		" 120:          4          5          6  IR-PCI-MSIX-0000:01:00.0    3-edge      "
		"nvme0q3\n"
		" 121:          4          5          6     None      -\n"
		" 122:          4          5          6  IO-APIC   22-fasteoi\n"
		"1023:          4          5          6  IO-APIC   23\n";
	struct interrupts all;
	const struct interrupt *r;

	EXPECT_EQ(PARSE(text, &all), 0);
	EXPECT_EQ(all.cpus, 3);
	EXPECT_EQ(all.cpu[2], 5);
	EXPECT_EQ(all.rows, 6);
	r = &all.row[0];
	EXPECT_STR(r->chip, "XT-PIC");
	EXPECT_EQ(r->hwirq, -1);
	EXPECT_STR(r->handler, "");
	EXPECT_STR(r->actions, "floppy");
	r = &all.row[1];
	EXPECT_EQ(r->hwirq, -1);
	EXPECT_STR(r->handler, "ioapic-level");
	EXPECT_STR(r->actions, "eth0");
	r = &all.row[2];
	EXPECT_STR(r->chip, "IR-PCI-MSIX-0000:01:00.0");
	EXPECT_EQ(r->hwirq, 3);
	EXPECT_STR(r->actions, "nvme0q3");
	EXPECT_STR(all.row[3].handler, "");
	EXPECT_STR(all.row[4].actions, "");
	EXPECT_EQ(all.row[5].hwirq, 23);
	interrupts_free(&all);
}

TEST(deltas)
{
	struct interrupts a, b;

	EXPECT_EQ(PARSE("CPU0 CPU1 CPU2\n20: 10 4294967290 7 IO-APIC 20-fasteoi x\n", &a), 0);
	/* CPU1 counted over its end, CPU2 went, CPU3 came. */
	EXPECT_EQ(PARSE("CPU0 CPU1 CPU3\n20: 12 4 900 IO-APIC 20-fasteoi x\n"
			"21: 5 6 7 IO-APIC 21-fasteoi y\nERR: 3\n",
			&b),
		  0);
	EXPECT_EQ(interrupts_delta(&a, &b, "20"), 2 + 10);
	EXPECT_EQ(interrupts_delta(&a, &b, "21"), 5 + 6);
	EXPECT_EQ(interrupts_delta(&a, &b, "ERR"), 3);
	EXPECT_EQ(interrupts_delta(&b, &a, "21"), 0);
	EXPECT_EQ(interrupts_delta(&a, &b, "no such"), 0);
	interrupts_free(&a);
	interrupts_free(&b);
}

TEST(no_header)
{
	static const char *const texts[] = { "",
					     "\n",
					     "\n\n",
					     "CPU",
					     "CPUx\n",
					     "CPU0 CPU0\n",
					     "CPU1 CPU0\n",
					     "CPU0x\n",
					     "CPU0 20:\n",
					     "CPU70000\n",
					     " 20: 1 IO-APIC 20-fasteoi x\n" };
	struct interrupts all;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CONTEXT("text %zu", i);
		EXPECT_EQ(parse(texts[i], strlen(texts[i]), &all), -EINVAL);
		EXPECT_TRUE(!all.cpu && !all.row);
	}
}

TEST(lines_that_are_none)
{
	static const char text[] = "CPU0 CPU1\n"
				   "20: 1\n"		  /* too few counts */
				   "20: 1 4294967296 x\n" /* no 32 bits */
				   "20 1 2 x\n"		  /* no colon */
				   ": 1 2 x\n"
				   "averyverylongname: 1 2\n"
				   "\0\0\0\n"
				   "LOC:\n"
				   "21: 1 2";
	struct interrupts all;

	EXPECT_EQ(PARSE(text, &all), 0);
	EXPECT_EQ(all.rows, 1);
	EXPECT_EQ(all.row[0].irq, 21);
	EXPECT_STR(all.row[0].chip, "");
	interrupts_free(&all);
}

TEST(strange_bytes)
{
	struct interrupts all;
	char name[4];

	EXPECT_EQ(PARSE("CPU0\n20: 1 IO-APIC 20-fasteoi a\033[2J\377b, c\n", &all), 0);
	EXPECT_STR(all.row[0].actions, "a?[2J?b, c");
	/* A name that does not fit is cut. */
	EXPECT_TRUE(interrupt_action(&all.row[0], 0, name, sizeof(name)));
	EXPECT_STR(name, "a?[");
	EXPECT_TRUE(interrupt_action(&all.row[0], 1, name, sizeof(name)));
	EXPECT_STR(name, "c");
	interrupts_free(&all);
}

TEST(too_much)
{
	size_t room = (INTERRUPTS_ROWS + 2) * 8 + 16, n;
	char *text = unit_alloc(room);
	struct interrupts all;

	n = (size_t)snprintf(text, room, "CPU0\n");
	for (unsigned int i = 0; i <= INTERRUPTS_ROWS; i++)
		n += (size_t)snprintf(text + n, room - n, "LOC: 1\n");
	EXPECT_EQ(parse(text, n, &all), -E2BIG);
	EXPECT_TRUE(!all.cpu && !all.row);
	free(text);
	room = (INTERRUPTS_CPUS + 2) * 9;
	text = unit_alloc(room);
	n = 0;
	for (unsigned int i = 0; i <= INTERRUPTS_CPUS; i++)
		n += (size_t)snprintf(text + n, room - n, "CPU%u ", i);
	EXPECT_EQ(parse(text, n, &all), -E2BIG);
	free(text);
}

/* Each cut and many spoiled bytes of what the board printed. */
TEST(spoiled)
{
	char *text = unit_alloc(recorded_size);
	struct interrupts all;
	uint64_t seed = 7;

	for (size_t size = 0; size <= recorded_size; size++)
		if (!parse(recorded, size, &all))
			interrupts_free(&all);
	for (unsigned int n = 0; n < 3000; n++) {
		memcpy(text, recorded, recorded_size);
		for (unsigned int i = 0; i < 1 + n % 40; i++) {
			static const char bytes[] = " \n:-,0C\0\377";
			uint64_t at = unit_random(&seed) % recorded_size;

			text[at] = bytes[unit_random(&seed) % sizeof(bytes)];
		}
		if (parse(text, recorded_size, &all))
			continue;
		for (unsigned int i = 0; i < all.rows; i++)
			(void)interrupt_total(&all.row[i]);
		(void)interrupts_delta(&all, &all, "20");
		interrupts_free(&all);
	}
	free(text);
}
