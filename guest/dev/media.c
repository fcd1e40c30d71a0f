// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/media.h"

void media_poison(volatile uint32_t *data, uint32_t sector, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes / 4; i++)
		data[i] = ~media_word(sector, i);
}

int media_check(struct controller *c, const volatile uint32_t *data, uint32_t sector,
		uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes / 4; i++) {
		uint32_t seen = data[i];

		if (seen != media_word(sector, i))
			return dev_fail(c, DEV_WRONG, "word of the sector",
					dev_bus(c, &data[i]) - (uint32_t)c->io.memory.bus, ~0u,
					media_word(sector, i), seen);
	}
	return DEV_OK;
}
