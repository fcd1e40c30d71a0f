// SPDX-License-Identifier: GPL-2.0-only
/* The ladder of rescues against a model of configuration space, written from the specifications. */
#include "fault/ladder.h"

#include <string.h>

#include "guest/tests/unit.h"

#define MS 1000000ull

/**
 * struct function - a PCI function as configuration space shows it
 * @space: its 256 bytes
 * @asserts: its device would assert INTx
 * @since: when it went into D3hot or reset, ns; 0: it is in neither
 * @recovers: ns after a reset in which it does not answer
 * @deaf: bits that are not writable in Command
 * @flr: offset of the register that resets it, and the bit
 * @pm: offset of its power management capability
 * @resets: how often it was reset
 * @below: for a bridge: what is behind it
 */
struct function {
	uint8_t space[256];
	bool asserts;
	uint64_t since, recovers;
	uint16_t deaf;
	uint16_t flr, flr_bit, pm;
	unsigned int resets;
	struct function *below;
};

static uint64_t clock_ns;

static uint32_t word(const struct function *f, uint16_t offset)
{
	return f->space[offset] | (uint32_t)f->space[offset + 1] << 8;
}

static void set(struct function *f, uint16_t offset, uint8_t width, uint32_t value)
{
	for (uint8_t i = 0; i < width; i++)
		f->space[offset + i] = (uint8_t)(value >> 8 * i);
}

static void reset(struct function *f)
{
	f->resets++;
	f->asserts = false;
	f->since = clock_ns;
	set(f, 0x04, 2, 0);
	for (uint16_t bar = 0x10; bar < 0x28; bar += 4)
		set(f, bar, 4, 0);
}

static bool in_d3(const struct function *f)
{
	return f->pm && (word(f, f->pm + 4) & 3) == 3;
}

/* PCI 2.3, 6.2.2 and PCI PM 1.2, 5.4: neither with DisINTx nor in D3hot. */
static bool line_is_high(const struct function *f)
{
	return f->asserts && !(word(f, 0x04) & 1u << 10) && !in_d3(f);
}

static uint32_t config_read(void *ctx, uint16_t offset, uint8_t width)
{
	struct function *f = ctx;
	uint32_t value = 0;

	clock_ns += 1000;
	EXPECT_TRUE(offset % width == 0 && offset + width <= 256);
	if (f->since && clock_ns < f->since + f->recovers)
		return ~0u >> (32 - 8 * width);
	for (uint8_t i = 0; i < width; i++)
		value |= (uint32_t)f->space[offset + i] << 8 * i;
	return value;
}

static void config_write(void *ctx, uint16_t offset, uint8_t width, uint32_t value)
{
	struct function *f = ctx;

	clock_ns += 1000;
	EXPECT_TRUE(offset % width == 0 && offset + width <= 256);
	if (offset == 0x04)
		value &= ~(uint32_t)f->deaf;
	if (f->pm && offset == f->pm + 4 && in_d3(f) && !(value & 3))
		reset(f); /* No_Soft_Reset is clear */
	if (f->flr && offset == f->flr && value & f->flr_bit)
		reset(f);
	if (f->below && offset == 0x3e && value & 1u << 6)
		reset(f->below);
	set(f, offset, width, value);
}

static uint64_t now(void *ctx)
{
	(void)ctx;
	return clock_ns;
}

static void sleep(void *ctx, uint64_t ns)
{
	(void)ctx;
	clock_ns += ns;
}

static struct dev_io io_of(struct function *f)
{
	return (struct dev_io){ .config_read = config_read,
				.config_write = config_write,
				.now = now,
				.sleep = sleep,
				.ctx = f };
}

/* An asserting function with a list of the capabilities @ids, at 0x40, 0x60, ... */
static struct function function_with(const uint8_t *ids, unsigned int n)
{
	struct function f = { .asserts = true };

	clock_ns = 1000000;
	set(&f, 0x00, 4, 0x100e8086);
	set(&f, 0x04, 4, n ? 0x00100007 : 0x00000007);
	set(&f, 0x10, 4, 0xfebc0000);
	f.space[0x34] = n ? 0x40 : 0;
	for (unsigned int i = 0; i < n; i++)
		set(&f, (uint16_t)(0x40 + 0x20 * i), 2,
		    ids[i] | (i + 1 < n ? (0x60 + 0x20 * i) << 8 : 0));
	return f;
}

TEST(intx_disable)
{
	struct function f = function_with(NULL, 0);
	struct dev_io io = io_of(&f);

	EXPECT_TRUE(line_is_high(&f));
	EXPECT_EQ(rescue_by_intx_disable(&io), 0);
	EXPECT_TRUE(!line_is_high(&f));
	EXPECT_EQ(word(&f, 0x04), 0x0407);
}

TEST(intx_disable_of_before_pci_23)
{
	struct function f = function_with(NULL, 0);
	struct dev_io io = io_of(&f);

	f.deaf = 1u << 10;
	EXPECT_EQ(rescue_by_intx_disable(&io), RESCUE_NOT_THERE);
	EXPECT_TRUE(line_is_high(&f));
}

TEST(master_off_leaves_the_level)
{
	struct function f = function_with(NULL, 0);
	struct dev_io io = io_of(&f);

	EXPECT_EQ(rescue_by_master_off(&io), 0);
	EXPECT_EQ(word(&f, 0x04), 0x0003);
	EXPECT_TRUE(line_is_high(&f));
}

TEST(power_cycle)
{
	const uint8_t ids[] = { 0x05, 0x01 };
	struct function f = function_with(ids, 2);
	struct dev_io io = io_of(&f);
	uint64_t start = clock_ns;

	f.pm = 0x60;
	EXPECT_EQ(rescue_by_power_cycle(&io), 0);
	EXPECT_TRUE(clock_ns - start >= 20 * MS && clock_ns - start < 25 * MS);
	EXPECT_EQ(f.resets, 1);
	EXPECT_EQ(word(&f, 0x64) & 3, 0);
	EXPECT_TRUE(!line_is_high(&f));
}

TEST(function_reset_by_pcie)
{
	const uint8_t ids[] = { 0x01, 0x10 };
	struct function f = function_with(ids, 2);
	struct dev_io io = io_of(&f);

	f.flr = 0x68;
	f.flr_bit = 1u << 15;
	f.recovers = 50 * MS;
	EXPECT_EQ(rescue_by_function_reset(&io), RESCUE_NOT_THERE);
	EXPECT_EQ(f.resets, 0);
	set(&f, 0x64, 4, 1u << 28);
	EXPECT_EQ(rescue_by_function_reset(&io), 0);
	EXPECT_EQ(f.resets, 1);
	EXPECT_TRUE(!line_is_high(&f));
}

TEST(function_reset_by_af)
{
	const uint8_t ids[] = { 0x13 };
	struct function f = function_with(ids, 1);
	struct dev_io io = io_of(&f);

	f.flr = 0x44;
	f.flr_bit = 1;
	set(&f, 0x42, 2, 0x0106); /* TP alone */
	EXPECT_EQ(rescue_by_function_reset(&io), RESCUE_NOT_THERE);
	set(&f, 0x42, 2, 0x0306);
	EXPECT_EQ(rescue_by_function_reset(&io), 0);
	EXPECT_EQ(f.resets, 1);
}

TEST(function_reset_that_does_not_end)
{
	const uint8_t ids[] = { 0x10 };
	struct function f = function_with(ids, 1);
	struct dev_io io = io_of(&f);

	set(&f, 0x44, 4, 1u << 28);
	f.flr = 0x48;
	f.flr_bit = 1u << 15;
	f.recovers = 10000 * MS;
	EXPECT_EQ(rescue_by_function_reset(&io), RESCUE_TIMEOUT);
}

TEST(bus_reset)
{
	struct function f = function_with(NULL, 0), above = function_with(NULL, 0);
	struct dev_io io = io_of(&f), bridge = io_of(&above);
	struct config_saved saved;

	above.below = &f;
	f.recovers = 500 * MS;
	config_save(&io, &saved);
	EXPECT_EQ(rescue_by_bus_reset(NULL, &io), RESCUE_NOT_THERE);
	EXPECT_EQ(rescue_by_bus_reset(&bridge, &io), 0);
	EXPECT_EQ(word(&above, 0x3e), 0);
	EXPECT_EQ(f.resets, 1);
	EXPECT_EQ(word(&f, 0x12), 0);
	config_restore(&io, &saved);
	EXPECT_EQ(word(&f, 0x12), 0xfebc);
	EXPECT_EQ(word(&f, 0x04), 0x0007);
	EXPECT_TRUE(!line_is_high(&f));
}

TEST(bus_reset_that_does_not_end)
{
	struct function f = function_with(NULL, 0), above = function_with(NULL, 0);
	struct dev_io io = io_of(&f), bridge = io_of(&above);
	uint64_t start = clock_ns;

	above.below = &f;
	f.recovers = 10000 * MS;
	EXPECT_EQ(rescue_by_bus_reset(&bridge, &io), RESCUE_TIMEOUT);
	EXPECT_TRUE(clock_ns - start < 1100 * MS);
}

TEST(restore_clears_disintx)
{
	struct function f = function_with(NULL, 0);
	struct dev_io io = io_of(&f);
	struct config_saved saved;

	rescue_by_intx_disable(&io);
	config_save(&io, &saved);
	config_restore(&io, &saved);
	EXPECT_TRUE(line_is_high(&f));
}

/* A list that runs in a circle, and a function that was pulled out. */
TEST(hostile_configuration_space)
{
	const uint8_t ids[] = { 0x05, 0x05 };
	struct function f = function_with(ids, 2);
	struct dev_io io = io_of(&f);

	f.space[0x61] = 0x40;
	EXPECT_EQ(rescue_by_power_cycle(&io), RESCUE_NOT_THERE);
	EXPECT_EQ(rescue_by_function_reset(&io), RESCUE_NOT_THERE);
	memset(f.space, 0xff, sizeof(f.space));
	EXPECT_EQ(rescue_by_power_cycle(&io), RESCUE_NOT_THERE);
	EXPECT_EQ(rescue_by_function_reset(&io), RESCUE_NOT_THERE);
}
