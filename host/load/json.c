// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/json.h"

#include <stdio.h>
#include <string.h>

#include "host/load/child.h"

json_t *json_find(const char *program, const char *text, size_t len, char *error, size_t size)
{
	const char *at = text, *end = text + len;
	json_error_t wrong;
	json_t *root;

	while (at < end && *at != '{') {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : end;
	}
	if (at == end) {
		(void)snprintf(error, size, "%s: printed no JSON; see its error output", program);
		return NULL;
	}
	root = json_loadb(at, (size_t)(end - at), JSON_DISABLE_EOF_CHECK, &wrong);
	if (!root)
		(void)snprintf(error, size, "%s: line %d of its JSON: %s", program, wrong.line,
			       wrong.text);
	return root;
}

uint64_t json_count(const json_t *value)
{
	double number = json_number_value(value);

	if (json_is_integer(value))
		return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
	/* 2^63: what is more is nonsense, and no integer. */
	return number > 0 && number < 9223372036854775808.0 ? (uint64_t)number : 0;
}
