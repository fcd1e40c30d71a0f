// SPDX-License-Identifier: GPL-2.0-only
/* Rings of an xHCI controller. xHCI 1.2, 4.9 to 4.11 and 6.4. */
#include "guest/dev/xhci.h"

#include "guest/lib/string.h"

#define LINK_AT (XHCI_TRBS - 1)

/* Bits of the control word. */
#define CYCLE	      1u
#define TOGGLE	      (1u << 1) /* behind this Link TRB the cycle bit is another */
#define ON_COMPLETION (1u << 5)
#define IMMEDIATE     (1u << 6)	 /* the parameter is the data */
#define IN	      (1u << 16) /* of a data stage */
#define IN_DATA_STAGE (3u << 16) /* of a setup stage: such a stage follows */

#define TARGET_SHIFT 22 /* status word: the interrupter */
#define ENDPOINT_0   1u /* what a device's doorbell is told */
#define HANDLER_BUSY 8u /* ERDP.EHB: writing it as one clears it */

/* More than follow one command: each port may have changed, and an event ring holds no more. */
#define FOREIGN_EVENTS 64

static const struct dev_register ERSTSZ = { "ERSTSZ", 0x08, 4 };
static const struct dev_register ERSTBA = { "ERSTBA", 0x10, 4 };
static const struct dev_register ERDP = { "ERDP", 0x18, 4 };
static const struct dev_register DOORBELL = { "DOORBELL", 0x00, 4 };

void xhci_write64(struct controller *c, struct dev_register r, uint32_t value)
{
	dev_write(c, r, value);
	dev_write(c, xhci_at(4, r), 0);
}

static void close_ring(struct controller *c, volatile struct xhci_trb *ring)
{
	ring[LINK_AT].parameter = dev_bus(c, ring);
}

void xhci_empty_rings(struct controller *c)
{
	const struct xhci_place first = { 0, CYCLE };
	struct xhci_memory *m = xhci_memory_of(c);
	struct xhci *x = xhci_of(c);

	/* Of the other cycle, all of it. */
	memset((void *)m->command, 0, sizeof(m->command));
	memset((void *)m->transfer, 0, sizeof(m->transfer));
	memset((void *)m->event, 0, sizeof(m->event));
	close_ring(c, m->command);
	close_ring(c, m->transfer);
	x->command = x->transfer = first;
	for (unsigned int v = 0; v < XHCI_INTERRUPTERS; v++)
		x->event[v] = first;
}

static void free_events(struct controller *c, unsigned int v)
{
	const volatile struct xhci_trb *next =
		&xhci_memory_of(c)->event[v][xhci_of(c)->event[v].at];

	xhci_write64(c, xhci_interrupter(c, v, ERDP), dev_bus(c, next) | HANDLER_BUSY);
}

/* 4.9.4; the address of the table comes last, for with it the controller begins. */
void xhci_place_event_ring(struct controller *c, unsigned int v)
{
	struct xhci_memory *m = xhci_memory_of(c);

	m->segment[v] = (struct xhci_segment){ .base = dev_bus(c, m->event[v]), .size = XHCI_TRBS };
	dev_write(c, xhci_interrupter(c, v, ERSTSZ), 1);
	free_events(c, v);
	xhci_write64(c, xhci_interrupter(c, v, ERSTBA), dev_bus(c, &m->segment[v]));
}

/* The cycle bit makes a TRB the controller's, so its word is written last. Return: its address */
static uint32_t put(struct controller *c, volatile struct xhci_trb *ring, struct xhci_place *p,
		    const struct xhci_trb *what)
{
	volatile struct xhci_trb *trb = &ring[p->at];

	trb->parameter = what->parameter;
	trb->parameter_high = what->parameter_high;
	trb->status = what->status;
	trb->control = what->control | p->cycle;
	if (++p->at == LINK_AT) {
		ring[LINK_AT].control = XHCI_LINK | TOGGLE | p->cycle;
		p->at = 0;
		p->cycle ^= CYCLE;
	}
	return dev_bus(c, trb);
}

static void await(struct controller *c, uint32_t trb)
{
	xhci_of(c)->awaited = trb;
	xhci_of(c)->completion = 0;
}

static void ring_doorbell(struct controller *c, unsigned int slot, uint32_t target)
{
	dev_write(c, xhci_at(xhci_of(c)->doorbell + 4 * slot, DOORBELL), target);
}

void xhci_post_command(struct controller *c, uint32_t parameter, uint32_t control)
{
	const struct xhci_trb trb = { .parameter = parameter, .control = control };

	await(c, put(c, xhci_memory_of(c)->command, &xhci_of(c)->command, &trb));
	ring_doorbell(c, 0, 0);
}

static uint32_t put_transfer(struct controller *c, const struct xhci_trb *trb)
{
	return put(c, xhci_memory_of(c)->transfer, &xhci_of(c)->transfer, trb);
}

/* 4.11.2.2: three stages, and only the last one tells that it is done. */
void xhci_post_request(struct controller *c, struct usb_setup setup, unsigned int interrupter)
{
	struct xhci_trb first = { .status = sizeof(setup),
				  .control = XHCI_SETUP | IMMEDIATE | IN_DATA_STAGE };
	struct xhci_trb data = { .parameter = dev_bus(c, &xhci_memory_of(c)->data),
				 .status = setup.wLength,
				 .control = XHCI_DATA | IN };
	struct xhci_trb last = { .status = interrupter << TARGET_SHIFT,
				 .control = XHCI_STATUS | ON_COMPLETION };

	memcpy(&first, &setup, sizeof(setup));
	put_transfer(c, &first);
	put_transfer(c, &data);
	await(c, put_transfer(c, &last));
	ring_doorbell(c, xhci_of(c)->slot, ENDPOINT_0);
}

static const volatile struct xhci_trb *next_event(struct controller *c, unsigned int v)
{
	return &xhci_memory_of(c)->event[v][xhci_of(c)->event[v].at];
}

bool xhci_has_event(struct controller *c, unsigned int v)
{
	return (next_event(c, v)->control & CYCLE) == xhci_of(c)->event[v].cycle;
}

/* Ports tell of themselves too: that is nothing to us. */
static void note(struct xhci *x, const volatile struct xhci_trb *event)
{
	uint32_t type = event->control & XHCI_TYPES;

	if (type != XHCI_COMMAND_DONE && type != XHCI_TRANSFER_DONE)
		return;
	if (x->completion || event->parameter != x->awaited)
		return;
	x->completion = event->status;
	x->told = (uint8_t)(event->control >> XHCI_SLOT_SHIFT);
}

static void take_event(struct controller *c, unsigned int v)
{
	struct xhci *x = xhci_of(c);
	struct xhci_place *p = &x->event[v];

	note(x, next_event(c, v));
	if (++p->at == XHCI_TRBS) {
		p->at = 0;
		p->cycle ^= CYCLE;
	}
}

void xhci_take_events(struct controller *c, unsigned int v)
{
	for (unsigned int i = 0; i < XHCI_TRBS && xhci_has_event(c, v); i++)
		take_event(c, v);
	free_events(c, v);
}

int xhci_check(struct controller *c, const char *name)
{
	const struct xhci *x = xhci_of(c);

	return dev_expect(c, name, x->awaited - (uint32_t)c->io.memory.bus, ~0u, XHCI_SUCCESS,
			  x->completion);
}

int xhci_complete(struct controller *c, const char *name)
{
	struct xhci *x = xhci_of(c);

	for (unsigned int i = 0; i < FOREIGN_EVENTS && !x->completion; i++) {
		int rc = dev_await_word(c, name, &next_event(c, 0)->control, CYCLE,
					x->event[0].cycle, USB_ANSWER_LIMIT);

		if (rc)
			return rc;
		xhci_take_events(c, 0);
	}
	return xhci_check(c, name);
}
