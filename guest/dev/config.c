// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/pci.h"

/* They fill the space behind the header: a longer list has no end. */
#define MAX_CAPABILITIES 48

uint8_t config_find_capability(const struct dev_io *config, uint8_t id)
{
	uint8_t at = 0;

	if (config->config_read(config->ctx, PCI_COMMAND, 4) & PCI_STATUS_CAPS)
		at = config->config_read(config->ctx, PCI_CAP_PTR, 1) & 0xfc;
	for (unsigned int i = 0; at && i < MAX_CAPABILITIES; i++) {
		uint32_t head = config->config_read(config->ctx, at, 2);

		if ((head & 0xff) == id)
			return at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}
