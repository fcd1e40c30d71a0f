// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process that drives its device itself. The line is an eventfd that VFIO
 * signals; the EOI of a level is VFIO's unmask; a message has none.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guest/dev/pci.h"
#include "guest/role/orders.h"
#include "host/domain/domain.h"
#include "host/probe/clock.h"
#include "host/vfio/vfio.h"

/**
 * struct process - the platform of the driver
 * @config: what the domain is
 * @ends: connection to the controller
 * @vfio: the device
 * @driver: the driver
 * @line: eventfds of the vectors; the first is the driver's line
 * @vectors: how many there are
 * @error: what was wrong
 */
struct process {
	const struct domain_config *config;
	const struct domain_ends *ends;
	struct vfio_device vfio;
	struct driver driver;
	int line[VFIO_MAX_VECTORS];
	unsigned int vectors;
	char error[MAILBOX_ERROR];
};

static uint64_t process_now(void *ctx)
{
	(void)ctx;
	return clock_ns();
}

static void process_sleep(void *ctx, uint64_t ns)
{
	struct timespec t = clock_spec(clock_ns() + ns);

	(void)ctx;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static bool line_pending(void *ctx)
{
	const struct process *p = ctx;

	return readable(p->line[0]);
}

static void line_take(void *ctx)
{
	const struct process *p = ctx;
	eventfd_t count;

	eventfd_read(p->line[0], &count);
}

/* Until one of the first @n of @fds is readable or @deadline, 0: for ever. Return: is the first? */
static bool wait_files(struct pollfd *fds, nfds_t n, uint64_t deadline)
{
	uint64_t now = clock_ns();
	struct timespec left = clock_spec(deadline > now ? deadline - now : 0);

	if (ppoll(fds, n, deadline ? &left : NULL, NULL) <= 0)
		return false;
	return fds[0].revents & POLLIN;
}

static bool line_wait(void *ctx, uint64_t deadline)
{
	const struct process *p = ctx;
	struct pollfd fd = { .fd = p->line[0], .events = POLLIN };
	bool there;

	do
		there = wait_files(&fd, 1, deadline);
	while (!there && clock_ns() < deadline);
	return there;
}

static bool wait_line_or_kick(void *ctx, uint64_t deadline)
{
	const struct process *p = ctx;
	struct pollfd fds[2] = { { .fd = p->line[0], .events = POLLIN },
				 { .fd = p->ends->kick, .events = POLLIN } };

	return wait_files(fds, 2, deadline);
}

static void line_end(void *ctx)
{
	const struct process *p = ctx;

	if (p->config->irq == IRQ_INTX)
		vfio_intx_unmask(&p->vfio);
}

static bool kicked(void *ctx)
{
	const struct process *p = ctx;

	return readable(p->ends->kick);
}

static void take_kick(void *ctx)
{
	const struct process *p = ctx;
	eventfd_t count;

	eventfd_read(p->ends->kick, &count);
}

static void tell(void *ctx)
{
	const struct process *p = ctx;

	eventfd_write(p->ends->tell, 1);
}

static int bind_line(struct process *p)
{
	return vfio_irq_enable(&p->vfio, p->config->irq, p->line, p->vectors);
}

static const char *explain_bind(struct process *p, int rc)
{
	static const char *const kinds[] = { "INTx", "MSI", "MSI-X" };
	const char *kind = kinds[p->config->irq];
	uint32_t has = p->vfio.vectors[p->config->irq];

	if (p->vectors > has)
		snprintf(p->error, sizeof(p->error), "%s: has %u %s, %u are wanted", p->vfio.bdf,
			 has, kind, p->vectors);
	else
		snprintf(p->error, sizeof(p->error), "%s: %s cannot be enabled: %s", p->vfio.bdf,
			 kind, strerror(-rc));
	return p->error;
}

/*
 * The line first: a controller whose messages are not enabled yet would say what it
 * has to say by INTx, on which nobody listens.
 */
static const char *open_device(void *ctx, struct controller *c)
{
	struct process *p = ctx;
	struct vfio_device *v = &p->vfio;
	int rc = vfio_open(v, p->config->bdf, p->error, sizeof(p->error));

	if (!rc && c->ops->memory)
		rc = vfio_lend(v, c->ops->memory, p->error, sizeof(p->error));
	if (rc)
		return p->error;
	vfio_command(v, PCI_COMMAND_MEM | PCI_COMMAND_IO | PCI_COMMAND_MASTER, 0);
	c->io = vfio_dev_io(v);
	rc = bind_line(p);
	return rc ? explain_bind(p, rc) : NULL;
}

static int obey(void *ctx, enum order order, uint32_t argument)
{
	struct process *p = ctx;

	(void)argument;
	switch (order) {
	case ORDER_BIND:
		return bind_line(p);
	case ORDER_UNBIND:
		return vfio_irq_disable(&p->vfio, p->config->irq);
	default:
		return -EINVAL;
	}
}

static void crash(void *ctx)
{
	(void)ctx;
	kill(getpid(), SIGKILL);
}

static int reset_device(void *ctx)
{
	const struct process *p = ctx;

	return vfio_reset(&p->vfio);
}

static int open_lines(struct process *p)
{
	p->vectors = p->config->vectors ? p->config->vectors : 1;
	if (p->vectors > VFIO_MAX_VECTORS)
		return -ENOSPC;
	for (unsigned int i = 0; i < p->vectors; i++) {
		p->line[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (p->line[i] < 0)
			return -errno;
	}
	return 0;
}

static struct process process;

static const struct platform platform = {
	.now = process_now,
	.sleep = process_sleep,
	.pending = line_pending,
	.take = line_take,
	.wait = line_wait,
	.end = line_end,
	.kicked = kicked,
	.take_kick = take_kick,
	.wait_or_kick = wait_line_or_kick,
	.tell = tell,
	.open = open_device,
	.obey = obey,
	.crash = crash,
	.reset = reset_device,
	.ctx = &process,
};

static int process_run(const struct domain_config *config, const struct domain_ends *ends)
{
	process.config = config;
	process.ends = ends;
	process.driver.platform = &platform;
	process.driver.box = ends->box;
	/* A deadline is met as exactly as the kernel's clock allows, not 50 us later. */
	prctl(PR_SET_TIMERSLACK, 1);
	if (open_lines(&process)) {
		fprintf(stderr, "%s: %u vectors, at most %u", config->bdf, process.vectors,
			VFIO_MAX_VECTORS);
		return 1;
	}
	orders_obey(&process.driver);
}

const struct domain_kind domain_process = {
	.name = "process",
	.memory = MAILBOX_PAGES * 4096ul,
	.mailbox_at = 0,
	.run = process_run,
};
