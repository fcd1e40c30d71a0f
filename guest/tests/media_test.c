// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/exercisers.h"

#include "guest/dev/media.h"
#include "guest/tests/rig.h"

TEST(every_sector_comes_once)
{
	static bool seen[MEDIA_SECTORS];
	uint32_t sector = 0;

	for (unsigned int i = 0; i < MEDIA_SECTORS; i++) {
		sector = media_next(sector);
		EXPECT_TRUE(sector < MEDIA_SECTORS && !seen[sector]);
		seen[sector % MEDIA_SECTORS] = true;
	}
}

/* One word of the two sectors from @sector on is changed by @bits. */
static int check_with(struct rig *r, uint32_t sector, unsigned int word, uint32_t bits)
{
	volatile uint32_t *data = r->c.io.memory.base;

	for (uint32_t i = 0; i < 2 * MEDIA_SECTOR / 4; i++)
		data[i] = media_word(sector + i / (MEDIA_SECTOR / 4), i % (MEDIA_SECTOR / 4));
	data[word] ^= bits;
	dev_clear_error(&r->c);
	return media_check(&r->c, data, sector, 2 * MEDIA_SECTOR);
}

TEST(check)
{
	struct rig r;

	rig_up(&r, &ahci_exerciser);
	EXPECT_EQ(check_with(&r, 5, 0, 0), DEV_OK);
	EXPECT_EQ(check_with(&r, MEDIA_SECTORS - 2, 0, 0), DEV_OK);
	EXPECT_EQ(check_with(&r, 5, 0, 1u << 31), DEV_WRONG);
	EXPECT_EQ(check_with(&r, 5, 255, 1), DEV_WRONG);
	EXPECT_EQ(r.c.error.offset, 255 * 4);
	EXPECT_EQ(r.c.error.seen, r.c.error.expected ^ 1);
	rig_down(&r);
}

TEST(poison_is_wrong_in_each_word)
{
	volatile uint32_t data[2 * MEDIA_SECTOR / 4];

	media_poison(data, 77, sizeof(data));
	for (uint32_t i = 0; i < 2 * MEDIA_SECTOR / 4; i++)
		EXPECT_TRUE(data[i] != media_word(77, i));
}
