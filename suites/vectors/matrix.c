// SPDX-License-Identifier: GPL-2.0-only
#include "suites/vectors/matrix.h"

#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/pirq.h"
#include "guest/xen/clock.h"
#include "guest/xen/interface.h"

static const uint8_t vectors[] = {
	0x00, 0x0f, 0x10, 0x13, 0x31, 0x80, 0x82, 0xa0, 0xef, 0xf0, 0xff
};
static const uint8_t modes[] = { 0, 1, 2, 4, 5, 7 }; /* Fixed LowestPrio SMI NMI INIT ExtINT */

#define MODES sizeof(modes)

_Static_assert(MATRIX_SIZE / (8 * MODES) == sizeof(vectors), "the matrix has another size");

#define LAST_ALLOWED_MODE 1
/* Delivery status and remote IRR come and go with interrupts. */
#define OF_THE_LINE 0x5000ull

uint32_t matrix_value(unsigned int i)
{
	uint32_t bits = i % 8, mode = modes[i / 8 % MODES];

	return vectors[i / 8 / MODES] | RTE_MODE(mode) | (bits & 1 ? RTE_LOW_ACTIVE : 0) |
	       (bits & 2 ? RTE_LEVEL : 0) | (bits & 4 ? RTE_MASK : 0);
}

int matrix_result(uint32_t value, uint32_t pirqs)
{
	if ((value >> 8 & 7) > LAST_ALLOWED_MODE)
		return -XEN_EINVAL;
	return !(value & RTE_MASK) && (value & 0xff) >= pirqs ? -XEN_EINVAL : 0;
}

void matrix_in_use(struct test *t, uint32_t pin, const char *who, uint64_t pause)
{
	uint64_t before = line_rte(pin);
	unsigned int wrong = 0, moved = 0, pirqs = pirq_limit();

	for (unsigned int i = 0; i < MATRIX_SIZE; i++) {
		uint32_t value = matrix_value(i);
		int rc = line_write(pin, value);
		uint64_t now;

		wrong += rc != matrix_result(value, pirqs);
		wrong += line_write_high(pin, value << 24) != 0;
		now = line_rte(pin);
		if ((now ^ before) & ~OF_THE_LINE && !moved++)
			ktap_line("  # wrote %08x, rc %d, rte %016llx", value, rc,
				  (unsigned long long)now);
		if (pause)
			sleep_until(now_ns() + pause);
	}
	check(t, !wrong, "V pin %u of %s: %u writes with another result than documented", pin, who,
	      wrong);
	check(t, !moved, "V pin %u of %s: moved by %u writes", pin, who, moved);
}
