// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel says of its vectors: the last of it counts, and nothing is read beyond it. */
#include "host/case/matrix.h"

#include <string.h>

#include "guest/tests/unit.h"

TEST(the_last_one_counts)
{
	EXPECT_EQ(
		matrix_allocated_in(
			"# tracer: nop\n"
			" a-144 [000] d..1. 38.12: irq_matrix_alloc: bit=41 cpu=1 online=1 avl=192 "
			"alloc=9 managed=1 online_maps=2 global_avl=384, global_rsvd=18, "
			"total_alloc=18\n"
			" a-144 [000] d..1. 38.13: irq_matrix_free: bit=41 cpu=1 online=1 avl=193 "
			"alloc=8 managed=1 online_maps=2 global_avl=385, global_rsvd=18, "
			"total_alloc=17\n"),
		17);
}

TEST(nothing_is_said)
{
	static const char *const texts[] = {
		"",	      "# tracer: nop\n", "total_alloc=", "total_alloc=-1", "total_alloc=x7",
		"total_alloc"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* To the byte: what is read behind the end is found. */
		char *copy = strdup(texts[i]);

		CONTEXT("%s", texts[i]);
		EXPECT_EQ(matrix_allocated_in(copy), -1);
		free(copy);
	}
}
