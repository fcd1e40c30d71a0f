// SPDX-License-Identifier: GPL-2.0-only
/* Addresses, pins, GSIs and versions, as they are spelled and counted. */
#include "host/pci/line.h"
#include "host/pci/module.h"

#include <limits.h>
#include <string.h>

#include "guest/tests/unit.h"

TEST(addresses)
{
	static const struct {
		const char *text, *spelled;
	} rows[] = {
		{ "0000:6a:01.0", "0000:6a:01.0" },
		{ "6A:1f.7", "0000:6a:1f.7" },
		{ "10000:e0:06.0", "10000:e0:06.0" },
		{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
	};
	char text[BDF_SIZE];
	struct bdf bdf;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CONTEXT("%s", rows[i].text);
		EXPECT_TRUE(bdf_parse(rows[i].text, &bdf));
		bdf_format(&bdf, text);
		EXPECT_STR(text, rows[i].spelled);
	}
	EXPECT_TRUE(bdf_parse("10000:e0:06.3", &bdf));
	EXPECT_EQ(bdf.domain, 0x10000);
	EXPECT_EQ(bdf.bus, 0xe0);
	EXPECT_EQ(bdf.device, 6);
	EXPECT_EQ(bdf.function, 3);
}

TEST(no_addresses)
{
	static const char *const texts[] = {
		"",
		".",
		"0",
		"00:",
		"00:00",
		"00:00.",
		"00:20.0",
		"00:00.8",
		"0:00.0",
		"00:0.0",
		"000:00:00.0",
		"00000000:",
		"0000:00:00.0 ",
		" 0000:00:00.0",
		"0000:00:00.00",
		"0000:00:00,0",
		"0000:0g:00.0",
		"../../:00:00.0",
		"0000:00:00.0\n",
		"0000::00:00.0",
		"000000000:00:00.0",
	};
	struct bdf bdf = { 1, 2, 3, 4 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CONTEXT("%s", texts[i]);
		EXPECT_TRUE(!bdf_parse(texts[i], &bdf));
	}
	EXPECT_EQ(bdf.bus, 2);
}

/* PCI-to-PCI Bridge 1.2, table 9-1. */
TEST(swizzle)
{
	static const char pins[4][5] = { "ABCD", "BCDA", "CDAB", "DABC" };

	for (uint8_t device = 0; device < 32; device++)
		for (uint8_t pin = 1; pin <= 4; pin++) {
			CONTEXT("device %u pin %u", device, pin);
			EXPECT_EQ(pci_swizzle(pin, device), pins[device % 4][pin - 1] - 'A' + 1);
		}
	EXPECT_EQ(pci_swizzle(0, 3), 0);
}

TEST(gsis)
{
	EXPECT_EQ(line_gsi("IO-APIC", 20, 20), 20);
	EXPECT_EQ(line_gsi("IR-IO-APIC", 20, 20), 20);
	/* The second IO-APIC's first pin; ISA's timer on pin 2. */
	EXPECT_EQ(line_gsi("IR-IO-APIC", 24, 0), 24);
	EXPECT_EQ(line_gsi("IO-APIC", 0, 2), 2);
	EXPECT_EQ(line_gsi("IO-APIC", 5, -1), LINE_UNKNOWN);
	EXPECT_EQ(line_gsi("IO-APIC", 5, LONG_MAX), LINE_UNKNOWN);
	EXPECT_EQ(line_gsi("IO-APIC", UINT_MAX, 5), LINE_UNKNOWN);
	EXPECT_EQ(line_gsi("IR-PCI-MSI", 25, 327680), LINE_UNKNOWN);
	EXPECT_EQ(line_gsi("IO-APIC-x", 20, 20), LINE_UNKNOWN);
	EXPECT_EQ(line_gsi("APIC", 20, 20), LINE_UNKNOWN);
	EXPECT_EQ(line_gsi("", 20, 20), LINE_UNKNOWN);
}

TEST(handlers)
{
	static const struct {
		const char *action, *bdf;
	} rows[] = {
		{ "ahci[0000:00:08.0]", "0000:00:08.0" },
		{ "vfio-intx(0000:00:04.0)", "0000:00:04.0" },
		{ "vfio-msix[0](10000:e1:00.0)", "10000:e1:00.0" },
		{ "eth0", NULL },
		{ "", NULL },
		{ "face:b00c", NULL },
		{ "0000:00:40.0", NULL },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
		{ "::::::::::........::::::::::::::0000:00:08.0", NULL },
	};
	char bdf[BDF_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CONTEXT("%s", rows[i].action);
		EXPECT_EQ(line_action_bdf(rows[i].action, bdf), rows[i].bdf != NULL);
		if (rows[i].bdf)
			EXPECT_STR(bdf, rows[i].bdf);
	}
}

TEST(versions)
{
	static const struct {
		const char *image;
		size_t size;
		const char *text;
	} rows[] = {
#define ROW(image, text) { image, sizeof(image) - 1, text }
		ROW("", ""),
		ROW("vermagic", ""),
		ROW("vermagic=", ""),
		ROW("\0\0vermagic=6.1.0-56-amd64 SMP mod_unload \0x",
		    "6.1.0-56-amd64 SMP mod_unload"),
		ROW("vermagic=6.1", "6.1"),
		ROW("vermagic=6\n1", "6"),
		ROW("vermagic=0123456789012345678901234567890123456789",
		    "0123456789012345678901234567890"),
#undef ROW
	};
	char text[32], error[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *copy = unit_alloc(rows[i].size ? rows[i].size : 1);

		CONTEXT("row %zu", i);
		memcpy(copy, rows[i].image, rows[i].size);
		module_vermagic(copy, rows[i].size, text, sizeof(text));
		EXPECT_STR(text, rows[i].text);
		free(copy);
	}
	EXPECT_TRUE(module_load("/nonexistent/vfio-pci.ko", "", error, sizeof(error)) < 0);
	EXPECT_STR(error, "/nonexistent/vfio-pci.ko: No such file or directory");
}
