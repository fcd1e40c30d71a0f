// SPDX-License-Identifier: GPL-2.0-only
/* Messages: their formats, and what configuration spaces that lie say of them. */
#include "host/vfio/message.h"

#include <string.h>

#include "guest/dev/pci.h"
#include "guest/tests/unit.h"

static uint8_t config[CONFIG_BYTES];

static void begin(uint8_t first)
{
	memset(config, 0, sizeof(config));
	config[PCI_CAP_PTR] = first;
}

TEST(formats)
{
	struct message m = message_compatible(3, DELIVER_NMI, 0x51);

	EXPECT_EQ(m.address, 0xfee03000);
	EXPECT_EQ(m.data, 0x451);
	EXPECT_TRUE(!message_is_remappable(m));
	for (uint32_t handle = 0; handle <= UINT16_MAX; handle++) {
		m = message_offset((uint16_t)handle);
		EXPECT_TRUE(message_is_remappable(m));
		EXPECT_EQ(message_handle(m), handle);
	}
	/* As seen on a board: entry 30 of e1000e. */
	m = (struct message){ 0xfee003d8, 0 };
	EXPECT_EQ(message_handle(m), 30);
	m = (struct message){ 0xfee003d4, 5 };
	EXPECT_EQ(message_handle(m), 0x801e);
}

TEST(nobody)
{
	struct message m = message_of_nobody((struct message){ 0xfee003d8, 0 });

	EXPECT_TRUE(message_is_remappable(m));
	EXPECT_EQ(message_handle(m), UINT16_MAX);
	m = message_of_nobody((struct message){ 0xfee00000, 4 });
	EXPECT_EQ(m.address, 0xfee00000);
	EXPECT_EQ(m.data, 0xdd);
}

TEST(msi)
{
	struct message m;

	begin(0x40);
	memcpy(config + 0x40, "\x05\x00\x81\x00\x78\x03\xe0\xfe\x01\x00\x00\x00\x34\x12", 14);
	EXPECT_TRUE(message_in(config, &m));
	EXPECT_EQ(m.address, 0x1fee00378);
	EXPECT_EQ(m.data, 0x1234);
	config[0x42] = 0x01; /* 32 bits */
	EXPECT_TRUE(message_in(config, &m));
	EXPECT_EQ(m.address, 0xfee00378);
	EXPECT_EQ(m.data, 0x0001);
	config[0x42] = 0x80;
	EXPECT_TRUE(!message_in(config, &m));
}

TEST(lists_that_lie)
{
	struct message m;

	begin(0x40);
	config[0x40] = PCI_CAP_MSIX;
	config[0x41] = 0x40; /* a circle */
	EXPECT_EQ(message_capability(config, PCI_CAP_MSIX), 0x40);
	EXPECT_EQ(message_capability(config, PCI_CAP_MSI), 0);
	begin(0x3c); /* into the header */
	EXPECT_EQ(message_capability(config, 0), 0);
	begin(0xfc); /* at the very end, and cut off there */
	config[0xfc] = PCI_CAP_MSI;
	config[0xfe] = 0x81;
	EXPECT_EQ(message_capability(config, PCI_CAP_MSI), 0xfc);
	EXPECT_TRUE(!message_in(config, &m));
	begin(0xf4); /* whole with 32 bits, not with 64 */
	config[0xf4] = PCI_CAP_MSI;
	config[0xf6] = 0x01;
	EXPECT_TRUE(message_in(config, &m));
	config[0xf6] = 0x81;
	EXPECT_TRUE(!message_in(config, &m));
}

TEST(anything)
{
	uint64_t random = 11;
	struct message m;

	for (unsigned int round = 0; round < 20000; round++) {
		uint8_t *copy = unit_alloc(CONFIG_BYTES);

		for (unsigned int i = 0; i < CONFIG_BYTES; i++)
			copy[i] = (uint8_t)(unit_random(&random) % (i % 3 ? 8 : 256));
		(void)message_in(copy, &m);
		free(copy);
	}
}
