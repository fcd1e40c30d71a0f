// SPDX-License-Identifier: GPL-2.0-only
/* What is said of a board is understood, and nothing said means that it can. */
#include "host/case/board.h"

#include <stdlib.h>

#include "guest/tests/unit.h"

static bool guards(const char *text, const char *what)
{
	if (text)
		setenv("LIFELINE_BOARD", text, 1);
	else
		unsetenv("LIFELINE_BOARD");
	return board_guards(what);
}

TEST(words)
{
	EXPECT_TRUE(guards(NULL, "compatible"));
	EXPECT_TRUE(guards("", "compatible"));
	EXPECT_TRUE(guards("unguarded=", "compatible"));
	EXPECT_TRUE(guards("other=compatible", "compatible"));
	EXPECT_TRUE(guards("unguarded=requester", "compatible"));
	EXPECT_TRUE(guards("unguarded=compatibles,incompatible", "compatible"));
	EXPECT_TRUE(!guards("unguarded=compatible", "compatible"));
	EXPECT_TRUE(!guards("unguarded=compatible,requester", "requester"));
	EXPECT_TRUE(!guards("other=1 unguarded=requester,compatible more", "compatible"));
	EXPECT_TRUE(!guards("unguarded=,,compatible,", "compatible"));
}
