// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/frame.h"

#include "guest/lib/string.h"

#define HEADER	  14
#define WORDS_MIN 12 /* 48 bytes of payload: IEEE 802.3 wants 46 */
#define LENGTHS	  64

/* For local experiments (IEEE 802, 9.2.3). */
static const uint8_t ethertype[] = { 0x88, 0xb5 };

/* Bit 7 of each byte is 0 in a payload. */
#define PAYLOAD_BITS 0x7f7f7f7fu
#define POISON	     0xff

static uint32_t words(uint32_t round)
{
	return WORDS_MIN + round % LENGTHS;
}

static uint32_t payload_word(uint32_t round, uint32_t index)
{
	return (round * 128 + index) * 0x9e3779b1u & PAYLOAD_BITS;
}

static void fill_header(uint8_t *at, const uint8_t *address)
{
	memcpy(at, address, FRAME_ADDRESS);
	memcpy(at + FRAME_ADDRESS, address, FRAME_ADDRESS);
	memcpy(at + 2 * (size_t)FRAME_ADDRESS, ethertype, sizeof(ethertype));
}

uint32_t frame_length(uint32_t round)
{
	return HEADER + 4 * words(round);
}

void frame_fill(uint8_t *at, const uint8_t *address, uint32_t round)
{
	fill_header(at, address);
	for (uint32_t i = 0; i < words(round); i++) {
		uint32_t word = payload_word(round, i);

		__builtin_memcpy(at + HEADER + 4 * i, &word, 4);
	}
}

void frame_poison(uint8_t *at, uint32_t size)
{
	memset(at, POISON, size);
}

static int check_bytes(struct controller *c, const uint8_t *at, const uint8_t *expected,
		       uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		uint32_t offset = (uint32_t)(at + i - (const uint8_t *)c->io.memory.base);

		if (dev_expect(c, "FRAME", offset, 0xff, expected[i], at[i]))
			return DEV_WRONG;
	}
	return DEV_OK;
}

int frame_check(struct controller *c, const uint8_t *at, const uint8_t *address, uint32_t round)
{
	uint8_t header[HEADER];

	fill_header(header, address);
	if (check_bytes(c, at, header, HEADER))
		return DEV_WRONG;
	for (uint32_t i = 0; i < words(round); i++) {
		const uint8_t *where = at + HEADER + 4 * i;
		uint32_t expected = payload_word(round, i), seen;

		__builtin_memcpy(&seen, where, 4);
		if (seen != expected)
			return dev_fail(c, DEV_WRONG, "FRAME",
					(uint32_t)(where - (const uint8_t *)c->io.memory.base), ~0u,
					expected, seen);
	}
	return DEV_OK;
}
