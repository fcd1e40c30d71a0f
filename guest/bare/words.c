// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/words.h"

#include "guest/control/plan.h"
#include "guest/lib/string.h"

#define PINS	  24u /* of the IO-APIC (82093AA, 3.2) */
#define PAGE_MASK 0xfffull

/* Value of @key: decimal, or hexadecimal behind 0x, and at most @most. An absent word is 0. */
static bool number(struct span line, const char *key, uint64_t most, uint64_t *value)
{
	unsigned int base = 10;
	struct span text;

	*value = 0;
	if (!plan_value(line, key, &text))
		return true;
	if (text.len > 2 && text.s[0] == '0' && text.s[1] == 'x') {
		text.s += 2;
		text.len -= 2;
		base = 16;
	}
	return span_number(text, base, value) && *value <= most;
}

static bool device(struct span line, struct bare_words *w)
{
	struct span text;

	w->device = plan_value(line, "device", &text);
	return !w->device || plan_bdf(text, &w->bdf);
}

const char *bare_words(const char *cmdline, struct bare_words *w)
{
	struct span line = { cmdline, strlen(cmdline) };
	uint64_t kick, gsi, tell, uart;

	*w = (struct bare_words){ 0 };
	if (!number(line, "mailbox", UINT32_MAX, &w->mailbox) || !w->mailbox ||
	    w->mailbox & PAGE_MASK)
		return "mailbox";
	if (!number(line, "kick", PINS - 1, &kick) || !kick)
		return "kick";
	if (!number(line, "tell", UINT16_MAX, &tell))
		return "tell";
	if (!number(line, "uart", UINT16_MAX - 7, &uart))
		return "uart";
	if (!number(line, "tsc_khz", UINT32_MAX, &w->tsc_khz))
		return "tsc_khz";
	if (!device(line, w))
		return "device";
	if (!number(line, "gsi", PINS - 1, &gsi) || (w->device && !gsi))
		return "gsi";
	w->kick = (uint32_t)kick;
	w->gsi = (uint32_t)gsi;
	w->tell = (uint16_t)tell;
	w->uart = (uint16_t)uart;
	return NULL;
}
