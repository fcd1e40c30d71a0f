/* SPDX-License-Identifier: GPL-2.0-only */
/* The control domain drives a controller itself: by its line, its MSI or its MSI-X messages. */
#ifndef LIFELINE_CONTROL_EXERCISE_H
#define LIFELINE_CONTROL_EXERCISE_H

#include "guest/control/message.h"
#include "guest/control/test.h"
#include "guest/xen/event.h"

#define MAX_VECTORS 72 /* more than any function of the boards has */

/**
 * struct exercise - a controller that is being driven
 * @c: the controller
 * @dev: its device
 * @kind: line or messages
 * @n: how many vectors it has
 * @m: its messages, with MSI or MSI-X
 * @pirq: of each vector
 * @port: event channel of each vector
 * @limit: an interrupt that has not come after it is lost, ns: the device's own time and the board's slack are in it
 */
struct exercise {
	struct controller c;
	struct device *dev;
	enum irq_kind kind;
	unsigned int n;
	struct message m[MAX_VECTORS];
	uint32_t pirq[MAX_VECTORS];
	evtchn_port_t port[MAX_VECTORS];
	uint64_t limit;
};

/** exercise_kind() - what the plan's irq= says: intx, msi or msix; INTx if it says nothing */
enum irq_kind exercise_kind(struct test *t);

/** exercise_kind_name() - the same back: "intx", "msi", "msix" */
const char *exercise_kind_name(enum irq_kind kind);

/**
 * exercise_open() - take the device of the plan's model=, bind its vectors, start it
 * @kind: how it shall interrupt
 *
 * Return: the one exercise there is; NULL: error or failed check noted.
 */
struct exercise *exercise_open(struct test *t, enum irq_kind kind);

/** exercise_close() - stop the controller, give its vectors and the device back */
void exercise_close(struct test *t, struct exercise *e);

/** exercise_bind() - bind the pirq of @vector to a new event channel. Return: its port, or -errno */
int exercise_bind(struct exercise *e, unsigned int vector);

/** exercise_prepare() - make @vector ready, so that a trigger alone is left to do. Return: enum dev_status */
int exercise_prepare(struct exercise *e, unsigned int vector);

/**
 * exercise_trigger() - let the controller interrupt on @vector, which is made ready first
 *
 * Return: enum dev_status.
 */
int exercise_trigger(struct exercise *e, unsigned int vector);

/**
 * exercise_await() - wait for the event of @vector, serve it (ack, EOI)
 * @ns: at most so long
 *
 * Return: did it come, and did the controller say that it was it?
 */
bool exercise_await(struct exercise *e, unsigned int vector, uint64_t ns);

/** exercise_strays() - vectors other than @vector whose event is pending; takes the events */
unsigned int exercise_strays(struct exercise *e, unsigned int vector);

/** exercise_begin() - probe, reset and start the controller. Return: did it? Its error is noted if not */
bool exercise_begin(struct test *t, struct exercise *e, enum irq_kind kind, unsigned int vectors);

/** exercise_tell_error() - print what the controller's registers said, if they said anything */
void exercise_tell_error(const struct exercise *e);

#endif
