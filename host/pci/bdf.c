// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/bdf.h"

#include <stdio.h>
#include <string.h>

/* Hexadecimal digits, @least to @most of them. Return: what is behind them; NULL: there are none. */
static const char *digits(const char *text, unsigned int least, unsigned int most, uint32_t *value)
{
	static const char set[] = "0123456789abcdefABCDEF";
	unsigned int n = 0;
	uint32_t sum = 0;

	for (; n < most && text[n]; n++) {
		const char *digit = strchr(set, text[n]);
		uint32_t place;

		if (!digit)
			break;
		place = (uint32_t)(digit - set);
		sum = sum << 4 | (place < 16 ? place : place - 6);
	}
	*value = sum;
	return n >= least ? text + n : NULL;
}

bool bdf_parse(const char *text, struct bdf *bdf)
{
	uint32_t domain = 0, bus, device, function;
	const char *rest = digits(text, 4, 8, &domain);

	if (rest && *rest == ':')
		text = rest + 1;
	else
		domain = 0;
	text = digits(text, 2, 2, &bus);
	if (!text || *text != ':')
		return false;
	text = digits(text + 1, 2, 2, &device);
	if (!text || *text != '.' || device > 31)
		return false;
	text = digits(text + 1, 1, 1, &function);
	if (!text || *text || function > 7)
		return false;
	*bdf = (struct bdf){ domain, (uint8_t)bus, (uint8_t)device, (uint8_t)function };
	return true;
}

void bdf_format(const struct bdf *bdf, char text[BDF_SIZE])
{
	(void)snprintf(text, BDF_SIZE, "%04x:%02x:%02x.%x", bdf->domain, bdf->bus, bdf->device & 31,
		       bdf->function & 7);
}
