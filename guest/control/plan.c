// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/plan.h"

#include "guest/lib/string.h"

bool span_is(struct span a, const char *b)
{
	return a.len == strlen(b) && !memcmp(a.s, b, a.len);
}

void span_copy(struct span a, char *buf, size_t size)
{
	size_t n = a.len < size - 1 ? a.len : size - 1;

	memcpy(buf, a.s, n);
	buf[n] = '\0';
}

static void skip(struct span *text, size_t n)
{
	text->s += n;
	text->len -= n;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

bool plan_next_line(struct span *plan, struct span *line)
{
	while (plan->len && (blank(*plan->s) || *plan->s == '\n'))
		skip(plan, 1);
	line->s = plan->s;
	while (plan->len && *plan->s != '\n')
		skip(plan, 1);
	line->len = (size_t)(plan->s - line->s);
	return line->len > 0;
}

bool plan_next_word(struct span *line, char also, struct span *word)
{
	while (line->len && (blank(*line->s) || *line->s == also))
		skip(line, 1);
	word->s = line->s;
	while (line->len && !blank(*line->s) && *line->s != also)
		skip(line, 1);
	word->len = (size_t)(line->s - word->s);
	return word->len > 0;
}

bool plan_value(struct span line, const char *key, struct span *value)
{
	size_t n = strlen(key);
	struct span word;

	while (plan_next_word(&line, ' ', &word)) {
		if (word.len <= n || word.s[n] != '=' || memcmp(word.s, key, n))
			continue;
		skip(&word, n + 1);
		*value = word;
		return true;
	}
	return false;
}

bool span_number(struct span text, unsigned int base, uint64_t *value)
{
	uint64_t v = 0;

	if (!text.len || text.len > 15)
		return false;
	for (; text.len; skip(&text, 1)) {
		char c = *text.s;
		unsigned int digit = 99;

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned int)(c - 'a') + 10;
		if (digit >= base)
			return false;
		v = v * base + digit;
	}
	*value = v;
	return true;
}

uint64_t plan_number(struct span line, const char *key, uint64_t otherwise)
{
	struct span text;
	uint64_t v;

	return plan_value(line, key, &text) && span_number(text, 10, &v) ? v : otherwise;
}

bool plan_bdf(struct span word, uint16_t *bdf)
{
	uint64_t bus, dev, fn;

	if (word.len != 7 || word.s[2] != ':' || word.s[5] != '.')
		return false;
	if (!span_number((struct span){ word.s, 2 }, 16, &bus) ||
	    !span_number((struct span){ word.s + 3, 2 }, 16, &dev) ||
	    !span_number((struct span){ word.s + 6, 1 }, 8, &fn) || dev > 31)
		return false;
	*bdf = (uint16_t)(bus << 8 | dev << 3 | fn);
	return true;
}
