// SPDX-License-Identifier: GPL-2.0-only
/* Calls made from a seed or a number are the same ever after, and a call survives being written down. */
#include "suites/vectors/hostile_ops.h"

#include <string.h>

#include "guest/tests/unit.h"
#include "guest/xen/interface.h"

static bool same(const struct hostile_call *a, const struct hostile_call *b)
{
	uint8_t pa[HOSTILE_BYTES], pb[HOSTILE_BYTES];

	hostile_pack(a, pa);
	hostile_pack(b, pb);
	return hostile_cmd(a) == hostile_cmd(b) && a->at == b->at && !memcmp(pa, pb, sizeof(pa));
}

/* The text fits, and what is read from it is the call. */
static void expect_written(const struct hostile_call *call)
{
	char text[HOSTILE_TEXT + 1];
	struct hostile_call read;

	memset(text, 'x', sizeof(text));
	hostile_text(call, text, HOSTILE_TEXT);
	EXPECT_TRUE(strlen(text) < HOSTILE_TEXT - 1);
	EXPECT_TRUE(hostile_parse((struct span){ text, strlen(text) }, &read));
	EXPECT_TRUE(read.op && same(call, &read));
}

TEST(same_seed_same_calls)
{
	struct hostile_call once, again, other;
	unsigned int differ = 0;

	for (uint32_t i = 0; i < 10000; i++) {
		hostile_random(7, i, &once);
		hostile_random(7, i, &again);
		hostile_random(8, i, &other);
		EXPECT_TRUE(same(&once, &again));
		differ += !same(&once, &other);
	}
	EXPECT_TRUE(differ > 9000);
}

/* A seed that is printed today must give the same calls tomorrow: change this with the generator. */
TEST(known_seed)
{
	char text[HOSTILE_TEXT];
	struct hostile_call call;

	hostile_random(253178, 9999, &call);
	hostile_text(&call, text, sizeof(text));
	EXPECT_STR(text, "manage_pci_add-ad-ff");
}

TEST(random_calls_are_written)
{
	struct hostile_call call;

	for (uint32_t i = 0; i < 20000; i++) {
		CONTEXT("call %u", i);
		hostile_random(1, i, &call);
		expect_written(&call);
	}
}

TEST(every_sub_op_is_drawn)
{
	unsigned int drawn[64] = { 0 };
	struct hostile_call call;

	for (uint32_t i = 0; i < 10000; i++) {
		hostile_random(3, i, &call);
		drawn[call.op - hostile_op_row(0)]++;
	}
	for (unsigned int i = 0; hostile_op_row(i); i++) {
		CONTEXT("%s", hostile_op_row(i)->name);
		EXPECT_TRUE(drawn[i] > 100);
	}
}

/* All numbers of xen/physdev.h but the two that nothing answers to. */
TEST(every_sub_op_has_a_row)
{
	for (uint32_t cmd = 4; cmd <= 31; cmd++) {
		bool found = cmd == 18 || cmd == 22;

		for (unsigned int i = 0; hostile_op_row(i); i++)
			found |= hostile_op_row(i)->cmd == cmd;
		CONTEXT("sub-op %u", cmd);
		EXPECT_TRUE(found);
	}
}

TEST(bounds)
{
	unsigned int at[4] = { 0 };
	struct hostile_call call;
	uint32_t n = 0;

	for (; hostile_bound(n, &call); n++) {
		CONTEXT("call %u", n);
		at[call.at]++;
		if (n % 7 == 0)
			expect_written(&call);
	}
	EXPECT_TRUE(n > 2000 && n < 10000);
	for (unsigned int i = 1; i < 4; i++)
		EXPECT_TRUE(at[i] >= 27);
	EXPECT_TRUE(!hostile_bound(~0u, &call));
}

TEST(packing)
{
	struct physdev_map_pirq map;
	struct hostile_call call;
	uint8_t bytes[HOSTILE_BYTES];
	const char *text = "map_msi-7ff0-4-ffffffff-30-1-28-2-fedcba9876543210";

	EXPECT_TRUE(hostile_parse((struct span){ text, strlen(text) }, &call));
	hostile_pack(&call, bytes);
	memcpy(&map, bytes, sizeof(map));
	EXPECT_EQ(hostile_cmd(&call), PHYSDEVOP_map_pirq);
	EXPECT_EQ(map.domid, DOMID_SELF);
	EXPECT_EQ(map.type, MAP_PIRQ_TYPE_MULTI_MSI);
	EXPECT_EQ(map.index, -1);
	EXPECT_EQ(map.pirq, 0x30);
	EXPECT_EQ(map.entry_nr, 2);
	EXPECT_EQ(map.table_base, 0xfedcba9876543210);
}

TEST(what_is_no_call)
{
	static const char *const wrong[] = {
		"",
		"-",
		"apic",
		"apic_write",
		"apic_write-0-0",
		"eoi-g",
		"eoi-",
		"eoi-0-at4",
		"eoi-0-at",
		"eoi-0-at1-1",
		"eoi-0-xx1",
		"eoi-0-1",
		"eoi-A",
		"eoi-00000000000000000",
	};
	struct hostile_call call;

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CONTEXT("%s", wrong[i]);
		EXPECT_TRUE(!hostile_parse((struct span){ wrong[i], strlen(wrong[i]) }, &call));
	}
}

static const char *skip(const char *text, bool privileged, bool findings)
{
	struct hostile_scene scene = { .gsi = 20,
				       .sharer = { 1, 2 },
				       .device = { 0x20, 0x21 },
				       .n = 2,
				       .privileged = privileged,
				       .findings = findings };
	struct hostile_call call;

	EXPECT_TRUE(hostile_parse((struct span){ text, strlen(text) }, &call));
	return hostile_skip(&call, &scene);
}

TEST(what_is_skipped)
{
	/* By right: for the control domain alone. */
	EXPECT_TRUE(skip("unmap_pirq-1-14", true, true));
	EXPECT_TRUE(!skip("unmap_pirq-1-14", false, true));
	EXPECT_TRUE(!skip("unmap_pirq-1-15", true, true));
	EXPECT_TRUE(!skip("unmap_pirq-3-14", true, true));
	EXPECT_TRUE(skip("restore_msi-0-21", true, true));
	EXPECT_TRUE(!skip("restore_msi-1-21", true, true));
	EXPECT_TRUE(skip("pirq_eoi_gmfn_v1-400", false, false));
	EXPECT_TRUE(!skip("pirq_eoi_gmfn_v1-20000", false, false));
	/* A finding: unless asked for, and not where it is refused or not read. */
	EXPECT_TRUE(skip("apic_write-fec00000-40-0", true, false));
	EXPECT_TRUE(!skip("apic_write-fec00000-40-0", true, true));
	EXPECT_TRUE(!skip("apic_write-fec00000-40-0", false, false));
	EXPECT_TRUE(!skip("apic_write-fec00000-40-0-at1", true, false));
	EXPECT_TRUE(!skip("apic_write-fec00000-41-0", true, false));
	EXPECT_TRUE(!skip("apic_write-fec00000-3e-15", true, false));
	EXPECT_TRUE(!skip("apic_write-fec00000-3e-10000", true, false));
	EXPECT_TRUE(skip("apic_write-fec00000-3e-0", true, false));
	EXPECT_TRUE(skip("map_pirq-7ff0-1-15-0-0-28-1-0", true, false));
	EXPECT_TRUE(!skip("map_pirq-7ff0-1-15-15-0-28-1-0", true, false));
	EXPECT_TRUE(skip("map_msi-7ff0-4-15-15-0-28-0-0", true, false));
	EXPECT_TRUE(skip("setup_gsi-2-1-1", true, false));
}
