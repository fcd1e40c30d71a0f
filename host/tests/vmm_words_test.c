// SPDX-License-Identifier: GPL-2.0-only
/* The command line of the image on a bare machine. */
#include "guest/bare/words.h"

#include "guest/tests/unit.h"

TEST(all_words)
{
	struct bare_words w;

	EXPECT_TRUE(!bare_words("mailbox=0x700000 kick=4 tell=1536 device=00:04.0 gsi=20 "
				"uart=1016 tsc_khz=2600000 quiet",
				&w));
	EXPECT_EQ(w.mailbox, 0x700000);
	EXPECT_EQ(w.kick, 4);
	EXPECT_EQ(w.tell, 1536);
	EXPECT_EQ(w.bdf, 0x20);
	EXPECT_EQ(w.gsi, 20);
	EXPECT_EQ(w.uart, 1016);
	EXPECT_EQ(w.tsc_khz, 2600000);
	EXPECT_TRUE(w.device);
}

TEST(no_device)
{
	struct bare_words w;

	EXPECT_TRUE(!bare_words("kick=4 mailbox=7340032", &w));
	EXPECT_EQ(w.mailbox, 0x700000);
	EXPECT_TRUE(!w.device);
	EXPECT_EQ(w.tell | w.uart | w.gsi | w.tsc_khz, 0);
}

TEST(wrong_words)
{
	static const struct {
		const char *line, *wrong;
	} lines[] = {
		{ "", "mailbox" },
		{ "kick=4", "mailbox" },
		{ "mailbox= kick=4", "mailbox" },
		{ "mailbox=0x kick=4", "mailbox" },
		{ "mailbox=0x700001 kick=4", "mailbox" },
		{ "mailbox=0x100000000 kick=4", "mailbox" },
		{ "mailbox=0xffffffffffffffff000 kick=4", "mailbox" },
		{ "mailbox=0x700000", "kick" },
		{ "mailbox=0x700000 kick=24", "kick" },
		{ "mailbox=0x700000 kick=-1", "kick" },
		{ "mailbox=0x700000 kick=4 tell=65536", "tell" },
		{ "mailbox=0x700000 kick=4 uart=65529", "uart" },
		{ "mailbox=0x700000 kick=4 tsc_khz=4294967296", "tsc_khz" },
		{ "mailbox=0x700000 kick=4 device=4 gsi=20", "device" },
		{ "mailbox=0x700000 kick=4 device=00:04.0", "gsi" },
		{ "mailbox=0x700000 kick=4 device=00:04.0 gsi=24", "gsi" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct bare_words w;
		const char *wrong = bare_words(lines[i].line, &w);

		CONTEXT("\"%s\"", lines[i].line);
		EXPECT_STR(wrong ? wrong : "", lines[i].wrong);
	}
}
