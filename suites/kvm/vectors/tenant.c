// SPDX-License-Identifier: GPL-2.0-only
#include "suites/kvm/vectors/tenant.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "guest/dev/pci.h"
#include "host/probe/clock.h"

#define LENT 4096u

void tenant_init(struct tenant *u)
{
	*u = (struct tenant){ .v = { .container = -1, .group = -1, .device = -1 } };
}

int tenant_open(struct tenant *u, const struct case_device *device, char why[TAKE_WHY])
{
	int rc;

	tenant_init(u);
	u->c.ops = exerciser_find(device->model);
	if (!u->c.ops) {
		snprintf(why, TAKE_WHY, "%s: no exerciser for %s", device->bdf, device->model);
		return -ENODEV;
	}
	rc = vfio_open(&u->v, device->bdf, why, TAKE_WHY);
	if (!rc)
		rc = vfio_lend(&u->v, u->c.ops->memory ? u->c.ops->memory : LENT, why, TAKE_WHY);
	if (rc)
		return rc;
	vfio_command(&u->v, PCI_COMMAND_MEM | PCI_COMMAND_MASTER, 0);
	u->c.io = vfio_dev_io(&u->v);
	return 0;
}

static int open_events(struct tenant *u, unsigned int n)
{
	for (u->n = 0; u->n < n && u->n < TENANT_EVENTS; u->n++) {
		u->fd[u->n] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (u->fd[u->n] < 0)
			return -errno;
	}
	return 0;
}

static void close_events(struct tenant *u)
{
	while (u->n)
		close(u->fd[--u->n]);
}

int tenant_enable(struct tenant *u, enum irq_kind kind, unsigned int n, char why[TAKE_WHY])
{
	char text[DEV_ERROR_TEXT] = "";
	int rc = open_events(u, n);

	if (!rc)
		rc = vfio_irq_enable(&u->v, kind, u->fd, u->n);
	if (rc) {
		snprintf(why, TAKE_WHY, "%s: %u interrupts cannot be enabled: %s", u->v.bdf, n,
			 strerror(-rc));
		close_events(u);
		return rc;
	}
	if (exerciser_begin(&u->c, kind, n)) {
		dev_error_text(&u->c.error, text, sizeof(text));
		snprintf(why, TAKE_WHY, "%s: %s", u->v.bdf, text);
		return -EIO;
	}
	for (unsigned int i = 0; i < u->n; i++)
		tenant_heard(u, i);
	return 0;
}

/* Before a kind is given up: see user_reset() (host/case/user.h). */
static void silence(struct tenant *u)
{
	if (u->v.device >= 0 && u->c.ops && u->c.io.ctx)
		u->c.ops->reset(&u->c);
}

void tenant_disable(struct tenant *u)
{
	silence(u);
	if (u->n)
		vfio_irq_disable(&u->v, u->c.kind);
	close_events(u);
}

unsigned int tenant_heard(struct tenant *u, unsigned int i)
{
	eventfd_t count;

	return i < u->n && !eventfd_read(u->fd[i], &count) ? (unsigned int)count : 0;
}

unsigned int tenant_send(struct tenant *u, unsigned int i, uint64_t ns)
{
	struct pollfd fd = { .fd = i < u->n ? u->fd[i] : -1, .events = POLLIN };

	if (u->c.ops->trigger(&u->c, i))
		return 0;
	poll(&fd, 1, (int)(ns / NS_PER_MS));
	exerciser_service(&u->c);
	return tenant_heard(u, i);
}

void tenant_close(struct tenant *u)
{
	silence(u);
	close_events(u);
	vfio_close(&u->v);
	tenant_init(u);
}
