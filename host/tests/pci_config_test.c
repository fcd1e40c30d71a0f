// SPDX-License-Identifier: GPL-2.0-only
/*
 * A configuration space is what a device says of itself: whatever it says, it is read
 * to its end, never behind, and in bounded time.
 */
#include "host/pci/config.h"

#include <string.h>

#include "guest/tests/unit.h"

/* 82574L of the q35 board, bound to its host driver, as the kernel showed it. */
static const uint8_t e1000e[CONFIG_SIZE] = {
	[0x00] = 0x86, 0x80,	      0xd3, 0x10, 0x07,		 0x05,		0x10, 0x00,
	0x00,	       0x00,	      0x00, 0x02, [0x34] = 0xc8, [0x3c] = 0x0a, 0x01, [0xa0] = 0x11,
	0x00,	       0x04,	      0x80, 0x03, 0x00,		 0x00,		0x00, 0x03,
	0x20,	       [0xc8] = 0x01, 0xd0, 0x22, 0x00,		 [0xd0] = 0x05, 0xe0, 0x80,
	0x00,	       [0xe0] = 0x10, 0xa0, 0x01, 0x00,		 0x00,		0x80, 0x00,
	0x00,	       0x00,	      0x00, 0x00, 0x00,		 0x11,		0x04,
};

/* The facts of exactly @size bytes, so that the sanitizer sees one too far. */
static struct config_facts facts_of(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = unit_alloc(size);
	struct config_facts facts;

	if (size)
		memcpy(copy, bytes, size);
	config_facts(copy, size, &facts);
	free(copy);
	return facts;
}

TEST(recorded)
{
	struct config_facts f = facts_of(e1000e, sizeof(e1000e));

	EXPECT_TRUE(f.answers);
	EXPECT_EQ(f.header, 0);
	EXPECT_EQ(f.command, 0x0507);
	EXPECT_EQ(f.pin, 1);
	EXPECT_EQ(f.line, 10);
	EXPECT_EQ(f.list, LIST_WHOLE);
	EXPECT_TRUE(!capability_list_text(f.list));
	EXPECT_EQ(f.msi, 1);
	EXPECT_TRUE(!f.msi_on && !f.msi_masks);
	EXPECT_EQ(f.msix, 5);
	EXPECT_TRUE(f.msix_on && !f.msix_masked);
	EXPECT_EQ(f.msix_bar, 3);
	EXPECT_EQ(f.msix_table, 0);
	EXPECT_TRUE(f.pm && !f.pm_keeps);
	EXPECT_TRUE(f.pcie && !f.pcie_flr && !f.ari_forwarding);
	EXPECT_EQ(f.pcie_type, 0);
	EXPECT_TRUE(!f.af_flr);
}

TEST(bits)
{
	uint8_t c[CONFIG_SIZE];
	struct config_facts f;

	memcpy(c, e1000e, sizeof(c));
	c[0xa3] = 0xc0;			 /* MSI-X: enabled, function masked */
	c[0xa2] = 0xff, c[0xa3] |= 0x07; /* 2048 entries */
	c[0xa4] = 0x05, c[0xa5] = 0x10;
	c[0xcc] = 0x08;			/* No_Soft_Reset */
	c[0xd2] = 0x0b, c[0xd3] = 0x01; /* MSI: 32 messages, masks, enabled */
	c[0xe2] = 0x62;			/* version 2, downstream port */
	c[0xe7] = 0x10;			/* FLR */
	f = facts_of(c, sizeof(c));
	EXPECT_EQ(f.msix, 2048);
	EXPECT_TRUE(f.msix_on && f.msix_masked);
	EXPECT_EQ(f.msix_bar, 5);
	EXPECT_EQ(f.msix_table, 0x1000);
	EXPECT_TRUE(f.pm_keeps);
	EXPECT_EQ(f.msi, 32);
	EXPECT_TRUE(f.msi_on && f.msi_masks);
	EXPECT_EQ(f.pcie_type, 6);
	EXPECT_TRUE(f.pcie_flr);
	/* Device Control 2 would lie behind the end. */
	EXPECT_TRUE(!f.ari_forwarding);
}

TEST(ari)
{
	uint8_t c[CONFIG_SIZE] = { 0x86,       0x80,	      0x20,	     0x34, [6] = 0x10,
				   [0x0e] = 1, [0x34] = 0x40, [0x40] = 0x10, 0,	   0x42,
				   0,	       [0x68] = 0x20 };

	EXPECT_TRUE(facts_of(c, sizeof(c)).ari_forwarding);
	EXPECT_EQ(facts_of(c, sizeof(c)).header, 1);
	/* Version 1 has no such register. */
	c[0x42] = 0x41;
	EXPECT_TRUE(!facts_of(c, sizeof(c)).ari_forwarding);
}

TEST(conventional_flr)
{
	uint8_t c[CONFIG_SIZE] = {
		0x86, 0x80, 0x20, 0x34, [6] = 0x10, [0x34] = 0x40, [0x40] = 0x13, 0, 6, 3
	};

	EXPECT_TRUE(facts_of(c, sizeof(c)).af_flr);
	c[0x43] = 2;
	EXPECT_TRUE(!facts_of(c, sizeof(c)).af_flr);
}

TEST(nothing_there)
{
	uint8_t c[CONFIG_SIZE];
	struct config_facts f, zero = { 0 };

	memset(c, 0xff, sizeof(c));
	f = facts_of(c, sizeof(c));
	EXPECT_TRUE(!memcmp(&f, &zero, sizeof(f)));
	for (size_t size = 0; size < 0x40; size++) {
		CONTEXT("%zu bytes", size);
		f = facts_of(e1000e, size);
		EXPECT_TRUE(!memcmp(&f, &zero, sizeof(f)));
	}
}

/* Without CAP_SYS_ADMIN Linux shows 64 bytes; a device may be cut anywhere. */
TEST(truncated)
{
	for (size_t size = 0x40; size <= CONFIG_SIZE; size++) {
		struct config_facts f = facts_of(e1000e, size);

		CONTEXT("%zu bytes", size);
		EXPECT_TRUE(f.answers);
		EXPECT_EQ(f.pin, 1);
		EXPECT_EQ(f.list, size < 0xe4 ? LIST_OUTSIDE : LIST_WHOLE);
		EXPECT_EQ(f.pm, size >= 0xcc);
	}
	EXPECT_STR(capability_list_text(LIST_OUTSIDE),
		   "its capability list leaves what can be read");
}

TEST(loops)
{
	static const uint8_t last[] = { 0xc8, 0xd0, 0xe0, 0xa0 };

	for (size_t i = 0; i < sizeof(last); i++) {
		uint8_t c[CONFIG_SIZE];
		struct config_facts f;

		memcpy(c, e1000e, sizeof(c));
		c[0xa1] = last[i];
		f = facts_of(c, sizeof(c));
		CONTEXT("back to %x", last[i]);
		EXPECT_EQ(f.list, LIST_LOOPS);
		/* What was seen before the loop counts. */
		EXPECT_EQ(f.msix, 5);
	}
}

TEST(ends_in_ones_or_in_the_header)
{
	uint8_t c[CONFIG_SIZE];

	memcpy(c, e1000e, sizeof(c));
	c[0xd0] = 0xff;
	EXPECT_EQ(facts_of(c, sizeof(c)).list, LIST_ONES);
	c[0xc9] = 0x3c;
	EXPECT_EQ(facts_of(c, sizeof(c)).list, LIST_OUTSIDE);
	/* The two lowest bits of a pointer are reserved. */
	c[0xc9] = 0x03;
	EXPECT_EQ(facts_of(c, sizeof(c)).list, LIST_WHOLE);
}

TEST(nonsense)
{
	uint8_t c[CONFIG_SIZE];

	memcpy(c, e1000e, sizeof(c));
	c[0x3d] = 5;	/* no such pin */
	c[0xd2] = 0x0e; /* 128 messages */
	c[0xa4] = 0x06; /* no such BAR */
	EXPECT_EQ(facts_of(c, sizeof(c)).pin, 0);
	EXPECT_EQ(facts_of(c, sizeof(c)).msi, 0);
	EXPECT_EQ(facts_of(c, sizeof(c)).msix, 0);
	/* A header of no known type has no list at this place. */
	c[0x0e] = 2;
	EXPECT_EQ(facts_of(c, sizeof(c)).list, LIST_NONE);
}

TEST(random)
{
	uint64_t seed = 5;

	for (unsigned int n = 0; n < 20000; n++) {
		size_t size = unit_random(&seed) % (CONFIG_SIZE + 1);
		uint8_t c[CONFIG_SIZE];
		struct config_facts f;

		for (size_t i = 0; i < sizeof(c); i++)
			c[i] = (uint8_t)unit_random(&seed);
		if (n & 1)
			c[6] |= 0x10, c[0x0e] = 0;
		f = facts_of(c, size);
		CONTEXT("round %u", n);
		EXPECT_TRUE(f.pin <= 4 && f.msi <= 32 && f.msix <= 2048 && f.msix_bar <= 5);
	}
}
