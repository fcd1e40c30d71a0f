// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/board.h"

#include <stdlib.h>
#include <string.h>

#include "guest/control/plan.h"

bool board_guards(const char *what)
{
	const char *text = getenv("LIFELINE_BOARD");
	struct span line, list, word;

	if (!text)
		return true;
	line = (struct span){ text, strlen(text) };
	if (!plan_value(line, "unguarded", &list))
		return true;
	while (plan_next_word(&list, ',', &word))
		if (span_is(word, what))
			return false;
	return true;
}
