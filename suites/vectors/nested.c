// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message interrupts while a line is in flight, and the line is ended first.
 *
 * Mechanism: the local APIC ends the highest of its interrupts in service and takes
 * no number for it, so do_IRQ_guest() stacks what waits for a guest's EOI, and
 * flush_ready_eoi() ends from the top what is ready, and stops at what is not (Xen
 * commits f6b7b3d0c4 and caf5ad4416). X: the message that its driver has not ended
 * does not come again; LI: once all is ended both come as before.
 */
#include "guest/control/message.h"
#include "guest/dev/mmio.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/mem.h"
#include "suites/vectors/drive.h"

#define LINE	     22
#define MESSAGE_LINE 21 /* of the device with the message, which has no mask bits */

/* The EOI is forced after 1 ms: all of it takes a tenth of that. */
#define LOOK (50 * US)

static char page[2][4096] __attribute__((aligned(4096), section(".bss.control")));

/* An interrupt of a device of ours, by its line or its message. */
struct nest {
	struct device *dev;
	struct dev_io io;
	uint32_t pirq;
	evtchn_port_t port;
};

static bool comes(struct nest *n)
{
	bool came = port_wait(n->port, now_ns() + LOOK);

	port_clear(n->port);
	return came;
}

static void once(struct test *t, struct nest *line, struct nest *message)
{
	bool came[3];

	irq_trigger(line->dev->desc, &line->io);
	came[0] = comes(line);
	irq_trigger(message->dev->desc, &message->io);
	came[1] = comes(message);
	irq_service(line->dev->desc, &line->io);
	pirq_eoi(line->pirq);
	irq_service(message->dev->desc, &message->io);
	irq_trigger(message->dev->desc, &message->io);
	came[2] = comes(message);
	check(t, came[0] && came[1], "LI the line came: %d, and the message: %d, expected 1, 1",
	      came[0], came[1]);
	check(t, !came[2], "X the message that nobody has ended came again: %d, expected 0",
	      came[2]);
	pirq_eoi(message->pirq);
	check(t, comes(message), "LI ended, it comes again");
	irq_service(message->dev->desc, &message->io);
	pirq_eoi(message->pirq);
}

static void nest_open(struct nest *n, struct device *dev, unsigned int number)
{
	n->dev = dev;
	map_self((unsigned long)page[number], dev->bar | PTE_MMIO);
	n->io = mmio_dev_io(page[number]);
}

/* Vectors come in rising order: one of a higher class (16 of them, SDM 3A 11.8.3.1) than the line's, or it waits. */
static bool map_above(struct message *m, struct device *dev, uint32_t line)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct message_value v;

		if (message_map(m, dev, false, 0, DOMID_SELF))
			return false;
		message_read(m, &v);
		if ((v.data & 0xf0) > (RTE_VECTOR(line_rte(line)) & 0xf0))
			return true;
		if (message_unmap(m))
			return false;
	}
	return false;
}

/* @message is above the line, and @m is its. */
static void drive(struct test *t, struct nest *line, struct nest *message, struct message *m)
{
	message->pirq = m->pirq;
	message->port = expect_port(t, m->pirq);
	message_enable(m, true);
	pirq_eoi(LINE);
	once(t, line, message);
	expect_rounds(t, line->dev, line->pirq, line->port, DRIVE_ROUNDS);
	expect_rounds(t, message->dev, message->pirq, message->port, DRIVE_ROUNDS);
	port_close(message->port);
	expect_result(t, message_unmap(m), 0, "L unmap of pirq %u", m->pirq);
	message_enable(m, false);
}

static void nested(struct test *t)
{
	struct nest line = { 0 }, message = { 0 };
	struct message m;
	int rc;

	nest_open(&line, device_take("edu", LINE), 0);
	nest_open(&message, device_take("edu", MESSAGE_LINE), 1);
	/* The line first: its vector is the lower one. */
	rc = line_setup(LINE);
	rc = rc ? rc : line_map_pirq(DOMID_SELF, LINE);
	expect_result(t, rc, 0, "L map of line %u", LINE);
	line.pirq = LINE;
	line.port = expect_port(t, LINE);
	if (map_above(&m, message.dev, LINE))
		drive(t, &line, &message, &m);
	else
		test_error(t, "no message has a vector above the line's");
	port_close(line.port);
	unmap((unsigned long)page[0]);
	unmap((unsigned long)page[1]);
	device_release(line.dev);
	device_release(message.dev);
}
TEST_CASE("vectors.nested", nested);
