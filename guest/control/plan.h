/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan: the text module that says which devices may be touched and which
 * cases run, in order. Lines are "device BDF MODEL gsi=N [late=US]", "uart irq=N port=N"
 * and "case ID key=value...".
 * Pure text handling: nothing here knows of Xen. The text is never modified.
 */
#ifndef LIFELINE_CONTROL_PLAN_H
#define LIFELINE_CONTROL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct span - a piece of the plan's text; not NUL-terminated */
struct span {
	const char *s;
	size_t len;
};

/** span_is() - is @a the same text as @b? */
bool span_is(struct span a, const char *b);

/** span_number() - the number in *@value that @text is in base @base (at most 16); false if it is none */
bool span_number(struct span text, unsigned int base, uint64_t *value);

/** span_copy() - copy @a into @buf of @size bytes, NUL-terminated, cut if too long */
void span_copy(struct span a, char *buf, size_t size);

/** plan_next_line() - take the next non-empty line off @plan; false at the end */
bool plan_next_line(struct span *plan, struct span *line);

/** plan_next_word() - take the next word, ended by a blank or by @also, off @line */
bool plan_next_word(struct span *line, char also, struct span *word);

/** plan_value() - value of "@key=" among the words of @line; false if it is not there */
bool plan_value(struct span line, const char *key, struct span *value);

/** plan_number() - unsigned decimal value of @key, or @otherwise if absent or malformed */
uint64_t plan_number(struct span line, const char *key, uint64_t otherwise);

/** plan_bdf() - parse "bb:dd.f" into bus << 8 | dev << 3 | fn; false if malformed */
bool plan_bdf(struct span word, uint16_t *bdf);

#endif
