/* SPDX-License-Identifier: GPL-2.0-only */
/* What is on a board's disks; lab/media.py writes it there. */
#ifndef LIFELINE_DEV_MEDIA_H
#define LIFELINE_DEV_MEDIA_H

#include <stdint.h>

#define MEDIA_SECTOR  512u
#define MEDIA_SECTORS 2048u /* 1 MiB */

/** media_word() - 32-bit little-endian word @index of sector @sector */
static inline uint32_t media_word(uint32_t sector, uint32_t index)
{
	return (sector * (MEDIA_SECTOR / 4) + index) * 0x9e3779b1u;
}

#endif
