// SPDX-License-Identifier: GPL-2.0-only
/* What a case may touch is read as it is told, and a mistake is named, never read as less. */
#include "host/case/devices.h"

#include <stdio.h>
#include <string.h>

#include "guest/tests/unit.h"

static struct case_devices d;

static const char *parse(const char *text)
{
	const char *wrong = devices_parse(text, &d);

	return wrong ? wrong : "";
}

TEST(board)
{
	EXPECT_STR(parse("peer 0000:00:0c.0 port=41234\n"
			 "device 0000:00:04.0 edu gsi=20\n"
			 "device 00:08.0 ahci gsi=20 host=1\r\n\n"
			 "\tdevice 10000:00:0c.0 nvme gsi=21 host=1\n"
			 "device 0000:00:0c.0 e1000 host=1 gsi=20"),
		   "");
	EXPECT_EQ(d.n, 4);
	EXPECT_STR(d.device[0].model, "edu");
	EXPECT_EQ(d.device[0].gsi, 20);
	EXPECT_TRUE(!d.device[0].host);
	EXPECT_STR(d.device[1].bdf, "0000:00:08.0");
	EXPECT_TRUE(d.device[1].host);
	EXPECT_STR(d.device[2].bdf, "10000:00:0c.0");
	EXPECT_EQ(d.device[2].port, 0);
	EXPECT_EQ(d.device[3].port, 41234);
}

TEST(finds)
{
	EXPECT_STR(parse("device 00:04.0 edu gsi=20\ndevice 00:05.0 edu gsi=21\n"
			 "device 00:08.0 ahci gsi=21 host=1\ndevice 00:09.0 ahci gsi=20 host=1\n"),
		   "");
	EXPECT_TRUE(devices_find(&d, "edu", 0) == &d.device[0]);
	EXPECT_TRUE(devices_find(&d, "edu", 1) == &d.device[1]);
	EXPECT_TRUE(!devices_find(&d, "edu", 2));
	EXPECT_TRUE(!devices_find(&d, "ahci", 0));
	EXPECT_TRUE(devices_host(&d, "ahci", 0) == &d.device[2]);
	EXPECT_TRUE(devices_host(&d, "ahci", 20) == &d.device[3]);
	EXPECT_TRUE(!devices_host(&d, "ahci", 22));
	EXPECT_TRUE(!devices_host(&d, "edu", 0));
	EXPECT_TRUE(devices_at(&d, "0000:00:05.0") == &d.device[1]);
	EXPECT_TRUE(!devices_at(&d, "0000:00:06.0"));
}

/* Line by line, each after one that is right. */
TEST(mistakes)
{
	static const char *const wrong[] = {
		"device",
		"device 00:04.0",
		"device 00:04.8 edu",
		"device 00:20.0 edu",
		"device 0000:00:04.00000000000 edu",
		"device edu 00:04.0",
		"device 00:04.0 a-model-of-16-char",
		"device 00:04.0 edu gsi=",
		"device 00:04.0 edu gsi=-1",
		"device 00:04.0 edu gsi=0x14",
		"device 00:04.0 edu gsi=4294967316",
		"device 00:04.0 edu gsi=99999999999999999999999",
		"device 00:04.0 edu host=2",
		"device 00:04.0 edu host=yes",
		"device 00:08.0 edu",
		"device 0000:00:08.0 ahci",
		"peer",
		"peer 00:09.0 port=1",
		"peer 00:08.0 port=65536",
		"peer 00:08.0 port=http",
		"devices 00:04.0 edu",
		"00:04.0 edu",
	};

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char text[160];

		(void)snprintf(text, sizeof(text), "device 00:08.0 ahci gsi=20\n%s\n", wrong[i]);
		CONTEXT("%s", wrong[i]);
		EXPECT_TRUE(*parse(text));
	}
}

TEST(room)
{
	char text[(DEVICES_MAX + 1) * 32] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < DEVICES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "device 01:%02x.0 edu\n",
					 i);
	EXPECT_STR(parse(text), "");
	EXPECT_EQ(d.n, DEVICES_MAX);
	(void)snprintf(text + used, sizeof(text) - used, "device 02:00.0 edu\n");
	EXPECT_STR(parse(text), "more devices than a case can have");
	EXPECT_EQ(d.n, DEVICES_MAX);
}

/* Any text is read to its end, or a mistake in it is named. */
TEST(noise)
{
	static const char letters[] = "device peer 0123:. gsi=host=port=\n\t\r-\xff";
	uint64_t state = 1;

	for (unsigned int i = 0; i < 20000; i++) {
		char text[96];
		size_t n = unit_random(&state) % sizeof(text);

		for (size_t k = 0; k < n; k++)
			text[k] = letters[unit_random(&state) % (sizeof(letters) - 1)];
		text[n ? n - 1 : 0] = '\0';
		(void)parse(text);
		EXPECT_TRUE(d.n <= DEVICES_MAX);
	}
}
