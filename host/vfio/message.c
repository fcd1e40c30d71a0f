// SPDX-License-Identifier: GPL-2.0-only
#include "host/vfio/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "guest/dev/pci.h"

#define WINDOW	     0xfee00000u
#define REMAPPABLE   (1u << 4)
#define SUBHANDLE    (1u << 3)
#define HANDLE_15    (1u << 2)
#define HANDLE_SHIFT 5
#define AMD_FREE \
	0xddu /* Linux has 256 entries for a function, and takes the lowest; without remapping it is a free vector */
#define MSI_ENABLE     0x0001u
#define MSI_LENGTH_32  10u
#define MSI_LENGTH_64  14u
#define MSI_64	       0x0080u
#define FIRST_CAP      0x40u
#define CAPABILITY_MAX 48 /* of 4 bytes at least, behind the header */

struct message message_compatible(uint8_t dest, enum delivery mode, uint8_t vector)
{
	return (struct message){ WINDOW | (uint32_t)dest << 12, (uint32_t)mode << 8 | vector };
}

struct message message_offset(uint16_t handle)
{
	return (struct message){ WINDOW | REMAPPABLE | SUBHANDLE, handle };
}

struct message message_of_nobody(struct message own)
{
	if (!message_is_remappable(own))
		return (struct message){ own.address, AMD_FREE };
	return (struct message){ WINDOW | REMAPPABLE | HANDLE_15 | 0x7fffu << HANDLE_SHIFT, 0 };
}

bool message_is_remappable(struct message m)
{
	return m.address & REMAPPABLE;
}

uint16_t message_handle(struct message m)
{
	uint16_t handle = (uint16_t)((m.address >> HANDLE_SHIFT & 0x7fff) |
				     (m.address & HANDLE_15 ? 0x8000 : 0));

	return (uint16_t)(handle + (m.address & SUBHANDLE ? m.data & 0xffff : 0));
}

static int open_config(const char *bdf, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int message_config(const char *bdf, uint8_t config[CONFIG_BYTES])
{
	int fd = open_config(bdf, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, config, CONFIG_BYTES, 0);
	close(fd);
	return n == CONFIG_BYTES ? 0 : -ENODATA;
}

int message_disintx(const char *bdf)
{
	uint8_t config[CONFIG_BYTES];
	int rc = message_config(bdf, config);

	return rc ? rc : !!(config[PCI_COMMAND + 1] & PCI_COMMAND_DISINTX >> 8);
}

int message_set_disintx(const char *bdf)
{
	int fd = open_config(bdf, O_RDWR), rc = 0;
	uint16_t command;

	if (fd < 0)
		return fd;
	if (pread(fd, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		rc = -ENODATA;
	command |= PCI_COMMAND_DISINTX;
	if (!rc && pwrite(fd, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		rc = -EIO;
	close(fd);
	return rc;
}

uint8_t message_capability(const uint8_t config[CONFIG_BYTES], uint8_t id)
{
	uint8_t at = config[PCI_CAP_PTR] & 0xfc;

	for (unsigned int i = 0; i < CAPABILITY_MAX && at >= FIRST_CAP; i++) {
		if (config[at] == id)
			return at;
		at = config[at + 1] & 0xfc;
	}
	return 0;
}

static uint32_t word(const uint8_t *at, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return value;
}

bool message_in(const uint8_t config[CONFIG_BYTES], struct message *m)
{
	uint8_t at = message_capability(config, PCI_CAP_MSI);
	uint32_t control;
	bool wide;

	if (!at || at > CONFIG_BYTES - MSI_LENGTH_32)
		return false;
	control = word(config + at + 2, 2);
	wide = control & MSI_64;
	if (!(control & MSI_ENABLE) || (wide && at > CONFIG_BYTES - MSI_LENGTH_64))
		return false;
	m->address = word(config + at + 4, 4);
	if (wide)
		m->address |= (uint64_t)word(config + at + 8, 4) << 32;
	m->data = word(config + at + (wide ? 12 : 8), 2);
	return true;
}

int message_of(const char *bdf, struct message *m)
{
	uint8_t config[CONFIG_BYTES];
	int rc = message_config(bdf, config);

	if (rc)
		return rc;
	return message_in(config, m) ? 0 : -ENOENT;
}
