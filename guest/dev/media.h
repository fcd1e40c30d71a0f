/* SPDX-License-Identifier: GPL-2.0-only */
/* What is on a board's disks; lab/media.py writes it there. */
#ifndef LIFELINE_DEV_MEDIA_H
#define LIFELINE_DEV_MEDIA_H

#include "guest/dev/exerciser.h"

#define MEDIA_SECTOR  512u
#define MEDIA_SECTORS 2048u /* 1 MiB */

/** media_word() - 32-bit little-endian word @index of sector @sector */
static inline uint32_t media_word(uint32_t sector, uint32_t index)
{
	return (sector * (MEDIA_SECTOR / 4) + index) * 0x9e3779b1u;
}

/** media_next() - the sector to be read after @sector: each comes once in MEDIA_SECTORS calls, in no simple order */
static inline uint32_t media_next(uint32_t sector)
{
	return (sector * 1021 + 477) % MEDIA_SECTORS;
}

/** media_poison() - fill the @bytes at @data with what is nowhere right for @sector */
void media_poison(volatile uint32_t *data, uint32_t sector, uint32_t bytes);

/**
 * media_check() - the @bytes at @data, in io.memory, are those of the disk from @sector on
 *
 * Return: DEV_OK or DEV_WRONG, with the error of the first wrong word noted.
 */
int media_check(struct controller *c, const volatile uint32_t *data, uint32_t sector,
		uint32_t bytes);

#endif
