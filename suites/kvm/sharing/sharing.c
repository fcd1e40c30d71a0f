// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/harness.h"

TEST(line)
{
	CHECK(true, "S nothing yet");
	case_mark("idle pin=20 mask=0");
}

CASE_MAIN
