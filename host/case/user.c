// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/user.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "guest/dev/pci.h"
#include "host/probe/clock.h"

static bool open_registers(struct user *u, char why[TAKE_WHY])
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", u->device->bdf);
	u->registers = open(path, O_RDONLY | O_CLOEXEC);
	if (u->registers < 0)
		(void)snprintf(why, TAKE_WHY, "%s: %m", path);
	return u->registers >= 0;
}

enum taken user_open(struct user *u, const struct case_device *device, char why[TAKE_WHY])
{
	*u = (struct user){ .device = device, .registers = -1 };
	u->v.container = u->v.group = u->v.device = -1;
	u->c.ops = exerciser_find(device->model);
	if (!u->c.ops) {
		(void)snprintf(why, TAKE_WHY, "no exerciser for %s", device->model);
		return TAKE_SKIP;
	}
	if (!open_registers(u, why) || vfio_open(&u->v, device->bdf, why, TAKE_WHY))
		return TAKE_ERROR;
	if (u->c.ops->memory && vfio_lend(&u->v, u->c.ops->memory, why, TAKE_WHY))
		return TAKE_ERROR;
	vfio_command(&u->v, PCI_COMMAND_MEM | PCI_COMMAND_IO | PCI_COMMAND_MASTER, 0);
	u->c.io = vfio_dev_io(&u->v);
	u->irq = devices_irq(device->bdf);
	return TAKEN;
}

bool user_begin(struct user *u, enum irq_kind kind, char why[TAKE_WHY])
{
	char text[DEV_ERROR_TEXT];

	dev_clear_error(&u->c);
	if (exerciser_begin(&u->c, kind, 1) == DEV_OK)
		return true;
	dev_error_text(&u->c.error, text, sizeof(text));
	(void)snprintf(why, TAKE_WHY, "%s does not start: %s", u->device->bdf, text);
	return false;
}

void user_reset(struct user *u)
{
	(void)u->c.ops->reset(&u->c);
}

void user_close(struct user *u)
{
	if (u->v.device >= 0 && u->c.io.ctx)
		user_reset(u);
	if (u->v.container >= 0)
		vfio_close(&u->v);
	if (u->registers >= 0)
		close(u->registers);
	u->registers = -1;
}

/* Command and Status, as the function has them. */
static uint32_t command_status(const struct user *u)
{
	uint32_t value = ~0u;

	return pread(u->registers, &value, sizeof(value), PCI_COMMAND) == sizeof(value) ? value
											: ~0u;
}

bool user_disintx(const struct user *u)
{
	return command_status(u) & PCI_COMMAND_DISINTX;
}

bool user_asserts(const struct user *u)
{
	return command_status(u) & PCI_STATUS_INTX;
}

int user_signal(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

bool user_await(int fd, uint64_t ns)
{
	uint64_t end = clock_ns() + ns;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now;

	for (;;) {
		struct timespec left;

		now = clock_ns();
		left = clock_spec(now < end ? end - now : 0);
		if (ppoll(&p, 1, &left, NULL) == 1)
			return p.revents & POLLIN;
		if (now >= end)
			return false;
	}
}

uint64_t user_count(int fd)
{
	eventfd_t count = 0;

	return eventfd_read(fd, &count) ? 0 : count;
}

bool user_await_reason(struct user *u, int fd, uint64_t ns)
{
	uint64_t end = clock_ns() + ns;
	bool ours = false;

	while (!ours) {
		uint64_t now = clock_ns();

		if (!user_await(fd, now < end ? end - now : 0))
			return false;
		user_count(fd);
		ours = exerciser_service(&u->c) != 0;
		if (u->c.kind == IRQ_INTX)
			vfio_intx_unmask(&u->v);
	}
	return true;
}

bool user_serve(struct user *u, int fd, uint64_t ns)
{
	return u->c.ops->trigger(&u->c, 0) == DEV_OK && user_await_reason(u, fd, ns);
}
