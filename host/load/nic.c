// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/nic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/probe/clock.h"
#include "host/probe/file.h"

#define LOOK (20 * NS_PER_MS)

static struct ifreq request(const struct nic *nic)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	memcpy(r.ifr_name, nic->name, sizeof(r.ifr_name));
	return r;
}

static int set_address(int s, const struct nic *nic, unsigned long code, struct in_addr address)
{
	struct ifreq r = request(nic);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = address };

	memcpy(&r.ifr_addr, &in, sizeof(in));
	return ioctl(s, code, &r) ? -errno : 0;
}

static int set_flags(int s, const struct nic *nic, short flags)
{
	struct ifreq r = request(nic);

	r.ifr_flags = flags;
	return ioctl(s, SIOCSIFFLAGS, &r) ? -errno : 0;
}

static int get_flags(int s, struct nic *nic)
{
	struct ifreq r = request(nic);

	if (ioctl(s, SIOCGIFFLAGS, &r))
		return -errno;
	nic->flags = r.ifr_flags;
	return r.ifr_flags & IFF_UP ? -EBUSY : 0;
}

static int configure(int s, struct nic *nic, struct in_addr address)
{
	struct in_addr mask = { htonl(0xffffff00u) };
	int rc = get_flags(s, nic);

	if (!rc)
		rc = set_address(s, nic, SIOCSIFADDR, address);
	if (!rc)
		rc = set_address(s, nic, SIOCSIFNETMASK, mask);
	return rc ? rc : set_flags(s, nic, (short)(nic->flags | IFF_UP));
}

int nic_up(struct nic *nic, const char *name, const char *address, char *error, size_t size)
{
	struct in_addr in;
	int s, rc;

	memset(nic, 0, sizeof(*nic));
	if (strlen(name) >= sizeof(nic->name) || !inet_aton(address, &in)) {
		(void)snprintf(error, size, "%.20s: no interface, or %.20s no address", name,
			       address);
		return -EINVAL;
	}
	memcpy(nic->name, name, strlen(name));
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rc = s < 0 ? -errno : configure(s, nic, in);
	if (s >= 0)
		close(s);
	if (!rc)
		return 0;
	(void)snprintf(error, size, "%s: cannot be brought up with %s: %s; %s", name, address,
		       strerror(-rc),
		       rc == -EBUSY ? "it is up: take it down first" : "see /sys/class/net");
	if (rc != -EBUSY)
		nic_down(nic);
	nic->name[0] = '\0';
	return rc;
}

int nic_await_carrier(const struct nic *nic, uint64_t ns, char *error, size_t size)
{
	uint64_t until = clock_ns() + ns;
	struct timespec pause = clock_spec(LOOK);
	char path[64], text[8];

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", nic->name);
	for (;;) {
		if (file_read(path, text, sizeof(text)) > 0 && text[0] == '1')
			return 0;
		if (clock_ns() >= until)
			break;
		(void)nanosleep(&pause, NULL);
	}
	(void)snprintf(error, size, "%s: no link after %llu ms; is a network attached to it?",
		       nic->name, (unsigned long long)(ns / NS_PER_MS));
	return -ETIMEDOUT;
}

void nic_down(struct nic *nic)
{
	struct in_addr none = { 0 };
	int s;

	if (!nic->name[0])
		return;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return;
	(void)set_flags(s, nic, (short)(nic->flags & ~IFF_UP));
	(void)set_address(s, nic, SIOCSIFADDR, none);
	close(s);
	nic->name[0] = '\0';
}
